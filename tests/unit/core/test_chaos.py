"""Latency and faults: what is declared, what it does to a reply, which handlers it wraps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import (
    Chaos,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Faults,
    Handler,
    Injection,
    Job,
    Latency,
    PartnerError,
    Problem,
    Reply,
    ReplyError,
    Request,
    disturbed,
)
from imnot_core.models import Source
from imnot_core.testing.registry import Plugin
from tests.unit.core.compiling import compiled
from tests.unit.testing.samples import Plain, PlainDatapoint

DAY_MS = 86_400_000
ALWAYS, NEVER = Injection(), Injection(probability=0)


def faults(**probabilities: float) -> Chaos:
    declared = {name: Injection(probability=value) for name, value in probabilities.items()}
    return Chaos(faults=Faults(**declared))


# What it does to a reply

milliseconds = st.integers(0, DAY_MS)
probabilities = st.one_of(st.none(), st.floats(0, 1).map(lambda p: Injection(probability=p)))
kinds: st.SearchStrategy[Literal["cut", "reset", "empty"] | None] = st.sampled_from(
    [None, "cut", "reset", "empty"]
)
every_faults = st.builds(
    Faults,
    connection_drop=probabilities,
    connection_reset=probabilities,
    empty_response=probabilities,
)


@given(milliseconds, milliseconds, st.floats(0, 1e6), st.integers())
def test_the_delay_grows_by_whole_milliseconds_within_the_range(
    base: int, jitter: int, before: float, seed: int
) -> None:
    chaos = Chaos(latency=Latency(base_ms=base, jitter_ms=jitter))
    added = disturbed(Reply(delay=before), chaos, Random(seed)).delay - before

    assert added * 1000 == pytest.approx(round(added * 1000), abs=1e-3)
    assert base <= round(added * 1000) <= base + jitter


def test_every_delay_of_the_range_happens_and_its_ends_belong_to_it() -> None:
    chaos, random = Chaos(latency=Latency(base_ms=100, jitter_ms=3)), Random(0)
    seen = {disturbed(Reply(), chaos, random).delay for _ in range(100)}
    assert sorted(seen) == [0.1, 0.101, 0.102, 0.103]


def test_the_first_fault_that_hits_happens() -> None:
    random = Random(0)
    all_of_them = faults(connection_drop=1, connection_reset=1, empty_response=1)
    assert disturbed(Reply(), all_of_them, random).fault == "cut"
    without_drop = faults(connection_drop=0, connection_reset=1, empty_response=1)
    assert disturbed(Reply(), without_drop, random).fault == "reset"
    assert disturbed(Reply(), faults(empty_response=1), random).fault == "empty"


def test_each_fault_is_decided_by_its_own_probability() -> None:
    chaos, random = faults(connection_drop=0.2, connection_reset=0.5), Random(1)
    seen = [disturbed(Reply(), chaos, random).fault for _ in range(4000)]

    assert seen.count("cut") / 4000 == pytest.approx(0.2, abs=0.03)
    assert seen.count("reset") / 4000 == pytest.approx(0.8 * 0.5, abs=0.03)
    assert seen.count(None) / 4000 == pytest.approx(0.8 * 0.5, abs=0.03)


def test_the_same_seed_gives_the_same_chaos() -> None:
    chaos = Chaos(
        latency=Latency(jitter_ms=1000), faults=Faults(connection_drop=Injection(probability=0.5))
    )

    def sequence() -> list[tuple[float, str | None]]:
        random = Random(7)
        replies = [disturbed(Reply(), chaos, random) for _ in range(20)]
        return [(reply.delay, reply.fault) for reply in replies]

    assert sequence() == sequence()


@given(kinds, every_faults, milliseconds, st.integers())
def test_only_delay_and_fault_change_and_a_fault_of_the_reply_stays(
    fault: Literal["cut", "reset", "empty"] | None, declared: Faults, base: int, seed: int
) -> None:
    job = Job("job", run=Reply)  # type: ignore[arg-type]
    reply = Reply(201, (("X-A", "b"),), b"body", 1.5, (job,), fault=fault)
    after = disturbed(reply, Chaos(latency=Latency(base_ms=base), faults=declared), Random(seed))

    assert (after.delay, after.after) == (1.5 + base / 1000, (job,))
    assert (after.status, after.headers, after.body) == (201, (("X-A", "b"),), b"body")
    if fault:
        assert after.fault == fault


@pytest.mark.parametrize(
    "chaos",
    [
        Chaos(),
        Chaos(latency=Latency(), faults=Faults(connection_drop=NEVER, empty_response=NEVER)),
    ],
)
def test_a_reply_that_nothing_happens_to_is_the_same_object(chaos: Chaos) -> None:
    reply = Reply.json({})
    assert disturbed(reply, chaos, Random(0)) is reply
    assert chaos.is_calm


def test_a_reply_that_chance_spares_is_the_same_object() -> None:
    reply, random = Reply.json({}), Random(0)
    replies = [disturbed(reply, faults(connection_drop=0.5), random) for _ in range(50)]
    assert {each is reply for each in replies if each.fault is None} == {True}
    assert {each.fault for each in replies} == {None, "cut"}


def test_the_original_and_its_encoded_form_stay_as_they_were() -> None:
    reply = Reply.json({"a": 1})
    assert reply.plain is not None
    changed = disturbed(reply, Chaos(latency=Latency(base_ms=10)), Random(0))
    assert changed.plain is None
    assert reply.plain is not None
    assert (reply.delay, changed.delay) == (0, 0.01)


def test_a_stream_is_disturbed_as_any_answer() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"chunk"

    chaos = Chaos(latency=Latency(base_ms=10), faults=Faults(connection_drop=ALWAYS))
    reply = disturbed(Reply.streaming(chunks), chaos, Random(0))
    assert (reply.stream, reply.delay, reply.fault) == (chunks, 0.01, "cut")


@pytest.mark.parametrize(("status", "has_body"), [(204, True), (304, True), (200, False)])
def test_an_answer_without_body_that_is_dropped_is_not_begun(status: int, has_body: bool) -> None:
    chaos = faults(connection_drop=1)
    assert disturbed(Reply(status), chaos, Random(0), has_body=has_body).fault == "empty"
    cut = Reply(status, fault="cut")
    assert disturbed(cut, chaos, Random(0), has_body=has_body) is cut


# What is declared


def endpoint(chaos: str) -> Source:
    """A file whose endpoint has this as its `chaos:`, written in the 7th line."""
    text = f"""\
partner: acme
datapoints:
  - name: d
    pattern: static
    endpoints:
      - {{method: GET, path: /x,
         chaos: {chaos}}}
"""
    return Source("acme.yaml", text)


def refused(source: Source, *plugins: Plugin) -> list[str]:
    with pytest.raises(PartnerError) as error:
        compiled(source, plugins)
    return [_told(each) for each in error.value.problems]


def _told(problem: Problem) -> str:
    return f"{problem.line}:{problem.column} {problem.path.rpartition('endpoints[0].')[2]}"


@pytest.mark.parametrize(
    ("chaos", "at"),
    [
        ("{latency: {base_ms: -1}}", "7:37 chaos.latency.base_ms"),
        ("{latency: {jitter_ms: 1.5}}", "7:39 chaos.latency.jitter_ms"),
        ("{latency: {base_ms: 86400001}}", "7:37 chaos.latency.base_ms"),
        ("{latency: {base_ms: soon}}", "7:37 chaos.latency.base_ms"),
        ("{latency: 100}", "7:27 chaos.latency"),
        ("{latency: {ms: 1}}", "7:28 chaos.latency.ms"),
        ("{delay: {}}", "7:18 chaos.delay"),
        ("slow", "7:17 chaos"),
        (
            "{faults: {connection_drop: {probability: 1.5}}}",
            "7:58 chaos.faults.connection_drop.probability",
        ),
        (
            "{faults: {empty_response: {probability: -0.1}}}",
            "7:57 chaos.faults.empty_response.probability",
        ),
        (
            "{faults: {connection_reset: {probability: .nan}}}",
            "7:59 chaos.faults.connection_reset.probability",
        ),
        (
            "{faults: {connection_reset: {probability: .inf}}}",
            "7:59 chaos.faults.connection_reset.probability",
        ),
        ("{faults: {connection_drop: 0.5}}", "7:44 chaos.faults.connection_drop"),
        ("{faults: {connection_drop: {chance: 1}}}", "7:45 chaos.faults.connection_drop.chance"),
        ("{faults: {conection_drop: {}}}", "7:27 chaos.faults.conection_drop"),
        ("{connection_drop: {}}", "7:18 chaos.connection_drop"),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(chaos: str, at: str) -> None:
    assert refused(endpoint(chaos)) == [at]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = "{latency: {base_ms: -1, jitter_ms: -1}, faults: {connection_drop: {probability: 2}}}"
    assert len(refused(endpoint(wrong))) == 3


def test_a_misspelt_key_is_told_the_right_one() -> None:
    with pytest.raises(PartnerError, match="did you mean `connection_drop`"):
        compiled(endpoint("{faults: {conection_drop: {}}}"))


@pytest.mark.parametrize("ms", [0, 1, DAY_MS])
def test_the_limits_themselves_are_allowed(ms: int) -> None:
    compiled(endpoint(f"{{latency: {{base_ms: {ms}, jitter_ms: {ms}}}}}"))


@pytest.mark.parametrize("probability", ["0", "1", "0.0", "1.0", "1e-9"])
def test_the_ends_of_the_probability_are_allowed(probability: str) -> None:
    compiled(endpoint(f"{{faults: {{connection_drop: {{probability: {probability}}}}}}}"))


def test_a_fault_without_probability_always_happens() -> None:
    chaos = msgspec.convert({"faults": {"connection_drop": {}}}, Chaos)
    assert chaos.faults.connection_drop == ALWAYS


# Which handlers it wraps


async def handle(_request: Request) -> Reply:
    return Reply(body=b"here")


class Serving(Plain):
    """A pattern that serves these endpoints, whatever the file declares."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.endpoints = endpoints

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        return Compiled(self.endpoints)


def declaring(*endpoints: str) -> Source:
    """A file with these endpoints of the pattern `plain`, one in a line from the 6th on."""
    lines = "".join(f"      - {each}\n" for each in endpoints)
    text = f"partner: acme\ndatapoints:\n  - name: it\n    pattern: plain\n    endpoints:\n{lines}"
    return Source("acme.yaml", text)


SLOW = "{method: GET, path: /it, chaos: {latency: {base_ms: 5}}}"


def handlers(source: Source, *plugins: Plugin) -> list[Handler]:
    return [route.target.handler for route in compiled(source, plugins).routes]


@pytest.mark.parametrize(
    "declared",
    [
        "{method: GET, path: /it}",
        "{method: GET, path: /it, chaos: {}}",
        "{method: GET, path: /it, chaos: {latency: {base_ms: 0}, faults: {}}}",
        "{method: GET, path: /it, chaos: {faults: {connection_drop: {probability: 0}}}}",
    ],
)
def test_where_nothing_is_declared_the_handler_is_the_one_of_the_pattern(declared: str) -> None:
    assert handlers(declaring(declared), Serving(Endpoint("GET", "/it", handle))) == [handle]


def test_beside_one_with_chaos_the_others_keep_their_handlers() -> None:
    plugin = Serving(Endpoint("GET", "/it", handle), Endpoint("GET", "/other", handle))
    source = declaring(SLOW, "{method: GET, path: /other}")
    wrapped, other = handlers(source, plugin)
    assert other is handle
    assert wrapped is not handle


def test_method_and_path_are_compared_in_their_normal_form() -> None:
    (wrapped,) = handlers(
        declaring("{method: get, path: /it/, chaos: {latency: {base_ms: 5}}}"),
        Serving(Endpoint("get", "/it/", handle)),
    )
    assert wrapped is not handle


def test_an_endpoint_that_the_pattern_wrapped_is_left_alone() -> None:
    assert handlers(declaring(SLOW), Serving(Endpoint("GET", "/it", handle, wrapped=True))) == [
        handle
    ]


def test_a_pattern_that_wraps_may_serve_it_elsewhere() -> None:
    assert handlers(declaring(SLOW), Serving(Endpoint("GET", "/v1/it", handle, wrapped=True))) == [
        handle
    ]


def test_chaos_of_an_endpoint_that_is_not_served_is_refused() -> None:
    with pytest.raises(PartnerError) as error:
        compiled(
            declaring("{method: GET, path: /a}", SLOW), [Serving(Endpoint("GET", "/a", handle))]
        )
    (problem,) = error.value.problems
    assert (problem.line, problem.path) == (7, "datapoints[0].endpoints[1].chaos")
    assert problem.message == "has no effect: the pattern does not serve GET /it"


def test_chaos_of_endpoints_that_are_answered_as_one_is_refused() -> None:
    with pytest.raises(PartnerError) as error:
        compiled(
            declaring("{method: GET, path: /it}", SLOW), [Serving(Endpoint("GET", "/it", handle))]
        )
    (problem,) = error.value.problems
    assert (problem.line, problem.path) == (7, "datapoints[0].endpoints[1].chaos")
    assert problem.message == "has no effect: the pattern answers the 2 GET /it as one"


def test_two_endpoints_of_one_route_are_a_clash_as_ever() -> None:
    with pytest.raises(PartnerError, match="is already served by") as error:
        compiled(declaring(SLOW, SLOW), [Plain])
    assert len(error.value.problems) == 1


class Step(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint."""


class TwoSteps(Datapoint, frozen=True, kw_only=True):
    """A datapoint whose endpoints have names."""

    begin: Step
    end: Step = msgspec.field(name="finish")


class Named(Plain):
    """A pattern whose endpoints have names."""

    name = "named"
    config = TwoSteps  # type: ignore[assignment]
    example = "- {name: it, pattern: named, begin: {method: GET, path: /a}, finish: {method: GET, path: /b}}\n"  # noqa: E501 - one line of YAML

    def compile(self, datapoint: Any, context: Context) -> Compiled:
        return Compiled((Endpoint("GET", datapoint.begin.path, handle),))


def named(begin: str, finish: str) -> Source:
    text = f"partner: acme\ndatapoints:\n  - name: it\n    pattern: named\n    begin: {begin}\n    finish: {finish}\n"  # noqa: E501 - as it is written
    return Source("acme.yaml", text)


def test_endpoints_need_not_be_called_endpoints() -> None:
    (wrapped,) = handlers(named(SLOW, "{method: GET, path: /b}"), Named)
    assert wrapped is not handle
    with pytest.raises(PartnerError) as error:
        compiled(named("{method: GET, path: /b}", SLOW), [Named])
    assert error.value.problems[0].path == "datapoints[0].finish.chaos"


# What a wrapped handler answers


def context_with(random: Random) -> Context:
    """As much of a context as the wrapper asks for."""

    class Lent(Context):
        def __init__(self) -> None:
            pass

        @property
        def random(self) -> Random:
            return random

    return Lent()


def config(chaos: Chaos | None) -> EndpointConfig:
    return EndpointConfig(method="GET", path="/x", chaos=chaos)


def test_wrap_returns_the_handler_itself_where_nothing_is_declared() -> None:
    assert context_with(Random(0)).wrap(config(None), handle) is handle


@pytest.mark.anyio
async def test_the_answer_of_a_refusal_is_disturbed_too() -> None:
    async def refusing(_request: Request) -> Reply:
        raise ReplyError(404, "not here", {"X-Why": "gone"})

    chaos = Chaos(latency=Latency(base_ms=250))
    wrapped = context_with(Random(0)).wrap(config(chaos), refusing)
    reply = await wrapped(Request.of("GET", "/x"))
    assert (reply.status, reply.delay) == (404, 0.25)
    assert msgspec.json.decode(reply.body) == {"detail": "not here"}
    assert ("X-Why", "gone") in reply.headers


@pytest.mark.anyio
async def test_what_a_handler_raises_by_mistake_comes_at_once() -> None:
    async def failing(_request: Request) -> Reply:
        raise ZeroDivisionError

    chaos = Chaos(latency=Latency(base_ms=250), faults=Faults(connection_drop=ALWAYS))
    wrapped = context_with(Random(0)).wrap(config(chaos), failing)
    with pytest.raises(ZeroDivisionError):
        await wrapped(Request.of("GET", "/x"))


@pytest.mark.anyio
async def test_a_dropped_answer_to_head_is_not_begun() -> None:
    wrapped = context_with(Random(0)).wrap(config(faults(connection_drop=1)), handle)
    assert (await wrapped(Request.of("HEAD", "/x"))).fault == "empty"
    assert (await wrapped(Request.of("GET", "/x"))).fault == "cut"
