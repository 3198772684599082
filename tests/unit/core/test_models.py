"""The base structs of partner files: their constraints, and the normal form of what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from imnot_core import Config, Datapoint, EndpointConfig, Endpoints, FieldError, ResponseConfig
from imnot_core.models import METHODS, NAME, Name


class Endpoint(EndpointConfig, frozen=True, kw_only=True):
    """An endpoint with a response."""

    response: ResponseConfig = msgspec.field(default_factory=ResponseConfig)


class Thing(Datapoint, frozen=True, kw_only=True):
    """A datapoint."""

    endpoints: Endpoints[Endpoint]


def thing(**changes: Any) -> Thing:
    written = {"name": "it", "pattern": "plain", "endpoints": [{"method": "GET", "path": "/it"}]}
    return msgspec.convert({**written, **changes}, Thing)


def endpoint(**changes: Any) -> Endpoint:
    return msgspec.convert({"method": "GET", "path": "/it", **changes}, Endpoint)


def response(**given: Any) -> ResponseConfig:
    return msgspec.convert(given, ResponseConfig)


def faults(make: Any, **given: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(msgspec.ValidationError) as refused:
        make(**given)
    cause = refused.value.__cause__
    assert isinstance(cause, FieldError)
    return list(cause.faults)


# Names


@pytest.mark.parametrize("name", ["a", "A-b_9", "0", "-", "x" * 64, "off", "1"])
def test_a_name_has_letters_digits_and_two_marks(name: str) -> None:
    assert msgspec.convert(name, Name) == name
    assert NAME.match(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a b", "a/b", "..", "a.b", "ä", "a\n", "\na", "a\x00", "a%2e", "٣"]
)
def test_anything_else_is_no_name(name: str) -> None:
    assert not NAME.match(name)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(name, Name)


# Endpoints


@pytest.mark.parametrize(("written", "meant"), [("get", "GET"), ("Post", "POST"), ("HEAD", "HEAD")])
def test_a_method_is_in_capitals(written: str, meant: str) -> None:
    assert endpoint(method=written).method == meant


def test_every_method_can_be_used() -> None:
    assert {endpoint(method=method).method for method in METHODS} == set(METHODS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("/a/", "/a"), ("/a//", "/a"), ("/", "/"), ("//", "/"), ("/a/{id}/", "/a/{id}"), ("/é", "/é")],
)
def test_a_path_has_no_slash_at_its_end(written: str, meant: str) -> None:
    assert endpoint(path=written).path == meant


@pytest.mark.parametrize("method", ["", "GOT", "GET ", "CONNECT", "G\u0131T", "*"])
def test_what_is_no_method_is_refused_with_a_hint(method: str) -> None:
    ((field, message, hint),) = faults(endpoint, method=method)
    assert field == "method"
    assert repr(method.upper()) in message
    assert "GET" in hint


def test_the_nearest_method_is_suggested() -> None:
    assert faults(endpoint, method="DELET")[0][2] == "did you mean DELETE?"


@pytest.mark.parametrize(
    "path", ["", "a", "/a b", "/a?b", "/a#b", "/{", "/{a", "/{a}{b}", "/%", "/a//b"]
)
def test_what_is_no_path_is_refused_with_a_hint(path: str) -> None:
    ((field, message, hint),) = faults(endpoint, path=path)
    assert field == "path"
    assert message
    assert "/orders/{id}" in hint


def test_all_faults_of_an_endpoint_are_told() -> None:
    assert [field for field, *_ in faults(endpoint, method="GOT", path="a")] == ["method", "path"]


@pytest.mark.parametrize(("field", "value"), [("method", 5), ("path", 5), ("path", None)])
def test_method_and_path_are_texts(field: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        endpoint(**{field: value})


# Responses


@pytest.mark.parametrize("status", [200, 204, 404, 599])
def test_a_status_is_that_of_an_answer(status: int) -> None:
    assert response(status=status).status == status
    assert response().status == 200


@pytest.mark.parametrize("status", [199, 600, 0, -1, "200", 200.5, None, True])
def test_any_other_status_is_refused(status: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match="status"):
        response(status=status)


def test_header_values_may_be_numbers() -> None:
    given = {"X-Text": "a", "X-Number": 5, "X-Part": 1.5, "x-text": "b"}
    assert response(headers=given).header_pairs() == (
        ("X-Text", "a"),
        ("X-Number", "5"),
        ("X-Part", "1.5"),
        ("x-text", "b"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("a b", "x"), ("", "x"), ("é", "x"), ("a", "x\ny"), ("a", "\x00"), ("a", "\x1b"), ("a", "☃")],
)
def test_headers_that_could_not_be_sent_are_refused(name: str, value: str) -> None:
    ((field, _, hint),) = faults(response, headers={name: value})
    assert field == "headers"
    assert hint


@pytest.mark.parametrize("value", [None, [], {}, True])
def test_header_values_are_texts_or_numbers(value: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match="headers"):
        response(headers={"a": value})


# Datapoints


def test_a_datapoint_has_a_name_a_pattern_and_endpoints() -> None:
    made = thing(description="For people")
    assert (made.name, made.pattern, made.description) == ("it", "plain", "For people")
    assert made.endpoints == (Endpoint(method="GET", path="/it"),)
    assert thing().description == ""


@pytest.mark.parametrize("endpoints", [[], None, {}, "text", [5], [{}], [{"method": "GET"}]])
def test_it_has_one_endpoint_or_more(endpoints: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        thing(endpoints=endpoints)


@pytest.mark.parametrize("make", [thing, endpoint, response])
def test_unknown_keys_are_refused(make: Any) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown"):
        make(unknown=1)


def test_what_the_user_wrote_is_never_changed() -> None:
    made = thing()
    for struct, field in (
        (made, "name"),
        (made.endpoints[0], "path"),
        (made.endpoints[0].response, "status"),
    ):
        with pytest.raises(AttributeError):
            setattr(struct, field, "other")


# Checks of one's own


class Range(Config, frozen=True, kw_only=True):
    """A struct with a check of its own."""

    low: int
    high: int

    def faults(self) -> Iterator[tuple[str, str, str]]:
        yield from super().faults()
        if self.low > self.high:
            yield "low", "it is above high", "exchange them"
        if self.high > 10:
            yield "high", "it is too high", "write 10"


def test_a_struct_may_check_its_fields_together() -> None:
    def make(**given: int) -> Range:
        return msgspec.convert(given, Range)

    assert make(low=1, high=2).high == 2
    assert [field for field, *_ in faults(make, low=12, high=11)] == ["low", "high"]


def test_checks_come_after_the_types() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        msgspec.convert({"low": "x", "high": 11}, Range)


def test_a_field_error_says_it_in_one_line() -> None:
    error = FieldError(("low", "it is above high", "exchange them"), ("high", "it is 11", ""))
    assert str(error) == "low: it is above high; high: it is 11"
    assert isinstance(error, ValueError)
