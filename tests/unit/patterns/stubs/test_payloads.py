"""The payload that creates a stub: what is taken, what is refused, and how that is told."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core import Chaos, Faults, Injection, Latency, ReplyError
from imnot_patterns.payloads.details import Detail, Unprocessable, detail_of
from imnot_patterns.stubs.stub import ProxyAction, ResponseAction, SseAction, SseEvent, Stub
from imnot_patterns.stubs.wire.bodies import object_of
from imnot_patterns.stubs.wire.payloads import MISPLACED_DROP, stub_of
from imnot_patterns.stubs.wire.scopes import normal, scope_name

RESPONSE = {"status_code": 200, "headers": {}, "body": "x"}
EVENT = {"data": "one"}


def made(data: Any, **options: Any) -> Stub:
    return stub_of(data, new_id=lambda: "new", **options)


def responding(**changes: Any) -> dict[str, Any]:
    """A payload with a response; None takes a field away."""
    return acting(response={**RESPONSE, **changes})


def acting(**action: Any) -> dict[str, Any]:
    return {"request": {}, "action": action}


def requesting(**request: Any) -> dict[str, Any]:
    return {"request": request, "action": {"response": RESPONSE}}


def disturbing(chaos: Any) -> dict[str, Any]:
    return {**responding(), "chaos": chaos}


def calling(max_calls: Any) -> dict[str, Any]:
    return {**responding(), "max_calls": max_calls}


def refused(data: Any) -> list[Detail]:
    with pytest.raises(Unprocessable) as caught:
        made(data)
    return list(caught.value.details)


def places(data: Any) -> list[tuple[str, str]]:
    """The type and the dotted place of everything that is wrong."""
    return [(each.type, ".".join(map(str, each.loc))) for each in refused(data)]


# What is taken


def test_a_stub_is_made_of_request_and_action() -> None:
    data = {
        "request": {"path": "/users/{id}", "method": "GET", "headers": {"x-a": "1"}},
        "action": {"response": {"status_code": 201, "headers": {"X-B": "2"}, "body": {"a": 1}}},
    }
    stub = made(data)
    assert stub.id == "new"
    assert (stub.request.path, stub.request.method) == ("/users/{id}", "GET")
    assert stub.request.headers == {"x-a": "1"}
    assert stub.request.body is None
    assert stub.action.response == ResponseAction(
        status_code=201, headers={"X-B": "2"}, body={"a": 1}
    )
    assert (stub.scope, stub.session, stub.max_calls, stub.chaos) == (None, None, None, None)


def test_it_belongs_where_it_is_said_to() -> None:
    stub = made(responding(), scope="team-a", origin="stubs.yaml")
    assert (stub.scope, stub.owner, stub.origin) == ("team-a", "team-a", "stubs.yaml")
    assert made(responding(), session="s").owner == "s"


def test_fields_that_are_null_are_absent() -> None:
    assert made(requesting(path=None, headers=None)) == made(requesting())
    assert made({**responding(), "max_calls": None, "chaos": None}) == made(responding())
    assert made(acting(response=RESPONSE, proxy=None, sse=None)) == made(responding())
    assert made(responding(template_body=None)) == made(responding())


def test_unknown_fields_are_ignored() -> None:
    data = {**responding(nonsense=1), "more": [{}], "chaos": {"nonsense": {}}}
    data["request"] = {"pfad": "/x"}
    assert made(data) == made(disturbing({}))


def test_an_empty_text_is_given() -> None:
    assert made(requesting(path="", method="")).request.path == ""
    assert made(responding(body="")).action.response == ResponseAction(status_code=200, body="")
    template = made(responding(body=None, template_body="")).action.response
    assert template == ResponseAction(status_code=200, template_body="")


@pytest.mark.parametrize("body", ["x", 0, False, 1.5, [], {}, [1, None], {"a": {"b": None}}])
def test_a_body_is_any_json(body: Any) -> None:
    response = made(responding(body=body)).action.response
    assert response is not None
    assert response.body == body


@pytest.mark.parametrize(
    "written", [202, "202", 2.02e2, " 202 ", "202.0", "+202", "0202"], ids=repr
)
def test_integers_are_read_leniently(written: Any) -> None:
    response = made(responding(status_code=written)).action.response
    assert response is not None
    assert response.status_code == 202
    assert type(response.status_code) is int


@pytest.mark.parametrize("calls", [0, -5, 1, 2**63 - 1])
def test_max_calls_is_any_integer(calls: int) -> None:
    assert made(calling(calls)).max_calls == calls
    assert made(calling(str(calls))).max_calls == calls


def test_a_proxy_has_defaults() -> None:
    stub = made(acting(proxy={"url": "http://localhost:9000/x"}))
    assert stub.action.proxy == ProxyAction(url="http://localhost:9000/x", headers={}, timeout=5)
    full = {"url": "https://a.example", "headers": {"X-A": "1"}, "timeout": "7"}
    assert made(acting(proxy=full)).action.proxy == ProxyAction(
        url="https://a.example", headers={"X-A": "1"}, timeout=7
    )


def test_events_have_defaults() -> None:
    assert made(acting(sse={"events": [EVENT]})).action.sse == SseAction(
        events=(SseEvent(data="one"),), default_delay_ms=0
    )
    full = {"data": "", "event": "", "id": "1", "retry": 0, "delay_ms": "250"}
    assert made(acting(sse={"events": [full], "default_delay_ms": 10.0})).action.sse == SseAction(
        events=(SseEvent(data="", event="", id="1", retry=0, delay_ms=250),), default_delay_ms=10
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({}, Chaos()),
        ({"latency": {"base_ms": 100}}, Chaos(latency=Latency(base_ms=100))),
        ({"latency": {"base_ms": "1", "jitter_ms": 2.0}},
         Chaos(latency=Latency(base_ms=1, jitter_ms=2))),
        ({"delay": {"base_ms": 5, "jitter_ms": 6}},
         Chaos(latency=Latency(base_ms=5, jitter_ms=6))),
        ({"delay_ms": 7, "jitter_ms": 8}, Chaos(latency=Latency(base_ms=7, jitter_ms=8))),
        ({"delay_ms": 7, "latency": {"base_ms": 1}}, Chaos(latency=Latency(base_ms=1))),
        ({"delay": {"base_ms": 7}, "latency": {"base_ms": 1}}, Chaos(latency=Latency(base_ms=1))),
        ({"latency": None, "faults": None}, Chaos()),
        ({"faults": {"connection_drop": None}}, Chaos()),
        ({"faults": {"connection_drop": {}}},
         Chaos(faults=Faults(connection_drop=Injection(probability=1.0)))),
        ({"faults": {"connection_drop": {"probability": 0}}},
         Chaos(faults=Faults(connection_drop=Injection(probability=0.0)))),
        ({"faults": {"connection_drop": {"probability": "0.25"}}},
         Chaos(faults=Faults(connection_drop=Injection(probability=0.25)))),
        ({"faults": {"connection_reset": {"probability": 0.5}, "empty_response": {}}},
         Chaos(faults=Faults(connection_reset=Injection(probability=0.5),
                             empty_response=Injection()))),
    ],
)  # fmt: skip
def test_chaos_has_defaults_and_older_forms(written: Any, read: Chaos) -> None:
    assert made(disturbing(written)).chaos == read


# What is refused


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([], [("dict_type", "body")]),
        (None, [("dict_type", "body")]),
        ({}, [("missing", "body.request"), ("missing", "body.action")]),
        ({"request": None, "action": None},
         [("missing", "body.request"), ("missing", "body.action")]),
        ({"request": [], "action": "x"},
         [("dict_type", "body.request"), ("dict_type", "body.action")]),
        (acting(response=3), [("dict_type", "body.action.response")]),
        (acting(response={}, proxy=None),
         [("missing", "body.action.response.status_code"),
          ("missing", "body.action.response.headers"), ("value_error", "body.action.response")]),
        (responding(status_code=1.5), [("int_from_float", "body.action.response.status_code")]),
        (responding(status_code="abc"), [("int_parsing", "body.action.response.status_code")]),
        (responding(status_code="2e2"), [("int_parsing", "body.action.response.status_code")]),
        (responding(status_code=True), [("int_type", "body.action.response.status_code")]),
        (responding(status_code=[200]), [("int_type", "body.action.response.status_code")]),
        (responding(status_code=99), [("value_error", "body.action.response.status_code")]),
        (responding(status_code=600), [("value_error", "body.action.response.status_code")]),
        (responding(headers=[]), [("dict_type", "body.action.response.headers")]),
        (responding(headers={"X-A": 1, "X-B": True, "X-C": "c", "X-D": None}),
         [("string_type", "body.action.response.headers.X-A"),
          ("string_type", "body.action.response.headers.X-B"),
          ("string_type", "body.action.response.headers.X-D")]),
        (responding(template_body=5, body=None),
         [("string_type", "body.action.response.template_body")]),
        (acting(proxy={}), [("missing", "body.action.proxy.url")]),
        (acting(proxy={"url": 5}), [("string_type", "body.action.proxy.url")]),
        (acting(proxy={"url": "http://a", "timeout": "soon"}),
         [("int_parsing", "body.action.proxy.timeout")]),
        (acting(sse={}), [("missing", "body.action.sse.events")]),
        (acting(sse={"events": []}), [("too_short", "body.action.sse.events")]),
        (acting(sse={"events": {}}), [("list_type", "body.action.sse.events")]),
        (acting(sse={"events": [EVENT, 5, {}, {"data": 1}]}),
         [("dict_type", "body.action.sse.events.1"),
          ("missing", "body.action.sse.events.2.data"),
          ("string_type", "body.action.sse.events.3.data")]),
        (acting(sse={"events": [{**EVENT, "id": 1, "event": [], "retry": -1, "delay_ms": -1}],
                     "default_delay_ms": -1}),
         [("string_type", "body.action.sse.events.0.event"),
          ("string_type", "body.action.sse.events.0.id"),
          ("greater_than_equal", "body.action.sse.events.0.retry"),
          ("greater_than_equal", "body.action.sse.events.0.delay_ms"),
          ("greater_than_equal", "body.action.sse.default_delay_ms")]),
        (calling("often"), [("int_parsing", "body.max_calls")]),
        (calling(2**63), [("less_than_equal", "body.max_calls")]),
        (calling("9" * 5000), [("less_than_equal", "body.max_calls")]),
        (calling("-" + "9" * 5000), [("greater_than_equal", "body.max_calls")]),
        (calling(1e300), [("less_than_equal", "body.max_calls")]),
        (disturbing([]), [("dict_type", "body.chaos")]),
        (disturbing({"latency": {"base_ms": -1, "jitter_ms": 86_400_001}}),
         [("greater_than_equal", "body.chaos.latency.base_ms"),
          ("less_than_equal", "body.chaos.latency.jitter_ms")]),
        (disturbing({"delay_ms": -1}), [("greater_than_equal", "body.chaos.delay_ms")]),
        (disturbing({"latency": 5}), [("dict_type", "body.chaos.latency")]),
        (disturbing({"faults": {"connection_drop": {"probability": 1.5}}}),
         [("less_than_equal", "body.chaos.faults.connection_drop.probability")]),
        (disturbing({"faults": {"connection_drop": {"probability": -0.1}}}),
         [("greater_than_equal", "body.chaos.faults.connection_drop.probability")]),
        (disturbing({"faults": {"connection_drop": {"probability": True}}}),
         [("float_type", "body.chaos.faults.connection_drop.probability")]),
        (disturbing({"faults": {"connection_drop": {"probability": "high"}}}),
         [("float_parsing", "body.chaos.faults.connection_drop.probability")]),
        (disturbing({"faults": {"connection_drop": {"probability": float("nan")}}}),
         [("finite_number", "body.chaos.faults.connection_drop.probability")]),
        (disturbing({"faults": {"connection_drop": 0.5}}),
         [("dict_type", "body.chaos.faults.connection_drop")]),
        (disturbing({"connection_drop": {"probability": 0.5}}),
         [("value_error", "body.chaos.connection_drop")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(data: Any, expected: list[tuple[str, str]]) -> None:
    assert places(data) == expected


@pytest.mark.parametrize("field", ["path", "method", "host", "headers", "query"])
@pytest.mark.parametrize("value", [5, True, []])
def test_a_field_of_the_request_of_another_kind_is_refused(field: str, value: Any) -> None:
    (detail,) = refused(requesting(**{field: value}))
    assert detail.loc == ("body", "request", field)
    assert detail.input == value


@pytest.mark.parametrize(
    ("request_", "loc"),
    [
        ({"headers": {"x-a": {"$regex": {"pattern": "("}}}}, ("headers", "x-a", "$regex")),
        ({"headers": {"x.a": {"$gt": 5}}}, ("headers", "x.a", "$gt")),
        ({"path": {"$gt": {"nope": 1}}}, ("path", "$gt")),
        ({"body": {"$and": {"items": [{}, {"$regx": {"pattern": "x"}}]}}},
         ("body", "$and", "items", 1)),
    ],
)  # fmt: skip
def test_a_criterion_that_is_none_is_told_with_its_place(request_: Any, loc: Any) -> None:
    details = refused(requesting(**request_))
    assert all(each.loc[: len(loc) + 2] == ("body", "request", *loc) for each in details)


@pytest.mark.parametrize("given", [{}, {"template_body": "x", "body": "y"}])
def test_exactly_one_body_is_wanted(given: Any) -> None:
    (detail,) = refused(acting(response={"status_code": 200, "headers": {}, **given}))
    assert "Exactly one of body or template_body must be provided" in detail.msg


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"response": None, "proxy": None},
        {"response": RESPONSE, "proxy": {"url": "http://localhost"}},
        {"proxy": {"url": "http://localhost"}, "sse": {"events": [EVENT]}},
    ],
)
def test_exactly_one_action_is_wanted(action: Any) -> None:
    (detail,) = refused(acting(**action))
    assert "Exactly one of response, proxy, or sse must be provided." in detail.msg


def test_a_misplaced_drop_is_told_where_it_belongs() -> None:
    (detail,) = refused(disturbing({"connection_drop": {}}))
    assert MISPLACED_DROP in detail.msg


def test_everything_wrong_is_told_at_once() -> None:
    data = {
        "request": {"path": 5, "headers": []},
        "action": {"response": {"status_code": "x", "headers": {"A": 1}}, "sse": 3},
        "max_calls": "many",
        "chaos": {"latency": {"base_ms": -1}, "connection_drop": {}},
    }
    found = {".".join(map(str, each.loc)) for each in refused(data)}
    assert found >= {
        "body.request.path",
        "body.request.headers",
        "body.action.response.status_code",
        "body.action.response.headers.A",
        "body.action.sse",
        "body.max_calls",
        "body.chaos.latency.base_ms",
        "body.chaos.connection_drop",
    }


def test_no_id_is_made_for_what_is_refused() -> None:
    ids = count()
    with pytest.raises(Unprocessable):
        stub_of({}, new_id=lambda: str(next(ids)))
    assert next(ids) == 0


@pytest.mark.parametrize(
    "body", [float("nan"), {"a": [float("inf")]}, {"a": {1, 2, 3}}, "\ud800", b"bytes"]
)
def test_what_json_cannot_hold_is_refused(body: Any) -> None:
    assert refused(responding(body=body))
    assert refused(requesting(body={"$eq": {"value": body}}))


# What is told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a" * 5000, "a" * 200 + "…"),
        ([0] * 5000, "a list of 5000"),
        ({str(n): n for n in range(500)}, "an object of 500"),
        ({"a": [1, None]}, {"a": [1, None]}),
        (True, True),
        (float("inf"), "inf"),
        (1j, "of type complex, which JSON cannot hold"),
    ],
)
def test_the_input_is_repeated_as_far_as_it_is_small(value: Any, told: Any) -> None:
    detail = refused(calling(value))[0]
    assert detail.input == told
    assert detail.wire()["input"] == told


@pytest.mark.parametrize(
    ("field", "value", "loc"),
    [
        ("a.b", {"a": {"b": 1}}, ("a", "b")),
        ("a.b", {"a.b": 1}, ("a.b",)),
        ("a.b.c", {"a.b": {"c": 1}, "a": {}}, ("a.b", "c")),
        ("items[1].x", {"items": [0, {"x": 5}]}, ("items", 1, "x")),
        ("items.1.x", {"items": [0, {"x": 5}]}, ("items", 1, "x")),
        ("a[0][1]", {"a": [[1, 2]]}, ("a", 0, 1)),
        ("a.missing", {"a": {}}, ("a", "missing")),
        ("", {"a": 1}, ()),
        ("a[3]", {"a": []}, ("a", 3)),
        ("[0].a", [{"a": 1}], (0, "a")),
    ],
)
def test_the_field_of_a_fault_is_found_in_the_value(field: str, value: Any, loc: Any) -> None:
    assert detail_of((field, "is wrong", "mend it"), ("body",), value).loc == ("body", *loc)


def test_a_name_of_dots_alone_is_not_followed_for_ever() -> None:
    dots = "." * 1_000_000
    assert detail_of((f"headers.{dots}", "is wrong", ""), (), {"headers": {dots: 5}}).input == 5
    assert len(detail_of((f"{dots}.$gt", "is wrong", ""), (), {dots: {}}).loc) == 200


def test_a_fault_is_told_with_its_advice() -> None:
    assert detail_of(("a", "is wrong", "mend it"), (), {}).msg == "is wrong; mend it"
    assert detail_of(("a", "is wrong", ""), (), {"a": 5}).input == 5


# Wild payloads

NAMES = st.sampled_from(
    ["request", "action", "chaos", "max_calls", "path", "method", "headers", "body", "host",
     "query", "response", "proxy", "sse", "status_code", "template_body", "url", "timeout",
     "events", "data", "id", "event", "retry", "delay_ms", "default_delay_ms", "latency", "faults",
     "base_ms", "jitter_ms", "connection_drop", "probability", "$eq", "$gt", "$and", "$not",
     "$regex", "$json", "$key_values", "$between", "value", "items", "pattern", "x.y"]
)  # fmt: skip
ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([200, "GET", "/a/{b}", "http://localhost", "{{ x", "(", "1e5", "0.5"])
)
JSON = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)


def filled(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of these fields, each as it should be or anything at all."""
    return st.fixed_dictionaries({}, optional={k: v | JSON for k, v in parts.items()})


PAYLOADS = JSON | filled(
    request=filled(path=st.just("/a"), headers=filled(**{"x-a": JSON}), body=JSON),
    action=filled(
        response=filled(status_code=st.just(200), headers=st.just({}), body=JSON),
        sse=filled(events=st.lists(filled(data=st.text(max_size=3)), max_size=2)),
        proxy=filled(url=st.just("http://localhost"), timeout=st.integers()),
    ),
    chaos=filled(latency=filled(base_ms=st.integers()), faults=filled(connection_drop=JSON)),
    max_calls=st.integers(),
)


@settings(max_examples=400, deadline=None)
@given(PAYLOADS)
def test_whatever_comes_is_a_stub_or_told_to_be_none(data: Any) -> None:
    try:
        stub = made(data)
    except Unprocessable as error:
        answer = [each.wire() for each in error.details]
        assert answer
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    else:
        assert msgspec.json.decode(msgspec.json.encode(stub), type=Stub) == stub


@given(st.text("ab.[]01", max_size=12), JSON)
def test_whatever_the_field_of_a_fault_is_it_is_told(field: str, value: Any) -> None:
    assert json.dumps(detail_of((field, "is wrong", ""), ("body",), value).wire())


# Bodies of requests

JSON_TYPE = "application/json"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/vnd.x+json", "a/b+JSON"],
)
def test_a_body_is_read_if_it_is_said_to_be_json(content_type: str) -> None:
    assert object_of(b'\xef\xbb\xbf{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_said_to_be_json_is_refused(content_type: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        object_of(b'{"a": 1}', content_type)
    (detail,) = caught.value.details
    assert detail.loc == ("body",)
    assert "Content-Type: application/json" in detail.msg
    assert detail.input == '{"a": 1}'


@pytest.mark.parametrize(
    ("body", "kind", "loc"),
    [
        (b"", "missing", ("body",)),
        (b'{"a": 1', "json_invalid", ("body", 7)),
        (b'{"a": }', "json_invalid", ("body", 6)),
        (b"{} {}", "json_invalid", ("body", 4)),
        (b"[NaN]", "json_invalid", ("body", 1)),
        (b"[]", "dict_type", ("body",)),
        (b"null", "dict_type", ("body",)),
        (b'"{}"', "dict_type", ("body",)),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes, kind: str, loc: Any) -> None:
    with pytest.raises(Unprocessable) as caught:
        object_of(body, JSON_TYPE)
    (detail,) = caught.value.details
    assert (detail.type, detail.loc) == (kind, loc)


@pytest.mark.parametrize("body", [b'{"a": "\xff"}', b"[" * 100_000, b'{"a":' * 100_000])
def test_a_body_that_cannot_be_read_at_all_is_400(body: bytes) -> None:
    with pytest.raises(ReplyError) as caught:
        object_of(body, JSON_TYPE)
    assert (caught.value.status, caught.value.detail) == (
        400,
        "There was an error parsing the body",
    )


# Names of scopes


@pytest.mark.parametrize("name", ["a", "Team-A", "x_1", "-", "0"])
def test_a_scope_has_the_name_of_a_header(name: str) -> None:
    assert scope_name({"name": name, "more": 1}) == name
    assert normal(name) == name.lower()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({}, "missing"),
        ({"name": None}, "missing"),
        ({"name": 5}, "string_type"),
        ({"name": ""}, "string_pattern_mismatch"),
        ({"name": "a b"}, "string_pattern_mismatch"),
        ({"name": "a\n"}, "string_pattern_mismatch"),
        ({"name": "ä"}, "string_pattern_mismatch"),
        ({"name": "a.b"}, "string_pattern_mismatch"),
        ([], "dict_type"),
    ],
)
def test_another_name_is_refused(data: Any, kind: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        scope_name(data)
    (detail,) = caught.value.details
    assert detail.type == kind
