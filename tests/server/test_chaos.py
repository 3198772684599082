"""Latency by the server's clock, and lost connections, of endpoints of every pattern."""

from __future__ import annotations

import httpx
import pytest

from imnot_core import Compiled, Context, Endpoint, Reply, Request
from imnot_core.testing import Harness, StartHarness
from tests.server.samples import PLAIN, Plain, PlainDatapoint, answering

CHAOS = "chaos: {latency: {base_ms: 100, jitter_ms: 50}}"
EVERY_PATTERN = f"""\
partner: acme
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - {{method: POST, path: /oauth/token, {CHAOS}}}
  - name: health
    pattern: static
    endpoints:
      - {{method: GET, path: /health, {CHAOS}}}
      - {{method: GET, path: /fast}}
  - name: charges
    pattern: fetch
    endpoints:
      - {{method: GET, path: "/charges/{{id}}", {CHAOS}}}
  - name: export
    pattern: async
    endpoints:
      - {{step: 1, method: POST, path: /exports, {CHAOS},
         response: {{generates_id: true, id_body_field: id}}}}
      - {{step: 2, method: GET, path: "/exports/{{id}}", {CHAOS},
         response: {{returns_payload: true}}}}
  - name: rates
    pattern: push
    endpoints:
      - {{method: POST, path: /rates, {CHAOS}, response: {{callback_url_field: callbackUrl}}}}
"""


def took(server: Harness, method: str, path: str, **options: object) -> tuple[int, float]:
    """The status of an answer, and how long it took by the server's clock."""
    before = server.clock.time()
    status = server.request(method, path, **options).status_code  # type: ignore[arg-type]
    return status, server.clock.time() - before


def is_slow(seconds: float) -> bool:
    return 0.0999 <= seconds <= 0.1501


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/oauth/token", 200),
        ("GET", "/health", 200),
        ("GET", "/charges/7", 200),
        ("POST", "/exports", 202),
        ("POST", "/rates", 202),
    ],
)
def test_every_pattern_can_be_slow(
    imnot: StartHarness, method: str, path: str, status: int
) -> None:
    server = imnot(EVERY_PATTERN)
    server.upload("acme", "charges", {})
    server.upload("acme", "rates", {})
    answer, seconds = took(server, method, path, json={"callbackUrl": "http://me.example/"})
    assert answer == status
    assert is_slow(seconds)


def test_every_step_of_a_flow_has_its_own_chaos(imnot: StartHarness) -> None:
    server = imnot(EVERY_PATTERN)
    server.upload("acme", "export", {"rows": 3})
    issued = server.post("/exports").json()["id"]
    status, seconds = took(server, "GET", f"/exports/{issued}")
    assert status == 200
    assert is_slow(seconds)


def test_an_endpoint_beside_it_is_as_fast_as_ever(imnot: StartHarness) -> None:
    assert took(imnot(EVERY_PATTERN), "GET", "/fast") == (200, 0)


def test_a_refusal_of_a_slow_endpoint_is_slow(imnot: StartHarness) -> None:
    server = imnot(EVERY_PATTERN)
    for method, path, status in (("GET", "/charges/7", 404), ("POST", "/rates", 400)):
        answer, seconds = took(server, method, path)
        assert answer == status
        assert is_slow(seconds)


def test_admin_requests_are_left_alone(imnot: StartHarness) -> None:
    server = imnot(EVERY_PATTERN)
    assert took(server, "GET", "/imnot/admin/acme/rates/push") == (200, 0)


def test_the_latency_comes_on_top_of_the_delay_of_a_reply(imnot: StartHarness) -> None:
    def delayed(_request: Request, _context: Context) -> Reply:
        return Reply(delay=2.0)

    source = PLAIN.replace("path: /it", "path: /it, chaos: {latency: {base_ms: 500}}")
    server = imnot(source, plugins=[answering(delayed)])
    assert took(server, "POST", "/it")[1] == pytest.approx(2.5)


def test_a_request_whose_answer_is_lost_has_had_its_effect(imnot: StartHarness) -> None:
    faults = "chaos: {faults: {connection_reset: {}}}"
    server = imnot(EVERY_PATTERN.replace(f"/rates, {CHAOS}", f"/rates, {faults}"))
    server.upload("acme", "rates", {"EUR": 1.1})
    with pytest.raises(httpx.RemoteProtocolError):
        server.post("/rates", json={"callbackUrl": "http://me.example/"})
    assert server.callbacks.wait(1)[0].json() == {"EUR": 1.1}


def test_chance_comes_from_the_seed(imnot: StartHarness) -> None:
    source = EVERY_PATTERN.replace(
        f"/health, {CHAOS}", "/health, chaos: {faults: {empty_response: {probability: 0.5}}}"
    )

    def outcomes(seed: int) -> list[bool]:
        return [_arrives(server, "/health") for server in [imnot(source, seed=seed)] * 30]

    first = outcomes(1)
    assert first == outcomes(1)
    assert {True, False} == set(first)


def _arrives(server: Harness, path: str) -> bool:
    try:
        return server.get(path).is_success
    except httpx.RemoteProtocolError:
        return False


def test_a_reload_brings_chaos_and_takes_it_away(imnot: StartHarness) -> None:
    calm = EVERY_PATTERN.replace(f", {CHAOS}", "")
    server = imnot(calm)
    for source, expected in ((EVERY_PATTERN, True), (calm, False)):
        assert server.reload(source).is_success
        assert is_slow(took(server, "GET", "/health")[1]) is expected


class Merging(Plain):
    """A pattern that serves several entries as one endpoint: `?entry=1` chooses the second."""

    def compile(self, datapoint: PlainDatapoint, context: Context) -> Compiled:
        async def here(_request: Request) -> Reply:
            return Reply.json({})

        first = datapoint.endpoints[0]
        handlers = [context.wrap(each, here) for each in datapoint.endpoints]

        async def answer(request: Request) -> Reply:
            return await handlers[int(request.query.get("entry", "0"))](request)

        return Compiled((Endpoint(first.method, first.path, answer, wrapped=True),))


def test_a_pattern_may_apply_the_chaos_of_each_entry_itself(imnot: StartHarness) -> None:
    entries = f"{{method: GET, path: /it, {CHAOS}}}, {{method: GET, path: /it}}"
    source = PLAIN.replace("{method: POST, path: /it}", entries)
    server = imnot(source, plugins=[Merging])
    assert is_slow(took(server, "GET", "/it")[1])
    assert took(server, "GET", "/it?entry=1") == (200, 0)
