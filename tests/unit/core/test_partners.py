"""Partner files → partners: which are read, what they become, and all that is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imnot_core.errors import PartnerError, Problem
from imnot_core.models import Partner, Source
from imnot_core.partners import decoded, locate, parse, read_folder
from imnot_core.registry import Registry
from imnot_patterns.fetch import FetchDatapoint
from imnot_patterns.static import StaticDatapoint

REGISTRY = Registry()
GOOD = """\
partner: acme
description: A shop
datapoints:
  - name: health
    pattern: static
    description: Is it up?
    endpoints:
      - {method: get, path: /health/}
      - method: GET
        path: /other
  - name: orders
    pattern: fetch
    endpoints: [{method: GET, path: /orders}]
"""


def parsed(text: str) -> Partner:
    return parse(Source("acme.yaml", text), REGISTRY)


def problems(text: str) -> list[Problem]:
    with pytest.raises(PartnerError) as refused:
        parsed(text)
    assert refused.value.problems
    return list(refused.value.problems)


def places(text: str) -> list[str]:
    return [f"{each.line}:{each.column} {each.path}" for each in problems(text)]


# What is read


def test_files_are_read_in_the_order_of_their_folders(tmp_path: Path) -> None:
    for name in ("b", "a-b", "a", "B", "10", "9"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "partner.yaml").write_text(name)
    sources, unreadable = read_folder(tmp_path)
    assert [each.text for each in sources] == ["10", "9", "B", "a", "a-b", "b"]
    assert sources[0].name == str(tmp_path / "10" / "partner.yaml")
    assert unreadable == []


def test_nothing_else_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "partner.yaml").write_text("x")
    for name in ("a/partner.yml", "a/other.yaml", "a/deep/partner.yaml", "b/README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert read_folder(tmp_path) == ([], [])
    assert read_folder(tmp_path / "nowhere") == ([], [])


def test_files_that_cannot_be_read_are_problems_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "folder" / "partner.yaml").mkdir(parents=True)
    for name, content in (("latin", b"# caf\xe9"), ("good", b"partner: x")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "partner.yaml").write_bytes(content)
    sources, unreadable = read_folder(tmp_path)
    assert [each.text for each in sources] == ["partner: x"]
    folder, latin = unreadable
    assert folder.source == str(tmp_path / "folder" / "partner.yaml")
    assert "cannot be read" in folder.message
    assert (latin.line, latin.column) == (1, 6)


def test_a_text_that_is_no_utf_8_is_refused_with_its_place() -> None:
    assert decoded("schön".encode(), "it") == "schön"
    with pytest.raises(PartnerError, match="it:2:3: the byte 0xFF is not UTF-8"):
        decoded(b"a\nb \xff", "it")


# What it becomes


def test_a_partner_is_what_its_file_says() -> None:
    partner = parsed(GOOD)
    assert (partner.name, partner.description) == ("acme", "A shop")
    assert partner.source == Source("acme.yaml", GOOD)
    health, orders = partner.datapoints
    assert isinstance(health, StaticDatapoint)
    assert isinstance(orders, FetchDatapoint)
    assert (health.name, health.description, orders.description) == ("health", "Is it up?", "")
    assert [(each.method, each.path) for each in health.endpoints] == [
        ("GET", "/health"),
        ("GET", "/other"),
    ]


def test_descriptions_may_be_left_out() -> None:
    assert parsed(GOOD.replace("description: A shop\n", "")).description == ""


@pytest.mark.parametrize("alias", ["async", "polling"])
def test_an_alias_is_as_good_as_the_name(alias: str) -> None:
    text = f"""\
partner: acme
datapoints:
  - name: jobs
    pattern: {alias}
    endpoints: [{{method: GET, path: /jobs}}]
"""
    assert parsed(text).datapoints[0].pattern == alias


def test_yaml_is_of_version_1_2() -> None:
    text = GOOD.replace("partner: acme", "partner: off").replace("A shop", "yes")
    partner = parsed(text)
    assert (partner.name, partner.description) == ("off", "yes")


def test_a_byte_order_mark_and_json_are_read() -> None:
    assert parsed(f"\ufeff{GOOD}").name == "acme"
    text = '{"partner": "acme", "datapoints": [{"name": "a", "pattern": "static",'
    text += ' "endpoints": [{"method": "GET", "path": "/a"}]}]}'
    assert parsed(text).name == "acme"


# What is wrong


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("# only this", "empty"),
        ("~", "empty"),
        ("text", "mapping"),
        ("[]", "mapping"),
        ("5", "mapping"),
        ("a: b\nc: d", "`partner`"),
        ("partner: acme", "`datapoints`"),
        ("partner: acme\ndatapoints:", "datapoints"),
        ("partner: acme\ndatapoints: []", "not empty"),
        ("partner: acme\ndatapoints: text", "a list"),
        ("partner: acme\ndatapoints: [text]", "mapping"),
        ("partner: acme\ndatapoints: [~]", "mapping"),
        ("partner: acme\ndatapoints: [[]]", "mapping"),
        ("partner: acme\npartner: other", "partner"),
        ("partner: acme\n  x: 1", "YAML"),
    ],
)
def test_what_is_no_partner_is_refused_saying_why(text: str, words: str) -> None:
    assert any(words in str(each) for each in problems(text))


def test_a_problem_names_file_line_column_path_and_what_to_write() -> None:
    (problem,) = problems(GOOD.replace("method: GET\n", "method: 5\n"))
    assert (problem.source, problem.line, problem.column) == ("acme.yaml", 9, 17)
    assert problem.path == "datapoints[0].endpoints[1].method"
    assert "expected a text" in problem.message
    assert problem.hint


def test_all_that_is_wrong_is_told_in_the_order_of_the_file() -> None:
    text = """\
partner: no name
descripton: misspelt
datapoints:
  - name: 5
    pattern: statik
    nonsense: 1
  - name: b
    pattern: fetch
    endpoints: []
    nonsense: 1
  - pattern: 7
    endpoints: []
  - endpoints:
"""
    assert places(text) == [
        "1:10 partner",
        "2:1 descripton",
        "4:11 datapoints[0].name",
        "5:14 datapoints[0].pattern",
        "9:16 datapoints[1].endpoints",
        "10:5 datapoints[1].nonsense",
        "11:5 datapoints[2]",
        "11:14 datapoints[2].pattern",
        "13:5 datapoints[3]",
        "13:5 datapoints[3]",
    ]


def test_a_near_name_is_suggested() -> None:
    for wrong, right in (("statik", "static"), ("fetsch", "fetch"), ("pol", "polling")):
        (problem,) = problems(GOOD.replace("pattern: fetch", f"pattern: {wrong}"))
        assert right in str(problem)
    (problem,) = problems(
        GOOD.replace("endpoints: [", "endpoint: [").replace("path: /orders", "p: 1")
    )[:1]
    assert "endpoints" in str(problem)


def test_a_name_may_stand_once() -> None:
    (problem,) = problems(GOOD.replace("name: orders", "name: health"))
    assert (problem.line, problem.column, problem.path) == (11, 11, "datapoints[1].name")
    assert "datapoints[0]" in problem.message


def test_every_repetition_of_a_name_is_told() -> None:
    entry = "  - {name: a, pattern: static, endpoints: [{method: GET, path: /a}]}\n"
    assert places(f"partner: acme\ndatapoints:\n{entry * 3}") == [
        "4:12 datapoints[1].name",
        "5:12 datapoints[2].name",
    ]


@pytest.mark.parametrize(
    "value",
    ["[a, b]", "{a: b}", "5", "true", "~", "''", '"a b"'],
)
def test_a_pattern_may_be_anything_wrong(value: str) -> None:
    text = GOOD.replace("pattern: fetch", f"pattern: {value}")
    assert any(each.path == "datapoints[1].pattern" for each in problems(text))


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("partnedois:-[]{}/, \n#'\"&*!|>~0"), max_size=60))
def test_whatever_is_written_is_a_partner_or_refused_with_reasons(text: str) -> None:
    try:
        parsed(text)
    except PartnerError as error:
        found = error.problems
    else:
        return
    assert found
    assert all(each.message and each.source == "acme.yaml" for each in found)


# Where an endpoint stands


def test_an_endpoint_is_located_by_its_method_and_path() -> None:
    partner = parsed(GOOD)
    assert locate(partner, "health", "GET", "/health") == (8, 29)
    assert locate(partner, "health", "GET", "/other") == (10, 15)
    assert locate(partner, "orders", "GET", "/orders") == (13, 37)


def test_an_endpoint_that_the_pattern_made_up_is_located_at_its_datapoint() -> None:
    assert locate(parsed(GOOD), "orders", "POST", "/made-up") == (11, 5)
