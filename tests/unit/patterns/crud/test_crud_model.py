"""Whatever requests do to a `crud` datapoint, in whatever order, it is as a list in memory."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from imnot_core.testing import Harness

PARTNER = """\
partner: shop
datapoints:
  - name: things
    pattern: crud
    path: /things
    ids: client
    upsert: true
    seed: [{id: a, n: 0}, {id: b, n: 1}, {id: c, n: 2}]
"""
SEED = [{"id": "a", "n": 0}, {"id": "b", "n": 1}, {"id": "c", "n": 2}]
ADMIN = "/shop/things"

Items = dict[str, dict[str, Any]]
IDS = st.sampled_from("abcde")
SESSIONS = st.sampled_from([None, "one", "two"])
FIELDS = st.dictionaries(
    st.sampled_from(["n", "m"]), st.integers(0, 3) | st.text(max_size=2), max_size=2
)
PATCHES = st.dictionaries(st.sampled_from(["n", "m"]), st.none() | st.integers(0, 3), max_size=2)


def seed() -> Items:
    return {str(each["id"]): dict(each) for each in SEED}


class Things(RuleBasedStateMachine):
    """Two workers that answer in turn, three lists in memory beside them."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Harness(PARTNER, workers=2)
        self.server.__enter__()
        self.model: dict[str | None, Items] = {None: seed(), "one": seed(), "two": seed()}

    def teardown(self) -> None:
        self.server.__exit__(None, None, None)

    @rule(session=SESSIONS, key=IDS, fields=FIELDS)
    def create(self, session: str | None, key: str, fields: dict[str, Any]) -> None:
        answer = self.server.post("/things", json={"id": key, **fields}, session=session)
        items = self.model[session]
        assert answer.status_code == (409 if key in items else 201)
        if key not in items:
            items[key] = {"id": key, **fields}
            assert answer.json() == items[key]

    @rule(session=SESSIONS, key=IDS, fields=FIELDS)
    def replace(self, session: str | None, key: str, fields: dict[str, Any]) -> None:
        answer = self.server.put(f"/things/{key}", json=fields, session=session)
        items = self.model[session]
        assert answer.status_code == (200 if key in items else 201)
        items[key] = {"id": key, **fields}
        assert answer.json() == items[key]

    @rule(session=SESSIONS, key=IDS, patch=PATCHES)
    def patch(self, session: str | None, key: str, patch: dict[str, Any]) -> None:
        answer = self.server.patch(f"/things/{key}", json=patch, session=session)
        items = self.model[session]
        assert answer.status_code == (200 if key in items else 404)
        if key in items:
            merged = {**items[key], **patch}
            items[key] = {name: value for name, value in merged.items() if value is not None}
            assert answer.json() == items[key]

    @rule(session=SESSIONS, key=IDS)
    def delete(self, session: str | None, key: str) -> None:
        answer = self.server.delete(f"/things/{key}", session=session)
        assert answer.status_code == (204 if key in self.model[session] else 404)
        self.model[session].pop(key, None)

    @rule(session=SESSIONS, key=IDS)
    def read(self, session: str | None, key: str) -> None:
        answer = self.server.get(f"/things/{key}", session=session)
        expected = self.model[session].get(key)
        assert answer.status_code == (404 if expected is None else 200)
        if expected is not None:
            assert answer.json() == expected

    @rule(session=SESSIONS, keys=st.lists(IDS, unique=True, max_size=4))
    def load(self, session: str | None, keys: list[str]) -> None:
        items = [{"id": key, "loaded": True} for key in keys]
        self.server.admin("PUT", f"{ADMIN}/items", json=items, session=session)
        self.model[session] = {str(each["id"]): each for each in items}

    @rule(session=SESSIONS)
    def empty(self, session: str | None) -> None:
        self.server.admin("DELETE", f"{ADMIN}/items", session=session)
        self.model[session] = {}

    @rule(session=SESSIONS)
    def reset(self, session: str | None) -> None:
        self.server.admin("POST", f"{ADMIN}/reset", session=session)
        self.model[session] = seed()

    @rule(session=st.sampled_from(["one", "two"]))
    def delete_session(self, session: str) -> None:
        self.server.admin("DELETE", f"/sessions/{session}", gone=True)
        self.model[session] = seed()

    @rule(seconds=st.sampled_from([1, 61, 100_000]))
    def wait(self, seconds: float) -> None:
        self.server.clock.advance(seconds)

    @rule()
    def restart(self) -> None:
        self.server.restart()

    @invariant()
    def lists_are_as_they_should_be(self) -> None:
        for session, items in self.model.items():
            assert self.server.get("/things", session=session).json() == list(items.values())


Things.TestCase.settings = settings(max_examples=6, stateful_step_count=20, deadline=None)
TestThings = Things.TestCase
