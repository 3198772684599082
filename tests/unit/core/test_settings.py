"""Flags before environment before imnot.toml before defaults; errors name where they come from."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from imnot_core import SettingsError
from imnot_core.settings import Settings, resolve
from imnot_core.settings.file import ELSEWHERE, FILE_KEYS

SECRET = "tr0ub4dor&3"
Fails = Callable[..., str]


@pytest.fixture
def fails(tmp_path: Path) -> Fails:
    """Return the message of the SettingsError that flags and environment lead to."""

    def call(flags: Mapping[str, Any] | None = None, **environment: str) -> str:
        with pytest.raises(SettingsError) as raised:
            resolve(flags or {}, environment, tmp_path)
        return str(raised.value)

    return call


def fields() -> list[str]:
    told = {"options", "file", "warnings"}  # options: see test_options.py
    return [one.name for one in msgspec.structs.fields(Settings) if one.name not in told]


def test_without_anything_there_are_the_defaults(tmp_path: Path) -> None:
    found = resolve({}, {}, tmp_path)

    assert found == Settings()
    assert (found.host, found.port, found.partners_dir, found.db) == (
        "127.0.0.1",
        8000,
        "partners",
        "imnot.db",
    )
    assert (found.body_limit, found.callback_timeout, found.stop_timeout) == (10485760, 10.0, 5.0)
    assert found.log_requests is None


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "imnot.toml").write_text(
        '[server]\nhost = "10.0.0.1"\nport = 1\nworkers = 2\n', encoding="utf-8"
    )

    found = resolve({"port": 3}, {"IMNOT_PORT": "2", "IMNOT_WORKERS": "4"}, tmp_path)

    assert (found.host, found.workers, found.port) == ("10.0.0.1", 4, 3)


def test_a_flag_that_was_not_given_counts_for_nothing(tmp_path: Path) -> None:
    found = resolve({"port": None, "plugins": ()}, {"IMNOT_PLUGINS": "a:B"}, tmp_path)

    assert (found.port, found.plugins) == (8000, ("a:B",))


def test_flags_may_be_texts_or_values_or_paths(tmp_path: Path) -> None:
    flags = {"port": "81", "workers": 2, "partners_dir": Path("mocks"), "plugins": ["a:B", "c:D"]}

    found = resolve(flags, {}, tmp_path)

    assert (found.port, found.workers, found.partners_dir) == (81, 2, "mocks")
    assert found.plugins == ("a:B", "c:D")


def test_every_setting_has_a_variable(tmp_path: Path) -> None:
    texts = {
        "host": "::",
        "port": "0",
        "partners_dir": "mocks",
        "db": "state.db",
        "base_url": "https://mocks.example.org/api",
        "admin_key": SECRET,
        "workers": "3",
        "reload": "TRUE",
        "log_requests": "no",
        "body_limit": "512 kB",
        "callback_timeout": "0.5",
        "callback_allow": "*.example.com, 10.0.0.0/8",
        "stop_timeout": "0",
        "journal_size": "500",
        "session_host": "session.localhost",
        "plugins": "a:B, c:D,",
        "without_apis": "cloud",
    }

    found = resolve({}, {f"IMNOT_{name.upper()}": text for name, text in texts.items()}, tmp_path)

    assert list(texts) == fields()
    assert found == Settings(
        host="::",
        port=0,
        partners_dir="mocks",
        db="state.db",
        base_url="https://mocks.example.org/api",
        admin_key=SECRET,
        workers=3,
        reload=True,
        log_requests=False,
        body_limit=512 * 1024,
        callback_timeout=0.5,
        callback_allow=("*.example.com", "10.0.0.0/8"),
        stop_timeout=0.0,
        journal_size=500,
        session_host="session.localhost",
        plugins=("a:B", "c:D"),
        without_apis=("cloud",),
    )


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    assert resolve({}, {"IMNOT_PORT": "", "IMNOT_ADMIN_KEY": ""}, tmp_path) == Settings()


def test_an_empty_admin_key_on_the_command_line_opens_the_server(tmp_path: Path) -> None:
    found = resolve({"admin_key": ""}, {"IMNOT_ADMIN_KEY": SECRET}, tmp_path)

    assert found.admin_key == ""


def test_blanks_around_a_variable_do_not_count(tmp_path: Path) -> None:
    assert resolve({}, {"IMNOT_PORT": " 81\n"}, tmp_path).port == 81


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "http"),
        ("WORKERS", "0"),
        ("WORKERS", "1.5"),
        ("HOST", "http://localhost"),
        ("HOST", "[::1]"),
        ("BASE_URL", "localhost:8000"),
        ("BASE_URL", "https://mocks.example.org/?a=1"),
        ("DB", ".."),
        ("RELOAD", "perhaps"),
        ("LOG_REQUESTS", "null"),
        ("BODY_LIMIT", "0"),
        ("BODY_LIMIT", "10 parsecs"),
        ("BODY_LIMIT", "1025 GB"),
        ("BODY_LIMIT", "9" * 5000),
        ("CALLBACK_TIMEOUT", "0"),
        ("CALLBACK_TIMEOUT", "nan"),
        ("CALLBACK_TIMEOUT", "inf"),
        ("STOP_TIMEOUT", "-1"),
    ],
)
def test_a_wrong_variable_is_named_with_its_value(fails: Fails, name: str, text: str) -> None:
    message = fails(**{f"IMNOT_{name}": text})

    assert message.startswith(f"IMNOT_{name} is '{text[:10]}")
    assert "but must be " in message


@pytest.mark.parametrize(
    ("flag", "value", "called"),
    [
        ("port", 70000, "--port is 70000, but must be a whole number from 0 to 65535"),
        ("partners_dir", "", "--partners-dir is '', but must be the name of a folder"),
        ("plugins", (1,), "--plugin is (1,), but must be a list of texts module:attribute"),
        ("without_apis", (1,), "--without-api is (1,)"),
    ],
)
def test_a_wrong_flag_is_named_with_its_value(
    fails: Fails, flag: str, value: object, called: str
) -> None:
    assert fails({flag: value}).startswith(called)


def test_a_wrong_value_that_is_overridden_does_no_harm(tmp_path: Path) -> None:
    assert resolve({"port": 81}, {"IMNOT_PORT": "wrong"}, tmp_path).port == 81


def test_all_that_is_wrong_is_told_at_once(fails: Fails) -> None:
    lines = fails({"port": -1}, IMNOT_WORKERS="0").splitlines()

    assert [line.partition(" ")[0] for line in lines] == ["IMNOT_WORKERS", "--port"]


def test_an_unknown_flag_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="prot"):
        resolve({"prot": 1}, {}, tmp_path)


def test_several_workers_cannot_share_memory(fails: Fails) -> None:
    assert ":memory:" in fails({"workers": 2, "db": ":memory:"})


@pytest.mark.parametrize("key", [f"{SECRET}\nb", f" {SECRET}", f"{SECRET} ", f"{SECRET}\x00"])
def test_a_wrong_admin_key_is_not_shown(fails: Fails, key: str) -> None:
    message = fails({"admin_key": key})

    assert message.startswith("--admin-key must be ")
    assert SECRET not in message


def test_the_admin_key_is_in_no_picture_of_the_settings(tmp_path: Path) -> None:
    found = resolve({"admin_key": SECRET}, {}, tmp_path)
    console = Console(file=io.StringIO(), width=500)
    console.print(found)

    assert "admin_key='***'" in repr(found)
    for picture in (repr(found), f"{found}", repr([found]), console.file.getvalue()):  # type: ignore[attr-defined]
        assert SECRET not in picture
    assert "admin_key=''" in repr(Settings())


def test_settings_reach_another_process_whole() -> None:
    given = Settings(admin_key=SECRET, file=Path("imnot.toml"))

    assert pickle.loads(pickle.dumps(given)) == given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500000", 500000),
        ("10MB", 10 * 1024**2),
        ("10 mib", 10 * 1024**2),
        ("512 kB", 512 * 1024),
        ("1.5 K", 1536),
        ("1GB", 1024**3),
        ("7B", 7),
    ],
)
def test_sizes_may_have_units(tmp_path: Path, text: str, expected: int) -> None:
    assert resolve({"body_limit": text}, {}, tmp_path).body_limit == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "http://localhost:8000"),
        ({"port": 81}, "http://localhost:81"),
        ({"host": "0.0.0.0"}, "http://localhost:8000"),
        ({"host": "::"}, "http://localhost:8000"),
        ({"host": "::1"}, "http://[::1]:8000"),
        ({"host": "mocks.local"}, "http://mocks.local:8000"),
        ({"base_url": "https://mocks.example.org/api/"}, "https://mocks.example.org/api"),
    ],
)
def test_the_public_url(tmp_path: Path, given: dict[str, Any], expected: str) -> None:
    assert resolve(given, {}, tmp_path).public_url == expected


def test_every_setting_is_in_the_file_or_said_to_be_elsewhere() -> None:
    in_file = {field for keys in FILE_KEYS.values() for field in keys.values()}

    assert in_file | set(ELSEWHERE) == set(fields())


def test_every_setting_has_its_purpose_and_its_rule() -> None:
    metas = [
        meta
        for one in msgspec.structs.fields(Settings)
        for meta in getattr(one.type, "__metadata__", ())
    ]

    assert [meta for meta in metas if not meta.description or not meta.extra["must"]] == []
    assert len(metas) == len(fields())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.dictionaries(st.sampled_from(fields()), st.text(max_size=20)))
def test_any_environment_gives_settings_or_their_error(
    tmp_path: Path, texts: dict[str, str]
) -> None:
    environment = {f"IMNOT_{name.upper()}": text for name, text in texts.items()}
    try:
        found = resolve({}, environment, tmp_path / "empty")
    except SettingsError as error:
        assert "IMNOT_" in str(error) or ":memory:" in str(error)  # noqa: PT017 - either is right
    else:
        assert found.port in range(65536)
        assert found.public_url.startswith("http")
