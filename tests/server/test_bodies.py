"""Bodies that are no JSON: texts and files of partner files, from the outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from imnot_core.errors import PartnerError
from imnot_core.testing import Harness
from tests.server.files import file_of

INVOICE = b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<invoice>\xc3\xa9</invoice>\r\n"
PICTURE = bytes(range(256))

PAPERS = """\
partner: papers
datapoints:
  - name: invoice
    pattern: static
    endpoints:
      - {method: GET, path: /invoice, response: {body_file: bodies/invoice.xml}}
      - method: GET
        path: /invoice/text
        response: {body_text: "<a>é</a>\\r\\n", content_type: text/xml; charset=utf-8}
      - {method: GET, path: /picture, response: {body_file: bodies/dot.png, status: 203}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of partners, one of which has files beside its own."""
    bodies = tmp_path / "partners" / "papers" / "bodies"
    bodies.mkdir(parents=True)
    (bodies.parent / "partner.yaml").write_text(PAPERS, encoding="utf-8")
    (bodies / "invoice.xml").write_bytes(INVOICE)
    (bodies / "dot.png").write_bytes(PICTURE)
    return tmp_path / "partners"


@pytest.fixture
def server(folder: Path) -> Iterator[Harness]:
    with Harness(folder, workers=2) as harness:
        yield harness


def body_of(server: Harness) -> Path:
    return file_of(server, "papers").parent / "bodies" / "invoice.xml"


def invoices(server: Harness) -> list[bytes]:
    """What each worker serves."""
    return [server.get("/invoice").content for _ in server.workers]


def test_a_file_is_served_byte_for_byte_with_its_type(server: Harness) -> None:
    answer = server.get("/invoice")
    assert (answer.status_code, answer.content) == (200, INVOICE)
    assert answer.headers["content-type"] == "application/xml"
    picture = server.get("/picture")
    assert (picture.status_code, picture.content) == (203, PICTURE)
    assert picture.headers["content-type"] == "image/png"


def test_a_text_is_served_as_it_is_written(server: Harness) -> None:
    answer = server.get("/invoice/text")
    assert answer.content == "<a>é</a>\r\n".encode()
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"


def test_a_changed_file_is_served_after_a_reload_by_all_workers(server: Harness) -> None:
    body_of(server).write_bytes(b"<new/>")
    assert invoices(server) == [INVOICE, INVOICE]
    told = server.admin("POST", "/reload").json()
    assert told["status"] == "ok"
    assert invoices(server) == [b"<new/>", b"<new/>"]


def test_a_file_that_is_gone_leaves_what_was_served(server: Harness) -> None:
    body_of(server).unlink()
    told = server.admin("POST", "/reload").json()
    assert told["status"] != "ok"
    told = server.admin("GET", "/problems").text
    assert "'bodies/invoice.xml' does not exist" in told
    assert "datapoints[0].endpoints[0].response.body_file" in told
    assert invoices(server) == [INVOICE, INVOICE]
    body_of(server).write_bytes(b"<back/>")
    assert server.admin("POST", "/reload").json()["status"] == "ok"
    assert invoices(server) == [b"<back/>", b"<back/>"]


def test_another_partner_brings_no_changed_file_into_effect(server: Harness) -> None:
    body_of(server).write_bytes(b"<not-yet/>")
    text = "partner: letters\ndatapoints:\n  - name: d\n    pattern: static\n    endpoints:\n"
    server.admin("POST", "/partners", content=f"{text}      - {{method: GET, path: /letter}}\n")
    assert invoices(server) == [INVOICE, INVOICE]
    assert server.get("/letter").status_code == 200


def test_a_file_that_is_registered_may_name_what_is_there(server: Harness) -> None:
    changed = PAPERS.replace("/picture", "/image")
    server.admin("POST", "/partners?force=true", content=changed.encode())
    assert server.get("/image").content == PICTURE
    missing = PAPERS.replace("dot.png", "gone.png")
    answer = server.post("/imnot/admin/partners?force=true", content=missing.encode())
    assert answer.status_code == 422
    assert "gone.png" in answer.text
    assert server.get("/image").content == PICTURE


@pytest.mark.parametrize("name", ["/etc/hostname", "../../secret.txt"])
def test_nothing_outside_of_the_folder_is_served(folder: Path, name: str) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    file = folder / "papers" / "partner.yaml"
    file.write_text(PAPERS.replace("bodies/invoice.xml", f'"{name}"'), encoding="utf-8")
    with pytest.raises(PartnerError) as refused, Harness(folder):
        pass
    (problem,) = refused.value.problems
    assert problem.path == "datapoints[0].endpoints[0].response.body_file"
    assert problem.line == 6
    assert "secret" not in problem.message.replace(name, "")


def test_a_restart_serves_the_files_of_the_moment(server: Harness) -> None:
    body_of(server).write_bytes(b"<new/>")
    server.restart()
    assert invoices(server) == [b"<new/>", b"<new/>"]
