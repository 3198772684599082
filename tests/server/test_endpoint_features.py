"""Validation, schemas and rate limits of endpoints of every pattern, also of others' ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core import PartnerError
from imnot_core.testing import Harness, StartHarness
from tests.server.samples import PLAIN, Plain
from tests.support import CHECKOUT

PATTERNS = """\
partner: acme
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - {{method: POST, path: /oauth/token, {declared}}}
  - name: health
    pattern: static
    endpoints:
      - {{method: POST, path: /health, {declared}}}
      - {{method: GET, path: /free}}
  - name: charges
    pattern: fetch
    endpoints:
      - {{method: POST, path: "/charges/{{id}}", {declared}}}
  - name: export
    pattern: async
    endpoints:
      - {{step: 1, method: POST, path: /exports, {declared},
         response: {{generates_id: true, id_body_field: id}}}}
      - {{step: 2, method: POST, path: "/exports/{{id}}", {declared},
         response: {{status: 202}}}}
  - name: rates
    pattern: push
    endpoints:
      - {{method: POST, path: /rates, {declared}, response: {{callback_url_header: X-Callback}}}}
  - name: stubs
    pattern: stub
    endpoints:
      - {{method: POST, path: /stub, {declared}, response: {{status: 203}}}}
  - name: events
    pattern: paginated
    pagination: {{style: offset_limit, items_field: events}}
    endpoints:
      - {{method: POST, path: /events, {declared}}}
  - name: customers
    pattern: crud
    path: /customers
    endpoints:
      - {{method: POST, path: /customers, {declared}}}
  - name: mine
    pattern: plain
    endpoints:
      - {{method: POST, path: /mine, {declared}}}
"""
EVERY_PATH = (
    *("/oauth/token", "/health", "/charges/7", "/exports", "/exports/7", "/rates", "/stub"),
    *("/events", "/customers", "/mine"),
)
CALLBACK = {"X-Callback": "http://me.example/"}


def start(imnot: StartHarness, declared: str, **more: Any) -> Harness:
    server = imnot(PATTERNS.format(declared=declared), plugins=[Plain], **more)
    for datapoint in ("charges", "rates"):
        server.upload("acme", datapoint, {"total": 1})
    server.upload("acme", "events", [])
    return server


def ask(server: Harness, path: str, body: Any, **headers: str) -> httpx.Response:
    return server.post(path, json=body, headers={**CALLBACK, **headers})


def static(declared: str, path: str = "/x") -> str:
    return (
        "partner: acme\ndatapoints:\n  - name: d\n    pattern: static\n    endpoints:\n"
        f"      - {{method: POST, path: {path}, {declared}}}\n"
    )


def test_every_pattern_validates(imnot: StartHarness) -> None:
    server = start(imnot, "validate: {body: {n: {required: true, type: integer, min: 3}}}")

    for path in EVERY_PATH:
        refused = ask(server, path, {"n": "2"})
        assert refused.status_code == 422, path
        assert refused.json() == {"detail": ['body.n: must be at least 3, got "2"']}
        assert ask(server, path, {"n": 3}).is_success, path


def test_every_pattern_has_schemas(imnot: StartHarness) -> None:
    server = start(imnot, "schema: {required: [n]}, error_format: problem+json")

    for path in EVERY_PATH:
        refused = ask(server, path, {})
        assert refused.status_code == 422, path
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert [each["pointer"] for each in refused.json()["errors"]] == ["#"]
        assert ask(server, path, {"n": 3}).is_success, path


def test_every_pattern_has_rate_limits(imnot: StartHarness) -> None:
    server = start(imnot, "rate_limit: {requests_per_minute: 2}")

    for path in EVERY_PATH:
        answers = [ask(server, path, {}) for _ in range(3)]
        assert [each.is_success for each in answers] == [True, True, False], path
        assert answers[2].status_code == 429
        assert answers[2].headers["Retry-After"] == "30"
        assert "2" in answers[2].json()["detail"]
        assert [each.headers["RateLimit"] for each in answers] == [
            '"default";r=1;t=30',
            '"default";r=0;t=60',
            '"default";r=0;t=60',
        ]
    server.clock.advance(30)
    for path in EVERY_PATH:
        assert [ask(server, path, {}).is_success for _ in "ab"] == [True, False], path


def test_the_pattern_of_another_package_has_all_of_it(
    imnot: StartHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(CHECKOUT / "plugins-example" / "src")
    from imnot_sequence import Sequence  # type: ignore[import-not-found]

    declared = "rate_limit: {requests: 3}, validate: {query: {n: {type: integer}}}, schema: true"
    answers = "responses: [{body: first}, {body: second}]"
    source = PLAIN.replace("pattern: plain", "pattern: sequence").replace(
        "path: /it", f"path: /it, {declared}, {answers}"
    )
    server = imnot(source, plugins=[Sequence])

    statuses = [server.post(path, json={}).status_code for path in ("/it?n=x", "/it?n=1")]
    assert statuses == [422, 200]
    assert server.post("/it", json={}).json() == "second"
    assert server.post("/it", json={}).status_code == 429


def test_an_endpoint_beside_it_is_as_free_as_ever(imnot: StartHarness) -> None:
    server = start(imnot, "rate_limit: {requests_per_minute: 1}")

    for _ in range(3):
        free = server.get("/free")
        assert free.status_code == 200
        assert "RateLimit" not in free.headers


def test_endpoints_of_one_path_have_limits_of_their_own(imnot: StartHarness) -> None:
    limit = "rate_limit: {requests: 1, per: hour}"
    server = imnot(f"""\
partner: acme
datapoints:
  - name: orders
    pattern: stub
    endpoints:
      - {{method: GET, path: /orders, {limit}, request: {{query: {{kind: a}}}}, response: {{}}}}
      - {{method: GET, path: /orders, {limit}, request: {{query: {{kind: b}}}}, response: {{}}}}
""")
    for kind in ("a", "b"):
        assert [server.get(f"/orders?kind={kind}").status_code for _ in "ab"] == [200, 429]
    assert server.get("/orders?kind=c").status_code == 404


def test_both_spellings_of_a_path_share_a_limit(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests_per_minute: 2}"))

    assert [server.post(path).status_code for path in ("/x", "/x/", "/x")] == [200, 200, 429]


def test_the_limit_comes_before_validation_and_that_before_the_payload(
    imnot: StartHarness,
) -> None:
    source = PATTERNS.format(
        declared="rate_limit: {requests_per_minute: 2}, validate: {body: {n: {required: true}}}"
    )
    server = imnot(source, plugins=[Plain])

    assert ask(server, "/charges/7", {}).status_code == 422
    missing = ask(server, "/charges/7", {"n": 1})
    assert (missing.status_code, missing.headers["RateLimit"]) == (404, '"default";r=0;t=60')
    assert ask(server, "/charges/7", {}).status_code == 429


def test_errors_of_a_pattern_are_problems_where_declared(imnot: StartHarness) -> None:
    server = imnot(PATTERNS.format(declared="error_format: problem+json"), plugins=[Plain])

    missing = ask(server, "/charges/7", {})
    assert missing.status_code == 404
    assert missing.headers["Content-Type"] == "application/problem+json"
    assert missing.json()["title"] == "Not Found"
    assert "acme/charges" in missing.json()["detail"]
    assert server.post("/rates").json()["status"] == 400


def test_a_refusal_is_slow_where_everything_is(imnot: StartHarness) -> None:
    declared = "chaos: {latency: {base_ms: 500}}, validate: {query: {n: {required: true}}}"
    server = imnot(static(declared))
    before = server.clock.time()

    assert server.post("/x").status_code == 422
    assert server.clock.time() - before == pytest.approx(0.5)


def test_a_limit_is_shared_by_all_sessions_unless_declared(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests_per_minute: 2}"))
    with server.session() as one, server.session() as other:
        answers = [server.post("/x", headers=each.headers) for each in (one, other, one)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert server.post("/x").status_code == 429


def test_each_session_may_have_a_limit_of_its_own(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests: 1, by: session}"))
    with server.session() as one, server.session() as other:
        for headers in (one.headers, other.headers, {}):
            assert [server.post("/x", headers=headers).status_code for _ in "ab"] == [200, 429]
        one.reset()
        assert server.post("/x", headers=one.headers).status_code == 200
        assert server.post("/x", headers=other.headers).status_code == 429


def test_a_limit_follows_the_clock_of_a_session(imnot: StartHarness) -> None:
    for by in ("endpoint", "session"):
        server = imnot(static(f"rate_limit: {{requests: 1, by: {by}}}"))
        with server.session() as session:
            clock = f"/sessions/{session.id}/clock"
            assert server.admin("POST", clock, json={"freeze": True}).is_success
            assert server.post("/x", headers=session.headers).status_code == 200
            server.clock.advance(3600)
            assert server.post("/x", headers=session.headers).status_code == 429
            assert server.admin("POST", clock, json={"advance": "60s"}).is_success
            assert server.post("/x", headers=session.headers).status_code == 200
        assert server.post("/x").status_code == 200


def test_a_limit_may_count_by_a_header(imnot: StartHarness) -> None:
    declared = "rate_limit: {requests: 1, per: hour, by: header, header: X-Api-Key}"
    server = imnot(static(declared))

    def statuses(**headers: str) -> list[int]:
        return [server.post("/x", headers=headers).status_code for _ in "ab"]

    for headers in ({"X-Api-Key": "one"}, {"x-api-key": "two" * 1000}, {}):
        assert statuses(**headers) == [200, 429]
    with server.session() as session:
        assert statuses(**session.headers, **{"X-Api-Key": "one"}) == [200, 429]
    server.clock.advance(3600)
    assert statuses(**{"X-Api-Key": "one"}) == [200, 429]


def test_a_refusal_may_have_another_status_and_other_headers(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests: 1, per: 10s, status: 503, headers: X-RateLimit}"))

    assert server.post("/x").headers["X-RateLimit-Remaining"] == "0"
    refused = server.post("/x")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert "RateLimit" not in refused.headers
    reset = float(refused.headers["X-RateLimit-Reset"])
    assert reset == pytest.approx(server.clock.time() + 10, abs=1)


def test_limits_survive_a_restart_and_a_reload(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests: 1, per: hour}"))
    assert server.post("/x").status_code == 200

    server.restart()
    assert server.post("/x").status_code == 429
    server.reload()
    assert server.post("/x").status_code == 429
    server.reload(static("rate_limit: {requests: 2, per: hour}"))
    assert [server.post("/x").status_code for _ in "abc"] == [200, 200, 429]


def test_limits_are_exact_over_workers(imnot: StartHarness) -> None:
    server = imnot(static("rate_limit: {requests: 20, per: hour}"), workers=3)
    statuses = [server.post("/x").status_code for _ in range(50)]

    assert statuses == [200] * 20 + [429] * 30


def test_a_reload_brings_rules_and_takes_them_away(imnot: StartHarness) -> None:
    server = imnot(static("response: {}"))
    for declared, status in (("schema: false", 422), ("response: {}", 200)):
        assert server.reload(static(declared)).is_success
        assert server.post("/x", json={}).status_code == status


def test_a_schema_in_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "partner.yaml").write_text(static("schema: order.json"))
    schema = folder / "order.json"
    schema.write_text('{"required": ["id"]}')
    with Harness(tmp_path) as server:
        assert server.post("/x", json={"sku": 1}).status_code == 422
        assert server.post("/x", json={"id": 1}).status_code == 200
        schema.write_text('{"required": ["sku"]}')
        assert server.reload(tmp_path).is_success
        assert server.post("/x", json={"sku": 1}).status_code == 200
        assert server.post("/x", json={"id": 1}).status_code == 422


@pytest.mark.parametrize(
    ("declared", "place", "words"),
    [
        ("validate: {body: {n: {type: int}}}", "validate.body.n.type", "did you mean 'integer'?"),
        ("validate: {body: {n: {pattern: '('}}}", "validate.body.n.pattern", "regular expression"),
        ("validate: {body: {n: {min: .nan}}}", "validate.body.n.min", "nan is no limit"),
        ("validate: {cookie: {}}", "validate.cookie", "unknown key `cookie`"),
        ("schema: {type: objekt}", "schema.type", "write one of array, boolean"),
        ("schema: {properties: {n: {minimum: x}}}", "schema.properties.n.minimum", "JSON Schema"),
        ("schema: missing.json", "schema", "missing.json"),
        ("rate_limit: {requests_per_minute: 0}", "rate_limit.requests_per_minute", "from 1"),
        ("rate_limit: {requests: 1, per: week}", "rate_limit.per", "'week' is no span of time"),
        ("error_format: problem", "error_format", "did you mean 'problem+json'?"),
    ],
)
@pytest.mark.parametrize("pattern", ["static", "stub"])
def test_a_mistake_is_refused_with_its_place(
    imnot: StartHarness, pattern: str, declared: str, place: str, words: str
) -> None:
    with pytest.raises(PartnerError) as refused:
        imnot(static(f"{declared}, response: {{}}").replace("static", pattern))

    [problem] = refused.value.problems
    assert problem.path == f"datapoints[0].endpoints[0].{place}"
    assert (problem.line, problem.column > 30) == (6, True)
    assert words in str(problem)


def test_rules_without_effect_are_refused(imnot: StartHarness) -> None:
    class Elsewhere(Plain):
        def compile(self, datapoint: Any, context: Any) -> Any:
            from imnot_core import Compiled

            return Compiled(())

    source = PLAIN.replace("path: /it", "path: /it, rate_limit: {requests: 1}")
    with pytest.raises(PartnerError, match="has no effect"):
        imnot(source, plugins=[Elsewhere])


def test_many_sessions_at_once_have_limits_of_their_own(imnot: StartHarness) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server = imnot(static("rate_limit: {requests: 3, per: hour, by: session}"))
    sessions = [server.session() for _ in range(10)]

    def answered(headers: dict[str, str]) -> int:
        return sum(server.post("/x", headers=headers).status_code == 200 for _ in range(5))

    with ThreadPoolExecutor(5) as pool:
        assert set(pool.map(answered, [each.headers for each in sessions])) == {3}


@pytest.mark.parametrize("more", ["", ", schema: {type: object}"])
def test_a_callback_needs_json_before_anything_of_it_is_judged(more: str) -> None:
    partner = f"""
partner: acme
datapoints:
  - name: hook
    pattern: callback
    endpoints:
      - {{method: POST, path: /field, validate: {{body: {{n: {{required: true}}}}}}{more},
         response: {{callback_url_field: url}}}}
      - {{method: POST, path: /header, validate: {{body: {{n: {{required: true}}}}}}{more},
         response: {{callback_url_header: X-Url}}}}
"""
    with Harness(partner) as server:
        assert server.post("/field", content=b"xx").status_code == 400
        assert server.post("/field", json={}).json() == {"detail": ["body.n: required"]}
        assert server.post("/header", content=b"xx").status_code == 422
