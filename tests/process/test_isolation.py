"""Two hundred sessions at once, of every pattern: nothing of one is seen in another, or stays."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import pytest

from imnot_core.testing import CallbackReceiver, ServerProcess

PARTNERS = Path(__file__).parent / "isolation"

Served = tuple[ServerProcess, Path, int]


@pytest.fixture(scope="module")
def receiver() -> Iterator[CallbackReceiver]:
    with CallbackReceiver() as receiver:
        yield receiver


@pytest.fixture(
    scope="module", params=[(1, 40), (2, 200)], ids=["40-in-one-process", "200-with-two-workers"]
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("isolation")
    workers, sessions = request.param
    args = ("--workers", str(workers))
    with ServerProcess(PARTNERS, args=args, cwd=folder, db=folder / "imnot.db") as server:
        yield server, folder / "imnot.db", sessions


class Test:
    """One test of a tester's suite, as it were: all that it does is in a session of its own."""

    __test__ = False

    def __init__(self, port: int, number: int, hook: str) -> None:
        # A hundred times as fast as a client for people, and there are 25,000 requests.
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.last = 0.0
        self.mark = f"mark-{number}"
        self.hook = f"{hook}/{self.mark}"
        self.headers: dict[str, str] = {}

    def ask(
        self,
        method: str,
        path: str,
        status: int = 200,
        body: Any = None,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        given = {**self.headers, **(headers or {})}
        content = None
        if body is not None:
            content, given["Content-Type"] = json.dumps(body), "application/json"
        if form is not None:
            content, given["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        if monotonic() - self.last > 2:  # the server closes what was idle for 5 seconds
            self.connection.close()
        self.last = monotonic()
        self.connection.request(method, path, content, given)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == status, f"{method} {path}: {answer.status} {text}"
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return json.loads(text) if is_json else text

    def admin(self, method: str, path: str, status: int = 200, body: Any = None) -> Any:
        return self.ask(method, f"/imnot/admin{path}", status, body)

    def begin(self) -> str:
        made = self.admin("POST", "/sessions", 201, {"name": self.mark, "seed": 7})
        self.headers = {"X-Imnot-Session": made["session_id"]}
        return str(made["session_id"])

    def prepare(self) -> None:
        mine = {"of": self.mark}
        for datapoint, payload in (
            ("charges", mine),
            ("export", mine),
            ("hook", mine),
            ("invoices", [{"of": self.mark, "number": number} for number in range(5)]),
        ):
            path = f"/acme/{datapoint}/payload/session"
            self.admin("POST", path, body=payload)
        for datapoint, body in (("token", {"access_token": self.mark}), ("health", mine)):
            asked: dict[str, Any] = {"response": {"body": body}}
            if datapoint == "health":
                asked |= {"method": "GET", "path": "/health"}
            self.admin("PUT", f"/overrides/acme/{datapoint}", body=asked)
        stub = {
            "request": {"method": "GET", "path": "/stub"},
            "action": {"response": {"status_code": 200, "headers": {}, "body": self.mark}},
        }
        self.ask("POST", "/__mock__/stubs", body=stub)

    def fixed(self) -> None:
        assert self.ask("POST", "/token") == {"access_token": self.mark}
        assert self.ask("GET", "/health") == {"of": self.mark}
        assert self.ask("GET", "/charges") == {"of": self.mark}
        assert self.ask("GET", "/stub") == self.mark
        assert self.ask("GET", "/greeting") == "first"
        assert self.ask("GET", "/greeting") == "later"

    def tokens(self) -> str:
        form = {"grant_type": "client_credentials"}
        token = (self.ask("POST", "/signed/token", form=form))["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert self.ask("GET", "/guarded", headers=bearer) == {"let": "in"}
        return str(token)

    def flow(self) -> str:
        made = (self.ask("POST", "/exports", 202))["id"]
        self.ask("GET", f"/exports/{made}", 409)  # out of order
        states = [(self.ask("GET", f"/exports/{made}/state"))["state"] for _ in range(3)]
        assert states == ["running", "running", "done"]
        assert self.ask("GET", f"/exports/{made}") == {"of": self.mark}
        return str(made)

    def pages(self) -> str:
        items, cursor = [], ""
        while cursor is not None:
            page = self.ask("GET", f"/invoices?limit=2&cursor={cursor}")
            items += page["items"]
            last, cursor = cursor, page["next"]
        assert items == [{"of": self.mark, "number": number} for number in range(5)]
        return last

    def resource(self) -> None:
        made = self.ask("POST", "/customers", 201, {"name": self.mark})
        assert made["id"] == 2  # after the seed, whatever others create
        listed = [each["name"] for each in self.ask("GET", "/customers")]
        assert listed == ["everybody's", self.mark]
        self.ask("DELETE", "/customers/1", 204)
        self.ask("PATCH", "/customers/2", body={"age": 5})
        assert self.ask("GET", "/customers") == [{"id": 2, "name": self.mark, "age": 5}]

    def limits(self) -> None:
        for status in (200, 200, 200, 429):
            self.ask("GET", "/limited", status)

    def chances(self) -> str:
        shaken = ""
        for _ in range(10):
            try:
                self.ask("GET", "/shaky")
                shaken += "."
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()  # it is opened anew by the next request
                shaken += "x"
        return shaken

    def time_and_callback(self) -> None:
        self.ask("POST", "/hooks", 202, body={"url": self.hook})
        clock = self.admin("POST", f"/sessions/{self.session}/clock", body={"advance": 601})
        assert clock["offset_seconds"] >= 600

    def evidence(self) -> None:
        listed = self.admin("GET", f"/requests?session={self.session}&limit=1000")
        assert {each["session"] for each in listed["requests"]} == {self.session}
        for count, request in (
            (1, {"method": "POST", "path": "/exports"}),
            (4, {"method": "GET", "path": "/limited"}),
        ):
            question = {"request": request, "session": self.session, "count": count}
            answer = self.admin("POST", "/verify", body=question)
            assert answer["verified"] is True, answer

    def delete(self) -> None:
        self.admin("DELETE", f"/sessions/{self.session}")

    @property
    def session(self) -> str:
        return self.headers["X-Imnot-Session"]


def run(test: Test, together: Barrier) -> tuple[str, str, str, str]:
    test.begin()
    together.wait(60)
    test.prepare()
    test.fixed()
    found = test.tokens(), test.flow(), test.pages(), test.chances()
    test.resource()
    test.time_and_callback()
    test.limits()
    test.evidence()
    return found


def foreign(test: Test, other: tuple[str, str, str, str]) -> None:
    """What one session was given is nothing in another."""
    token, made, cursor, _ = other
    test.ask("GET", "/guarded", 401, headers={"Authorization": f"Bearer {token}"})
    test.ask("GET", f"/exports/{made}/state", 409)
    test.ask("GET", f"/exports/{made}", 409)
    test.ask("GET", f"/invoices?limit=2&cursor={cursor}", 400)


def test_two_hundred_sessions_of_every_pattern_do_not_see_each_other(
    served: Served, receiver: CallbackReceiver
) -> None:
    server, database, sessions = served
    receiver.clear()
    tests = [Test(server.port, number, receiver.url) for number in range(sessions)]
    together = Barrier(sessions)
    with ThreadPoolExecutor(sessions) as pool:
        found = list(pool.map(run, tests, [together] * sessions))
        # The same seed, the same faults, in whichever order and worker they were decided.
        assert len({shaken for *_, shaken in found}) == 1
        assert set(found[0][3]) == {".", "x"}
        list(pool.map(foreign, tests, [*found[1:], found[0]]))
        called = receiver.wait(sessions, 60)
        assert sorted((each.url, each.json()["of"]) for each in called) == sorted(
            (test.hook, test.mark) for test in tests
        )
        nobody = Test(server.port, 0, "")
        nobody.ask("GET", "/charges", 404)
        nobody.ask("GET", "/stub", 404)
        listed = {each["session_id"] for each in nobody.admin("GET", "/sessions")}
        assert listed == {test.session for test in tests}
        list(pool.map(Test.delete, tests))
        for test in tests[:: sessions // 5]:
            nothing_left(test)
        assert nobody.admin("GET", "/sessions") == []
        for test in (*tests, nobody):
            test.connection.close()
    assert_no_documents(database, tests)


def nothing_left(test: Test) -> None:
    test.ask("GET", "/charges", 404)
    test.ask("GET", "/stub", 404)
    assert test.ask("GET", "/health") == {"state": "up"}
    assert [each["id"] for each in test.ask("GET", "/customers")] == [1]
    test.ask("GET", "/limited")
    test.delete()  # what these requests wrote


def assert_no_documents(file: Path, tests: list[Test]) -> None:
    """In the database itself: no document of any session, nor one that names it in its key."""
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT namespace, key, owner FROM documents").fetchall()
    sessions = {test.session for test in tests}
    left = [row for row in rows if row[2] in sessions or any(s in row[1] for s in sessions)]
    assert left == []
