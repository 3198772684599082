"""Handlers that fail: 500 that names the datapoint, logged, kept, and nobody else affected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from imnot_core import Context, Job, Reply, ReplyError, Request, StoreError
from imnot_core.testing import Harness
from tests.server.samples import CHARGES, PLAIN, Plain, answering, raising

PROBLEMS = "/imnot/admin/problems"


def failures(server: Harness) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = server.get(PROBLEMS).json()["handlers"]
    return kept


class BrokenText(Exception):
    """An exception that cannot even be shown."""

    def __str__(self) -> str:
        raise ValueError


@pytest.fixture
def start() -> Iterator[Callable[[type[Plain]], Harness]]:
    started = []

    def begin(plugin: type[Plain]) -> Harness:
        harness = Harness(PLAIN, CHARGES, plugins=[plugin], allow_errors=True)
        started.append(harness.__enter__())
        return started[-1]

    yield begin
    for harness in started:
        harness.__exit__(None, None, None)


Start = Callable[[type[Plain]], Harness]


def test_the_answer_is_500_and_names_datapoint_and_cause(start: Start) -> None:
    answer = start(raising(ZeroDivisionError("by zero"))).post("/it")
    assert answer.status_code == 500
    assert answer.headers["x-imnot-error"] == "acme/it"
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["detail"]
    assert "acme/it" in answer.json()["detail"]
    assert "ZeroDivisionError: by zero" in answer.json()["detail"]


def test_the_traceback_is_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    start(raising(ZeroDivisionError("by zero"))).post("/it")
    (record,) = [each for each in caplog.records if each.exc_info]
    assert record.levelname == "ERROR"
    assert "acme/it" in record.getMessage()
    assert "POST /it" in record.getMessage()
    assert "tests/server/samples.py" in caplog.text


def test_it_is_kept_and_can_be_asked_for(start: Start) -> None:
    server = start(raising(ZeroDivisionError("by zero")))
    assert failures(server) == []
    server.post("/it")
    assert failures(server) == [
        {
            "at": "2026-01-01T00:00:00.000000+00:00",
            "handler": "acme/it",
            "method": "POST",
            "path": "/it",
            "session": None,
            "error": "ZeroDivisionError: by zero",
        }
    ]


def test_failures_are_listed_newest_first_and_the_last_hundred_kept(start: Start) -> None:
    def fail(request: Request, _context: Context) -> Reply:
        raise ValueError(request.query["n"])

    server = start(answering(fail))
    for number in range(105):
        server.post(f"/it?n={number}")
    kept = [each["error"] for each in failures(server)]
    assert kept == [f"ValueError: {number}" for number in range(104, 4, -1)]


def test_failures_survive_a_restart_and_go_with_their_session(start: Start) -> None:
    server = start(raising(ValueError("kept")))
    session = server.session()
    server.post("/it", session=session)
    server.post("/it")
    server.restart()
    assert [each["session"] for each in failures(server)] == [None, session.id]
    session.delete()
    assert [each["session"] for each in failures(server)] == [None]


def test_nothing_else_is_affected(start: Start) -> None:
    server = start(raising(ValueError("mine alone")))
    server.upload("bookingco", "charges", "fine")
    for _ in range(3):
        assert server.post("/it").status_code == 500
        assert server.get("/v1/charges").json() == "fine"
        assert server.get("/healthz").status_code == 200


def nested(error: BaseException) -> BaseException:
    try:
        try:
            raise error
        except BaseException as cause:
            raise RuntimeError("outer") from cause
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError(), "ValueError"),
        (ValueError("a\r\nb: c\x00"), "ValueError: a"),
        (ValueError("schön ☃"), "schön ☃"),
        (BrokenText(), "BrokenText"),
        (nested(KeyError("x")), "RuntimeError: outer"),
        (AssertionError("never"), "AssertionError: never"),
        (RecursionError("deep"), "RecursionError"),
        (StopAsyncIteration("end"), "StopAsyncIteration"),
        (ExceptionGroup("many", [ValueError("one")]), "many"),
        (SystemExit(3), "SystemExit: 3"),
        (TimeoutError("slow"), "slow"),
    ],
)
def test_whatever_is_raised(start: Start, error: BaseException, words: str) -> None:
    server = start(raising(error))
    answer = server.post("/it")
    assert answer.status_code == 500
    assert answer.headers["x-imnot-error"] == "acme/it"
    assert words in answer.json()["detail"]
    assert words in failures(server)[0]["error"]


def test_a_message_that_is_no_unicode(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not all that keep logs can keep this one; pytest-xdist cannot.
    monkeypatch.setattr(logging.getLogger("imnot"), "disabled", True)
    server = start(raising(ValueError("\ud800")))
    assert server.post("/it").json()["detail"].endswith("ValueError: ?")
    assert failures(server)[0]["error"] == "ValueError: ?"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (None, "None"),
        ({"a": 1}, "dict"),
        ("text", "str"),
        (Reply.json(1, headers={"X Y": "1"}), "'X Y'"),
        (Reply.json(1, headers={"": "1"}), "header"),
        (Reply.json(1, headers={"X": "a\r\nSet-Cookie: b"}), "X"),
        (Reply.json(1, headers={"X": "日本"}), "X"),
        (Reply.json(1, headers={"X": "\x00"}), "X"),
        (Reply(headers=(("X", 5),)), "int"),  # type: ignore[arg-type]
        (Reply(headers=("X",)), "unpack"),  # type: ignore[arg-type]
        (Reply(status=600), "600"),
        (Reply(status=99), "99"),
        (Reply(status=101), "101"),
        (Reply(status="200"), "200"),  # type: ignore[arg-type]
        (Reply(body="text"), "str"),  # type: ignore[arg-type]
        (Reply(body=None), "None"),  # type: ignore[arg-type]
    ],
)
def test_whatever_is_returned_that_cannot_be_sent(start: Start, reply: Any, words: str) -> None:
    server = start(answering(lambda _request, _context: reply))
    for _ in range(2):
        answer = server.post("/it")
        assert answer.status_code == 500
        assert answer.headers["x-imnot-error"] == "acme/it"
        assert words in answer.json()["detail"]


def test_a_header_value_may_be_any_latin_text(start: Start) -> None:
    reply = Reply.json(1, headers={"X-Name": "é\tü", "content-length": "999"})
    answer = start(answering(lambda _request, _context: reply)).post("/it")
    assert answer.status_code == 200
    assert answer.headers.raw[1] == (b"x-name", "é\tü".encode("latin-1"))
    assert answer.headers["content-length"] == "1"


def test_what_a_handler_raises_on_purpose_is_its_answer(start: Start) -> None:
    error = ReplyError(418, "I'm a teapot", {"X-Why": "tea"})
    server = start(raising(error))
    answer = server.post("/it")
    assert (answer.status_code, answer.json()) == (418, {"detail": "I'm a teapot"})
    assert answer.headers["x-why"] == "tea"
    assert "x-imnot-error" not in answer.headers
    assert failures(server) == []


def test_an_answer_that_was_raised_and_cannot_be_sent_is_a_failure(start: Start) -> None:
    answer = start(raising(ReplyError(999, "no such status"))).post("/it")
    assert answer.status_code == 500
    assert answer.headers["x-imnot-error"] == "acme/it"


def test_a_store_that_fails_is_503(start: Start) -> None:
    answer = start(raising(StoreError("imnot.db: the disk is full"))).post("/it")
    assert answer.status_code == 503
    assert "the disk is full" in answer.json()["detail"]


@pytest.mark.parametrize("error", [ValueError("later"), SystemExit(3)])
def test_a_background_job_that_fails_is_logged_by_its_name(
    start: Start, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    async def fail() -> None:
        raise error

    reply = Reply.json("sent", after=(Job("the mail", fail),))
    server = start(answering(lambda _request, _context: reply))
    assert server.post("/it").json() == "sent"
    server.settle()
    assert "'the mail'" in caplog.text
    assert server.post("/it").json() == "sent"


def test_no_body_is_sent_with_a_status_that_has_none(start: Start) -> None:
    for status in (204, 205, 304):
        reply = Reply(status=status, body=b"ignored")
        answer = start(answering(lambda _request, _context, reply=reply: reply)).post("/it")  # type: ignore[misc]
        assert (answer.status_code, answer.content) == (status, b"")
        assert "content-length" not in answer.headers
