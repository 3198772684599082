"""Choosing among the endpoints of a `stub` datapoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

import msgspec

from imnot_core import Context, Fault, Handler, Reply, Request
from imnot_patterns.stubs.actions import Answering, answerer
from imnot_patterns.stubs.analysis.overlaps import overlaps
from imnot_patterns.stubs.index import Entry, Index
from imnot_patterns.stubs.pattern.config import StubDatapoint, StubEndpoint
from imnot_patterns.stubs.pattern.paths import Template
from imnot_patterns.stubs.pattern.unmatched import Unmatched
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import Stub


class Choice:
    """One endpoint: its path, its handler, and where its calls are counted."""

    def __init__(self, endpoint: StubEndpoint, number: int, calls: str, handler: Handler) -> None:
        self.endpoint = endpoint
        self.number = number
        self.template = Template(endpoint.path)
        self.calls = calls
        self.handler = handler


class Chooser:
    """All endpoints of a datapoint, ranked as stubs are."""

    def __init__(self, datapoint: StubDatapoint, context: Context) -> None:
        self._state = context.state
        self._index = Index()
        self._choices: dict[str, Choice] = {}
        owner = f"{context.partner}/{context.datapoint}"
        answering = Answering(
            clock=context.clock,
            random=context.random,
            new_id=context.new_id,
            http=lambda: context.http,
        )
        alike: Counter[str] = Counter()
        for number, endpoint in enumerate(datapoint.endpoints, 1):
            # By content, so that a reload with changes elsewhere in the file does not begin anew.
            digest = sha256(msgspec.json.encode(endpoint)).hexdigest()[:16]
            alike[digest] += 1
            handler = context.wrap(endpoint, _handler(endpoint, answering))
            choice = Choice(endpoint, number, f"calls/{digest}-{alike[digest]}", handler)
            stub = _stub(f"{owner}#{number}", choice)
            self._choices[stub.id] = choice
            self._index.add(stub)
        self._is_mixed = any(each.template.is_mixed for each in self._choices.values())
        templates = {key: each.template for key, each in self._choices.items()}
        self._unmatched = Unmatched(self._index, templates, owner, context, self._is_used_up)

    def faults(self) -> Iterator[Fault]:
        """Give the endpoints that no request can reach."""
        for each in overlaps(self._index.entries.values()):
            hidden, by = self._choices[each.entry.stub.id], self._choices[each.by.stub.id]
            field, other = f"endpoints[{hidden.number - 1}].path", f"endpoints[{by.number - 1}]"
            if by.number > hidden.number:
                message = f"it is never reached: `{other}` ranks higher and answers all of it"
                yield field, message, "give it more criteria, or delete one of the two"
            else:
                demands = "demands the same" if each.is_same else "answers all of it"
                message = f"it is never reached: `{other}` comes first and {demands}"
                yield field, message, "put it first, give the other one `max_calls`, or delete it"

    def at(self, path: str) -> Handler:
        """Return what answers the requests that are routed to a path."""
        route = Template(path)

        async def choose(request: Request) -> Reply:
            asked = route.filled(request.params)
            seen = Seen(request.method, asked, request.raw_query, request.raw_headers, request.body)
            for entry in self._ranked(seen):
                choice = self._choices[entry.stub.id]
                if not await self._takes_call(choice):
                    continue
                if choice.endpoint.path != path:
                    params = choice.template.params(asked)
                    request = msgspec.structs.replace(request, params=params)
                return await choice.handler(request)
            return await self._unmatched.reply(request, seen)

        return choose

    def _ranked(self, seen: Seen) -> Iterator[Entry]:
        found = (entry for entry, _ in self._index.find(seen))
        if not self._is_mixed:
            yield from found
            return
        # Text beside a parameter is a criterion to the index, which has no literal segments.
        for _, alike in groupby(found, key=lambda entry: entry.rank[:2]):
            yield from sorted(alike, key=self._specificity)

    def _specificity(self, entry: Entry) -> tuple[float, int]:
        return -self._choices[entry.stub.id].template.specificity, entry.order

    async def _takes_call(self, choice: Choice) -> bool:
        most = choice.endpoint.max_calls
        if most is None:
            return True
        if await self._state.get(choice.calls, 0) >= most:  # most often, and cheaper than to write
            return False
        return await self._state.increment(choice.calls) <= most

    async def _is_used_up(self, stub_id: str) -> tuple[int, int] | None:
        choice = self._choices[stub_id]
        most = choice.endpoint.max_calls
        if most is None or await self._state.get(choice.calls, 0) < most:
            return None
        return most, most


def _stub(stub_id: str, choice: Choice) -> Stub:
    endpoint = choice.endpoint
    return Stub(
        id=stub_id,
        request=endpoint.request.wanted(path=choice.template.criterion, method=endpoint.method),
        action=endpoint.acts(),
        max_calls=endpoint.max_calls,
    )


def _handler(endpoint: StubEndpoint, answering: Answering) -> Handler:
    answer = answerer(endpoint.acts(), answering)

    async def handle(request: Request) -> Reply:
        return await answer(Seen.of(request), request, dict(request.params), None)

    return handle
