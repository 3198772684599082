"""`/v1/mocks` and `/v1/mock/{mock_id}`: what they take and answer, and for how long."""

from __future__ import annotations

import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imnot_core import PartnerError, Services
from imnot_core.testing import Harness
from imnot_core.testing.clock import START
from imnot_patterns.mocks import MocksApi
from imnot_patterns.mocks.mock import Mock
from imnot_patterns.mocks.parameters import mock_of
from imnot_patterns.payloads.details import Unprocessable
from tests.server.samples import static

MOCKS = "/v1/mocks"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
KEY = "s3cret"
DAY = 86_400


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(plugins=[MocksApi]) as started:
        yield started


def create(server: Harness, **parameters: Any) -> dict[str, Any]:
    answer = server.post(MOCKS, json=parameters)
    assert answer.status_code == 201, answer.text
    assert list(answer.json()) == ["mock"]
    mock: dict[str, Any] = answer.json()["mock"]
    return mock


def described(server: Harness, mock: dict[str, Any]) -> dict[str, Any]:
    answer = server.get(f"{MOCKS}/{mock['mock_id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["mock"]
    return found


def hits(server: Harness, mock: dict[str, Any]) -> int:
    return int(described(server, mock)["hit_count"])


def served(server: Harness, **parameters: Any) -> httpx.Response:
    return server.get(create(server, **parameters)["endpoint_url"])


def locations(answer: httpx.Response) -> list[list[Any]]:
    assert answer.status_code == 422, answer.text
    details = answer.json()["detail"]
    assert all(each["msg"] for each in details)
    return [each["loc"] for each in details]


# Create, read, delete


def test_a_mock_of_defaults_has_every_field(server: Harness) -> None:
    mock = create(server)
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", mock["mock_id"])
    created = datetime.fromisoformat(mock["created_at"])
    expires = datetime.fromisoformat(mock["expires_at"])
    assert created.timestamp() == server.clock.time()
    assert expires - created == timedelta(seconds=DAY)
    assert mock == {
        "mock_id": mock["mock_id"],
        "name": None,
        "status_code": 200,
        "content_type": "application/json",
        "delay_ms": 0,
        "has_custom_headers": False,
        "has_body": False,
        "created_at": mock["created_at"],
        "expires_at": mock["expires_at"],
        "hit_count": 0,
        "endpoint_url": f"/v1/mock/{mock['mock_id']}",
    }
    assert described(server, mock) == mock


def test_every_parameter_shows_in_the_metadata(server: Harness) -> None:
    mock = create(
        server, name="late", status_code=429, headers={"Retry-After": "120"}, body="{}",
        content_type="text/csv", delay_ms=800, ttl_seconds=3600,
    )  # fmt: skip
    told = {key: mock[key] for key in ("name", "status_code", "content_type", "delay_ms")}
    assert told == {
        "name": "late", "status_code": 429, "content_type": "text/csv", "delay_ms": 800,
    }  # fmt: skip
    assert (mock["has_custom_headers"], mock["has_body"]) == (True, True)
    assert described(server, mock) == mock


@pytest.mark.parametrize("start", [0.1, 1_799_999_999.999_999_9, 2**31 - 30.000_000_3])
def test_the_life_is_written_exactly_whatever_the_time(start: float) -> None:
    with Harness(plugins=[MocksApi], start=start) as server:
        mock = create(server, ttl_seconds=61)
        created, expires = (
            datetime.fromisoformat(mock[each]) for each in ("created_at", "expires_at")
        )
        assert expires - created == timedelta(seconds=61)
        assert created.timestamp() == pytest.approx(start, abs=0.002)


def test_null_is_as_if_it_were_left_out(server: Harness) -> None:
    names = ("name", "status_code", "headers", "body", "content_type", "delay_ms", "ttl_seconds")
    mock = create(server, **dict.fromkeys(names))
    assert (mock["name"], mock["status_code"], mock["content_type"]) == (
        None, 200, "application/json",
    )  # fmt: skip


def test_unknown_parameters_are_ignored(server: Harness) -> None:
    assert create(server, mock_id="mine", colour="red")["mock_id"] != "mine"


def test_a_body_needs_no_content_type(server: Harness) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.post(MOCKS, content=b"{}").status_code == 201
    assert server.post(MOCKS, content=b"\xef\xbb\xbf{}", headers=form).status_code == 201


def test_ids_are_unique_also_where_chance_repeats_itself(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        with Harness(plugins=[MocksApi], seed=7, db=tmp_path / "imnot.db") as server:
            ids += [create(server)["mock_id"] for _ in range(3)]
            assert all(server.get(f"{MOCKS}/{each}").status_code == 200 for each in ids)
    assert len(set(ids)) == 6


def test_a_deleted_mock_is_gone(server: Harness) -> None:
    mock, other = create(server), create(server)
    answer = server.delete(f"{MOCKS}/{mock['mock_id']}")
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert isinstance(answer.json()["message"], str)
    assert_gone(server, mock)
    assert server.get(other["endpoint_url"]).status_code == 200


def assert_gone(server: Harness, mock: dict[str, Any]) -> None:
    for method, path in [
        ("GET", f"{MOCKS}/{mock['mock_id']}"),
        ("DELETE", f"{MOCKS}/{mock['mock_id']}"),
        *((each, mock["endpoint_url"]) for each in METHODS),
    ]:
        answer = server.request(method, path)
        assert answer.status_code == 404, f"{method} {path}"
        if method != "HEAD":
            assert list(answer.json()) == ["detail"]


def test_what_never_was_is_404(server: Harness) -> None:
    assert_gone(server, {"mock_id": UNKNOWN, "endpoint_url": f"/v1/mock/{UNKNOWN}"})
    assert_gone(server, {"mock_id": "%00%F0%9F%92%A9%FF", "endpoint_url": "/v1/mock/%00%FF'"})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "TRACE"])
def test_methods_that_no_management_path_has_are_405(server: Harness, method: str) -> None:
    mock = create(server)
    assert server.request(method, MOCKS).status_code == 405
    assert server.request(method, f"{MOCKS}/{mock['mock_id']}").status_code == 405
    assert server.request("POST", f"{MOCKS}/{mock['mock_id']}").status_code == 405
    assert server.get(MOCKS).status_code == 405
    assert server.get(f"{MOCKS}/{mock['mock_id']}/more").status_code == 404


def test_all_of_it_is_in_the_openapi_document(server: Harness) -> None:
    paths = server.get("/imnot/openapi.json").json()["paths"]
    operations = {(m, p) for p, each in paths.items() for m in each if p.startswith(MOCKS)}
    assert operations == {
        ("post", MOCKS), ("get", f"{MOCKS}/{{mock_id}}"), ("delete", f"{MOCKS}/{{mock_id}}"),
    }  # fmt: skip
    body = paths[MOCKS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["ttl_seconds"]["maximum"] == 172_800
    assert set(paths[MOCKS]["post"]["responses"]) >= {"201", "422"}


# What is refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x" * 129), ("name", "😀" * 129), ("name", 5),
        ("status_code", 99), ("status_code", 600), ("status_code", True),
        ("status_code", 200.5), ("status_code", "ok"), ("status_code", [200]),
        ("status_code", 10**400), ("status_code", -200),
        ("status_code", 100), ("status_code", 101), ("status_code", 199),
        ("delay_ms", -1), ("delay_ms", 30_001), ("delay_ms", True), ("delay_ms", 0.5),
        ("ttl_seconds", 59), ("ttl_seconds", 172_801), ("ttl_seconds", {}),
        ("body", {"a": 1}), ("body", 1), ("content_type", 1), ("content_type", ""),
        ("content_type", "a\r\nX-Evil: 1"), ("content_type", "text/€"),
        ("headers", []), ("headers", "X-A: 1"),
    ],
)  # fmt: skip
def test_a_parameter_out_of_bounds_is_refused_by_name(
    server: Harness, name: str, value: Any
) -> None:
    content = json.dumps({"status_code": 200, name: value})
    assert locations(server.post(MOCKS, content=content)) == [["body", name]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-Evil: 1"), ("X-A", "a\n"), ("X-A", "a\0"), ("X-A", "€"), ("X-A", 5),
        ("X-A", None), ("X-A", ["a"]), ("", "a"), ("X A", "a"), ("X-A:", "a"), ("X-A\r\nB", "a"),
        ("X-Ä", "a"), ("X-A", True), ("Content-Type", "a\r\nb"), ("Content-Length", 5),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_sent_is_refused(server: Harness, name: str, value: Any) -> None:
    answer = server.post(MOCKS, json={"headers": {name: value}})
    assert locations(answer)[0] == ["body", "headers", name]


def test_all_that_is_wrong_is_told_at_once(server: Harness) -> None:
    answer = server.post(MOCKS, json={"status_code": 1, "ttl_seconds": 1, "headers": {"a b": "x"}})
    assert sorted(locations(answer)) == [
        ["body", "headers", "a b"], ["body", "status_code"], ["body", "ttl_seconds"],
    ]  # fmt: skip
    assert "at least 60" in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"{}{}", b"[]", b'"text"', b"null", b"name=x", b'{"name": "\xff"}',
        b'{"name": "\\ud800"}', b'{"status_code": NaN}', b'{"status_code": 1e999}',
        b"[" * 100_000, b'{"a":' * 100_000, "{}".encode("utf-16"), b"\0" * 1000,
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(server: Harness, content: bytes) -> None:
    assert locations(server.post(MOCKS, content=content)) == [["body"]]


TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(["", "a\r\nb: c"])
NAMES = st.sampled_from(["Content-Type", "content-length", "X-Mock-Id", "X-A"]) | TEXT
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT | st.none(),
        "status_code": st.integers(99, 600) | st.floats(allow_nan=False) | TEXT | st.booleans(),
        "headers": st.dictionaries(NAMES, TEXT | st.integers(), max_size=4) | st.lists(TEXT),
        "body": TEXT | st.dictionaries(TEXT, TEXT),
        "content_type": TEXT | st.none(),
        "delay_ms": st.integers() | st.floats(0, 2),
        "ttl_seconds": st.integers(0, 200_000),
    },
)


def read(body: bytes) -> tuple[Mock | None, list[str | int]]:
    """The mock, or the names of the parameters that are refused."""
    try:
        return mock_of(body, mock_id="an-id", now=START), []
    except Unprocessable as error:
        return None, [each.loc[1] for each in error.details]


@given(PARAMETERS)
def test_whatever_is_given_is_refused_by_name_or_can_be_sent(parameters: dict[str, Any]) -> None:
    mock, refused = read(json.dumps(parameters).encode())
    if mock is None:
        assert refused
        assert all(name in parameters for name in refused)
        return
    assert msgspec.json.decode(msgspec.json.encode(mock), type=Mock) == mock
    names = [name for name, _ in mock.reply().start["headers"]]
    assert names.count(b"content-type") == names.count(b"x-mock-id") == 1


# Bounds that hold


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""), ("name", "x" * 128), ("name", "😀" * 128), ("name", "\u0301" * 128),
        ("status_code", 200), ("status_code", 599), ("delay_ms", 0), ("delay_ms", 30_000),
        ("content_type", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
def test_bounds_are_inclusive(server: Harness, name: str, value: Any) -> None:
    assert create(server, **{name: value})[name] == value


@pytest.mark.parametrize("seconds", [60, 172_800])
def test_the_bounds_of_a_life_are_inclusive(server: Harness, seconds: int) -> None:
    mock = create(server, ttl_seconds=seconds)
    server.clock.advance(seconds - 1)
    assert server.get(mock["endpoint_url"]).status_code == 200
    server.clock.advance(1)
    assert_gone(server, mock)


# Serving


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gets_the_same_answer(server: Harness, method: str) -> None:
    mock = create(server, status_code=202, body='{"a": 1 }', headers={"X-A": "b"})
    answer = server.request(method, mock["endpoint_url"])
    assert answer.status_code == 202
    assert answer.content == (b"" if method == "HEAD" else b'{"a": 1 }')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-length"] == "9"
    assert answer.headers["x-a"] == "b"
    assert answer.headers["x-mock-id"] == mock["mock_id"]
    assert hits(server, mock) == 1


def test_a_preflight_gets_the_same_answer(server: Harness) -> None:
    mock = create(server, status_code=418)
    asked = {"Origin": "https://me.example", "Access-Control-Request-Method": "POST"}
    answer = server.request("OPTIONS", mock["endpoint_url"], headers=asked)
    assert answer.status_code == 418


@pytest.mark.parametrize("method", ["TRACE", "PURGE", "QUERY"])
def test_other_methods_are_405_and_no_hit(server: Harness, method: str) -> None:
    mock = create(server)
    answer = server.request(method, mock["endpoint_url"])
    assert answer.status_code == 405
    assert answer.headers["allow"] == ", ".join(METHODS)
    assert hits(server, mock) == 0


@pytest.mark.parametrize("rest", ["/more", "/", "/more/still", "%2Fmore", "x"])
def test_a_longer_path_is_404_and_no_hit(server: Harness, rest: str) -> None:
    mock = create(server)
    assert server.get(mock["endpoint_url"] + rest).status_code == 404
    assert server.get(f"/v1/mock/{rest}{mock['mock_id']}").status_code == 404
    assert server.get("/v1/mock").status_code == 404
    assert server.get("/v1/mock/").status_code == 404
    assert hits(server, mock) == 0


def test_a_query_plays_no_part(server: Harness) -> None:
    mock = create(server)
    assert server.get(f"{mock['endpoint_url']}?a=%ff&&=b").status_code == 200


def test_a_request_may_carry_anything(server: Harness) -> None:
    mock = create(server)
    for headers in ({"Content-Type": "nonsense"}, {"Content-Type": "application/json"}):
        answer = server.post(mock["endpoint_url"], content=b"\xff{", headers=headers)
        assert answer.status_code == 200
    odd = [(b"x-odd", b"\xff\xfe"), (b"authorization", b"Basic \xff")]
    assert server.client.get(mock["endpoint_url"], headers=odd).status_code == 200


@pytest.mark.parametrize("text", ["", "grüße 😀\r\n", '{"b":1,  "a": {{x}} }', "x" * (1 << 20)])
def test_the_body_is_the_text_in_utf8(server: Harness, text: str) -> None:
    mock = create(server, body=text)
    assert mock["has_body"] is bool(text)
    answer = server.get(mock["endpoint_url"])
    assert answer.content == text.encode()


@pytest.mark.parametrize("status", [200, 204, 205, 299, 301, 304, 404, 499, 599])
def test_the_status_is_answered_with_one_content_type(server: Harness, status: int) -> None:
    answer = served(server, status_code=status, body="x")
    assert answer.status_code == status
    assert answer.content == (b"" if status in (204, 205, 304) else b"x")
    assert answer.headers.get_list("content-type") == ["application/json"]


def test_the_delay_passes_before_the_answer(server: Harness) -> None:
    mock = create(server, delay_ms=30_000)
    before = server.clock.time()
    assert server.get(mock["endpoint_url"]).status_code == 200
    assert server.clock.time() == before + 30


def test_headers_are_sent_as_given_once_each(server: Harness) -> None:
    answer = served(server, headers={"X-Latin": "é", "Set-Cookie": "a=b", "Date": "today"})
    sent = [(name.lower(), value.decode("latin-1")) for name, value in answer.headers.raw]
    for pair in [(b"x-latin", "é"), (b"set-cookie", "a=b"), (b"date", "today")]:
        assert sent.count(pair) == 1


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "CONNECTION"])
def test_headers_that_frame_an_answer_are_ignored(server: Harness, name: str) -> None:
    mock = create(server, body="whole", headers={name: "chunked"})
    assert mock["has_custom_headers"] is False
    answer = server.get(mock["endpoint_url"])
    assert answer.content == b"whole"
    assert answer.headers["content-length"] == "5"
    assert name == "Content-Length" or name not in answer.headers


@pytest.mark.parametrize("name", ["X-Mock-Id", "x-mock-id"])
def test_the_mark_cannot_be_replaced(server: Harness, name: str) -> None:
    mock = create(server, headers={name: "other"})
    answer = server.get(mock["endpoint_url"])
    assert answer.headers.get_list("x-mock-id") == [mock["mock_id"]]


def test_the_content_type_is_the_parameter_then_the_header(server: Harness) -> None:
    headers = {"content-Type": "text/html"}
    for more, expected in [({}, "text/html"), ({"content_type": "text/csv"}, "text/csv")]:
        mock = create(server, headers=headers, **more)
        assert mock["content_type"] == expected
        answer = server.get(mock["endpoint_url"])
        assert answer.headers.get_list("content-type") == [expected]


# Hits


def test_every_served_request_is_a_hit_and_reading_is_none(server: Harness) -> None:
    mock, other = create(server), create(server, status_code=500)
    for count, method in enumerate(METHODS, 1):
        server.request(method, mock["endpoint_url"])
        assert [hits(server, mock) for _ in range(2)] == [count, count]
    server.get(other["endpoint_url"])
    assert (hits(server, mock), hits(server, other)) == (len(METHODS), 1)


def test_hits_do_not_lengthen_the_life(server: Harness) -> None:
    mock = create(server, ttl_seconds=60)
    for _ in range(59):
        server.clock.advance(1)
        assert server.get(mock["endpoint_url"]).status_code == 200
    assert described(server, mock) == {**mock, "hit_count": 59}
    server.clock.advance(1)
    assert_gone(server, mock)


def test_several_workers_are_as_one() -> None:
    with Harness(plugins=[MocksApi], workers=3) as server:
        for _ in range(4):
            mock = create(server)
            for count in range(1, 8):
                assert server.get(mock["endpoint_url"]).status_code == 200
                assert hits(server, mock) == count
            assert server.delete(f"{MOCKS}/{mock['mock_id']}").status_code == 200
            assert_gone(server, mock)


def test_mocks_and_hits_survive_a_restart(server: Harness) -> None:
    mock = create(server, body="kept", ttl_seconds=100)
    server.get(mock["endpoint_url"])
    server.restart()
    assert described(server, mock) == {**mock, "hit_count": 1}
    assert server.get(mock["endpoint_url"]).text == "kept"
    server.clock.advance(100)
    server.restart()
    assert_gone(server, mock)


def test_what_expires_while_the_server_is_down_is_gone(tmp_path: Path) -> None:
    database = tmp_path / "imnot.db"
    with Harness(plugins=[MocksApi], db=database) as server:
        mock, other = create(server, ttl_seconds=60), create(server, ttl_seconds=61)
        server.get(mock["endpoint_url"])
    with Harness(plugins=[MocksApi], db=database, start=START + 60) as server:
        assert_gone(server, mock)
        assert described(server, other) == other


# What is left of it


def rows(database: Path) -> int:
    """How many rows the database has that are of mocks."""
    connection = sqlite3.connect(database)
    try:
        query = "SELECT count(*) FROM documents WHERE namespace LIKE 'mock%'"
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def test_deleting_leaves_nothing(tmp_path: Path) -> None:
    database = tmp_path / "imnot.db"
    with Harness(plugins=[MocksApi], db=database) as server:
        mock = create(server)
        server.get(mock["endpoint_url"])
        assert rows(database) == 2
        server.delete(f"{MOCKS}/{mock['mock_id']}")
        server.get(mock["endpoint_url"])
        assert rows(database) == 0


def test_a_hit_that_meets_a_deletion_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Meeting(MocksApi):
        """Mocks that are deleted between the reading of one and its count."""

        def controllers(self, services: Services) -> Any:
            found = super().controllers(services)
            count = services.store.increment

            async def increment(namespace: str, key: str, **options: Any) -> int:
                await services.store.delete("mocks", key)
                return await count(namespace, key, **options)

            monkeypatch.setattr(services.store, "increment", increment)
            return found

    database = tmp_path / "imnot.db"
    with Harness(plugins=[Meeting], db=database) as server:
        assert served(server).status_code == 404
        assert rows(database) == 0


def test_expiry_leaves_nothing(tmp_path: Path) -> None:
    database = tmp_path / "imnot.db"
    with Harness(plugins=[MocksApi], db=database) as server:
        for _ in range(5):
            server.get(create(server, ttl_seconds=60)["endpoint_url"])
        kept = create(server)
        server.clock.advance(60)
        assert_gone(server, create(server) | {"mock_id": UNKNOWN, "endpoint_url": "/v1/mock/x"})
        for _ in range(60):  # the store clears up every so many writes
            server.get(kept["endpoint_url"])
        assert rows(database) == 3


# The admin key


@pytest.fixture
def guarded() -> Iterator[Harness]:
    with Harness(plugins=[MocksApi], admin_key=KEY) as started:
        yield started


BASIC = b64encode(f"any:{KEY}".encode()).decode()
ADMITTED = [
    {"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}, {"Authorization": f"Basic {BASIC}"},
]  # fmt: skip
REFUSED: list[dict[str, str]] = [
    {}, {"Authorization": KEY}, {"Authorization": "Bearer other"}, {"X-API-Key": "other"},
    {"X-API-Key": ""}, {"Authorization": "Bearer"}, {"Authorization": "Basic ???"},
]  # fmt: skip


@pytest.mark.parametrize("headers", ADMITTED)
def test_the_key_admits(guarded: Harness, headers: dict[str, str]) -> None:
    mock = guarded.post(MOCKS, json={}, headers=headers).json()["mock"]
    path = f"{MOCKS}/{mock['mock_id']}"
    assert guarded.get(path, headers=headers).status_code == 200
    assert guarded.delete(path, headers=headers).status_code == 200


@pytest.mark.parametrize("headers", REFUSED)
def test_a_stranger_learns_nothing(guarded: Harness, headers: dict[str, str]) -> None:
    mock = guarded.post(MOCKS, json={}, headers=ADMITTED[0]).json()["mock"]
    known, unknown = f"{MOCKS}/{mock['mock_id']}", f"{MOCKS}/{UNKNOWN}"
    for method in ("GET", "DELETE"):
        answers = [guarded.request(method, path, headers=headers) for path in (known, unknown)]
        assert [each.status_code for each in answers] == [401, 401]
        assert answers[0].text == answers[1].text
        assert dict(answers[0].headers) == dict(answers[1].headers)
        assert answers[0].headers["www-authenticate"] == "Bearer"
    for content in (b"{}", b"{", b"", b'{"status_code": 1}'):
        assert guarded.post(MOCKS, content=content, headers=headers).status_code == 401
    for method in ("PUT", "OPTIONS", "HEAD"):
        answers = [guarded.request(method, path, headers=headers) for path in (known, unknown)]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].text == answers[1].text
    assert guarded.get(known, headers=ADMITTED[0]).status_code == 200


@pytest.mark.parametrize("headers", REFUSED)
def test_serving_is_public_and_ignores_credentials(
    guarded: Harness, headers: dict[str, str]
) -> None:
    mock = guarded.post(MOCKS, json={"body": "for all"}, headers=ADMITTED[0]).json()["mock"]
    assert guarded.get(mock["endpoint_url"], headers=headers).text == "for all"


# Beside others


def test_partners_may_not_declare_routes_where_mocks_are() -> None:
    for path in ("/v1/mocks", "/v1/mocks/{id}", "/v1/mock/{id}", "/v1/mock"):
        with pytest.raises(PartnerError, match="lies under /v1/mock"):
            Harness(static("acme", f"GET {path}"), plugins=[MocksApi]).__enter__()


def test_nobody_else_answers_at_the_addresses_of_mocks() -> None:
    greedy = static("greedy", "GET /{a}", "GET /{a}/{b}", "GET /{a}/{b}/{c}")
    with Harness(greedy, plugins=[MocksApi]) as server:
        server.post(
            "/__mock__/stubs",
            json={
                "request": {},
                "action": {"response": {"status_code": 200, "headers": {}, "body": "stub"}},
            },
        )
        assert served(server, body="mock").text == "mock"
        assert server.get(f"/v1/mock/{UNKNOWN}").status_code == 404
        assert server.get("/v1/mocked").json() == {"is": "here"}
        assert server.get("/elsewhere/in/the/world").text == "stub"


def test_left_out_it_owns_nothing() -> None:
    text = static("acme", "GET /v1/mock/{id}")
    with Harness(text, plugins=[MocksApi], without_apis=("mocks",)) as server:
        assert server.get("/v1/mock/7").json() == {"is": "here"}
        assert server.post(MOCKS, json={}).status_code == 404
