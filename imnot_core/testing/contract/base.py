"""What a contract is given, what its author may override, and what all its checks stand on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import httpx
import msgspec
import pytest

from imnot_core.messages import Request, encode_json
from imnot_core.plugin import Compiled, Endpoint, PatternPlugin
from imnot_core.testing.contract.detached import detached_context
from imnot_core.testing.contract.examples import PARTNER, Written, moved, partner_file, read
from imnot_core.testing.contract.traffic import Traffic, comparable, last_id, without_ids
from imnot_core.testing.contract.witness import Witness
from imnot_core.testing.harness import Harness
from imnot_core.testing.remote import Remote, Session

CAPABILITIES = frozenset({"sessions", "payload", "state", "jobs", "admin"})
BODIES = frozenset({"POST", "PUT", "PATCH"})
MINUTE, HOUR = 60.0, 3600.0

Datapoint = dict[str, Any]


class Contract:
    """The attributes that describe a pattern, and the hooks for what cannot be guessed."""

    plugin: ClassVar[type[PatternPlugin[Any]]]
    """The class under test. The only thing that must be given."""

    examples: ClassVar[Sequence[Written]] = ()
    """Datapoints, as mappings or YAML, that together show all the pattern can do.

    By default the plugin's own example.
    """

    invalid: ClassVar[Sequence[tuple[Written, str]]] = ()
    """Datapoints that must be refused, each with a word that the error must have."""

    supports: ClassVar[frozenset[str]] = frozenset()
    """What the pattern does, of `sessions`, `payload`, `state`, `jobs` and `admin`.

    `sessions`: answers depend on the session; `payload`: it takes payloads; `state`: it keeps
    something between requests; `jobs`: it works on after an answer; `admin`: it has admin routes.
    What is not named must not happen: that is checked too.
    """

    def requests(self, compiled: Compiled) -> list[Request]:
        """What a client sends to an example, in this order; `{name}` is filled in by `parameter`.

        By default every endpoint once, by `step`, with its sample.
        """
        ordered = sorted(compiled.endpoints, key=lambda each: each.step or 0)
        return [_request_to(endpoint) for endpoint in ordered]

    def parameter(self, name: str, seen: Sequence[httpx.Response]) -> str:
        """The value of `{name}` in a path, after these answers.

        By default the last id (a UUID) in a header or body of an answer, or "1" if there is none.
        """
        return last_id(name, seen)

    def payload(self, mark: str) -> Any:
        """A payload that the pattern can serve and in which the text `mark` is found."""
        return {"mark": mark}

    def normalise(self, response: httpx.Response) -> Any:
        """What of an answer is the same each time: status, headers and body but for their ids."""
        return comparable(response)

    def moved(self, datapoint: Datapoint, prefix: str) -> Datapoint:
        """The same datapoint under another name and with all its paths below `/prefix`.

        To be overridden where paths are written elsewhere than in `endpoints`.
        """
        return moved(datapoint, prefix)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run the tests that take an `example` once for each; called by pytest."""
        if "example" in metafunc.fixturenames:
            examples = self._examples()
            names = [each["name"] for each in examples]
            # Examples may show several manners of one datapoint, and have one name.
            ids = [
                name if names.count(name) == 1 else f"{name}-{number}"
                for number, name in enumerate(names)
            ]
            metafunc.parametrize("example", examples, ids=ids)

    # What follows is for the checks.

    def _examples(self) -> list[Datapoint]:
        return [each for one in self.examples or (self.plugin.example,) for each in read(one)]

    def _compiled(self, example: Mapping[str, Any]) -> Compiled:
        """What an example becomes, without a server."""
        datapoint = msgspec.convert(example, self.plugin.config)
        return self.plugin().compile(datapoint, detached_context(PARTNER, example["name"]))

    def _start(self, *datapoints: Datapoint, **options: Any) -> Harness:
        """A server (to be used in `with`) with these datapoints of the partner `acme`."""
        options.setdefault("plugins", (self.plugin,))
        others = options.pop("others", ())
        return Harness(partner_file(datapoints), *others, **options)

    def _upload(
        self, server: Remote, example: Datapoint, mark: str, session: Session | None = None
    ) -> None:
        """Upload a payload with that mark, if the datapoint takes any."""
        if self._compiled(example).takes_payload:
            server.upload(PARTNER, example["name"], self.payload(mark), session=session)

    def _traffic(
        self, server: Remote, example: Datapoint, session: Session | str | None = None
    ) -> Traffic:
        return Traffic(server, self.requests(self._compiled(example)), self.parameter, session)

    def _round(
        self, server: Harness, example: Datapoint, session: Session | str | None = None
    ) -> list[Any]:
        """Send every request once and return the comparable answers."""
        return [
            self.normalise(response) for response in self._traffic(server, example, session).round()
        ]

    def _served(
        self, server: Harness, example: Datapoint, session: Session | None = None
    ) -> list[str]:
        """The comparable answers of a round and the callbacks within an hour of it, as texts."""
        server.callbacks.clear()
        answers = [repr(answer) for answer in self._round(server, example, session)]
        server.clock.advance(HOUR)
        return [*answers, *(without_ids(each.text) for each in server.callbacks)]

    def _story(
        self,
        example: Datapoint,
        between: Callable[[Harness], object] | None = None,
        **options: Any,
    ) -> list[Any]:
        """All answers and callbacks of a new server in two rounds of requests.

        `between` is done to the server before every request.
        """
        with self._start(example, **options) as server:
            self._upload(server, example, "a-payload")
            answers = []
            for _ in range(2):
                traffic = self._traffic(server, example)
                for request in self.requests(self._compiled(example)):
                    if between:
                        between(server)
                    answers.append(self.normalise(traffic.send(request)))
                    server.clock.advance(MINUTE)
            callbacks = [
                (each.method, without_ids(each.url), without_ids(each.text))
                for each in server.callbacks
            ]
        return [*answers, *callbacks]

    def _witness(self) -> Witness:
        return Witness(self.plugin())


def _request_to(endpoint: Endpoint) -> Request:
    sample = endpoint.sample
    headers = dict(sample.headers or {}) if sample else {}
    body = sample.body if sample else None
    if body is not None or endpoint.method in BODIES:
        headers.setdefault("Content-Type", "application/json")
    given = b"" if body is None and endpoint.method not in BODIES else encode_json(body or {})
    return Request.of(endpoint.method, endpoint.path, headers=headers, body=given)
