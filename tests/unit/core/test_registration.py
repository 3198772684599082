"""Registering and deleting: checked before anything is written, written at once, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from imnot_core.errors import PartnerError
from imnot_core.models import Source
from imnot_core.partners import read_folder
from imnot_core.registration import (
    PartnerClash,
    PartnerExists,
    Registration,
    check,
    remove,
    write,
    write_atomically,
)
from imnot_core.reload import Deployment, deploy
from tests.unit.core.compiling import compiler_with, file

COMPILER = compiler_with()
ACME = file("", "acme", "/x").text
BETA = file("", "beta", "/y").text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "partners"


def add(folder: Path, name: str, text: str) -> Path:
    path = folder / name / "partner.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def read(folder: Path) -> Deployment:
    sources, unreadable = read_folder(folder)
    return deploy(sources, COMPILER, Deployment(), unreadable)


def checked(
    folder: Path, text: str, *, force: bool = False, current: Deployment | None = None
) -> Registration:
    if current is None:
        current = read(folder)
    return check(text, "it", folder=folder, compiler=COMPILER, current=current, force=force)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# Checking


def test_a_new_partner_gets_a_folder_of_its_name(folder: Path) -> None:
    found = checked(folder, ACME)
    assert (found.file, found.created) == (folder / "acme" / "partner.yaml", True)
    assert found.source == Source(str(found.file), ACME)
    assert not folder.exists()


def test_what_is_wrong_is_told_by_the_name_that_was_given(folder: Path) -> None:
    with pytest.raises(PartnerError, match=r"^it:1:10: "):
        checked(folder, ACME.replace("acme", "../x"))


def test_an_existing_partner_needs_force(folder: Path) -> None:
    path = add(folder, "acme", ACME)
    with pytest.raises(PartnerExists, match="acme") as refused:
        checked(folder, ACME)
    assert str(path) in str(refused.value)
    assert checked(folder, ACME, force=True).created is False


def test_a_file_that_is_refused_exists_too(folder: Path) -> None:
    add(folder, "acme", "broken: [")
    with pytest.raises(PartnerExists):
        checked(folder, ACME)
    assert checked(folder, ACME, force=True).created is False


def test_a_partner_that_is_served_from_a_deleted_file_exists_too(folder: Path) -> None:
    path = add(folder, "acme", ACME)
    current = read(folder)
    path.unlink()
    with pytest.raises(PartnerExists):
        checked(folder, ACME, current=current)
    assert checked(folder, ACME, current=current, force=True).file == path


def test_a_partner_is_overwritten_where_it_is(folder: Path) -> None:
    path = add(folder, "elsewhere", ACME)
    assert checked(folder, ACME, force=True).file == path


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_another_partner_is_not_taken(folder: Path, force: bool) -> None:
    add(folder, "acme", BETA)
    with pytest.raises(PartnerClash, match="'beta'"):
        checked(folder, ACME, force=force)


@pytest.mark.parametrize("force", [False, True])
def test_routes_of_another_partner_are_not_taken(folder: Path, force: bool) -> None:
    path = add(folder, "beta", BETA)
    with pytest.raises(PartnerClash, match=r"^it:5:37: GET /y of acme/d is already") as refused:
        checked(folder, ACME.replace("/x", "/y"), force=force)
    assert str(path) in str(refused.value)


def test_a_wrong_text_is_told_before_that_it_exists(folder: Path) -> None:
    add(folder, "acme", ACME)
    with pytest.raises(PartnerError) as refused:
        checked(folder, ACME.replace("static", "statik"))
    assert not isinstance(refused.value, PartnerClash)


def test_the_result_tells_what_was_registered(folder: Path) -> None:
    text = ACME.replace("static", "fetch").replace("datapoints", "description: Shop\ndatapoints")
    assert checked(folder, text).result(created=True) == {
        "status": "ok",
        "partner": "acme",
        "description": "Shop",
        "directory": "partners/acme",
        "file": "partners/acme/partner.yaml",
        "created": True,
        "datapoints": [
            {
                "name": "d",
                "pattern": "fetch",
                "endpoints": [{"method": "GET", "path": "/x"}],
                "admin_routes": True,
            }
        ],
    }


def test_paths_are_shown_below_partners_whatever_the_folder_is_called(tmp_path: Path) -> None:
    add(tmp_path / "mocks", "elsewhere", ACME)
    result = checked(tmp_path / "mocks", ACME, force=True).result(created=False)
    assert result["directory"] == "partners/elsewhere"
    assert result["file"] == "partners/elsewhere/partner.yaml"


# Writing


def test_the_text_is_written_byte_for_byte_into_a_new_folder(folder: Path) -> None:
    text = f"\ufeff# schön\r\n{ACME}"
    write(checked(folder, text))
    assert (folder / "acme" / "partner.yaml").read_bytes() == text.encode()
    assert files(folder) == ["acme", "acme/partner.yaml"]


def test_everybody_may_read_a_new_file_and_an_old_one_keeps_its_mode(folder: Path) -> None:
    path = folder / "acme" / "partner.yaml"
    write(checked(folder, ACME))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o660)
    write(checked(folder, ACME + "# new\n", force=True))
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_reader_sees_the_old_file_or_the_new_one(folder: Path) -> None:
    path = add(folder, "acme", "old")
    with path.open() as reader:
        write_atomically(path, b"new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = add(folder, "acme", "old")

    def fail(*_: Any) -> None:
        raise OSError("the disk is full")

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(path, b"new")
    assert path.read_text() == "old"
    assert files(folder) == ["acme", "acme/partner.yaml"]


def test_it_is_on_the_disk_before_it_takes_the_place_of_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def noting(name: str, step: Any) -> Any:
        def noted(*given: Any) -> Any:
            steps.append(name)
            return step(*given)

        return noted

    monkeypatch.setattr(os, "fsync", noting("fsync", os.fsync))
    monkeypatch.setattr(Path, "replace", noting("replace", Path.replace))
    write_atomically(add(folder, "acme", "old"), b"new")
    assert steps == ["fsync", "replace"]


# Deleting


def deleted(folder: Path, name: str) -> None:
    partner = read(folder).partner(name)
    assert partner is not None
    remove(partner, folder)


def test_the_folder_is_deleted_with_all_that_is_in_it(folder: Path) -> None:
    path = add(folder, "acme", ACME)
    add(folder, "beta", BETA)
    (path.parent / "payloads").mkdir()
    (path.parent / "payloads" / "x.json").write_text("[]")
    deleted(folder, "acme")
    assert files(folder) == ["beta", "beta/partner.yaml"]


def test_a_folder_that_is_gone_already_is_no_error(folder: Path) -> None:
    path = add(folder, "acme", ACME)
    partner = read(folder).partner("acme")
    assert partner is not None
    path.unlink()
    path.parent.rmdir()
    remove(partner, folder)


def test_a_symbolic_link_stops_it(folder: Path, tmp_path: Path) -> None:
    path = add(folder, "acme", ACME)
    (tmp_path / "precious").write_text("mine")
    (path.parent / "link").symlink_to(tmp_path / "precious")
    with pytest.raises(PartnerError, match="symbolic link"):
        deleted(folder, "acme")
    assert files(folder) == ["acme", "acme/link", "acme/partner.yaml"]


def test_a_folder_elsewhere_is_not_deleted(folder: Path, tmp_path: Path) -> None:
    path = add(tmp_path / "elsewhere", "acme", ACME)
    partner = read(tmp_path / "elsewhere").partner("acme")
    assert partner is not None
    with pytest.raises(PartnerError, match="not in"):
        remove(partner, folder)
    assert path.exists()


def test_a_partners_folder_that_is_a_link_itself_is_fine(tmp_path: Path) -> None:
    add(tmp_path / "real", "acme", ACME)
    (tmp_path / "partners").symlink_to(tmp_path / "real")
    deleted(tmp_path / "partners", "acme")
    assert files(tmp_path / "real") == []
