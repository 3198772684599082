"""YAML text → data and places, by both parsers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from imnot_core.errors import PartnerError, Problem
from imnot_core.yamlfile import MAX_ALIAS_SIZE, MAX_DEPTH, read

FILE = """\
partner: acme
datapoints:
  - name: orders   # the first
    endpoints:
      - {method: GET, path: /orders}
      - method: POST
        path:
        response:
          status: "201"
"""


@pytest.fixture(params=[False, True], ids=["fast", "pure"])
def pure(request: pytest.FixtureRequest) -> bool:
    """Ask for either parser."""
    return bool(request.param)


def data(text: str | bytes, *, pure: bool = False) -> Any:
    return read(text, "partner.yaml", pure=pure).data


def problem(text: str | bytes, *, pure: bool = False) -> Problem:
    with pytest.raises(PartnerError) as caught:
        read(text, "partner.yaml", pure=pure)
    (found,) = caught.value.problems
    assert found.source == "partner.yaml"
    return found


def test_the_fast_parser_is_installed() -> None:
    assert YAML(typ="safe", pure=False).Parser is not YAML(typ="safe", pure=True).Parser


def test_a_file_becomes_plain_data(pure: bool) -> None:
    assert data(FILE, pure=pure) == {
        "partner": "acme",
        "datapoints": [
            {
                "name": "orders",
                "endpoints": [
                    {"method": "GET", "path": "/orders"},
                    {"method": "POST", "path": None, "response": {"status": "201"}},
                ],
            }
        ],
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "\ufeff", "null"])
def test_a_text_without_value_is_none(text: str, pure: bool) -> None:
    assert data(text, pure=pure) is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("Null", None),
        ("nullable", "nullable"),
        ("12", 12),
        ("-12", -12),
        ("+1_000", 1000),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o9", "0o9"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.5E-3", -0.0015),
        ("-.inf", float("-inf")),
        ("12:30", "12:30"),
        ("1.2.3", "1.2.3"),
        ("-_", "-_"),
        ("+", "+"),
        (".", "."),
        ("=", "="),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 12:00:00", "2026-01-31 12:00:00"),
        ("'12'", "12"),
        ('"\\u00e9"', "é"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!int '12'", 12),
        ("!!float 12", 12.0),
        ("!!null ''", None),
        ("!!seq [1]", [1]),
        ("/orders/{id}", "/orders/{id}"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, value: object, pure: bool) -> None:
    result = data(f"key: {written}", pure=pure)["key"]
    assert (result, type(result)) == (value, type(value))


def test_nan_is_a_number(pure: bool) -> None:
    result = data("[.nan]", pure=pure)[0]
    assert result != result  # noqa: PLR0124 (that is what NaN is)


def test_bytes_are_utf_8_with_or_without_byte_order_mark(pure: bool) -> None:
    assert data("ä: ö".encode(), pure=pure) == {"ä": "ö"}
    assert data("\ufeffä: ö".encode(), pure=pure) == {"ä": "ö"}


def test_line_separators_of_unicode_are_part_of_a_text(pure: bool) -> None:
    assert data("a: x\u2028y\nb: 'p\u2029q'", pure=pure) == {"a": "x\u2028y", "b": "p\u2029q"}


def test_json_is_yaml(pure: bool) -> None:
    text = '{"a":1,"b":[1,2],\n\t"c":{"d":null,"e":"\\u00e9\\/"}}'
    assert data(text, pure=pure) == msgspec.json.decode(text)


# Anchors, aliases, merge keys


def test_an_alias_stands_for_its_anchor(pure: bool) -> None:
    text = "a: &x {n: 1}\nb: *x\nc: [*x, &y 5, *y]\n*y : six\n"
    assert data(text, pure=pure) == {"a": {"n": 1}, "b": {"n": 1}, "c": [{"n": 1}, 5, 5], 5: "six"}


def test_an_anchor_may_be_set_again(pure: bool) -> None:
    assert data("[&x 1, *x, &x 2, *x]", pure=pure) == [1, 1, 2, 2]


def test_merged_entries_come_first_and_lose_against_own_ones(pure: bool) -> None:
    text = "- &one {a: 1, b: 1}\n- &two {b: 2, c: 2}\n- {c: 3, <<: [*one, *two]}\n"
    used = data(text, pure=pure)[2]
    assert used == {"a": 1, "b": 1, "c": 3}
    assert list(used) == ["b", "c", "a"]


def test_a_merged_mapping_may_be_written_inline_or_have_merged_itself(pure: bool) -> None:
    text = "a: &a {<<: {x: 1}, y: 2}\nb: {<<: *a, z: 3}"
    assert data(text, pure=pure)["b"] == {"x": 1, "y": 2, "z": 3}


def test_a_quoted_merge_key_is_a_key(pure: bool) -> None:
    assert data('"<<": 1', pure=pure) == {"<<": 1}


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("a: *x", "`*x` means nothing so far", (1, 4)),
        ("a: &x\n  - b\n  - *x", "`*x` stands inside", (3, 5)),
        ("a: &x\n  <<: *x", "`*x` stands inside", (2, 7)),
        ("a:\n  <<: 5", "`<<` needs a mapping", (2, 7)),
        ("a: &x 5\nb: {<<: [{c: 1}, *x]}", "`<<` needs a mapping", (2, 9)),
        ("a: {<<: {b: 1}, <<: {c: 1}}", "`<<` is repeated", (1, 17)),
        ("? [a, b]\n: 1", "cannot be a key", (1, 3)),
        ("a: !!python/object:os.system x", "`!!python/object:os.system` is not allowed", (1, 4)),
        ("a:\n  b: !secret x", "`!secret` is not allowed", (2, 6)),
        ("a: !mine [1]", "`!mine` is not allowed", (1, 4)),
        ("a: !!set {b}", "`!!set` is not allowed", (1, 4)),
        ("a: !!int x", "`x` is not what its tag says", (1, 4)),
        ("a: 1\n---\nb: 1", "second document", (2, 1)),
        ("%YAML 1.1\n---\na: yes", "YAML 1.1", None),
        ("a: " + "9" * 5000, "a number of 5000 digits", (1, 4)),
        ("a: 0x" + "f" * 5000, "a number of 5002 digits", (1, 4)),
    ],
)
def test_what_is_yaml_but_not_for_imnot_is_refused(
    text: str, word: str, place: tuple[int, int] | None, pure: bool
) -> None:
    found = problem(text, pure=pure)
    assert word in found.message
    assert found.hint
    assert place in (None, (found.line, found.column))


def test_every_repeated_key_is_named_with_both_lines(pure: bool) -> None:
    text = "a: 1\nb: {c: 1, d: 2, c: 3}\n\na: 4\n'a': 5\n"
    with pytest.raises(PartnerError) as caught:
        read(text, "f.yaml", pure=pure)
    assert [(p.line, p.column, p.message) for p in caught.value.problems] == [
        (2, 17, "the key `c` is repeated: it stands in line 2 already"),
        (4, 1, "the key `a` is repeated: it stands in line 1 already"),
        (5, 1, "the key `a` is repeated: it stands in line 4 already"),
    ]


# Limits


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "? "])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 50_000])
def test_deep_nesting_is_refused_before_it_exhausts_the_stack(opening: str, levels: int) -> None:
    found = problem(opening * levels)
    assert f"more than {MAX_DEPTH} levels" in found.message or "cannot be a key" in found.message


def test_the_parser_in_python_refuses_deep_nesting_too() -> None:
    assert "levels" in problem("[" * 2000, pure=True).message


def test_nesting_up_to_the_limit_is_read(pure: bool) -> None:
    value = data("[" * MAX_DEPTH + "]" * MAX_DEPTH, pure=pure)
    depth = 0
    while value:
        (value,) = value
        depth += 1
    assert depth == MAX_DEPTH - 1


def test_levels_are_counted_through_aliases(pure: bool) -> None:
    half = MAX_DEPTH // 2 + 1
    nested = "[" * half + "{}" + "]" * half
    assert (
        "levels" in problem(f"a: &a {nested}\nb: {nested.replace('{}', '*a')}", pure=pure).message
    )


def test_an_alias_bomb_is_refused(pure: bool) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    found = problem("\n".join(lines), pure=pure)
    assert f"more than {MAX_ALIAS_SIZE:,} values and characters" in found.message


def test_an_alias_bomb_of_long_texts_is_refused(pure: bool) -> None:
    text = f"a: &a {'x' * 10_000}\nb: [{', '.join(['*a'] * 300)}]"
    assert f"more than {MAX_ALIAS_SIZE:,}" in problem(text, pure=pure).message


def test_a_bomb_of_merge_keys_is_refused(pure: bool) -> None:
    lines = ["a0: &a0 {k0: 1}"]
    lines += [
        f"a{n}: &a{n} {{<<: [*a{n - 1}], x{n}: *a{n - 1}, y{n}: *a{n - 1}}}" for n in range(1, 40)
    ]
    assert f"more than {MAX_ALIAS_SIZE:,}" in problem("\n".join(lines), pure=pure).message


# Syntax errors: both parsers say the same, in our words


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("a:\n\tb: 1\n", "tab in the indentation; indent with spaces", (2, 1)),
        ("a:\n  - x: 1\n  \ty: 1\n", "tab in the indentation", (3, 3)),
        ("a: |\n\tx\n", "tab in the indentation", (2, 1)),
        ("a: [1, 2\nb: 3\n", "bracket that closes line 1, column 4 is missing", (2, 2)),
        ("a: [1}\n", "bracket that closes line 1, column 4 is missing", (1, 6)),
        ("a:\n  b: [1, {c: 2,\n", "the bracket is never closed", (2, 10)),
        ("a: ]\n", "no value begins with `]`", (1, 4)),
        ("a: 'x\nb: 1\n", "the quote is never closed", (1, 4)),
        ('a: ["x\nb: 1\n', "the quote is never closed", (1, 5)),
        ('a: "\\xZZ"\n', "begins no escape sequence", (1, 7)),
        ("a: b: c\n", "no key can stand here", (1, 5)),
        ("a:\n  b: 1\n c: 2\n", "the indentation does not fit", (3, 2)),
        ("a: 1\n- b\n", "the indentation does not fit", (2, 1)),
        ("- a\nb: 1\n", "the indentation does not fit", (2, 1)),
        ("a: 1\nfoo\nb: 2\n", "a key without `:`", (2, 1)),
        ("a: @x\n", "cannot begin with `@`; put the whole text in quotes", (1, 4)),
        ("a: %x\n", "cannot begin with `%`", (1, 4)),
        ("a: *\n", "cannot begin with `*` or `&`", (1, 4)),
        ("a: !x!foo y\n", "cannot begin with `!`", (1, 4)),
        ("a: ? b\n", "cannot begin with `? `", (1, 4)),
        ("a: - b\n", "no list can begin here", (1, 4)),
        ('a: "x" y\n', "more text after the end of a value", (1, 8)),
        ("path: {id}/x\n", "more text after the end of a value", (1, 11)),
        ("a: |x\n  y\n", "text right after `|` or `>`", (1, 5)),
        ("%YAML 2.0\n---\na: 1\n", "another version of YAML", (1, 1)),
        ("%TAG ! foo\na: 1\n", "not one document", (2, 1)),
        ('abc: 1\nq: "x\x00y"\n', "the character U+0000 is not allowed", (2, 6)),
        ("a: \ud800\n", "the character U+D800 is not allowed", (1, 4)),
        ("é: ü\r\nb: [\r\n", "the bracket is never closed", (2, 4)),
    ],
)
def test_a_syntax_error_is_explained_where_it_is(
    text: str, words: str, place: tuple[int, int], pure: bool
) -> None:
    found = problem(text, pure=pure)
    assert words in f"{found.message}; {found.hint}"
    assert (found.line, found.column) == place


def test_bytes_that_are_no_utf_8_are_named_with_their_place() -> None:
    found = problem("a: ä\nbö: ".encode() + b"x\xff\n")
    assert (found.line, found.column) == (2, 6)
    assert "0xFF" in found.message
    assert "UTF-8" in found.hint


def test_a_problem_reads_as_one_line_with_its_place() -> None:
    assert str(problem("a: @x")).startswith("partner.yaml:1:4: not valid YAML: a text cannot begin")


# Places


@pytest.mark.parametrize(
    ("path", "value_at", "key_at"),
    [
        ((), (1, 1), (1, 1)),
        (("partner",), (1, 10), (1, 1)),
        (("datapoints", 0), (3, 5), (3, 5)),
        (("datapoints", 0, "name"), (3, 11), (3, 5)),
        (("datapoints", 0, "endpoints", 0), (5, 9), (5, 9)),
        (("datapoints", 0, "endpoints", 0, "path"), (5, 29), (5, 23)),
        (("datapoints", 0, "endpoints", 1, "response", "status"), (9, 19), (9, 11)),
        (("datapoints", 0, "endpoints", 1, "path"), (7, 9), (7, 9)),
        (("datapoints", 0, "endpoints", 1, "missing", "x"), (6, 9), (6, 9)),
        (("datapoints", 7, "name"), (3, 3), (2, 1)),
        (("partner", "x"), (1, 10), (1, 1)),
    ],
)
def test_a_path_leads_to_a_place(
    path: tuple[str | int, ...], value_at: tuple[int, int], key_at: tuple[int, int], pure: bool
) -> None:
    document = read(FILE, "partner.yaml", pure=pure)
    assert document.place(path) == value_at
    assert document.place(path, key=True) == key_at


def test_the_place_of_an_alias_is_its_own_and_of_its_parts_the_anchors(pure: bool) -> None:
    document = read("a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n  e: 2\n", "f.yaml", pure=pure)
    assert document.place(("c",)) == (3, 4)
    assert document.place(("c", "b")) == (2, 6)
    assert document.place(("d", "b"), key=True) == (2, 3)
    assert document.place(("d", "e")) == (6, 6)


def test_a_key_that_is_no_text_is_found_by_its_text_too(pure: bool) -> None:
    document = read("a: 1\n200: x\ntrue: y\n", "f.yaml", pure=pure)
    assert document.place(("200",)) == (2, 6)
    assert document.place((200,)) == (2, 6)
    assert document.place(("true",), key=True) == (3, 1)


def test_a_document_without_value_has_a_place() -> None:
    assert read("# nothing\n", "f.yaml").place(("a",)) == (1, 1)


# Wild texts

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"]), max_size=30)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
PIECES = (
    *"abc:-?[]{},&*!|>'\"%@`#~<\n\n\n\t\\\x00é\u2028\ud800",
    *(" ", "  ", ": ", "- ", "\n  ", "&a ", "*a", "<<: ", "!!int "),
    *("---\n", "...\n", "%YAML 1.2\n", "0x1", "1_0", "1e9"),
)


@given(VALUES)
def test_what_is_written_as_json_is_read_back(value: object) -> None:
    text = msgspec.json.encode(value)
    assert data(text) == value
    assert data(text, pure=True) == value


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_a_wild_text_is_read_or_refused_with_a_place(text: str, pure: bool) -> None:
    try:
        read(text, "wild.yaml", pure=pure).place(("a", 0, "b"))
    except PartnerError as error:
        problems = error.problems
    else:
        return
    last = len(text.splitlines()) + 1
    assert problems
    assert all(1 <= p.line <= last and p.column >= 1 and p.message for p in problems)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("{url: https://x.example/z}", {"url": "https://x.example/z"}),
        ("[http://x:80, b]", ["http://x:80", "b"]),
        ("a: {b: c:d}\ne: [f:g]", {"a": {"b": "c:d"}, "e": ["f:g"]}),
    ],
)
def test_a_colon_inside_a_plain_text_within_brackets_is_text(text: str, data: object) -> None:
    assert read(text, "file").data == data


def test_what_is_wrong_beside_such_a_colon_is_told_at_its_place() -> None:
    with pytest.raises(PartnerError, match=r"file:2:4: .*bracket is never closed"):
        read("a: {url: https://x.example}\nb: [1", "file")


@pytest.mark.parametrize(
    "text",
    ['{"a": "\\ud800"}', '{"\\udc00": 1}', '[http://x:80, "\\ud83d"]', 'a: \u2028 "\\ud800"'],
)
def test_half_a_character_is_refused_by_either_parser(text: str) -> None:
    for pure in (False, True):
        with pytest.raises(PartnerError):
            read(text, "file", pure=pure)
