"""Routes from specifications: what is served can be served, whatever a document says."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from imnot_core import ReplyError
from imnot_patterns import openapi
from imnot_patterns.mockservers.generation import generate
from imnot_patterns.openapi import Operation

pytestmark = pytest.mark.anyio
LOG = logging.getLogger("test")


def operation(**fields: Any) -> Operation:
    return Operation(**{"method": "GET", "path": "/a", "status": 200, **fields})


async def routes(monkeypatch: pytest.MonkeyPatch, *given: Operation) -> list[Any]:
    monkeypatch.setattr(openapi, "read", lambda text: text)
    monkeypatch.setattr(openapi, "operations", lambda *_, **__: list(given))
    return await generate("", use_examples=True, log=LOG)


async def test_what_cannot_be_sent_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"X-A": "1", "X-B": "a\nb", "é": "1", "content-type": "a/b"}
    (route,) = await routes(
        monkeypatch, operation(headers=headers, content_type="a/\n", body="a\ud800")
    )
    assert route.response_headers == {"X-A": "1"}
    assert route.content_type == "application/json"
    assert route.reply.body == b"a?"


async def test_a_status_that_is_no_answer_is_answered_200(monkeypatch: pytest.MonkeyPatch) -> None:
    (route,) = await routes(monkeypatch, operation(status=101))
    assert (route.status_code, route.reply.status) == (101, 200)


async def test_other_methods_make_no_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await routes(monkeypatch, operation(method="TRACE")) == []


async def test_a_path_without_slash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReplyError, match=r"specification: paths\.a: "):
        await routes(monkeypatch, operation(path="a"))


async def test_whatever_goes_wrong_is_a_refusal_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str) -> None:
        raise RecursionError(text)

    monkeypatch.setattr(openapi, "read", fail)
    with pytest.raises(ReplyError, match="specification: cannot be used: RecursionError: deep"):
        await generate("deep", use_examples=True, log=LOG)
    assert "RecursionError" in caplog.text
