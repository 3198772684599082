"""Files of stubs: read whole, or refused with the place of everything that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imnot_core import SettingsError
from imnot_patterns.stubs.stub import Stub
from imnot_patterns.stubs.wire.preload import load

RESPONSE = {"response": {"status_code": 200, "headers": {}, "body": "x"}}
STUB: dict[str, Any] = {"request": {"path": "/a"}, "action": RESPONSE}

YAML = """\
stubs:
  - id: one
    request: {path: /a, method: GET}
    action:
      response: {status_code: 200, headers: {}, body: {200: a, true: b}}
  - request: {path: /b}
    action: {proxy: {url: "http://localhost:9"}}
"""
WRONG = """\
- request: {path: /a}
  action:
    response: {status_code: abc, headers: {}, body: x}
- request: {path: 5}
  action: {}
  scope: team-a
- nothing
- request: {}
  action: {response: {status_code: 200, headers: {}, body: x}}
  chaos:
    connection_drop: {}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stubs.json"


def loaded(file: Path, content: Any) -> list[Stub]:
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, encoding="utf-8")
    return load(file)


def refusal(file: Path, content: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(file, content)
    return str(caught.value)


@pytest.mark.parametrize("content", [[STUB], {"stubs": [STUB]}, {"stubs": [STUB], "more": 1}])
def test_a_file_is_a_list_of_payloads(file: Path, content: Any) -> None:
    (stub,) = loaded(file, content)
    assert stub.request.path == "/a"
    assert (stub.scope, stub.session, stub.origin) == (None, None, str(file))


def test_a_file_may_be_yaml(tmp_path: Path) -> None:
    one, two = loaded(tmp_path / "stubs.yaml", YAML)
    assert one.id == "one"
    assert one.action.response is not None
    assert one.action.response.body == {"200": "a", "true": "b"}
    assert two.action.proxy is not None


def test_the_path_may_be_a_text(file: Path) -> None:
    file.write_text("[]", encoding="utf-8")
    assert load(str(file)) == []


@pytest.mark.parametrize(
    ("fields", "stub_id"),
    [
        ({"stub_id": "a"}, "a"),
        ({"id": " a b "}, "a b"),
        ({"stub_id": "a", "id": "b"}, "a"),
        ({"stub_id": None, "id": "b"}, "b"),
        ({"id": 7}, "7"),
        ({"id": 1.5}, "1.5"),
    ],
)
def test_an_entry_may_bring_its_id(file: Path, fields: Any, stub_id: str) -> None:
    (stub,) = loaded(file, [{**STUB, **fields}])
    assert stub.id == stub_id


def test_an_entry_without_id_gets_the_same_one_at_every_start(file: Path, tmp_path: Path) -> None:
    first = loaded(file, [STUB, STUB])
    assert first == loaded(file, [STUB, STUB])
    assert first[0].id != first[1].id
    (tmp_path / "moved").mkdir()
    moved = loaded(tmp_path / "moved" / file.name, [STUB, STUB])
    assert [each.id for each in moved] == [each.id for each in first]
    changed = loaded(file, [{**STUB, "request": {}}])
    assert changed[0].id != first[0].id
    other = loaded(tmp_path / "other.json", [STUB])
    assert other[0].id != first[0].id


@pytest.mark.parametrize("stub_id", ["", "  ", True, [], {}])
def test_an_id_that_is_none_is_refused(file: Path, stub_id: Any) -> None:
    text = refusal(file, [{**STUB, "stub_id": stub_id}])
    assert "Invalid stub payload" in text
    assert "stub_id" in text
    assert f"{file}:1:" in text


def test_an_id_may_be_given_once(file: Path) -> None:
    text = refusal(file, {"stubs": [{**STUB, "id": "a"}, STUB, {**STUB, "stub_id": "a"}]})
    assert "the id 'a' is taken by stubs[0]" in text
    assert "(at stubs[2].stub_id)" in text


def test_everything_wrong_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "stubs.yaml"
    lines = refusal(file, WRONG).splitlines()
    assert [int(line.removeprefix(f"{file}:").partition(":")[0]) for line in lines] == [
        3, 4, 5, 6, 7, 11,
    ]  # fmt: skip
    found = {line.split(": ")[0]: line for line in lines}
    assert set(found) == {f"{file}:{place}" for place in (
        "3:29", "4:19", "5:11", "6:3", "7:3", "11:22",
    )}  # fmt: skip
    assert all("Invalid stub payload" in line for line in lines)
    assert "cannot define scope" in found[f"{file}:6:3"]
    assert "chaos.faults.connection_drop" in found[f"{file}:11:22"]
    assert "(at [0].action.response.status_code)" in found[f"{file}:3:29"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([5], "Invalid stub payload"),
        ([{}], "Invalid stub payload"),
        ([{**STUB, "scope": None}], "cannot define scope"),
        ([{**STUB, "scope": "a"}], "cannot define scope"),
        ({}, "no list of stubs"),
        ({"stubs": {}}, "no list of stubs"),
        ("5", "no list of stubs"),
        ("null", "empty"),
        ("", "empty"),
        ("  \n", "empty"),
        ("[{]", "not valid JSON"),
        ('[{"a": "\\ud83d"}]', "not valid JSON"),
    ],
)
def test_what_is_no_file_of_stubs_is_refused(file: Path, content: Any, words: str) -> None:
    text = refusal(file, content)
    assert words in text
    assert str(file) in text


def test_a_syntax_error_has_its_place(file: Path) -> None:
    assert refusal(file, '[\n  {"ü": 1, }\n]').startswith(f"{file}:2:12: not valid JSON")


def test_places_are_known_in_json_that_yaml_cannot_read(file: Path) -> None:
    text = '[\n\t{"request": {"path": "\\ud83d\\ude00"},\n\t\t"action": {"sse": 5}}]'
    assert f"{file}:3:21: Invalid stub payload" in refusal(file, text)


def test_what_yaml_cannot_read_at_all_is_told_without_a_place(file: Path) -> None:
    deep = f"{'[' * 150}{']' * 150}"
    text = refusal(file, f'[{{"more": {deep}, "request": {{}}}}]')
    assert text == f"{file}: Invalid stub payload: action: is required (at [0].action)"


def test_emoji_of_json_are_read(file: Path) -> None:
    text = json.dumps([{**STUB, "request": {"path": "/😀"}}])
    assert "\\ud83d" in text
    assert loaded(file, text)[0].request.path == "/😀"


def test_yaml_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "stubs.yml"
    assert f"{file}:1:8: not valid YAML" in refusal(file, "stubs: [\n")


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    text = "- {request: {}, action: {response: {status_code: 200, headers: {}, body: .nan}}}"
    assert "Invalid stub payload" in refusal(tmp_path / "stubs.yaml", text)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"stubs\.json: there is no such file"):
        load(file)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(file.parent)


def test_bytes_that_are_no_text_are_refused(file: Path) -> None:
    file.write_bytes(b'[{"a": "\xff"}]')
    with pytest.raises(SettingsError, match=r"stubs\.json:1:"):
        load(file)
    yaml = file.with_suffix(".yaml")
    yaml.write_bytes(b"- \xff")
    with pytest.raises(SettingsError, match=r"stubs\.yaml:1:3"):
        load(yaml)
