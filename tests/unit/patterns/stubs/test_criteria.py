"""What criteria mean, what is wrong with them, and how they read."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from assertive.serialize import deserialize
from hypothesis import given
from hypothesis import strategies as st

from imnot_patterns.stubs.criteria import criterion, criterion_faults, request_faults
from imnot_patterns.stubs.seen import MAX_DEPTH
from imnot_patterns.stubs.stub import FIELDS, StubRequest


def op(name: str, **arguments: Any) -> dict[str, Any]:
    return {f"${name}": arguments}


GT1 = op("gt", value=1)
LIST = [1, 2, 3]


@pytest.mark.parametrize(
    ("wire", "fitting", "unfitting"),
    [
        ("a", ["a"], ["b", "A", 1, None, ["a"]]),
        (5, [5, 5.0], ["5", 6]),
        (True, [True, 1], [False, "true"]),
        (op("eq", value="a"), ["a"], ["b"]),
        (
            op("eq", value={"a": 1, "b": 2}),
            [{"b": 2, "a": 1}],
            [{"a": 1}, {"a": 1, "b": 2, "c": 3}],
        ),
        (op("neq", value=5), [6, "5"], [5, 5.0]),
        (op("gt", value=5), [6], [5, "6", None]),
        (op("gte", value=5), [5, 6], [4]),
        (op("lt", value="5"), ["10"], ["5", "6", 4]),
        (op("lte", value=5), [5, 4], [6]),
        (op("between", lower=1, upper=3), [1, 2, 3], [0, 4, "2"]),
        (op("between", lower=1, upper=3, is_inclusive=True), [1, 3], [4]),
        (op("between", lower=1, upper=3, is_inclusive=False), [2], [1, 3]),
        (op("and", items=[GT1, op("even")]), [2, 4], [3, 0]),
        (op("or", items=[op("eq", value=1), op("eq", value=3)]), [1, 3], [2]),
        (op("xor", left=op("odd"), right=GT1), [1, 2], [3, 0]),
        (op("not", value=op("eq", value="a")), ["b"], ["a"]),
        (op("json", inner_criteria=op("eq", value={"a": 1})), ['{"a": 1}'], ['{"a": 2}', "", "{"]),
        (op("json", inner_criteria={"a": GT1}), ['{"a": 2}'], ['{"a": 2, "b": 1}', '{"a": 1}']),
        (op("json", inner_criteria=[1, 2]), ["[1, 2.0]"], ["[2, 1]", b"[1, 2]", [1, 2]]),
        (op("contains", items=[1, op("gt", value=9)]), [[10, 1]], [[1], [10], 1]),
        (op("contains", items=["a"]), ["cba", ["a"]], ["ABC", ""]),
        (op("contains_exactly", items=[1, op("odd")]), [[1, 3]], [[3, 1, 1], [1, 2], [1, 3, 5]]),
        (op("regex", pattern="v[0-9]+$"), ["v12"], ["v", "xv1", b"v1", 1]),
        (op("regex", pattern="v[0-9]+"), ["v1x"], [" v1"]),
        (op("length", value=3), ["abc", LIST, {"a": 1, "b": 2, "c": 3}], ["ab", 3]),
        (op("length", value=op("gte", value=2)), ["ab"], ["a"]),
        (
            op("key_values", key_values={"a": 1, "b": op("odd")}),
            [{"a": 1, "b": 3, "c": 0}],
            [{"a": 1}],
        ),
        (op("key_values", key_values={"a": 1}), [{"a": 1.0}], ["a", ["a"], {"a": 2}]),
        (op("exact_key_values", key_values={"a": 1}), [{"a": 1}], [{"a": 1, "b": 2}, {}]),
        (op("even"), [2, 0, -4], [1, "2", "%d"]),
        (op("odd"), [1, -3], [2, "1"]),
        (op("ignore_case", value="GET"), ["get", "Get"], ["gets", 1]),
    ],
)
def test_a_criterion_means_what_the_table_says(
    wire: Any, fitting: list[Any], unfitting: list[Any]
) -> None:
    judge = criterion(wire)
    assert criterion_faults(wire, "x") == []
    assert [value for value in fitting if not judge.matches(value)] == []
    assert [value for value in unfitting if judge.matches(value)] == []


@pytest.mark.parametrize(
    ("wire", "fitting", "unfitting"),
    [
        (op("and", items=[5, op("odd")]), 5, 7),
        (op("or", items=["a", "b"]), "b", "c"),
        (op("xor", left=1, right=2), 2, 3),
        (op("not", value="a"), "b", "a"),
        (op("not", value={"a": 1}), {"a": 2}, {"a": 1}),
    ],
)
def test_a_plain_value_among_criteria_means_equality(
    wire: Any, fitting: Any, unfitting: Any
) -> None:
    assert criterion(wire).matches(fitting)
    assert not criterion(wire).matches(unfitting)


def test_a_criterion_inside_equality_judges_that_part() -> None:
    judge = criterion(op("eq", value={"id": 1, "tags": [op("regex", pattern="v")]}))
    assert judge.matches({"id": 1, "tags": ["v2"]})
    assert not judge.matches({"id": 1, "tags": ["2"]})
    assert not judge.matches({"id": 1, "tags": ["v2"], "more": 0})


def test_a_text_that_says_how_to_be_formatted_is_neither_even_nor_odd() -> None:
    # Python's `%` would make a text of a gigabyte of it.
    assert not criterion(op("even")).matches("%999999999d")
    assert not criterion(op("not", value=op("odd"))).matches(b"%999999999d")


@pytest.mark.parametrize(
    "wire",
    [
        {"$gt": 5},
        {"$gt": {"nope": 1}},
        {"$regex": {"pattern": "("}},
        {"$regex": {"pattern": 5}},
        {"$key_values": {"key_values": "a"}},
        {"$contains": {}},
        {"$and": None},
        {"$or": {"items": [{"$gt": 5}]}},
    ],
)
def test_a_faulty_criterion_matches_nothing(wire: Any) -> None:
    assert criterion_faults(wire, "x")
    judge = criterion(wire)
    values: list[Any] = [None, 5, "(", "a", [], {}, {"a": 1}]
    assert not any(map(judge.matches, values))
    assert judge.wire == wire
    assert judge.described()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([0.5, 1.0, 5.0])
    | st.text("aAbv1", max_size=3)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
SUBJECTS = VALUES | VALUES.map(json.dumps) | st.binary(max_size=3)


def operators(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Criteria that assertive does not crash on: no plain values among `$and` and the like."""
    either = inner | VALUES
    several = st.lists(inner, max_size=3)
    mapping = st.dictionaries(st.sampled_from("ab"), either, max_size=2)
    items = st.fixed_dictionaries({"items": st.lists(either, max_size=3)})
    named = st.fixed_dictionaries({"key_values": mapping})
    arguments: dict[str, st.SearchStrategy[Any]] = {
        "and": st.fixed_dictionaries({"items": several}),
        "or": st.fixed_dictionaries({"items": several}),
        "xor": st.fixed_dictionaries({"left": inner, "right": inner}),
        "not": st.fixed_dictionaries({"value": inner}),
        "json": st.fixed_dictionaries({"inner_criteria": either}),
        "contains": items,
        "contains_exactly": items,
        "length": st.fixed_dictionaries({"value": inner | st.integers(0, 3)}),
        "key_values": named,
        "exact_key_values": named,
        "eq": st.fixed_dictionaries({"value": either | mapping | st.lists(either, max_size=2)}),
    }
    return st.one_of(
        [st.fixed_dictionaries({f"${name}": given}) for name, given in arguments.items()]
    )


SIMPLE = st.one_of(
    [
        st.builds(lambda n, v: {n: {"value": v}}, st.sampled_from([f"${n}"]), VALUES)
        for n in ("eq", "neq", "gt", "gte", "lt", "lte")
    ]
    + [
        st.builds(lambda a, b: op("between", lower=a, upper=b), SCALARS, SCALARS),
        st.builds(
            lambda a, b, c: op("between", lower=a, upper=b, is_inclusive=c),
            SCALARS, SCALARS, st.booleans(),
        ),
        st.sampled_from([op("even"), op("odd")]),
        st.sampled_from(["a", "v[0-9]", ".*1", "^$", "b|A"]).map(lambda p: op("regex", pattern=p)),
        st.text("aAb", max_size=3).map(lambda t: op("ignore_case", value=t)),
    ]
)  # fmt: skip
WIRES = st.recursive(SIMPLE, operators, max_leaves=5)


@given(WIRES, SUBJECTS)
def test_verdicts_are_those_of_assertive(wire: Any, subject: Any) -> None:
    try:
        expected = bool(deserialize(wire).run_match(subject))
    except Exception:  # noqa: BLE001 - it raises anything
        expected = False
    assert criterion(wire).matches(subject) == expected


@given(WIRES)
def test_the_listed_form_is_the_same_criterion(wire: Any) -> None:
    judge = criterion(wire)
    assert criterion_faults(wire, "x") == []
    assert criterion(judge.wire).wire == judge.wire
    assert criterion_faults(judge.wire, "x") == []
    assert judge.described()


@given(WIRES, SUBJECTS)
def test_the_listed_form_matches_the_same(wire: Any, subject: Any) -> None:
    judge = criterion(wire)
    assert criterion(judge.wire).matches(subject) == judge.matches(subject)


JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$gt", "$and", "$not", "$regex", "$json", "$huh", "items", "value", "a"]
            )
            | st.sampled_from(
                ["pattern", "key_values", "inner_criteria", "$key_values", "$length"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(JUNK, SUBJECTS)
def test_nothing_that_is_sent_raises(wire: Any, subject: Any) -> None:
    judge = criterion(wire)
    judge.matches(subject)
    assert judge.described()
    for field in FIELDS:
        for fault in request_faults(StubRequest(**{field: wire})):
            assert all(isinstance(each, str) for each in fault)


@pytest.mark.parametrize(
    ("wire", "listed"),
    [
        ("GET", "GET"),
        (op("not", value="a"), op("not", value=op("eq", value="a"))),
        (op("and", items=[1]), op("and", items=[op("eq", value=1)])),
        (op("length", value=3), op("length", value=op("eq", value=3))),
        (op("json", inner_criteria={"a": 1}), op("json", inner_criteria=op("eq", value={"a": 1}))),
        (op("contains", items=["a"]), op("contains", items=[op("eq", value="a")])),
        (
            op("key_values", key_values={"a": 1, "b": op("odd")}),
            op("key_values", key_values={"a": op("eq", value=1), "b": op("odd")}),
        ),
        (op("between", lower=1, upper=2), op("between", lower=1, upper=2, is_inclusive=True)),
        (op("eq", value={"a": op("not", value=1)}), None),
    ],
)
def test_plain_values_inside_criteria_are_listed_as_equality(wire: Any, listed: Any) -> None:
    if listed is None:
        listed = op("eq", value={"a": op("not", value=op("eq", value=1))})
    assert criterion(wire).wire == listed


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ("GET", 'is "GET"'),
        (op("eq", value=5), "is 5"),
        (op("neq", value=5), "is not 5"),
        (op("gt", value=5), "is greater than 5"),
        (op("between", lower=1, upper=3), "is between 1 and 3"),
        (op("between", lower=1, upper=3, is_inclusive=False), "is between 1 and 3, both excluded"),
        (op("regex", pattern="v[0-9]+"), 'matches the regular expression "v[0-9]+"'),
        (op("and", items=[GT1, op("even")]), "(is greater than 1) and (is even)"),
        (op("or", items=["a", "b"]), '(is "a") or (is "b")'),
        (op("xor", left=op("odd"), right=2), "either (is odd) or (is 2), not both"),
        (op("not", value="a"), 'does not satisfy (is "a")'),
        (op("json", inner_criteria={"a": 1}), 'is JSON that is {"a":1}'),
        (op("contains", items=[1, GT1]), "contains 1, a value that is greater than 1"),
        (op("contains_exactly", items=[1, 2]), "contains exactly 1, 2, in this order"),
        (op("length", value=3), "has a length that is 3"),
        (op("key_values", key_values={"a": 1}), 'has "a" that is 1'),
        (op("exact_key_values", key_values={}), "has exactly no keys"),
        (op("ignore_case", value="GET"), 'is "GET" in any letter case'),
    ],
)
def test_a_criterion_reads_as_words(wire: Any, words: str) -> None:
    assert criterion(wire).described() == words


def test_a_long_value_is_cut_in_words() -> None:
    assert len(criterion("x" * 10_000).described()) < 300


NO_FAULTS: list[dict[str, Any]] = [
    {},
    {"path": "", "method": "", "host": "", "body": "", "headers": {}, "query": {}},
    {"path": op("regex", pattern="/u"), "method": op("ignore_case", value="get")},
    {
        "headers": {"x": "1", "y": op("gt", value="1")},
        "query": op("exact_key_values", key_values={}),
    },
    {"query": {"$filter": "a eq 1", "$top": "5"}},
    {"query": {"$filter": op("regex", pattern="a")}},
    {"query": {"$filter": "a eq 1"}},
    {"body": {"$schema": "x", "type": "object"}},
    {"body": {"a": {"$ref": "#/b"}, "b": {"$not_a_word": {"value": 1}}}},
    {"body": op("json", inner_criteria=op("eq", value={"$ref": "#/b"}))},
    {"body": [1, {"a": GT1}]},
    {"body": 5},
]


@pytest.mark.parametrize("request_", NO_FAULTS)
def test_what_can_be_compiled_has_no_faults(request_: dict[str, Any]) -> None:
    assert request_faults(StubRequest(**request_)) == []


@pytest.mark.parametrize(
    ("fields", "place", "message", "hint"),
    [
        ({"path": 5}, "path", "is a number, not a text", "/users/{id}"),
        ({"method": ["GET"]}, "method", "is a list, not a text", '"GET"'),
        ({"host": True}, "host", "is true or false, not a text", "criterion"),
        ({"path": {"a": 1}}, "path", "is an object without an operator", "$regex"),
        ({"path": {}}, "path", "is an object without an operator", "$regex"),
        ({"headers": "x"}, "headers", "is a text, not an object", "x-tenant"),
        ({"query": [1]}, "query", "is a list, not an object", "page"),
        (
            {"path": {"$regexp": {"pattern": "a"}}},
            "path.$regexp",
            "$regexp is no operator",
            "$regex",
        ),
        ({"method": {"$equals": "a"}}, "method.$equals", "$equals is no operator", "$eq"),
        (
            {"body": {"$ref": "#/a"}},
            "body.$ref",
            "$ref is no operator",
            '{"$json":{"inner_criteria"',
        ),
        ({"body": {"a": {"$gtt": {"value": 1}}}}, "body.a.$gtt", "$gtt is no operator", "$gt"),
        (
            {"query": {"$key_value": {"key_values": {}}}},
            "query.$key_value",
            "no operator",
            "$key_values",
        ),
        (
            {"headers": {"x-a": {"$gtr": {"value": 1}}}},
            "headers.x-a.$gtr",
            "$gtr is no operator",
            "$gt",
        ),
        (
            {"path": {"$gt": {"value": 1}, "$lt": {"value": 3}}},
            "path",
            "does not stand alone",
            "$and",
        ),
        ({"body": {"$eq": {"value": 1}, "a": 1}}, "body", 'there is "a" beside it', "$and"),
        ({"body": {"$gt": 5}}, "body.$gt", "is a number, not an object of arguments", '"value": …'),
        (
            {"body": {"$gt": {"nope": 1}}},
            "body.$gt.nope",
            '$gt has no argument "nope"',
            '"value": …',
        ),
        (
            {"body": {"$gt": {}}},
            "body.$gt",
            "the argument value is missing",
            '{"$gt": {"value": …}}',
        ),
        (
            {"body": {"$between": {"lower": 1}}},
            "body.$between",
            "the argument upper is missing",
            "lower",
        ),
        (
            {"body": {"$between": {"lower": 1, "upper": 2, "is_inclusive": 1}}},
            "body.$between.is_inclusive",
            "is a number, not true or false",
            "true",
        ),
        ({"body": {"$even": {"value": 1}}}, "body.$even.value", "no argument", '{"$even": {}}'),
        ({"body": {"$even": None}}, "body.$even", "is null, not an object", '{"$even": {}}'),
        ({"body": {"$and": {"items": {}}}}, "body.$and.items", "is an object, not a list", "list"),
        (
            {"body": {"$key_values": {"key_values": []}}},
            "body.$key_values.key_values",
            "is a list",
            "name",
        ),
        (
            {"body": {"$length": {"value": "3"}}},
            "body.$length.value",
            "is a text, not a number",
            "3",
        ),
        ({"body": {"$ignore_case": {"value": 5}}}, "body.$ignore_case.value", "is a number", '"5"'),
        (
            {"headers": {"x-a": {"$regex": {"pattern": "("}}}},
            "headers.x-a.$regex.pattern",
            "is no regular expression: missing ), unterminated subpattern at position 0",
            "\\",
        ),
        (
            {"query": {"p": {"$regex": {"pattern": 5}}}},
            "query.p.$regex.pattern",
            "not a text",
            "v[0-9]+",
        ),
        (
            {"body": {"$or": {"items": ["a", {"$not": {"value": {"$gt": 5}}}]}}},
            "body.$or.items[1].$not.value.$gt",
            "is a number",
            "$gt",
        ),
        (
            {"body": {"$json": {"inner_criteria": {"a": [{"b": {"$lt": []}}]}}}},
            "body.$json.inner_criteria.a[0].b.$lt",
            "is a list",
            "$lt",
        ),
    ],
)
def test_a_fault_names_the_place_and_what_to_write(
    fields: dict[str, Any], place: str, message: str, hint: str
) -> None:
    ((found_place, found_message, found_hint),) = request_faults(StubRequest(**fields))
    assert found_place == place
    assert message in found_message
    assert hint in found_hint


@pytest.mark.parametrize("wire", [{1: "a"}, op("key_values", key_values={1: "a"})])
def test_a_name_that_is_no_text_is_refused(wire: Any) -> None:
    ((place, message, hint),) = request_faults(StubRequest(query=wire))
    assert place.endswith(".1")
    assert (message, hint) == ("the name is a number, not a text", 'write "1"')


def test_all_faults_are_told() -> None:
    request = StubRequest(path=5, headers={"a": {"$gt": 5}, "b": {"$lt": 5}})
    assert [place for place, _, _ in request_faults(request)] == [
        "path", "headers.a.$gt", "headers.b.$lt",
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["path", "headers", "body"])
def test_what_is_nested_too_deep_is_refused(field: str) -> None:
    wire: Any = {"$even": {}}
    for _ in range(100_000):
        wire = {"$not": {"value": wire}}
    (fault,) = request_faults(StubRequest(**{field: wire}))
    assert fault[:2] == (field, f"is nested deeper than {MAX_DEPTH} levels")
    while wire:  # so deep, it cannot be freed at once
        wire = wire.get("$not", {}).get("value")


def test_as_deep_as_is_allowed_can_be_compiled() -> None:
    wire: Any = 0
    for _ in range(MAX_DEPTH):
        wire = [wire]
    assert request_faults(StubRequest(body=wire)) == []
    assert criterion(op("json", inner_criteria=wire)).matches(json.dumps(wire))


def test_assertive_is_imported_only_when_it_is_needed() -> None:
    program = """
import sys
from imnot_patterns.stubs.matcher import Matcher
from imnot_patterns.stubs.stub import StubRequest
eq = lambda value: {"$eq": {"value": value}}
Matcher(StubRequest(
    path="/u", method=eq("GET"), headers={"a": "1", "b": eq("2")},
    query={"$key_values": {"key_values": {"a": 1}}}, host={"$regex": {"pattern": "a"}},
    body={"$json": {"inner_criteria": eq({"a": 1})}},
))
assert "assertive" not in sys.modules
Matcher(StubRequest(path={"$not": {"value": "/"}}))
assert "assertive" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
