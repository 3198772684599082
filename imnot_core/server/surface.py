"""The outermost ASGI application: what answers consumer requests, and passes on the rest.

A request is looked up in the route table first. What is not there goes to the Litestar application
if its path is below a prefix that the core or an API plugin owns, then to the API plugins that
answer consumer traffic, and gets 404 or 405 otherwise. This is the request path: what is done here
is done for every request, so it was measured (tests/benchmarks).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from time import perf_counter
from typing import Any

from imnot_core.compiled import Target
from imnot_core.current import current_address, current_random, current_session
from imnot_core.errors import ImnotError, ReplyError, StoreError, StreamBroken
from imnot_core.messages import Reply, Request
from imnot_core.plugin import HasConsumerPrefixes, HasUnanswered
from imnot_core.refusals import error_reply
from imnot_core.server.bodies import ClientGone, read_body
from imnot_core.server.delivery import cut_off, deliver
from imnot_core.server.failures import told
from imnot_core.server.guard import UNAUTHORISED, is_admin_path, routed
from imnot_core.server.in_session import InSession
from imnot_core.server.quick import QuickSend
from imnot_core.server.runtime import Runtime
from imnot_core.server.selection import (
    PREFIX,
    UNCHOSEN,
    keeping,
    named,
    noted,
    of_host,
    of_path,
)
from imnot_core.server.unmatched import unmatched, wrong_admin_method

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Asked = tuple[str, Callable[[Request], Awaitable[Reply | None]]]

_NO_PARAMS: Mapping[str, str] = {}


class Surface:
    """Answers from the deployment in effect; everything else is `control`, the Litestar app."""

    def __init__(self, runtime: Runtime, control: App) -> None:
        self._control = control
        self._deployer = runtime.deployer
        plugins = runtime.apis.plugins
        self._asked = [(each.name, each.respond) for each in plugins]
        self._owners = [
            (f"{prefix}/", (each.name, each.respond))
            for each in plugins
            if isinstance(each, HasConsumerPrefixes)
            for prefix in each.consumer_prefixes
        ]
        self._last = [(e.name, e.unanswered) for e in plugins if isinstance(e, HasUnanswered)]
        self._prefixes = runtime.prefixes
        self._key = runtime.key
        self._failures = runtime.failures
        self._log = runtime.log
        self._jobs = runtime.services.jobs
        self._clock = runtime.services.clock
        self._body_limit = runtime.settings.body_limit
        self._session_host = runtime.settings.session_host
        self._in_session = InSession(runtime.services)
        self._quick = QuickSend()
        self._base_url = runtime.services.base_url
        self._note = runtime.services.journal.note
        self._is_journaled = runtime.services.journal.keeps

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        if self._session_host and (inner := of_host(scope, self._session_host)) is not None:
            await self._at(f"{scope['scheme']}://{inner.place}", inner.scope, receive, send)
            return
        if self._deployer.shared and not await self._is_current(send):
            return
        match = self._deployer.current.table.match(scope["method"], scope["raw_path"])
        if match is None or (match.target.contested and self._is_withheld(match.target, scope)):
            await self._unrouted(scope, receive, send)
            return
        session, length = noted(scope["headers"])
        body, reply = (b"", None) if length is None else await self._body(length, receive)
        if body is not None:
            request = Request(
                scope["method"],
                scope["path"],
                match.params,
                body,
                session,
                scope["headers"],
                scope["query_string"],
            )
            await self._serve(match.target, request, reply, receive, send)

    async def _serve(
        self, target: Target, request: Request, reply: Reply | None, receive: Receive, send: Send
    ) -> None:
        """Answer a request, with `reply` where that is known already."""
        started = perf_counter()
        session = request.session
        # Also where there is none: the server may run this request in the context of the last one.
        current_session.set(session)
        if self._in_session.is_seeded:
            current_random.set(None)
        problem = ""
        try:
            if reply is None:
                if session is not None and await self._in_session.is_special(session):
                    reply = await self._in_session.answer(target, request)
                else:
                    reply = await target.handler(request)
            plain = reply.plain
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything; it is kept
            reply = await self._failed(error, request, target.owner)
            plain = reply.plain
            problem = error.detail if isinstance(error, ReplyError) else told(error)
        if self._is_journaled and not target.admin:
            written = self._note(request, target.owner, reply, started, problem)
            if written is not None:
                await written
        if plain is None or not self._quick(send, request.method, *plain):
            await self._finish(reply, request, target.owner, receive, send)

    async def _is_current(self, send: Send) -> bool:
        """See what other workers deployed; False when that is not possible, and was told."""
        try:
            await self._deployer.refresh()
        except ImnotError as error:
            detail = f"What other workers serve by now cannot be served here: {error}"
            await self._send(Reply.json({"detail": detail}, 503), send)
            return False
        return True

    async def _body(self, length: int, receive: Receive) -> tuple[bytes | None, Reply | None]:
        """Read the body, or refuse it; None for both when nobody is left to be answered."""
        try:
            return await read_body(receive, length, self._body_limit), None
        except ReplyError as error:
            return b"", error_reply(error)
        except ClientGone:
            return None, None

    async def _failed(self, error: BaseException, request: Request, owner: str) -> Reply:
        if isinstance(error, StoreError):
            return Reply.json({"detail": f"The store cannot be used: {error}"}, 503)
        if isinstance(error, ReplyError):
            try:
                reply = error_reply(error)
                reply.start  # noqa: B018 - one that cannot be sent is a failure, too
            except Exception as unfit:  # noqa: BLE001 - as above
                return await self._failures.report(request, owner, unfit)
            return reply
        return await self._failures.report(request, owner, error)

    async def _answer(
        self, respond: Callable[[Request], Awaitable[Reply | None]], request: Request, owner: str
    ) -> Reply | None:
        try:
            reply = await respond(request)
            if reply is not None:
                reply.start  # noqa: B018 - one that cannot be sent is a failure, too
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            return await self._failed(error, request, owner)
        return reply

    async def _finish(
        self, reply: Reply, request: Request, owner: str, receive: Receive, send: Send
    ) -> None:
        if reply.delay > 0:
            await self._clock.sleep(reply.delay)
        if reply.stream is None and reply.fault is None:
            if not self._quick(send, request.method, reply.in_http, reply.finish["body"]):
                await self._send(reply, send)
        else:
            try:
                await deliver(reply, receive, send)
            except StreamBroken as broken:
                self._log.warning("%s: an answer of %s breaks off: %s", owner, request.path, broken)
                await cut_off(receive, send)
            except Exception as error:  # noqa: BLE001 - a plugin's stream may raise anything
                await self._failures.report(request, owner, error)
                await cut_off(receive, send)
        for job in reply.after:
            self._jobs.start(job)

    async def _send(self, reply: Reply, send: Send) -> None:
        await send(reply.start)
        await send(reply.finish)

    async def _prefixed(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request whose path chooses its session."""
        inner = of_path(scope)
        if inner is None:
            await self._send(UNCHOSEN, send)
        else:
            address = f"{self._base_url}{inner.place}"
            await self._at(address, inner.scope, receive, keeping(inner.place, send))

    async def _at(self, address: str, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request whose address chooses its session; the answer names that address."""
        token = current_address.set(address)
        try:
            await self(scope, receive, send)
        finally:
            current_address.reset(token)

    async def _unrouted(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["raw_path"].startswith(PREFIX):
            await self._prefixed(scope, receive, send)
            return
        refusal = self._admin_refusal(scope)
        if refusal is not None:
            await self._send(refusal, send)
        elif self._is_owned(scope):
            await self._control(named(scope), receive, send)
        else:
            await self._unowned(scope, receive, send)

    def _admin_refusal(self, scope: Message) -> Reply | None:
        if not is_admin_path(routed(scope["path"])):
            return None
        if not self._key.admits_headers(scope["headers"]):
            return UNAUTHORISED
        table = self._deployer.current.table
        return wrong_admin_method(table, scope["method"], scope["raw_path"])

    def _is_withheld(self, target: Target, scope: Message) -> bool:
        if target.admin:
            return not self._key.admits_headers(scope["headers"])
        return self._is_owned(scope) or bool(self._owner(scope))

    def _is_owned(self, scope: Message) -> bool:
        return f"{routed(scope['path'])}/".startswith(self._prefixes)

    def _owner(self, scope: Message) -> list[Asked]:
        """The one plugin to which a consumer request belongs, if it does to one."""
        path = f"{routed(scope['path'])}/"
        return [asked for prefix, asked in self._owners if path.startswith(prefix)]

    async def _unowned(self, scope: Message, receive: Receive, send: Send) -> None:
        session, length = noted(scope["headers"])
        body, refused = (b"", None) if length is None else await self._body(length, receive)
        if body is None:
            return
        started = perf_counter()
        method, path, query = scope["method"], scope["path"], scope["query_string"]
        request = Request(method, path, _NO_PARAMS, body, session, scope["headers"], query)
        current_session.set(session)
        current_random.set(None)
        if session is not None and await self._in_session.is_special(session):
            await self._in_session.seed(session, method)
        if refused is not None:
            owner, reply = "", refused
        else:
            owner, reply = await self._reply_of_others(request, scope)
        if self._is_journaled:
            written = self._note(request, owner, reply, started, "")
            if written is not None:
                await written
        await self._finish(reply, request, owner, receive, send)

    async def _reply_of_others(self, request: Request, scope: Message) -> tuple[str, Reply]:
        """Ask the API plugins; returns who answered, "" for nobody, and the answer."""
        owners = self._owner(scope) if self._owners else []
        for name, ask in owners or self._asked:
            reply = await self._answer(ask, request, name)
            if reply is not None:
                return name, reply
        if owners:  # whatever partners serve, they do not here
            detail = f"{owners[0][0]} has nothing for {request.method} {request.path}"
            answer = Reply.json({"detail": detail}, 404)
        else:
            answer = unmatched(self._deployer.current.table, request.method, scope["raw_path"])
        for name, ask_last in self._last:
            answer = await self._answer(partial(ask_last, reply=answer), request, name) or answer
        return "", answer

    async def _other(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._control(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
