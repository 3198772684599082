"""The stubs of a running server: in step with the store, chosen, counted, answered, journaled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from imnot_core import Document, JournalEntry, Reply, ReplyError, Request, Services, disturbed
from imnot_patterns.stubs.actions import Answering, answerer
from imnot_patterns.stubs.analysis import Finding, analyse, warnings_for
from imnot_patterns.stubs.index import Entry, Index
from imnot_patterns.stubs.nearmiss import Candidates, NearMiss
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Stub

SOURCE: Final = "stubs"
"""Whose entries of the journal are the stub API's."""
TWO_SCOPES: Final = "Multiple scope headers matched this request"

NAMESPACE: Final = "stubs"
CALLS: Final = "stub-calls"
_STUB: Final = "stub/"
_SCOPE: Final = "scope/"

Answer = Callable[[Seen, Request, dict[str, str], str | None], Awaitable[Reply]]


class Note(msgspec.Struct, frozen=True):
    """What the stub API keeps with a journaled request."""

    scope: str | None = None
    stub: str | None = None
    near: tuple[NearMiss, ...] = ()


class SeenRequest:
    """A request of the journal with what became of it."""

    def __init__(self, entry: JournalEntry) -> None:
        self.entry = entry
        self._note = msgspec.convert(entry.data or {}, Note)

    @property
    def scope(self) -> str | None:
        """The scope that it belongs to."""
        return self._note.scope

    @property
    def matched_stub_id(self) -> str | None:
        """The stub that answered it."""
        return self._note.stub

    @property
    def near_misses(self) -> list[NearMiss]:
        """What came nearest when nothing answered it."""
        return list(self._note.near)


class StubEngine:
    """All stubs and scopes of a server. Call `refresh` before anything that reads them."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.index = Index()
        Candidates.of(self.index)  # now, so that the first miss need not read everything
        self._scopes: dict[bytes, str] = {}
        self._answers: dict[str, Answer] = {}
        self._used: Counter[str] = Counter()
        self._answering = Answering(
            clock=services.clock,
            random=services.random,
            new_id=services.new_id,
            http=lambda: services.http,
        )
        self._documents = services.mirror(
            NAMESPACE, self._decoded, added=self._add, removed=self._remove
        )

    async def refresh(self) -> None:
        """See what other workers changed; cheap when they did not."""
        await self._documents.refresh()

    # Scopes

    def scopes(self) -> list[str]:
        """The names of all scopes, in order of creation."""
        return list(self._scopes.values())

    def scope_of(self, raw_headers: Iterable[tuple[bytes, bytes]]) -> str | None:
        """The scope that a header names, if one does. Raises ReplyError (400) for two."""
        if not self._scopes:
            return None
        named = {self._scopes[name] for name, _ in raw_headers if name in self._scopes}
        if len(named) > 1:
            raise ReplyError(400, TWO_SCOPES)
        return named.pop() if named else None

    async def create_scope(self, name: str) -> bool:
        """Begin a scope; False if there is one of that name. `name` is in lower case."""
        return await self._documents.add(_SCOPE + name, b"{}", owner=name)

    async def delete_scope(self, name: str) -> bool:
        """End a scope with its stubs, requests and all else that was written in it."""
        if name.encode() not in self._scopes:
            return False
        await self.services.sessions.delete(name)
        await self.refresh()
        return True

    # Stubs

    def stubs(self, owner: str = "") -> list[Stub]:
        """The stubs of a scope or session, then those of everybody; each in order of creation."""
        stubs = list(self.all_stubs())
        own = [each for each in stubs if each.owner == owner] if owner else []
        return own + [each for each in stubs if not each.owner]

    def all_stubs(self) -> Iterator[Stub]:
        """Every stub, in order of creation."""
        return (each for each in self._documents.items.values() if isinstance(each, Stub))

    def find(self, stub_id: str) -> Stub | None:
        """The stub with this id, of whatever scope."""
        entry = self.index.entries.get(stub_id)
        return entry.stub if entry else None

    async def add(self, stub: Stub) -> list[str]:
        """Put a stub into effect; returns what people should be told about it."""
        await self._documents.put(_STUB + stub.id, msgspec.json.encode(stub), owner=stub.owner)
        entry = self.index.entries.get(stub.id)
        if entry is None:
            return []
        return warnings_for(entry, self.index, self.services.routes)

    async def remove(self, stub_id: str, owner: str = "") -> bool:
        """Delete a stub; False if there is none. One scope cannot delete the stub of another.

        Without an owner every stub is found: the published client deletes those of its scope so.
        """
        stub = self.find(stub_id)
        if stub is None or (owner and stub.owner not in (owner, "")):
            return False
        deleted = await self._documents.delete(_STUB + stub_id)
        if stub.max_calls is not None:
            await self.services.store.delete(CALLS, stub_id)
        return deleted

    async def calls(self, stub: Stub) -> int:
        """How many requests a stub with `max_calls` has answered."""
        counted = await self.services.store.get(CALLS, stub.id)
        return min(int(counted or 0), max(stub.max_calls or 0, 0))

    def findings(self) -> list[Finding]:
        """What is wrong with the stubs as they stand together."""
        return analyse(self.index, self.services.routes)

    # Requests

    async def requests(self, owner: str = "", *, newest: int | None = None) -> list[SeenRequest]:
        """The journaled requests of a scope or session, then those of nobody; oldest first.

        With `newest`, of each only the last so many.
        """
        owners = (owner, "") if owner else ("",)
        journal = self.services.journal
        lists = [await journal.list(SOURCE, owner=each, newest=newest) for each in owners]
        return [SeenRequest(each) for entries in lists for each in entries]

    async def all_requests(self, *, newest: int | None = None) -> list[SeenRequest]:
        """The journaled requests of every scope and session, oldest first."""
        entries = await self.services.journal.list(SOURCE, newest=newest)
        return [SeenRequest(each) for each in entries]

    async def request(self, request_id: str) -> SeenRequest | None:
        """One journaled request; also one that the pattern `stub` could not answer."""
        entry = await self.services.journal.find(request_id)
        return None if entry is None else SeenRequest(entry)

    def is_used(self, owners: Sequence[str]) -> bool:
        """Whether there are stubs for requests of these scopes and sessions ("": of nobody)."""
        return any(owner in self._used for owner in owners)

    # Answering

    async def respond(self, request: Request) -> Reply | None:
        """Answer with the best stub, or return None. Raises ReplyError (400) for two scopes."""
        await self._documents.refresh()
        scope = await self._scope(request)
        owner = scope or request.session or ""
        seen = Seen.of(request)
        for entry, params in self.index.find(seen, (owner, "") if owner else ("",)):
            stub = entry.stub
            if stub.max_calls is None or await self._takes_call(entry):
                return await self._answered(stub, seen, request, params, scope)
        return None

    def owner_of(self, request: Request) -> tuple[str | None, str]:
        """The scope of a request, and the scope or session that it belongs to."""
        scope = self.scope_of(request.raw_headers)
        return scope, scope or request.session or ""

    async def journal(
        self, request: Request, status: int | None, note: Note, owner: str, source: str = SOURCE
    ) -> str:
        """Keep a request in the journal; returns its id."""
        return await self.services.journal.add(
            request, source=source, status=status, owner=owner, data=note
        )

    async def _scope(self, request: Request) -> str | None:
        try:
            return self.scope_of(request.raw_headers)
        except ReplyError as error:
            await self.journal(request, error.status, Note(), "")
            raise

    async def _takes_call(self, entry: Entry) -> bool:
        stub = entry.stub
        count = await self.services.store.increment(CALLS, stub.id, owner=stub.owner)
        limit = stub.max_calls or 0
        if count >= limit:
            self.index.retire(entry)
        return count <= limit

    async def _answered(
        self,
        stub: Stub,
        seen: Seen,
        request: Request,
        params: dict[str, str],
        scope: str | None,
    ) -> Reply:
        answer = self._answers.get(stub.id)
        if answer is None:
            answer = self._answers[stub.id] = answerer(stub.action, self._answering)
        owner = scope or request.session or ""
        note = Note(scope, stub.id)
        if stub.action.proxy is not None:  # it may take long, and is to be seen at once
            await self.journal(request, None, note, owner)
            reply = await answer(seen, request, params, scope)
        else:
            reply = await answer(seen, request, params, scope)
            await self.journal(request, reply.status, note, owner)
        if stub.chaos is None:
            return reply
        has_body = request.method != "HEAD"
        return disturbed(reply, stub.chaos, self.services.chance, has_body=has_body)

    # In step with the store

    def _decoded(self, document: Document) -> Any:
        if not document.key.startswith(_STUB):
            return document.key.removeprefix(_SCOPE)
        try:
            return msgspec.json.decode(document.value, type=Stub)
        except msgspec.MsgspecError as error:  # written by another version
            self.services.log.warning("a stored stub is left out: %s: %s", document.key, error)
            return None

    def _add(self, key: str, value: Any) -> None:
        if isinstance(value, Stub):
            entry = self.index.add(value)
            self._used[value.owner] += 1
            if value.max_calls is not None and value.max_calls <= 0:
                self.index.retire(entry)
        elif key.startswith(_SCOPE):
            self._scopes[value.encode()] = value
            self._used[value] += 1

    def _remove(self, key: str, value: Any) -> None:
        if isinstance(value, Stub):
            self.index.remove(value.id)
            self._unuse(value.owner)
            self._answers.pop(value.id, None)
        elif key.startswith(_SCOPE):
            self._scopes.pop(value.encode(), None)
            self._unuse(value)

    def _unuse(self, owner: str) -> None:
        self._used[owner] -= 1
        if not self._used[owner]:
            del self._used[owner]


def preloaded(stubs: Sequence[Stub], present: Iterable[Stub]) -> tuple[list[Stub], list[Stub]]:
    """Which stubs of files are to be added, and which to be deleted."""
    wanted = {each.id: each for each in stubs}
    there = {each.id: each for each in present if each.origin}
    new = [each for each in stubs if there.get(each.id) != each]
    return new, [each for each in there.values() if each.id not in wanted]
