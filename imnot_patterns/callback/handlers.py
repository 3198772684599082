"""The answer to a submit: a request id, and the callbacks that follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from imnot_core import Context, FieldError, Handler, Job, Reply, Request
from imnot_patterns.callback.config import Callback, CallbackResponse, own_key
from imnot_patterns.callback.delivery import Courier, Errand, Step
from imnot_patterns.callback.message import Writer, values_beside
from imnot_patterns.callback.misdelivery import Bad, OnDemand, decided
from imnot_patterns.callback.ondemand import taken
from imnot_patterns.callback.signature import SecretMissing, secrets
from imnot_patterns.callback.sources import Source, source
from imnot_patterns.callback.submitted import Sending, Submitted
from imnot_patterns.callback.wording import Seen


class Submit:
    """One submit endpoint. Raises FieldError for a secret that cannot be used."""

    def __init__(
        self,
        context: Context,
        writer: Writer,
        courier: Courier,
        response: CallbackResponse,
        field: str,
    ) -> None:
        self._context = context
        self._courier = courier
        self._response = response
        self._callbacks = response.all()
        self._hows = [_how(each) for each in self._callbacks]
        self._sees = any(each.headers or each.body is not None for each in self._callbacks)
        self._headers = response.header_pairs()
        self._sources: list[Source] = []
        for index, callback in enumerate(self._callbacks):
            at = f"{field}.callbacks[{index}]" if response.callbacks else field
            _check_secrets(callback, at)
            key = "url" if response.callbacks else own_key("url")
            self._sources.append(source(callback, context.targets, writer.templates, key))

    async def answer(self, request: Request) -> Reply:
        """Answer with a new request id, then call back."""
        context = self._context
        request_id = context.new_id()
        urls = [
            url_of(request, values_beside(request_id, request.session, index))
            for index, url_of in enumerate(self._sources)
        ]
        asked = await taken(context)
        errands = self._errands(request_id, asked)
        sendings = self._sendings(urls, errands)
        seen = Seen.of(request) if self._sees else None
        await context.issued.issue(request.session, Submitted(sendings, seen), id=request_id)
        jobs = [await self._send_out(each, request.session) for each in errands]
        body = {"request_id": request_id}
        return Reply.json(body, self._response.status, self._headers, after=tuple(jobs))

    async def _send_out(self, errand: Errand, session: str | None) -> Job:
        return await self._courier.send_out(errand, session, self._delay(errand))

    def _delay(self, errand: Errand) -> float:
        return self._courier.delay(self._hows[errand.step.callback], errand.step.bad)

    def _sendings(self, urls: Sequence[str], errands: Sequence[Errand]) -> tuple[Sending, ...]:
        now = self._context.clock.time()
        sendings = [
            Sending(url, callback.method, how)
            for url, callback, how in zip(urls, self._callbacks, self._hows, strict=True)
        ]
        for errand in errands:
            for step in errand.steps:
                # Those that wait for others have no time yet.
                due = now + self._delay(errand) if step is errand.step else None
                waiting = replace(sendings[step.callback], rounds={errand.round: due})
                sendings[step.callback] = waiting
        return tuple(sendings)

    def _errands(self, request_id: str, asked: OnDemand | None) -> list[Errand]:
        """What has to be done for a submit: one errand, or one for each callback."""
        random, order = self._context.random, self._response.callback_order
        steps = [
            Step(index, _bad(each, asked, self._context))
            for index, each in enumerate(self._callbacks)
        ]
        if order == "shuffled":
            random.shuffle(steps)
        elif order == "reversed" or (asked is not None and asked.out_of_order):
            steps.reverse()
        groups = [(each,) for each in steps] if order == "parallel" else [tuple(steps)]
        return [Errand(request_id, "", group, random.getrandbits(32)) for group in groups]


def endpoint_handler(
    context: Context, writer: Writer, courier: Courier, response: CallbackResponse, field: str
) -> Handler:
    """What answers a submit endpoint."""
    return Submit(context, writer, courier, response, field).answer


def _bad(callback: Callback, asked: OnDemand | None, context: Context) -> Bad:
    # What the test asks for now goes before what the file says once and for all.
    by_test = asked is not None and (asked.duplicates or asked.late_seconds or asked.stale_seconds)
    if asked is not None and (by_test or asked.wrong_signature):
        return decided(asked, context.random)
    return decided(callback.misdelivery, context.random)


def _how(callback: Callback) -> dict[str, Any]:
    """What is kept of a callback, so that it is sent as it was declared at the submit."""
    how: dict[str, Any] = msgspec.to_builtins(callback)
    for key in ("url_field", "url_header", "method"):
        how.pop(key, None)
    return how


def _check_secrets(callback: Callback, field: str) -> None:
    if callback.signature is None:
        return
    try:
        secrets(callback.signature)
    except SecretMissing as missing:
        hint = "set it before the server is started"
        raise FieldError((f"{field}.signature.secret_env", str(missing), hint)) from None
