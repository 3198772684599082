"""Journal and mirrors in servers in memory, as tests of plugins use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core.testing import Harness
from tests.process.notes_plugin import Notes

BOTH = pytest.mark.parametrize("workers", [1, 2])


def notes(server: Harness, session: str | None = None) -> list[str]:
    return list(server.get("/", session=session).json()["notes"])


def journal(server: Harness) -> list[str]:
    return list(server.get("/journal").json()["journal"].values())


@BOTH
def test_it_stops_in_order_right_after_a_request(workers: int) -> None:
    with Harness(plugins=[Notes], workers=workers) as server:
        server.request("PUT", "/a", content=b"text")
    assert server.errors == ()


@BOTH
def test_all_of_it_is_there_after_a_restart(workers: int, tmp_path: Path) -> None:
    with Harness(plugins=[Notes], workers=workers, db=tmp_path / "imnot.db") as server:
        server.request("PUT", "/a", content=b"text")
        server.request("PUT", "/b", content=b"text")
        server.restart()
        assert journal(server) == ["/a", "/b", "/journal"]
        assert notes(server) == ["/a", "/b"]


@BOTH
def test_a_session_takes_its_notes_and_entries_along(workers: int) -> None:
    with Harness(plugins=[Notes], workers=workers) as server:
        session = server.session()
        server.request("PUT", "/everybody's", content=b"")
        for number in range(4):
            server.request("PUT", f"/{number}", content=b"", session=session)
            assert len(notes(server)) == number + 2
        session.delete()
        assert [notes(server) for _ in range(workers)] == [["/everybody's"]] * workers
        assert [path for path in journal(server) if path not in ("/", "/journal")] == [
            "/everybody's"
        ]


def test_a_database_in_memory_has_a_journal_too() -> None:
    with Harness(plugins=[Notes], db=":memory:") as server:
        server.request("PUT", "/a", content=b"text")
        assert journal(server) == ["/a", "/journal"]
        assert notes(server) == ["/a"]


def test_the_journal_forgets_what_lies_beyond_its_size() -> None:
    with Harness(plugins=[Notes], journal_size=3) as server:
        for number in range(10):
            server.get(f"/{number}")
        assert journal(server) == ["/8", "/9", "/journal"]
