"""The helpers and guards that other tests rely on."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tests.support import CHECKOUT, eventually, eventually_async, needs

GUARDED = """
import logging
import os

def test_changes_the_environment():
    os.environ["IMNOT_LEAK"] = "1"
    os.environ.pop("IMNOT_KEPT")

def test_finds_it_as_it_was():
    assert "IMNOT_LEAK" not in os.environ
    assert os.environ["IMNOT_KEPT"] == "1"

def test_changes_the_root_logger():
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger().setLevel(1)

def test_finds_the_root_logger_as_it_was():
    assert not [h for h in logging.getLogger().handlers if type(h) is logging.NullHandler]
    assert logging.getLogger().level != 1
"""


def test_eventually_returns_the_first_true_value() -> None:
    values = iter([0, "", "ready"])
    assert eventually(lambda: next(values)) == "ready"


def test_eventually_takes_an_exception_as_not_yet() -> None:
    attempts: list[int] = []

    def third_time() -> bool:
        attempts.append(1)
        assert len(attempts) == 3
        return True

    assert eventually(third_time)


def test_eventually_raises_from_the_last_error() -> None:
    with pytest.raises(
        AssertionError, match="within 0 s; the last time it raised KeyError"
    ) as raised:
        eventually(lambda: os.environ["IMNOT_NEVER_SET"], timeout=0)
    assert isinstance(raised.value.__cause__, KeyError)


def test_eventually_tells_what_was_returned_last() -> None:
    with pytest.raises(AssertionError, match="it returned None"):
        eventually(lambda: None, timeout=0)


@pytest.mark.anyio
async def test_eventually_async_awaits_a_coroutine_function() -> None:
    values = iter([False, True])

    async def check() -> bool:
        return next(values)

    assert await eventually_async(check)


def test_a_missing_tool_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no-such-tool is not installed \(a check\)"):
        needs("no-such-tool", "a check")


def test_a_missing_tool_fails_the_test_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
        needs("no-such-tool", "a check")


def test_a_present_tool_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "a-tool"
    tool.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert needs("a-tool", "a check") == str(tool)


def test_the_guards_report_and_undo_what_a_test_leaves(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMNOT_KEPT", "1")
    guards = (CHECKOUT / "tests" / "conftest.py").read_text()
    pytester.makeconftest(guards)
    pytester.makepyfile(GUARDED)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*the test changed the environment: IMNOT_KEPT, IMNOT_LEAK*"])
    assert logging.getLogger().level != 1
