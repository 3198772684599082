"""Files of stubs: which are loaded, and what is said of those that cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imnot_core import SettingsError
from imnot_core.testing import Harness
from imnot_patterns.stubs import api


def stub(path: str, **fields: Any) -> dict[str, Any]:
    response = {"status_code": 200, "headers": {}, "body": path}
    return {"request": {"path": path}, "action": {"response": response}, **fields}


def written(file: Path, *stubs: dict[str, Any]) -> Path:
    file.write_text(json.dumps(list(stubs)))
    return file


def options(*files: Path) -> dict[str, Any]:
    return {"options": {"stubs": {"files": [str(each) for each in files]}}}


def test_the_file_that_a_container_brings_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "stubs.json", stub("/brought", stub_id="brought"))
    monkeypatch.setattr(api, "INIT_FILE", file)
    with Harness() as server:
        assert server.get("/brought").text == "/brought"
        (listed,) = server.get("/__mock__/stubs").json()["stubs"]
        assert (listed["stub_id"], listed["scope"]) == ("brought", None)


def test_all_files_are_loaded_each_in_its_order(tmp_path: Path) -> None:
    one = written(tmp_path / "one.json", stub("/1"), stub("/2"))
    two = written(tmp_path / "two.json", stub("/3"))
    with Harness(**options(one, two)) as server:
        listed = server.get("/__mock__/stubs").json()["stubs"]
        assert [each["request"]["path"] for each in listed] == ["/1", "/2", "/3"]


def test_a_restart_replaces_what_came_from_files_and_nothing_else(tmp_path: Path) -> None:
    file = written(tmp_path / "stubs.json", stub("/old", stub_id="a"), stub("/same", stub_id="b"))
    with Harness(db=tmp_path / "x.db", **options(file)) as server:
        server.post("/__mock__/stubs", json=stub("/made"))
        written(file, stub("/new", stub_id="a"), stub("/same", stub_id="b"))
        server.restart()
        assert server.get("/new").status_code == 200
        assert server.get("/old").status_code == 404
        assert server.get("/made").status_code == 200
        file.write_text("[]")
        server.restart()
        assert server.get("/same").status_code == 404
        assert server.get("/made").status_code == 200


def test_two_files_with_one_id_are_refused_and_both_are_named(tmp_path: Path) -> None:
    one = written(tmp_path / "one.json", stub("/1", stub_id="same"))
    two = written(tmp_path / "two.json", stub("/2", stub_id="same"))
    with pytest.raises(SettingsError) as refused:
        Harness(**options(one, two)).__enter__()
    assert all(words in str(refused.value) for words in ("one.json", "two.json", "'same'"))


def test_what_had_better_not_be_there_is_logged_with_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    twice = [stub("/same", stub_id="one"), stub("/same", stub_id="two")]
    with Harness(**options(written(tmp_path / "stubs.json", *twice))):
        pass
    (warning,) = [each for each in caplog.messages if "the stub two" in each]
    assert "stubs.json" in warning
    assert "one" in warning


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"files": 5}, "list of file names"),
        ({"files": [5]}, "list of file names"),
        ({"file": "x"}, "no option file"),
        ({"files": "nowhere.json"}, "nowhere.json"),
    ],
)
def test_options_that_cannot_be_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Harness(options={"stubs": given}).__enter__()
