"""The items of the pattern `crud` in sessions, over the admin API, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import Harness
from tests.server.crud_samples import ADMIN, INTEGER, PATH, detail, ids
from tests.server.files import file_of


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(INTEGER, workers=2) as harness:
        yield harness


def test_a_session_has_items_of_its_own_from_the_seed_on(server: Harness) -> None:
    one, two = server.session(), server.session()
    server.delete(f"{PATH}/1", session=one)
    server.post(PATH, json={"of": "one"}, session=one)
    server.patch(f"{PATH}/2", json={"of": "two"}, session=two)
    server.post(PATH, json={"of": "nobody"})
    assert ids(server.get(PATH, session=one)) == [2, 4, 5]
    assert ids(server.get(PATH, session=two)) == [1, 2, 4]
    assert server.get(f"{PATH}/2", session=one).json().get("of") is None
    assert server.get(f"{PATH}/5", session=one).json()["of"] == "one"
    assert server.get(f"{PATH}/5").json()["of"] == "nobody"
    one.delete()
    assert ids(server.get(PATH, session=one)) == [1, 2, 4]


def test_tests_load_empty_and_reset_in_a_session(server: Harness) -> None:
    session = server.session()
    loaded = server.admin("PUT", f"{ADMIN}/items", json=[{"id": 40}, {"n": 1}], session=session)
    assert loaded.json() == {"status": "ok", "items": 2}
    assert server.get(PATH, session=session).json() == [{"id": 40}, {"id": 41, "n": 1}]
    assert server.post(PATH, json={}, session=session).json() == {"id": 42}
    assert server.patch(f"{PATH}/41", json={"n": 2}, session=session).json() == {"id": 41, "n": 2}
    assert ids(server.get(PATH)) == [1, 2, 4]
    shown = server.admin("GET", f"{ADMIN}/items", session=session).json()
    assert shown == [{"id": 40}, {"id": 41, "n": 2}, {"id": 42}]
    assert server.admin("DELETE", f"{ADMIN}/items", session=session).json()["items"] == 0
    assert server.get(PATH, session=session).json() == []
    assert server.post(PATH, json={}, session=session).json() == {"id": 1}
    assert server.admin("POST", f"{ADMIN}/reset", session=session).json()["items"] == 3
    assert ids(server.get(PATH, session=session)) == [1, 2, 4]
    assert server.post(PATH, json={}, session=session).json() == {"id": 5}


@pytest.mark.parametrize("body", [{}, "x", [1], [{"id": "x"}], [{"id": 1}, {"id": 1}]])
def test_what_cannot_be_loaded_changes_nothing(server: Harness, body: Any) -> None:
    answer = server.put(f"/imnot/admin{ADMIN}/items", json=body)
    assert "cannot be loaded" in detail(answer, 400)
    assert ids(server.get(PATH)) == [1, 2, 4]


def test_resetting_often_leaves_nothing_behind(server: Harness) -> None:
    for number in range(12):
        for _ in range(3):
            server.post(PATH, json={})
        server.admin("PUT", f"{ADMIN}/items", json=[{"id": number}])
        assert ids(server.get(PATH)) == [number]
        server.admin("POST", f"{ADMIN}/reset")
        assert ids(server.get(PATH)) == [1, 2, 4]


def test_items_survive_a_restart(server: Harness) -> None:
    server.post(PATH, json={"n": 1})
    server.patch(f"{PATH}/1", json={"n": 2})
    server.delete(f"{PATH}/2")
    before = server.get(PATH).content
    server.restart()
    assert server.get(PATH).content == before
    assert server.post(PATH, json={}).json() == {"id": 6}


def test_a_seed_may_be_a_file_that_is_reloaded(tmp_path: Path) -> None:
    text = "partner: p\ndatapoints: [{name: d, pattern: crud, path: /c, seed_file: seed/c.json}]"
    (tmp_path / "p" / "seed").mkdir(parents=True)
    (tmp_path / "p" / "partner.yaml").write_text(text)
    (tmp_path / "p" / "seed" / "c.json").write_text('[{"id": 1}, {"n": 1}]')
    with Harness(tmp_path, workers=2) as server:
        first = server.get("/c").json()
        assert first == server.get("/c").json()
        assert (first[0], first[1]["n"]) == ({"id": 1}, 1)
        file = file_of(server, "p").parent / "seed" / "c.json"
        file.write_text('[{"id": 2}]')
        server.admin("POST", "/reload")
        assert [ids(server.get("/c")) for _ in range(2)] == [[2], [2]]
        for content in ("[1]", "{}", "[", '[{"id": 1}, {"id": 1}]'):
            file.write_text(content)
            assert server.admin("POST", "/reload").json()["status"] != "ok"
            assert "seed/c.json" in server.admin("GET", "/problems").text
        assert [ids(server.get("/c")) for _ in range(2)] == [[2], [2]]


def test_many_items_are_listed_in_no_time(server: Harness) -> None:
    items = [{"id": number, "n": number % 7} for number in range(1, 10_001)]
    server.admin("PUT", f"{ADMIN}/items", json=items)
    answer = server.get(f"{PATH}?n=3&sort=-id&limit=2")
    assert ids(answer) == [9999, 9992]
    assert answer.headers["x-total-count"] == "1429"
    assert server.get(PATH).json() == items


def test_a_copied_session_goes_on_from_there(server: Harness) -> None:
    one = server.session()
    server.admin("PUT", f"{ADMIN}/items", json=[{"id": 5}], session=one)
    server.post(PATH, json={}, session=one)
    two = server.admin("POST", f"/sessions/{one}/copy").json()["session_id"]
    server.delete(f"{PATH}/5", session=two)
    assert server.post(PATH, json={}, session=two).json() == {"id": 7}
    assert ids(server.get(PATH, session=one)) == [5, 6]
    assert ids(server.get(PATH, session=two)) == [6, 7]


def test_addresses_keep_the_session_that_a_path_chooses(server: Harness) -> None:
    made = server.post(f"/~session/mine{PATH}", json={})
    assert made.headers["location"] == f"/~session/mine{PATH}/5"
    assert server.get(made.headers["location"]).json() == {"id": 5}
    page = server.get(f"/~session/mine{PATH}?limit=3")
    assert ids(server.get(page.links["next"]["url"])) == [5]
