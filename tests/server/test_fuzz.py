"""Whatever is sent, the server answers, and never that it failed itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imnot_core.models import METHODS
from imnot_core.testing import Harness
from imnot_core.yamlfile import read
from tests.server.samples import ACME, CHARGES, static
from tests.server.wire import chunks, exchange

PARTNERS = "/imnot/admin/partners"
RARELY = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
KEYS = [
    "partner", "description", "datapoints", "name", "pattern", "endpoints", "method", "path",
    "step", "response", "status", "headers", "body", "token_type", "expires_in", "generates_id",
    "id_header", "id_header_value", "id_body_field", "returns_payload", "callback_url_field",
    "callback_url_header", "callback_method", "callback_delay_seconds", "<<", "", "nonsense",
]  # fmt: skip
WORDS = [
    "oauth", "static", "fetch", "async", "polling", "push", "callback", "GET", "post", "/a",
    "/a/{id}", "/{id}", "/imnot/admin", "/healthz", "//", "/%", "/{a}{b}", "{id}", "fuzz", "../x",
    "off", "Location", "\x00", "\ud7ff", "\U0010ffff", "é", "a" * 300, "*a", "&a",
    "!!python/none", "1e999", ".inf", "~",
]  # fmt: skip

TEXT = st.characters(exclude_categories=["Cs"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(TEXT, max_size=10)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(TEXT, max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)
RARE_KEYS = st.sampled_from(KEYS) | st.text(TEXT, max_size=5)


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """A partner file as data, with up to three things changed, deleted or added."""
    root = {"root": read(ACME, "acme").data | {"partner": "fuzz"}}
    for _ in range(draw(st.integers(0, 3))):
        node, key = draw(st.sampled_from(list(places_in(root))))
        kind = draw(st.sampled_from(["replace", "delete", "add"]))
        if kind == "delete" and node is not root:
            del node[key]
        elif kind == "add" and isinstance(node, list):
            node.insert(key, draw(VALUES))
        elif kind == "add" and node is not root:
            node[draw(RARE_KEYS)] = draw(VALUES)
        else:
            node[key] = draw(VALUES)
    return root["root"]


def places_in(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container and key in it, from the top."""
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places_in(node[key])


@pytest.fixture(scope="module")
def server() -> Iterator[Harness]:
    with Harness(CHARGES) as harness:
        yield harness


def check_registration(server: Harness, body: bytes) -> None:
    answer = server.post(f"{PARTNERS}?force=true", content=body)
    assert answer.status_code in {200, 201, 409, 422}
    told = answer.json()
    if answer.status_code >= 400:
        assert told["status"] == "error"
        assert told["detail"]  # never a refusal without a reason
        return
    for datapoint in told["datapoints"]:
        for endpoint in datapoint["endpoints"]:
            path = endpoint["path"].replace("{", "").replace("}", "")
            assert server.request(endpoint["method"], path, content=b"{}").status_code != 405
    assert server.delete(f"{PARTNERS}/{told['partner']}").status_code == 200


@RARELY
@given(document=changed())
def test_any_document_is_registered_or_refused_with_a_reason(
    server: Harness, document: Any
) -> None:
    check_registration(server, json.dumps(document).encode())


@RARELY
@given(value=VALUES)
def test_any_value_is_refused_with_a_reason(server: Harness, value: Any) -> None:
    check_registration(server, json.dumps(value, ensure_ascii=False).encode())


@RARELY
@given(body=st.binary() | st.text(st.sampled_from("-:[]{}&*!|>'\"%@`#,? \n\tab1")).map(str.encode))
def test_any_bytes_are_refused_with_a_reason(server: Harness, body: bytes) -> None:
    check_registration(server, body)


@RARELY
@given(data=st.data())
def test_a_damaged_partner_file_is_refused_with_a_reason(
    server: Harness, data: st.DataObject
) -> None:
    text = ACME.encode()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    check_registration(server, text[:start] + data.draw(st.binary(max_size=8)) + text[end:])


SEGMENTS = st.sampled_from(
    ["imnot", "admin", "partners", "sessions", "payload", "session", "push", "reload", "docs",
     "openapi.json", "postman", "problems", "bookingco", "charges", "healthz", "v1", "", ".", "..",
     "%2F", "%00", "%FF", "%", "{id}", "a" * 2000, "é"]
) | st.text(TEXT, max_size=5)  # fmt: skip


@RARELY
@given(
    method=st.sampled_from(METHODS),
    segments=st.lists(SEGMENTS, max_size=7),
    query=st.text(TEXT, max_size=10) | st.sampled_from(["force=true", "details=1", "details=x"]),
    body=st.sampled_from([b"", b"{}", b"\xff"]),
    session=st.sampled_from(["", "nobody", "\xff", "a/b"]),
)
def test_any_request_is_answered_and_none_is_a_failure(
    server: Harness, method: str, segments: list[str], query: str, body: bytes, session: str
) -> None:
    path = "/" + "/".join(segments)
    worker = server.workers[0]
    answer = worker.loop.call(
        # Below the client, which would refuse or mend half of these.
        exchange(
            worker._app,
            method,
            path.encode(),
            query=query.encode(),
            headers=[("X-Imnot-Session", session), ("Content-Length", str(len(body)))],
            messages=chunks(body),
        )
    )
    assert answer.status < 500
    if answer.status >= 400 and answer.headers["content-type"] == "application/json":
        assert isinstance(answer.json()["detail"], str)


def test_the_server_is_as_it_was(server: Harness) -> None:
    # The requests above may have deleted and registered what they liked.
    assert server.get("/healthz").status_code == 200
    assert server.post(f"{PARTNERS}?force=true", content=static("last", "GET /last")).is_success
    assert server.get("/last").json() == {"is": "here"}
