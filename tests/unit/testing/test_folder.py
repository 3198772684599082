from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core.testing.folder import PartnerFolder


@pytest.fixture
def folder(tmp_path: Path) -> PartnerFolder:
    return PartnerFolder(tmp_path / "partners")


def names(folder: PartnerFolder) -> list[str]:
    return sorted(file.parent.name for file in folder.path.glob("*/partner.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "partner: acme\ndatapoints: []",
        "# one API\n\npartner:   acme  # its name\n",
        "partner: 'acme'",
        '"partner": "acme"',
        '{"datapoints": [],\n "partner": "acme"}',
        "datapoints:\n  - {}\npartner: acme",
    ],
)
def test_a_text_gets_the_folder_of_its_partner(folder: PartnerFolder, text: str) -> None:
    folder.write((text,))
    assert names(folder) == ["acme"]
    assert (folder.path / "acme" / "partner.yaml").read_text() == text


@pytest.mark.parametrize("text", ["", "name: acme", "partner: ../../x", "partner:\n", "\0"])
def test_a_text_without_a_usable_name_gets_a_folder_all_the_same(
    folder: PartnerFolder, text: str
) -> None:
    folder.write((text,))
    assert names(folder) == ["partner"]


def test_two_texts_of_one_name_are_two_files(folder: PartnerFolder) -> None:
    folder.write(("partner: acme", "partner: acme", "partner: acme"))
    assert names(folder) == ["acme", "acme-2", "acme-3"]


def test_what_was_written_before_is_gone(folder: PartnerFolder) -> None:
    folder.write(("partner: acme",))
    folder.write(("partner: other",))
    assert names(folder) == ["other"]
    folder.write(())
    assert names(folder) == []
    assert folder.path.is_dir()


def test_a_folder_is_copied_with_all_that_is_in_it(folder: PartnerFolder, tmp_path: Path) -> None:
    payloads = tmp_path / "given" / "acme" / "payloads"
    payloads.mkdir(parents=True)
    (payloads.parent / "partner.yaml").write_text("partner: acme")
    (payloads / "one.json").write_text("{}")
    folder.write((tmp_path / "given", "partner: other"))
    assert names(folder) == ["acme", "other"]
    assert (folder.path / "acme" / "payloads" / "one.json").read_text() == "{}"


def test_a_partner_file_brings_what_lies_beside_it(folder: PartnerFolder, tmp_path: Path) -> None:
    home = tmp_path / "mine" / "acme"
    (home / "bodies").mkdir(parents=True)
    (home / "partner.yaml").write_text("partner: acme")
    (home / "bodies" / "order.xml").write_text("<order/>")
    folder.write((home / "partner.yaml",))
    assert (folder.path / "acme" / "bodies" / "order.xml").read_text() == "<order/>"


def test_a_file_of_another_name_comes_alone(folder: PartnerFolder, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not for the server")
    (tmp_path / "acme.yaml").write_text("partner: acme")
    folder.write((tmp_path / "acme.yaml",))
    assert [file.name for file in (folder.path / "acme").iterdir()] == ["partner.yaml"]
