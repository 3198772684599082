"""Files beside a partner file: what may be read, and that nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imnot_core import partner_files
from imnot_core.errors import FieldError
from imnot_core.partner_files import PartnerFiles, read_below


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A partner's folder, with a file in it and a secret beside it."""
    folder = tmp_path / "partners" / "acme"
    (folder / "bodies").mkdir(parents=True)
    (folder / "bodies" / "order.xml").write_bytes(b"\xef\xbb\xbf<order/>\r\n")
    (tmp_path / "partners" / "secret.txt").write_bytes(b"secret")
    return folder


def refusal(folder: Path | None, name: str) -> str:
    with pytest.raises(FieldError) as refused:
        read_below(folder, name, "response.body_file")
    ((field, message, hint),) = refused.value.faults
    assert field == "response.body_file"
    assert hint
    assert "secret" not in message.replace(repr(name), "")
    return message


def test_a_file_is_read_byte_for_byte(acme: Path) -> None:
    assert read_below(acme, "bodies/order.xml", "f") == b"\xef\xbb\xbf<order/>\r\n"
    assert read_below(acme, "./bodies/order.xml", "f") == b"\xef\xbb\xbf<order/>\r\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "is no file name"),
        ("a\0b", "is no file name"),
        ("/etc/passwd", "is an absolute path"),
        ("C:\\secret.txt", "is an absolute path"),
        ("\\\\host\\share", "is an absolute path"),
        ("../secret.txt", "leads out of"),
        ("bodies/../../secret.txt", "leads out of"),
        ("bodies/../bodies/order.xml", "leads out of"),
        ("bodies\\..\\..\\secret.txt", "leads out of"),
        ("order.xml", "does not exist"),
        ("bodies/order.xml/more", "does not exist"),
        ("x" * 5000, "cannot be read"),
        ("bodies", "is no regular file"),
        (".", "is no regular file"),
    ],
)
def test_a_name_that_leads_to_no_file_of_the_partner_is_refused(
    acme: Path, name: str, said: str
) -> None:
    assert said in refusal(acme, name)


def test_without_a_folder_there_are_no_files() -> None:
    assert "has no folder" in refusal(None, "order.xml")


def test_a_link_that_leaves_the_folder_is_refused(acme: Path) -> None:
    (acme / "out").symlink_to(acme.parent / "secret.txt")
    (acme / "up").symlink_to(acme.parent)
    (acme / "loop").symlink_to(acme / "loop")
    assert "is a link out of the partner's folder" in refusal(acme, "out")
    assert "is a link out of the partner's folder" in refusal(acme, "up/secret.txt")
    assert "cannot be read" in refusal(acme, "loop")


def test_a_link_within_the_folder_is_followed(acme: Path) -> None:
    (acme / "current").symlink_to("bodies")
    assert read_below(acme, "current/order.xml", "f").endswith(b"<order/>\r\n")


def test_the_folder_itself_may_be_a_link(acme: Path) -> None:
    linked = acme.parent / "linked"
    linked.symlink_to(acme)
    assert read_below(linked, "bodies/order.xml", "f").endswith(b"<order/>\r\n")


def test_a_folder_with_a_name_that_begins_alike_is_not_below(acme: Path) -> None:
    twin = acme.with_name("acme-private")
    twin.mkdir()
    (twin / "secret.txt").write_bytes(b"secret")
    (acme / "twin").symlink_to(twin / "secret.txt")
    assert "is a link out of" in refusal(acme, "twin")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_nobody_waits_for_it(acme: Path) -> None:
    os.mkfifo(acme / "pipe")
    assert "is no regular file" in refusal(acme, "pipe")


def test_a_large_file_is_refused(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner_files, "LARGEST", 1024)
    (acme / "fits").write_bytes(bytes(1024))
    (acme / "large").write_bytes(bytes(1025))
    assert len(read_below(acme, "fits", "f")) == 1024
    assert "is larger than" in refusal(acme, "large")


def test_files_are_read_once_and_known_to_have_changed(acme: Path) -> None:
    file, files = acme / "bodies" / "order.xml", PartnerFiles(acme)
    assert not files.changed()
    first = files.read("bodies/order.xml", "f")
    assert not files.changed()
    file.write_bytes(b"other")
    assert files.read("bodies/order.xml", "f") == first
    assert files.changed()
    assert files.paths() == [file]
    file.write_bytes(first)
    assert not files.changed()
    file.unlink()
    assert files.changed()


def test_what_another_worker_read_is_taken_instead(acme: Path) -> None:
    files = PartnerFiles(acme, {"bodies/order.xml": b"theirs"})
    assert files.read("bodies/order.xml", "f") == b"theirs"
    assert files.taken == {"bodies/order.xml": b"theirs"}
