"""Faults of values, in words: msgspec judges, `explain` tells."""

import enum
import gc
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, UnsetType, inspect

from imnot_core.errors import FieldError
from imnot_core.explain import Fault, explain, nearest, show_path
from imnot_core.explain.faults import faults


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what follows."""


class Answer(Strict, frozen=True, kw_only=True):
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    headers: dict[str, str | int] = {}
    body: Any | UnsetType = UNSET
    delay: Annotated[float, Meta(gt=0)] | None = None
    gzip: bool = False


class Endpoint(Strict, frozen=True, kw_only=True):
    method: Literal["GET", "POST", "DELETE"]
    path: Annotated[str, Meta(pattern="^/", description="Begins with a slash.")]
    response: Answer = Answer()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.method == "GET" and self.response.status == 202:
            raise ValueError("GET never answers 202")


class Datapoint(Strict, frozen=True, kw_only=True, rename="camel"):
    name: Annotated[str, Meta(min_length=1)]
    endpoints: Annotated[tuple[Endpoint, ...], Meta(min_length=1)]
    first_url: str = ""
    second_url: str = ""

    def __post_init__(self) -> None:
        if self.first_url and self.second_url:
            raise FieldError(
                ("first_url", "both URLs are given", "remove one"), ("second_url", "this too", "")
            )
        if self.name == "broken":
            raise RuntimeError("no such thing")


class Circle(Strict, frozen=True, kw_only=True, tag_field="kind", tag="circle"):
    radius: float


class Square(Strict, frozen=True, kw_only=True, tag_field="kind", tag="square"):
    side: float


class Secrets(Strict, frozen=True, kw_only=True):
    names: Annotated[str, Meta(pattern="^[A-Z]+$")] | list[str]


class Tree(Strict, frozen=True, kw_only=True):
    value: int
    left: "Tree | None" = None
    right: "Tree | None" = None


class Lax(msgspec.Struct):
    known: int = 0


class Pair(msgspec.Struct, array_like=True):
    one: int
    two: str


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int


SLASHED = Annotated[str, Meta(pattern="^/", description="Begins with a slash.")]
MULTIPLE = Annotated[int, Meta(gt=0, multiple_of=5)]
TWO_TO_FOUR = Annotated[str, Meta(min_length=2, max_length=4)]
NOT_EMPTY = Annotated[dict[str, int], Meta(min_length=1)]


def only(value: object, type_: Any) -> Fault:
    (fault,) = explain(value, type_)
    return fault


def test_a_fitting_value_has_no_faults() -> None:
    good = {"name": "orders", "endpoints": [{"method": "GET", "path": "/o"}], "firstUrl": "x"}
    assert explain(good, Datapoint) == []


def test_all_faults_are_found_at_once_in_the_values_order() -> None:
    value = {
        "nam": "orders",
        "endpoints": [
            {"method": "GTE", "path": "/a", "response": {"status": 42, "gzip": "yes"}},
            {"methods": "GET", "path": "v1", "tags": "one"},
            None,
        ],
        "firstUrl": 5,
    }
    found = explain(value, Datapoint, ("datapoints", 3))
    assert [(show_path(fault.path), fault.message, fault.key) for fault in found] == [
        ("datapoints[3].nam", "unknown key `nam`", True),
        (
            "datapoints[3].endpoints[0].method",
            "expected one of 'DELETE', 'GET', 'POST', got the text 'GTE'",
            False,
        ),
        (
            "datapoints[3].endpoints[0].response.status",
            "expected an integer from 100 to 599, got the integer 42",
            False,
        ),
        (
            "datapoints[3].endpoints[0].response.gzip",
            "expected true or false, got the text 'yes'",
            False,
        ),
        ("datapoints[3].endpoints[1].methods", "unknown key `methods`", True),
        (
            "datapoints[3].endpoints[1].path",
            "expected a text of the right form, got the text 'v1'",
            False,
        ),
        ("datapoints[3].endpoints[1].tags", "expected a list, got the text 'one'", False),
        ("datapoints[3].endpoints[1]", "the key `method` is missing", False),
        ("datapoints[3].endpoints[2]", "expected a mapping, got null", False),
        ("datapoints[3].firstUrl", "expected a text, got the integer 5", False),
        ("datapoints[3]", "the key `name` is missing", False),
    ]


@pytest.mark.parametrize(
    ("value", "type_", "expected", "got"),
    [
        ("x", Annotated[int, Meta(ge=1)], "an integer of at least 1", "the text 'x'"),
        (9, Annotated[int, Meta(lt=5)], "an integer less than 5", "the integer 9"),
        (0.5, Annotated[float, Meta(ge=1, le=2)], "a number from 1 to 2", "the number 0.5"),
        (7, MULTIPLE, "an integer greater than 0 and divisible by 5", "the integer 7"),
        ("", Annotated[str, Meta(min_length=1)], "a text that is not empty", "the text ''"),
        (
            "abc",
            Annotated[str, Meta(max_length=2)],
            "a text of at most 2 characters",
            "the text 'abc'",
        ),
        ("a", TWO_TO_FOUR, "a text of 2 to 4 characters", "the text 'a'"),
        ([], Annotated[list[int], Meta(min_length=1)], "a list that is not empty", "an empty list"),
        (
            [1],
            Annotated[list[int], Meta(min_length=2)],
            "a list of at least 2 items",
            "a list of 1",
        ),
        ({}, NOT_EMPTY, "a mapping that is not empty", "an empty mapping"),
        ([1], tuple[int, int], "a list of 2 items", "a list of 1"),
        ("green", Colour, "one of 'blue', 'red'", "the text 'green'"),
        (3, Literal["only"], "'only'", "the integer 3"),
        (True, int | None, "an integer or null", "true"),
        ({}, str | list[str], "a text or a list", "an empty mapping"),
        pytest.param(10**5000, bool, "true or false", "the integer of very many digits", id="long"),
        ("x" * 500, int, "an integer", f"the text '{'x' * 60}…'"),
        (5, Circle | Square | None, "a mapping or null", "the integer 5"),
        ("soon", date, "a date such as 2026-01-31", "the text 'soon'"),
    ],
)
def test_a_message_says_what_is_expected_and_what_was_found(
    value: object, type_: Any, expected: str, got: str
) -> None:
    assert only(value, type_).message == f"expected {expected}, got {got}"


@pytest.mark.parametrize(
    ("value", "type_", "hint"),
    [
        ("yes", bool, "YAML 1.2 reads `yes` as text: write true"),
        ("Off", bool | None, "YAML 1.2 reads `Off` as text: write false"),
        ("true", bool, "write true without quotes"),
        ("204", int, "write 204 without quotes"),
        ("2.5", float | None, "write 2.5 without quotes"),
        (204, str, 'put it in quotes: "204"'),
        (False, str, 'put it in quotes: "false"'),
        (1, Literal["1", "2"], 'put it in quotes: "1"'),
        ({"id": None}, str, "a text that begins with `{` or `[` needs quotes"),
        (None, str, "remove the key or give it a value"),
        ("a", list[str], "write a list: `- …`"),
        ({"a": 1}, list[str], "write a list: `- …`"),
        (200, Answer, "write a mapping: `key: value`"),
        ("post", Literal["GET", "POST"], "did you mean 'POST'?"),
        ("int", Literal["client", "integer"], "did you mean 'integer'?"),
        ("rde", Colour, "did you mean 'red'?"),
        ("a", SLASHED, "Begins with a slash."),
        (99, Annotated[int, Meta(ge=100, description="The status.")], ""),
    ],
)
def test_a_hint_says_what_to_write(value: object, type_: Any, hint: str) -> None:
    assert only(value, type_).hint == hint


def test_a_union_of_a_patterned_text_and_a_list_can_be_judged_again_and_again() -> None:
    # msgspec 0.22 crashes when it forgets such a union.
    for value in ("a", 1, None) * 50:
        assert len(explain({"names": value}, Secrets)) == 1
        gc.collect()
    assert explain({"names": "A"}, Secrets) == explain({"names": ["a"]}, Secrets) == []


def test_null_in_a_list_is_to_be_removed() -> None:
    assert only([None], list[str]).hint == "remove the item or give it a value"


def test_an_unknown_key_is_shown_with_the_nearest_that_is_free() -> None:
    assert only({"statsu": 200}, Answer).hint == "did you mean `status`?"
    known = "known keys: status, headers, body, delay, gzip"
    assert only({"zzz": 1}, Answer).hint == known
    assert only({"statsu": 200, "status": 201}, Answer).hint == known


def test_a_missing_key_is_shown_with_what_belongs_there() -> None:
    fault = only({"method": "GET"}, Endpoint)
    assert fault == Fault((), "the key `path` is missing", "write `path:` and a text matching `^/`")


def test_a_key_that_is_no_text_is_a_fault_of_the_key() -> None:
    assert only({200: "x"}, dict[str, str]) == Fault(
        ("200",), "expected a text as key, got the integer 200", 'put it in quotes: "200"', key=True
    )
    fault = only({None: "x"}, Answer)
    assert (fault.path, fault.key, fault.hint) == (("null",), True, "write a text before the `:`")


def test_keys_of_a_mapping_have_types_too() -> None:
    fault = only({"GTE": 1}, dict[Literal["GET", "PUT"], int])
    assert fault.message == "expected one of 'GET', 'PUT' as key, got the text 'GTE'"
    assert fault.hint == "did you mean 'GET'?"
    assert only({"a": {"b": ["x"]}}, dict[str, dict[str, list[int]]]).path == ("a", "b", 0)


def test_renamed_fields_are_called_as_the_file_calls_them() -> None:
    value = {"name": "a", "endpoints": [{"method": "GET", "path": "/"}], "first_url": "x"}
    assert only(value, Datapoint).hint == "did you mean `firstUrl`?"


def test_the_tag_decides_which_struct_of_a_union_is_meant() -> None:
    shape = Circle | Square
    assert only({"kind": "circle", "radius": "big"}, shape).path == ("radius",)
    assert only({"radius": 1}, shape).message == "the key `kind` is missing"
    fault = only({"kind": "cirle", "radius": 1}, shape)
    assert (fault.path, fault.hint) == (("kind",), "did you mean 'circle'?")
    assert only({"kind": "square", "radius": 1, "side": 1}, shape).message == "unknown key `radius`"
    assert only({"kind": "square", "radius": 1}, Circle).path == ("kind",)


# What structs say of themselves


def test_what_a_struct_refuses_is_said_with_its_path() -> None:
    bad = {"method": "GET", "path": "/", "response": {"status": 202}}
    value = {"name": "a", "endpoints": [{"method": "POST", "path": "/"}, bad]}
    assert only(value, Datapoint) == Fault(("endpoints", 1), "GET never answers 202")


def test_faults_of_named_fields_are_shown_at_the_fields() -> None:
    endpoints = [{"method": "GET", "path": "/"}]
    value = {"name": "a", "endpoints": endpoints, "firstUrl": "x", "secondUrl": "y"}
    assert explain(value, Datapoint) == [
        Fault(("firstUrl",), "both URLs are given", "remove one"),
        Fault(("secondUrl",), "this too"),
    ]


def test_an_unknown_key_does_not_hide_what_is_wrong_with_a_sound_field() -> None:
    endpoints = [{"method": "GET", "path": "/"}]
    value = {"name": "a", "endpoints": endpoints, "firstUrl": "x", "secondUrl": "y", "extra": 1}
    assert [fault.path for fault in explain(value, Datapoint)] == [
        ("extra",),
        ("firstUrl",),
        ("secondUrl",),
    ]


def test_beside_other_faults_a_struct_is_not_believed_about_the_whole() -> None:
    value = {"method": "GET", "path": "/", "response": {"status": 202}, "extra": 1}
    assert [fault.path for fault in explain(value, Endpoint)] == [("extra",)]


def test_a_struct_that_breaks_is_a_fault_and_no_exception() -> None:
    value = {"name": "broken", "endpoints": [{"method": "GET", "path": "/"}]}
    assert only(value, Datapoint) == Fault((), "RuntimeError: no such thing")


def test_what_only_msgspec_understands_is_passed_on_with_its_path() -> None:
    assert only({"p": [{"x": 1, "y": "a"}]}, dict[str, list[Point]]) == Fault(
        ("p", 0, "y"), "Expected `int`, got `str`"
    )
    assert only([1, 2], Pair).path == (1,)
    assert only(5, Point).message == "expected a mapping, got the integer 5"


# Paths and words


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), ""),
        (("datapoints", 0, "endpoints", 1, "path"), "datapoints[0].endpoints[1].path"),
        (("headers", "X-Request-Id"), "headers.X-Request-Id"),
        (("headers", "a.b", ""), 'headers["a.b"][""]'),
        ((0, "ä"), "[0].ä"),
    ],
)
def test_a_path_is_shown_as_people_write_it(path: tuple[str | int, ...], shown: str) -> None:
    assert show_path(path) == shown


def test_the_nearest_word_is_found_in_any_case() -> None:
    assert nearest("Mehtod", ["path", "method"]) == "method"
    assert nearest("get", ["GET", "PUT"]) == "GET"
    assert nearest("zzz", ["path", "method"]) is None
    assert nearest("a", []) is None


# msgspec is the judge

TYPES: list[Any] = [
    int,
    bool,
    str | None,
    float | None,
    Any,
    list[int],
    set[int],
    tuple[int, str],
    tuple[int | str, ...],
    dict[str, int | None],
    dict[int, bool],
    dict[Literal["a", "b"], str],
    dict[Annotated[str, Meta(max_length=1)], Annotated[int, Meta(ge=0)]],
    Annotated[list[Annotated[str, Meta(min_length=1)]], Meta(min_length=1, max_length=2)],
    Literal["a", 1] | None,
    Colour | None,
    str | int | list[str] | dict[str, int],
    Answer,
    Endpoint,
    Datapoint,
    Datapoint | None,
    list[Answer | None],
    Circle,
    Circle | Square,
    dict[str, Circle | Square | list[int]],
    Tree,
    Lax | None,
    Pair,
    Point,
    list[Pair | str],
    dict[str, Point | None],
]
KEYS = [
    *("a", "b", "method", "path", "response", "status", "headers", "body", "delay", "gzip", "tags"),
    *("name", "endpoints", "firstUrl", "kind", "radius", "side", "value", "left", "right", "known"),
    *("x", "y", 1, True, None, 1.5),
]
WORDS = ("", "a", "b", "1", "yes", "red", "GET", "POST", "/", "/a", "circle", "square", "broken")
LEAVES = st.sampled_from([None, True, False, 0, 1, -1, 200, 10**400, 1.5, 1.0, *WORDS])
WILD = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


def built(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Values that nearly fit a type: now and then a part is wild."""
    values: st.SearchStrategy[Any] = LEAVES
    match info:
        case inspect.Metadata(type=inner):
            values = built(inner)
        case inspect.UnionType(types=types):
            values = st.one_of(list(map(built, types)))
        case inspect.StructType(array_like=False):
            values = structs(info)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            values = st.lists(nearly(item), max_size=3)
        case inspect.DictType(key_type=key, value_type=value):
            values = st.dictionaries(built(key), nearly(value), max_size=3)
        case inspect.LiteralType(values=choices):
            values = st.sampled_from(choices)
    return values


def structs(info: inspect.StructType) -> st.SearchStrategy[Any]:
    def part(field: inspect.Field) -> st.SearchStrategy[Any]:
        return st.deferred(lambda: nearly(field.type))

    required = {field.encode_name: part(field) for field in info.fields if field.required}
    optional = {field.encode_name: part(field) for field in info.fields if not field.required}
    if info.tag_field is not None:
        required[info.tag_field] = st.sampled_from([info.tag, info.tag, "circle", None])
    return st.fixed_dictionaries(required, optional=optional)


def nearly(info: inspect.Type) -> st.SearchStrategy[Any]:
    return st.integers(0, 7).flatmap(lambda n: built(info) if n else WILD)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any]:
    type_ = draw(st.sampled_from(TYPES))
    return type_, draw(nearly(inspect.type_info(type_)) | WILD)


def accepts(value: object, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_)
    except (msgspec.ValidationError, RuntimeError):
        return False
    return True


@given(cases())
@settings(max_examples=300)
def test_there_are_faults_exactly_where_msgspec_refuses(case: tuple[Any, Any]) -> None:
    type_, value = case
    found = explain(value, type_, ("root",))
    assert (found == []) == accepts(value, type_)
    assert all(fault.path[0] == "root" and fault.message for fault in found)


@given(cases())
@settings(max_examples=300)
def test_the_walk_finds_every_fault_by_itself(case: tuple[Any, Any]) -> None:
    type_, value = case
    assert any(faults(value, inspect.type_info(type_), ())) != accepts(value, type_)
