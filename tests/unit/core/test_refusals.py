"""How an endpoint says no: the texts of violations, and both formats."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import Reply, ReplyError, Request
from imnot_core.refusals import MOST, Violation, error_reply, formatted, pointer, refusal


@dataclass(frozen=True)
class Config:
    error_format: Literal["detail", "problem+json"] | None = None


DETAIL, PROBLEM = Config(), Config("problem+json")


def test_a_refusal_is_a_detail_by_default() -> None:
    reply = refusal(DETAIL, 401, "No token", "Send one", headers=(("WWW-Authenticate", "Bearer"),))

    assert (reply.status, json.loads(reply.body)) == (401, {"detail": "Send one"})
    assert ("WWW-Authenticate", "Bearer") in reply.headers
    assert ("Content-Type", "application/json") in reply.headers


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    reply = refusal(PROBLEM, 401, "No token", "Send one", headers={"WWW-Authenticate": "Bearer"})

    assert json.loads(reply.body) == {
        "type": "about:blank",
        "title": "No token",
        "status": 401,
        "detail": "Send one",
    }
    assert reply.headers == (
        ("Content-Type", "application/problem+json"),
        ("WWW-Authenticate", "Bearer"),
    )


@pytest.mark.parametrize(("status", "title"), [(422, "Unprocessable Entity"), (499, "Refused")])
def test_the_title_is_that_of_the_status_if_none_is_given(status: int, title: str) -> None:
    titled = json.loads(refusal(PROBLEM, status, "", "x").body)["title"]

    # Later versions of Python say it as RFC 9110 does.
    assert titled.replace("Content", "Entity") == title


def test_violations_are_texts_in_a_detail() -> None:
    errors = [
        Violation("body", (), "required"),
        Violation("body", ("lines", 0, "sku"), "too short", "#/properties/sku/minLength"),
        Violation("query", ("page",), "required"),
        Violation("headers", ("X-Key",), "required"),
    ]

    assert json.loads(refusal(DETAIL, 422, "", "x", errors=errors).body)["detail"] == [
        "body: required",
        (
            "body.lines[0].sku: too short (at #/lines/0/sku, says #/properties/sku/minLength of the"
            " schema)"
        ),
        "query.page: required",
        "headers.X-Key: required",
    ]


def test_violations_are_entries_of_a_problem() -> None:
    errors = [
        Violation("body", (), "required"),
        Violation("body", ("a/b", 0, "m~n", "ü %"), "too short", "#/items"),
        Violation("query", ("page",), "required"),
        Violation("headers", ("X-Key",), "required"),
    ]
    problem = json.loads(refusal(PROBLEM, 422, "", "x", errors=errors).body)

    assert problem["detail"] == "x"
    assert problem["errors"] == [
        {"detail": "required", "pointer": "#"},
        {"detail": "too short", "pointer": "#/a~1b/0/m~0n/%C3%BC%20%25", "schema": "#/items"},
        {"detail": "required", "parameter": "page"},
        {"detail": "required", "header": "X-Key"},
    ]


def test_of_very_many_violations_the_others_are_counted() -> None:
    errors = [Violation("body", (index,), "required") for index in range(MOST + 23)]
    detail = json.loads(refusal(DETAIL, 422, "", "x", errors=errors).body)["detail"]
    problem = json.loads(refusal(PROBLEM, 422, "", "x", errors=errors).body)

    assert detail[MOST - 1 :] == ["body[99]: required", "and 23 more"]
    assert len(problem["errors"]) == MOST
    assert problem["detail"] == "x (and 23 more)"


@given(st.lists(st.text(max_size=5) | st.integers(0, 99), max_size=4))
def test_a_pointer_leads_back_to_its_path(path: list[str | int]) -> None:
    from urllib.parse import unquote

    written = pointer(path)
    steps = unquote(written.removeprefix("#")).split("/")[1:] if path else []

    assert written.isascii()
    assert [step.replace("~1", "/").replace("~0", "~") for step in steps] == list(map(str, path))


def test_an_error_is_answered_in_the_format_of_the_endpoint() -> None:
    error = ReplyError(404, "No payload", {"X-Why": "none"})

    assert json.loads(error_reply(error).body) == {"detail": "No payload"}
    assert json.loads(error_reply(error, DETAIL).body) == {"detail": "No payload"}
    problem = error_reply(error, PROBLEM)
    assert json.loads(problem.body)["detail"] == "No payload"
    assert json.loads(problem.body)["title"] == "Not Found"
    assert ("X-Why", "none") in problem.headers


async def _missing(_request: Request) -> Reply:
    raise ReplyError(404, "No payload")


@pytest.mark.anyio
async def test_what_a_handler_raises_becomes_a_problem() -> None:
    reply = await formatted(PROBLEM, _missing, None)(Request("GET", "/"))  # type: ignore[arg-type]

    assert (reply.status, json.loads(reply.body)["detail"]) == (404, "No payload")


@pytest.mark.parametrize("config", [DETAIL, Config("detail")])
def test_the_usual_format_leaves_the_handler_as_it_is(config: Config) -> None:
    assert formatted(config, _missing, None) is _missing  # type: ignore[arg-type]
