"""Options of plugins: from imnot.toml, the environment and flags, and how they come together."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from imnot_core import Services, SettingsError
from imnot_core.settings import Settings, resolve
from imnot_core.testing import Harness


def test_without_any_there_are_none(tmp_path: Path) -> None:
    assert resolve({}, {}, tmp_path).options == {}
    assert Settings().options == {}


def test_a_table_may_hold_whatever_toml_can_say(tmp_path: Path) -> None:
    (tmp_path / "imnot.toml").write_text(
        "[options.stubs]\nfiles = ['a.yaml']\n[options.stubs.deep]\nx = 1.5\n"
        "[options.my-plugin]\non = true\n",
        encoding="utf-8",
    )
    assert resolve({}, {}, tmp_path).options == {
        "stubs": {"files": ["a.yaml"], "deep": {"x": 1.5}},
        "my-plugin": {"on": True},
    }


def test_flags_win_over_environment_over_file_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "imnot.toml").write_text(
        "[options.p]\na = 'file'\nb = 'file'\nc = 'file'\n", encoding="utf-8"
    )
    found = resolve(
        {"options": ("p.c=flag", "q.d=flag")},
        {"IMNOT_OPTIONS": "p.b=environment, p.c=environment"},
        tmp_path,
    )
    assert found.options == {
        "p": {"a": "file", "b": "environment", "c": "flag"},
        "q": {"d": "flag"},
    }


@pytest.mark.parametrize(
    ("text", "name", "key", "value"),
    [
        ("p.k=v", "p", "k", "v"),
        ("my-p.a_key= a = b ", "my-p", "a_key", " a = b "),
        ("p.k=", "p", "k", ""),
        ("p.k=a\nb", "p", "k", "a\nb"),
    ],
)
def test_an_option_is_a_text(tmp_path: Path, text: str, name: str, key: str, value: str) -> None:
    assert resolve({"options": (text,)}, {}, tmp_path).options == {name: {key: value}}


def test_of_an_option_that_is_repeated_the_last_counts(tmp_path: Path) -> None:
    assert resolve({"options": ("p.k=1", "p.k=2")}, {}, tmp_path).options == {"p": {"k": "2"}}


@pytest.mark.parametrize("text", ["", "p", "p.k", "p=v", ".k=v", "p.=v", "p.a.b=v", "p k=v", "=v"])
def test_any_other_text_is_refused(tmp_path: Path, text: str) -> None:
    expected = f"--option is {text!r}, but must be a text NAME.KEY=VALUE"
    with pytest.raises(SettingsError) as raised:
        resolve({"options": (text,)}, {}, tmp_path)
    assert str(raised.value) == expected


def test_the_environment_is_named_when_it_is_at_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        resolve({"port": -1}, {"IMNOT_OPTIONS": "p.k=v,x"}, tmp_path)
    assert "IMNOT_OPTIONS is 'x', but must be a text NAME.KEY=VALUE" in str(raised.value)
    assert "--port" in str(raised.value)


def test_files_of_stubs_are_an_option_of_stubs(tmp_path: Path) -> None:
    (tmp_path / "imnot.toml").write_text("[options.stubs]\nfiles = ['c']\nx = 1", encoding="utf-8")
    absolute = str(tmp_path / "b.yaml")
    found = resolve({"stubs": ("a.yaml", absolute)}, {}, tmp_path)
    assert found.options == {"stubs": {"files": [str(tmp_path / "a.yaml"), absolute], "x": 1}}
    found = resolve({"stubs": ()}, {"IMNOT_STUBS": "a.yaml,b.yaml"}, tmp_path)
    assert found.options["stubs"]["files"] == [str(tmp_path / "a.yaml"), absolute]


class Curious:
    """An API plugin that keeps the services it was given."""

    name = "curious"
    prefixes: tuple[str, ...] = ("/curious",)
    api_version = 1
    services: Services

    def controllers(self, services: Services) -> list[Any]:
        self.services = services
        return []

    async def respond(self, request: object) -> None:
        return None


def test_plugins_get_all_options_and_the_folder_of_the_file(tmp_path: Path) -> None:
    plugin = Curious()
    options: dict[str, dict[str, Any]] = {"curious": {"a": 1}, "static": {"b": "2"}}
    with Harness(plugins=[plugin], options=options, file=tmp_path / "imnot.toml"):
        assert plugin.services.options == options
        assert plugin.services.folder == tmp_path
    with Harness(plugins=[plugin]):
        assert plugin.services.options == {}
        assert plugin.services.folder == Path.cwd()


def test_options_for_no_plugin_are_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    options: dict[str, dict[str, Any]] = {"curious": {"a": 1}, "static": {}, "curios": {"a": 1}}
    with Harness(plugins=[Curious()], options=options):
        warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert warnings == ["there is no plugin 'curios', so its options have no effect: a"]


def test_the_size_of_the_journal_is_a_setting(tmp_path: Path) -> None:
    plugin = Curious()
    assert resolve({"journal_size": 7}, {}, tmp_path).journal_size == 7
    with Harness(plugins=[plugin], journal_size=7):
        assert plugin.services.journal_size == 7
    with pytest.raises(SettingsError, match="--journal-size is -1, but must be a whole number"):
        resolve({"journal_size": -1}, {}, tmp_path)
