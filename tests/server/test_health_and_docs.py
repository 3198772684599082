"""The endpoints that are public: the health check and the two READMEs."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from imnot_core.testing import Harness
from tests.server.samples import ACME


def documents_of(server: Harness) -> tuple[Path, Path]:
    """Where the server looks for the two documents, by its own words."""
    paths = [
        Path(server.get(url).text.partition(" at ")[2])
        for url in ("/imnot/docs", "/imnot/docs/partners")
    ]
    return paths[0], paths[1]


def test_the_health_check_has_exactly_two_keys() -> None:
    with Harness() as server:
        answer = server.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": version("imnot")}


def test_the_health_check_answers_without_partners_and_with_a_key() -> None:
    with Harness(admin_key="secret") as server:
        assert server.client.get("/healthz").status_code == 200


def test_the_readmes_are_served_as_plain_text() -> None:
    with Harness(ACME) as server:
        top, inside = documents_of(server)
        top.write_text("# Wie man's macht: schön\r\n", encoding="utf-8", newline="")
        inside.write_text("# The schema\n", encoding="utf-8")
        for url, content in (
            ("/imnot/docs", "# Wie man's macht: schön\r\n"),
            ("/imnot/docs/partners", "# The schema\n"),
        ):
            answer = server.get(url)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert answer.content == content.encode()


def test_a_readme_lies_beside_the_partners_folder_and_one_inside() -> None:
    with Harness(ACME) as server:
        top, inside = documents_of(server)
        assert (inside.parent / "acme" / "partner.yaml").is_file()
        assert top.parent == inside.parent.parent
        assert top.name == inside.name == "README.md"


def test_a_readme_is_read_at_each_request() -> None:
    with Harness() as server:
        top, _ = documents_of(server)
        top.write_text("old", encoding="utf-8")
        assert server.get("/imnot/docs").text == "old"
        top.write_text("new", encoding="utf-8")
        assert server.get("/imnot/docs").text == "new"


@pytest.mark.parametrize("url", ["/imnot/docs", "/imnot/docs/partners"])
def test_a_missing_readme_is_404_in_plain_text(url: str) -> None:
    with Harness() as server:
        answer = server.get(url)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "README.md" in answer.text


def test_a_readme_that_is_no_text_is_served_as_well_as_can_be() -> None:
    with Harness() as server:
        top, inside = documents_of(server)
        top.write_bytes(b"caf\xe9")
        inside.mkdir()
        assert server.get("/imnot/docs").text == "caf�"
        assert server.get("/imnot/docs/partners").status_code == 404
