"""The contract finds what it is there to find: one small bad plugin for each promise."""

from __future__ import annotations

import asyncio
import inspect
import shutil
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta

from imnot_core import (
    AdminRoute,
    Compiled,
    Context,
    Datapoint,
    Endpoint,
    EndpointConfig,
    Endpoints,
    FieldError,
    Job,
    PartnerError,
    Reply,
    ReplyError,
    Request,
)
from imnot_core.testing import PatternContract
from tests.unit.testing import samples
from tests.unit.testing.samples import CountsInTheHandler, Plain, PlainDatapoint

FLOW = """
- name: flow
  pattern: plain
  endpoints:
    - {method: POST, path: /things}
    - {method: GET, path: '/things/{id}'}
"""


def contract(plugin: type, **attributes: Any) -> PatternContract:
    """What the author of the plugin would write."""
    made: type[PatternContract] = type(
        f"Test{plugin.__name__}", (PatternContract,), {"plugin": plugin, **attributes}
    )
    return made()


def check(kept: PatternContract, test: str, tmp_path: object) -> None:
    """Run one test of the contract as pytest would, for every example."""
    method = getattr(kept, test)
    wanted = inspect.signature(method).parameters
    given = {"tmp_path": tmp_path} if "tmp_path" in wanted else {}
    if "example" not in wanted:
        method(**given)
        return
    for example in kept._examples():
        method(example=example, **given)


TESTS = [name for name in dir(PatternContract) if name.startswith("test_")]


class Undocumented(Plain):
    pass


Undocumented.__doc__ = None


class BareEndpoint(EndpointConfig, frozen=True, kw_only=True):
    speed: int = 0


class BareDatapoint(Datapoint, frozen=True, kw_only=True):
    endpoints: Endpoints[BareEndpoint]


class BareField(Plain):
    """A field has no description."""

    config = BareDatapoint  # type: ignore[assignment]


class NoList(Plain):
    """Its example is no list."""

    example = "name: it\npattern: plain\nendpoints: [{method: POST, path: /it}]\n"


class OtherPattern(Plain):
    """Its example is of another pattern."""

    example = "- {name: it, pattern: static, endpoints: [{method: POST, path: /it}]}\n"


class AliasOfItsOwn(Plain):
    """Answers elsewhere under its alias."""

    aliases = ("plainer",)

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        compiled = super().compile(datapoint, context)
        (endpoint,) = compiled.endpoints
        path = f"/{datapoint.pattern}{endpoint.path}"
        return Compiled((Endpoint(endpoint.method, path, endpoint.handler),))


class LaxEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint."""

    method: Annotated[str, Meta(description="The method.")]
    path: Annotated[str, Meta(description="The path.")]


class LaxDatapoint(Datapoint, frozen=True, kw_only=True):
    """A datapoint."""

    endpoints: Endpoints[LaxEndpoint]


class Lax(Plain):
    """Accepts unknown keys in an endpoint."""

    config = LaxDatapoint  # type: ignore[assignment]


class CompilesWithChance(Plain):
    """Chooses an id when compiled."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        context.new_id()
        return super().compile(datapoint, context)


class CompilesWithTime(Plain):
    """Looks at the clock when compiled."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        context.clock.time()
        return super().compile(datapoint, context)


class CompilesWithNetwork(Plain):
    """Takes the client when compiled."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        _ = context.http
        return super().compile(datapoint, context)


class CompilesDifferently(Plain):
    """Has other routes each time."""

    count = 0

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        self.count += 1
        (endpoint,) = super().compile(datapoint, context).endpoints
        return Compiled((Endpoint("POST", f"/it/{self.count}", endpoint.handler),))


class SyncHandler(Plain):
    """Its handler is not async."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        def handle(_request: Request) -> Reply:
            return Reply()

        return Compiled((Endpoint("POST", "/it", handle),))  # type: ignore[arg-type]


class NeedsHeader(Plain):
    """Takes a header for granted."""

    async def answer(self, request: Request, _context: Context) -> Reply:
        return Reply.text(request.headers["Content-Type"])


class NeedsObject(Plain):
    """Takes an object as body for granted."""

    async def answer(self, request: Request, _context: Context) -> Reply:
        return Reply.json(request.json().get("a"))


class Splits(Plain):
    """Lets a path parameter into a header as it is."""

    example = FLOW

    async def answer(self, request: Request, _context: Context) -> Reply:
        return Reply(headers=(("X-Id", request.params.get("id", "")),))


class OddStatus(Plain):
    """Its status is no number."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        return Reply(status="200")  # type: ignore[arg-type]


class SaysNothing(Plain):
    """Refuses without a reason."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        raise ReplyError(400, "")


class CountsInItself(Plain):
    """Keeps a counter in the object."""

    def __init__(self) -> None:
        self.count = 0

    async def answer(self, _request: Request, _context: Context) -> Reply:
        self.count += 1
        return Reply.json(self.count)


class CountsInItsClass(Plain):
    """Keeps counters in the class."""

    counts: dict[str, int] = {}  # noqa: RUF012 - which is the point

    async def answer(self, request: Request, _context: Context) -> Reply:
        self.counts[request.path] = self.counts.get(request.path, 0) + 1
        return Reply.json(self.counts[request.path])


class ChangesWhatWasWritten(Plain):
    """Marks the datapoint that it compiles."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        msgspec.structs.force_setattr(datapoint, "description", "compiled")
        return super().compile(datapoint, context)


class CountsInTheStore(Plain):
    """Keeps a counter where it belongs."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        return Reply.json(await context.state.increment("n"))


class Serves(Plain):
    """Serves the payload."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        endpoints = super().compile(datapoint, context).endpoints
        return Compiled(endpoints, takes_payload=True)

    async def answer(self, request: Request, context: Context) -> Reply:
        return Reply.of((await context.payload(request.session)).body)


class ServesEverybodys(Serves):
    """Serves the global payload to sessions too."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        return Reply.of((await context.payload(None)).body)


class ServesTheFirst(Serves):
    """Serves the first payload for ever."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        kept: dict[str | None, bytes] = {}

        async def handle(request: Request) -> Reply:
            if request.session not in kept:
                kept[request.session] = (await context.payload(request.session)).body
            return Reply.of(kept[request.session])

        endpoint = Endpoint("POST", datapoint.endpoints[0].path, handle)
        return Compiled((endpoint,), takes_payload=True)


class ServesNothing(Serves):
    """Says 200 when there is no payload."""

    async def answer(self, request: Request, context: Context) -> Reply:
        try:
            return await super().answer(request, context)
        except ReplyError:
            return Reply.json({})


class NeverServes(Serves):
    """Takes payloads and ignores them."""

    async def answer(self, _request: Request, _context: Context) -> Reply:
        return Reply.json({})


class CallsBack(Plain):
    """Calls back, and does not care how that ends."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        async def run() -> None:
            (await context.http.post("https://me.example")).raise_for_status()

        return Reply(after=(Job("call", run),))


class NeverEnds(Plain):
    """Its job sleeps again and again."""

    async def answer(self, _request: Request, context: Context) -> Reply:
        async def run() -> None:
            while True:
                await context.clock.sleep(600)

        return Reply(after=(Job("call", run),))


class Forgets(Plain):
    """Begins a task without telling anybody."""

    tasks: tuple[Any, ...] = ()

    async def answer(self, _request: Request, _context: Context) -> Reply:
        type(self).tasks += (asyncio.create_task(asyncio.Event().wait()),)
        return Reply()


class FixedPath(Plain):
    """Has an endpoint that no other datapoint could have beside it."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        endpoints = super().compile(datapoint, context).endpoints
        return Compiled((*endpoints, Endpoint("GET", "/fixed", endpoints[0].handler)))


class Administers(Plain):
    """Has an admin route."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        compiled = super().compile(datapoint, context)
        route = AdminRoute("GET", "/things/{id}", compiled.endpoints[0].handler, "Show")
        return Compiled(compiled.endpoints, (route,))


class AdministersBadly(Plain):
    """Its admin handler fails."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        async def handle(request: Request) -> Reply:
            return Reply.json(request.params["name"])

        compiled = super().compile(datapoint, context)
        return Compiled(compiled.endpoints, (AdminRoute("GET", "/things/{id}", handle, "Show"),))


def supports(*words: str) -> Mapping[str, Any]:
    return {"supports": frozenset(words)}


BAD: list[tuple[type, str, Mapping[str, Any]]] = [
    (Undocumented, "test_it_is_documented", {}),
    (BareField, "test_it_is_documented", {}),
    (NoList, "test_its_example_can_be_pasted", {}),
    (OtherPattern, "test_its_example_can_be_pasted", {}),
    (AliasOfItsOwn, "test_every_alias_means_the_same", {}),
    (Lax, "test_unknown_keys_are_refused_with_their_place", {}),
    (CompilesWithChance, "test_compiling_is_pure", {}),
    (CompilesWithTime, "test_compiling_is_pure", {}),
    (CompilesWithNetwork, "test_compiling_is_pure", {}),
    (CompilesDifferently, "test_compiling_is_pure", {}),
    (SyncHandler, "test_every_example_is_accepted", {}),
    (NeedsHeader, "test_no_request_makes_a_handler_fail", {}),
    (NeedsObject, "test_no_request_makes_a_handler_fail", {}),
    (Splits, "test_no_request_makes_a_handler_fail", {}),
    (OddStatus, "test_every_endpoint_answers", {}),
    (SaysNothing, "test_every_endpoint_answers", {}),
    (CountsInItself, "test_it_keeps_nothing_in_itself", {}),
    (CountsInItself, "test_a_restart_changes_nothing", {}),
    (CountsInItself, "test_several_workers_answer_as_one", {}),
    (CountsInItsClass, "test_it_keeps_nothing_in_itself", {}),
    (CountsInTheHandler, "test_a_restart_changes_nothing", {}),
    (CountsInTheHandler, "test_several_workers_answer_as_one", {}),
    (ChangesWhatWasWritten, "test_it_keeps_nothing_in_itself", {}),
    (CountsInTheStore, "test_it_keeps_state_if_it_says_so", {}),
    (CountsInTheStore, "test_it_knows_sessions_if_it_says_so", supports("state")),
    (Plain, "test_it_knows_sessions_if_it_says_so", supports("sessions")),
    (Plain, "test_it_keeps_state_if_it_says_so", supports("state")),
    (Serves, "test_it_takes_payloads_if_it_says_so", {}),
    (Plain, "test_it_takes_payloads_if_it_says_so", supports("payload")),
    (ServesEverybodys, "test_a_session_beside_others_is_answered_as_if_alone",
     supports("payload", "sessions")),
    (ServesEverybodys, "test_it_knows_sessions_if_it_says_so", supports("payload", "sessions")),
    (ServesTheFirst, "test_the_payload_of_the_moment_is_served", supports("payload", "sessions")),
    (ServesTheFirst, "test_deleting_a_session_deletes_all_of_it",
     supports("payload", "sessions")),
    (ServesNothing, "test_without_a_payload_what_serves_it_is_not_found", supports("payload")),
    (NeverServes, "test_some_example_serves_the_payload", supports("payload")),
    (CallsBack, "test_it_begins_jobs_if_it_says_so_and_they_end", {}),
    (Plain, "test_it_begins_jobs_if_it_says_so_and_they_end", supports("jobs")),
    (CallsBack, "test_a_receiver_that_fails_does_no_harm", supports("jobs")),
    (NeverEnds, "test_it_begins_jobs_if_it_says_so_and_they_end", supports("jobs")),
    (Forgets, "test_jobs_end_with_the_server", {}),
    (Administers, "test_it_has_admin_routes_if_it_says_so", {}),
    (Plain, "test_it_has_admin_routes_if_it_says_so", supports("admin")),
    (AdministersBadly, "test_admin_routes_need_the_key", supports("admin")),
    (Plain, "test_the_capabilities_are_known", supports("magic")),
    (Plain, "test_invalid_datapoints_are_refused_with_the_reason",
     {"invalid": [(Plain.example, "anything")]}),
    (Plain, "test_invalid_datapoints_are_refused_with_the_reason",
     {"invalid": [("{name: it, pattern: plain}", "another word")]}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plugin", "test", "attributes"),
    BAD,
    ids=[f"{number}-{each.__name__}-{test}" for number, (each, test, _) in enumerate(BAD)],
)
def test_a_broken_promise_is_found(
    plugin: type, test: str, attributes: Mapping[str, Any], tmp_path: object
) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception, PartnerError)):
        check(contract(plugin, **attributes), test, tmp_path)


def test_a_path_that_cannot_be_moved_is_found(tmp_path: object) -> None:
    with pytest.raises(PartnerError, match="/fixed"):
        check(contract(FixedPath), "test_datapoints_side_by_side_share_nothing", tmp_path)


SOUND: list[tuple[type, Mapping[str, Any]]] = [
    (Plain, {"examples": [Plain.example, FLOW]}),
    (CountsInTheStore, supports("state", "sessions")),
    (Serves, supports("payload", "sessions")),
    (Administers, supports("admin")),
]


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("plugin", "attributes"), SOUND, ids=[each.__name__ for each, _ in SOUND])
def test_a_sound_plugin_keeps_it(
    plugin: type, attributes: Mapping[str, Any], test: str, tmp_path: object
) -> None:
    check(contract(plugin, **attributes), test, tmp_path)


def test_every_promise_has_a_plugin_that_breaks_it() -> None:
    broken = {test for _, test, _ in BAD}
    elsewhere = {
        "test_the_registry_accepts_it",
        "test_its_distribution_declares_every_name",
        "test_the_schema_accepts_the_example",
        "test_a_reload_changes_nothing",
        "test_a_changed_file_changes_the_answer",
        "test_datapoints_side_by_side_share_nothing",
    }
    assert set(TESTS) - broken == elsewhere


def test_an_entry_point_that_is_missing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Declared(Plain):
        aliases = ("plainer",)

    Declared.__module__ = "a_package.patterns"
    point = SimpleNamespace(name="plain", load=lambda: Declared)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [point])
    monkeypatch.setattr("importlib.metadata.packages_distributions", lambda: {"a_package": ["a"]})
    with pytest.raises(AssertionError, match=r"plainer.*a_package\.patterns:.*Declared"):
        contract(Declared).test_its_distribution_declares_every_name()
    point.name = "else"
    with pytest.raises(AssertionError):
        contract(Declared).test_its_distribution_declares_every_name()


def test_a_plugin_that_the_registry_refuses_is_told_why() -> None:
    class Old(Plain):
        api_version = 99

    with pytest.raises(Exception, match="written for plugin API 99"):
        contract(Old).test_the_registry_accepts_it()


def test_a_field_error_of_compile_is_a_refusal_too() -> None:
    class Fussy(Plain):
        """Refuses what only shows when fields are seen together."""

        def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
            raise FieldError(("endpoints", "too many of them", "leave one out"))

    kept = contract(Fussy, invalid=[(Plain.example, "too many")])
    kept.test_invalid_datapoints_are_refused_with_the_reason()


def test_without_examples_the_plugins_own_is_taken() -> None:
    assert [each["name"] for each in contract(Plain)._examples()] == ["it"]
    assert [each["name"] for each in contract(Plain, examples=[FLOW])._examples()] == ["flow"]


def test_pytest_runs_it_once_for_each_example(pytester: pytest.Pytester) -> None:
    shutil.copy(samples.__file__, pytester.path / "samples.py")
    pytester.makepyfile("""
from imnot_core.testing import PatternContract
from samples import Plain

class TestPlain(PatternContract):
    plugin = Plain
    examples = (Plain.example, {
        "name": "two", "pattern": "plain", "endpoints": [{"method": "POST", "path": "/two"}]})
""")
    result = pytester.runpytest_subprocess("-W", "error", "-k", "compiling or capabilities", "-v")
    assert result.parseoutcomes()["passed"] == 3
    result.stdout.fnmatch_lines(["*test_compiling_is_pure?two? PASSED*"])


def test_a_failure_shows_the_values(pytester: pytest.Pytester) -> None:
    shutil.copy(samples.__file__, pytester.path / "samples.py")
    pytester.makepyfile("""
from imnot_core.testing import PatternContract
from samples import CountsInTheHandler

class TestIt(PatternContract):
    plugin = CountsInTheHandler
""")
    result = pytester.runpytest_subprocess("-k", "test_a_restart_changes_nothing")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["E*At index 1 diff: *'1'* != *'2'*"])
