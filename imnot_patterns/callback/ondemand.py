"""Bad delivery that a test asks for: kept for its session, taken by the submits that follow."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from imnot_core import Context, FieldError, Handler, Reply, ReplyError, Request
from imnot_patterns.callback.misdelivery import OnDemand

KEY: Final = "misdelivery"


async def taken(context: Context) -> OnDemand | None:
    """What is asked for in the session of the request at hand; counts it as used once."""
    while (found := await context.state.get(KEY)) is not None:
        asked = msgspec.convert(found, OnDemand)
        if asked.times is None:
            return asked
        left = _written(replace(asked, times=asked.times - 1)) if asked.times > 1 else None
        # A null is kept rather than nothing: who deletes could delete what was asked for meanwhile.
        if await context.state.compare_and_set(KEY, found, left):
            return asked
    return None


def ask(context: Context) -> Handler:
    """Have the next submits of a session delivered badly."""

    async def answer(request: Request) -> Reply:
        try:
            asked = msgspec.convert(request.json(), OnDemand)
        except msgspec.ValidationError as error:
            raise ReplyError(400, _told(error)) from None
        await context.state.put(KEY, _written(asked))
        return Reply.json(_described(request, asked))

    return answer


def show(context: Context) -> Handler:
    """Tell what is asked for in a session."""

    async def answer(request: Request) -> Reply:
        found = await context.state.get(KEY)
        asked = None if found is None else msgspec.convert(found, OnDemand)
        return Reply.json(_described(request, asked))

    return answer


def withdraw(context: Context) -> Handler:
    """Deliver well again."""

    async def answer(request: Request) -> Reply:
        await context.state.delete(KEY)
        return Reply.json(_described(request, None))

    return answer


def _described(request: Request, asked: OnDemand | None) -> dict[str, Any]:
    return {"session": request.session, "misdelivery": None if asked is None else _written(asked)}


def _written(asked: OnDemand) -> Any:
    return msgspec.to_builtins(asked)


def _told(error: msgspec.ValidationError) -> str:
    cause = error.__cause__
    if isinstance(cause, FieldError):
        return "; ".join(f"{field}: {message}; {hint}" for field, message, hint in cause.faults)
    return str(error)
