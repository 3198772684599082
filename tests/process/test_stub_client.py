"""The published client of the stub API, in all it does, against a real server."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from assertive import (
    ignore_case,
    is_between,
    is_gt,
    is_gte,
    is_neq,
    regex,
)
from assertive.criteria.list import contains, contains_exactly, has_length
from assertive.criteria.mapping import has_exact_key_values, has_key_values
from assertive.criteria.numeric import is_even
from assertive.criteria.string import as_json_matches
from assertive_mock_api_client import MockApiClient

from imnot_core.testing import ServerProcess
from tests.process.stub_servers import server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with server(tmp_path_factory.mktemp("client")) as started:
        yield started


@pytest.fixture
def client(running: ServerProcess) -> MockApiClient:
    return MockApiClient(running.url)


def ask(running: ServerProcess, path: str, method: str = "GET", **options: Any) -> httpx.Response:
    return httpx.request(method, f"{running.url}{path}", timeout=20, **options)


def test_respond_with(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/respond", method="GET").respond_with(
        status_code=202, headers={"X-Kind": "plain"}, body="hällo"
    )
    answer = ask(running, "/respond")
    assert (answer.status_code, answer.content) == (202, "hällo".encode())
    assert answer.headers["x-kind"] == "plain"
    assert "content-type" not in answer.headers


def test_respond_with_json(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/json").respond_with_json(status_code=200, body={"a": [1]})
    answer = ask(running, "/json", "POST")
    assert answer.json() == {"a": [1]}
    assert answer.headers["content-type"] == "application/json"


def test_respond_with_template(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/users/{id}").respond_with_template(
        status_code=200, template_body="{{ request.path_params.id }}/{{ request.query.name }}"
    )
    assert ask(running, "/users/u_1?name=Peter").text == "u_1/Peter"


def test_respond_with_sse(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/events").respond_with_sse(
        events=[
            {"id": "1", "event": "message", "data": "first"},
            {"data": "two\nlines", "retry": 0},
        ],
        default_delay_ms=1,
    )
    answer = ask(running, "/events")
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text == (
        "id: 1\nevent: message\ndata: first\n\nretry: 0\ndata: two\ndata: lines\n\n"
    )


def test_proxy_to(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/upstream").respond_with_json(
        status_code=201, body={"from": "upstream"}
    )
    client.when_requested_with(path="/proxied", method="POST").proxy_to(
        url=f"{running.url}/upstream", headers={"X-Added": "1"}, timeout=5
    )
    answer = ask(running, "/proxied?q=1", "POST", content=b"body")
    assert (answer.status_code, answer.json()) == (201, {"from": "upstream"})
    assert client.confirm_request(
        path="/upstream", headers={"x-added": "1"}, query={"q": "1"}, body="body"
    )


def test_latency_and_its_deprecated_name(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/slow").with_latency(delay_ms=80, jitter_ms=5).respond_with(
        status_code=200, headers={}, body="slow"
    )
    assert ask(running, "/slow").elapsed.total_seconds() >= 0.08
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        stub = client.when_requested_with(path="/slower").with_delay(delay_ms=60)
    stub.respond_with(status_code=200, headers={}, body="slow")
    assert ask(running, "/slower").elapsed.total_seconds() >= 0.06


def test_connection_drop(running: ServerProcess, client: MockApiClient) -> None:
    client.when_requested_with(path="/drop").with_connection_drop(probability=1.0).respond_with(
        status_code=200, headers={}, body="this answer is cut in the middle"
    )
    with pytest.raises(httpx.RemoteProtocolError):
        ask(running, "/drop")
    assert "Traceback" not in running.log


@pytest.mark.parametrize(
    ("wanted", "fits", "does_not"),
    [
        ({"headers": {"x-tenant": "acme"}}, {"headers": {"X-Tenant": "acme"}}, {}),
        ({"headers": {"X-Tenant": "up"}}, {"headers": {"x-tenant": "up"}}, {}),
        ({"query": {"page": "2"}}, {"params": {"page": "2", "more": "1"}}, {"params": {"page": 1}}),
        (
            {"query": has_exact_key_values({"only": regex("v[0-9]+$")})},
            {"params": {"only": "v12"}},
            {"params": {"only": "v12", "not": "1"}},
        ),
        ({"body": "raw"}, {"content": b"raw"}, {"content": b"other"}),
        ({"json": {"a": 1}}, {"json": {"a": 1.0}}, {"content": b"not json"}),
        (
            {"body": as_json_matches(has_key_values({"n": is_gt(5) & is_neq(7)}))},
            {"json": {"n": 6, "x": 1}},
            {"json": {"n": 7}},
        ),
        (
            {"body": as_json_matches(has_key_values({"n": contains(1, is_gt(9))}))},
            {"json": {"n": [10, 1]}},
            {"json": {"n": [1, 2]}},
        ),
        (
            {"body": as_json_matches(contains_exactly(1, is_even()))},
            {"json": [1, 2]},
            {"json": [2, 1]},
        ),
        ({"body": has_length(is_between(2, 3))}, {"content": b"abc"}, {"content": b"abcd"}),
        ({"host": ignore_case("LOCALHOST") | regex("127")}, {}, {"headers": {"Host": "other"}}),
        (
            {"method": ignore_case("get") ^ regex("POST")},
            {"method": "POST"},
            {"method": "DELETE"},
        ),
        ({"method": ~regex("GET")}, {"method": "PUT"}, {"method": "GET"}),
    ],
)
def test_every_kind_of_criterion(
    running: ServerProcess,
    client: MockApiClient,
    request: pytest.FixtureRequest,
    wanted: dict[str, Any],
    fits: dict[str, Any],
    does_not: dict[str, Any],
) -> None:
    path = f"/criteria/{request.node.callspec.indices['wanted']}"
    client.when_requested_with(path=path, **wanted).respond_with(
        status_code=200, headers={}, body="fits"
    )
    assert ask(running, path, **fits).text == "fits"
    refused = ask(running, path, **does_not)
    assert (refused.status_code, refused.content) == (404, b"NO_STUB_MATCH_FOUND")


def test_max_calls(running: ServerProcess, client: MockApiClient) -> None:
    stub = client.when_requested_with(path="/twice")
    stub.respond_with(status_code=200, headers={}, body="yes", max_calls=2)
    assert [ask(running, "/twice").status_code for _ in range(3)] == [200, 200, 404]


def test_confirm_request(running: ServerProcess, client: MockApiClient) -> None:
    assert not client.confirm_request(path="/confirmed")
    ask(running, "/confirmed?a=1", "POST", json={"n": 3})
    ask(running, "/confirmed?a=2", "POST", json={"n": 4})
    assert client.confirm_request(path="/confirmed", method="POST")
    assert client.confirm_request(path="/confirmed", times=2)
    assert not client.confirm_request(path="/confirmed", times=is_gte(3))
    assert client.confirm_request(path="/confirmed", times=None)
    assert client.confirm_request(path=regex("/conf"), query={"a": "2"}, times=1)
    assert client.confirm_request(body=as_json_matches({"n": 4}), host="127.0.0.1")
    assert not client.confirm_request(path="/{name}")


def test_a_session_deletes_its_stubs(running: ServerProcess, client: MockApiClient) -> None:
    with client.new_session() as session:
        session.when_requested_with(path="/session").respond_with(
            status_code=200, headers={}, body="yes"
        )
        assert ask(running, "/session").text == "yes"
        with pytest.raises(RuntimeError), client.new_session():
            pass
    assert ask(running, "/session").status_code == 404


def test_a_scope_is_isolated_and_ends(running: ServerProcess, client: MockApiClient) -> None:
    with client.new_scope("Team-A") as scoped:
        scoped.when_requested_with(path="/scoped").respond_with(
            status_code=200, headers={}, body="scoped"
        )
        assert ask(running, "/scoped").status_code == 404
        assert ask(running, "/scoped", headers={"team-a": ""}).text == "scoped"
        assert scoped.confirm_request(path="/scoped", times=2)
        assert client.confirm_request(path="/scoped", times=1)
        with pytest.raises(httpx.HTTPStatusError) as refused:
            client.create_scope("team-a")
        assert refused.value.response.status_code == 409
    assert ask(running, "/scoped", headers={"team-a": "1"}).status_code == 404
    assert running.get("/__mock__/scopes").json() == {"scopes": []}
    with pytest.raises(httpx.HTTPStatusError) as gone:
        client.delete_scope("team-a")
    assert gone.value.response.json() == {"detail": "Scope 'team-a' was not found"}


def test_a_session_inside_a_scope_ends_too(running: ServerProcess, client: MockApiClient) -> None:
    # The client deletes without the header of the scope.
    with client.new_scope("inner") as scoped:
        with scoped.new_session() as session:
            session.when_requested_with(path="/inner").respond_with(
                status_code=200, headers={}, body="yes"
            )
            assert ask(running, "/inner", headers={"inner": "1"}).text == "yes"
        assert ask(running, "/inner", headers={"inner": "1"}).status_code == 404


def test_the_key_may_stand_in_the_address_of_the_client(tmp_path: Path) -> None:
    with server(tmp_path, admin_key="secret-key") as guarded:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            MockApiClient(guarded.url).create_scope("a")
        assert refused.value.response.status_code == 401
        client = MockApiClient(guarded.url.replace("//", "//any:secret-key@"))
        client.when_requested_with(path="/x").respond_with(status_code=200, headers={}, body="x")
        assert guarded.get("/x").text == "x"
        assert "secret-key" not in guarded.log
