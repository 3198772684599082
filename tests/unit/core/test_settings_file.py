"""imnot.toml: where it is found, and errors that name the line and the key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imnot_core import SettingsError
from imnot_core.settings import resolve
from imnot_core.settings.file import SettingsFile

FULL = """\
[server]
host = "0.0.0.0"
port = 81
partners_dir = "mocks"
db = "state.db"
base_url = "https://mocks.example.org"
workers = 2
log_requests = false
body_limit = "1MB"
stop_timeout_seconds = 3

[callbacks]
timeout_seconds = 2.5
allow = ["*.example.com", "localhost:9000"]

[plugins]
load = ["acme_mocks:Idempotent"]
without_apis = ["cloud"]
"""


@pytest.fixture
def fails(tmp_path: Path) -> Callable[[str | bytes], str]:
    """Return the message of the SettingsError for a file of that content."""

    def call(content: str | bytes) -> str:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "imnot.toml").write_bytes(data)
        with pytest.raises(SettingsError) as raised:
            resolve({}, {}, tmp_path)
        return str(raised.value)

    return call


def write(folder: Path, content: str = "[server]\nport = 81\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "imnot.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)

    found = resolve({}, {}, tmp_path)

    assert (found.host, found.port, found.workers) == ("0.0.0.0", 81, 2)
    assert (found.partners_dir, found.db) == ("mocks", "state.db")
    assert found.base_url == "https://mocks.example.org"
    assert (found.log_requests, found.body_limit) == (False, 1024**2)
    assert (found.stop_timeout, found.callback_timeout) == (3.0, 2.5)
    assert found.callback_allow == ("*.example.com", "localhost:9000")
    assert found.plugins == ("acme_mocks:Idempotent",)
    assert found.without_apis == ("cloud",)
    assert (found.file, found.warnings) == (path, ())


def test_it_is_found_in_a_parent(tmp_path: Path) -> None:
    path = write(tmp_path)

    assert resolve({}, {}, tmp_path / "deep" / "down").file == path


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    write(tmp_path)
    path = write(tmp_path / "deep")

    assert resolve({}, {}, tmp_path / "deep" / "down").file == path


def test_the_one_beside_the_database_goes_first(tmp_path: Path) -> None:
    write(tmp_path / "here")
    beside = write(tmp_path / "there")
    database = tmp_path / "there" / "state.db"

    assert resolve({"db": str(database)}, {}, tmp_path / "here").file == beside
    assert resolve({}, {"IMNOT_DB": str(database)}, tmp_path / "here").file == beside


def test_the_one_beside_a_database_that_is_found_below_data_counts(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imnot.db").touch()
    beside = write(tmp_path / "data")
    write(tmp_path)

    assert resolve({}, {}, tmp_path).file == beside


@pytest.mark.parametrize("db", [":memory:", "postgresql://localhost/imnot"])
def test_a_database_that_is_no_file_has_nothing_beside_it(tmp_path: Path, db: str) -> None:
    path = write(tmp_path)

    assert resolve({"db": db}, {}, tmp_path).file == path


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    (tmp_path / "imnot.toml").write_bytes(b"\xef\xbb\xbf[server]\r\nport = 81\r\n")

    assert resolve({}, {}, tmp_path).port == 81


def test_sections_of_other_releases_are_a_warning(tmp_path: Path) -> None:
    write(tmp_path, "[ui]\nenabled = true\n[logging]\ndebug = true\n")

    warnings = resolve({}, {}, tmp_path).warnings

    assert [text.partition("]")[0] for text in warnings] == [
        "imnot.toml: [ui",
        "imnot.toml: [logging",
    ]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("[pagination]\ndefault_limit = 20", {"paginated": {"default_limit": 20}}),
        ("[options.paginated]\ndefault_limit = 20", {"paginated": {"default_limit": 20}}),
        (
            "[pagination]\ndefault_limit = 1\n[options.paginated]\ndefault_limit = 2",
            {"paginated": {"default_limit": 2}},
        ),
        (
            "[options.paginated]\ndefault_limit = 2\n[pagination]\ndefault_limit = 1",
            {"paginated": {"default_limit": 2}},
        ),
        ("[pagination]", {}),
    ],
)
def test_the_section_pagination_is_short_for_options(
    tmp_path: Path, content: str, options: dict[str, Any]
) -> None:
    write(tmp_path, content)

    assert resolve({}, {}, tmp_path).options == options


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[server]\n\nhots = 1", "imnot.toml:3: hots in [server]: unknown key; did you mean host?"),
        ("[server]\nx = 1", "imnot.toml:2: x in [server]: unknown key; there are host, port, par"),
        ("[server]\nload = []", "imnot.toml:2: load in [server]: unknown key; it belongs below [p"),
        ("\n[sevrer]", "imnot.toml:2: sevrer: unknown section; did you mean [server]?"),
        ("[zzz]", "imnot.toml:1: zzz: unknown section; there are [server], [callbacks], "),
        ("[option]", "imnot.toml:1: option: unknown section; did you mean [options]?"),
        ("[options]\na = 1", "imnot.toml:2: a in [options]: options are those of a plugin; write"),
        ("options = 1", "imnot.toml:1: options must be a section: write [options]"),
        ("port = 1", "imnot.toml:1: port: unknown key; did you mean port below [server]?"),
        ("zzz = 1", "imnot.toml:1: zzz: unknown key; all keys are below one of [server], "),
        ("server = 1", "imnot.toml:1: server must be a section: write [server]"),
        ("[[server]]", "imnot.toml:1: server must be a section: write [server]"),
        ("[server]\nport = '1'", "imnot.toml:2: port in [server] is '1', but must be a whole numb"),
        ("[server]\nport = true", "imnot.toml:2: port in [server] is True, but must be a whole nu"),
        ("server.port = 1.5", "imnot.toml:1: port in [server] is 1.5, but must be a whole number"),
        ("server = {port = -1}", "imnot.toml:1: port in [server] is -1, but must be a whole numbe"),
        ("[server]\nlog_requests = 1", "imnot.toml:2: log_requests in [server] is 1, but must be"),
        ("[server]\nbody_limit = 'x'", "imnot.toml:2: body_limit in [server] is 'x', but must be"),
        ("[pagination]\nlimit = 1", "imnot.toml:2: limit in [pagination]: unknown key; there is d"),
        ("pagination = 1", "imnot.toml:1: pagination must be a section: write [pagination]"),
        ("[callbacks]\ntimeout_seconds = inf", "imnot.toml:2: timeout_seconds in [callbacks] is"),
        ("[plugins]\nload = 'a:B'", "imnot.toml:2: load in [plugins] is 'a:B', but must be a list"),
        ("[server]\nreload = true", "imnot.toml:2: reload in [server]: it is for one run"),
        ("[server]\nport =", "imnot.toml:2: this is not TOML: Invalid value"),
        ("[server]\nport = 1\nport = 2", "imnot.toml:3: this is not TOML: "),
        ("[server", "imnot.toml:1: this is not TOML: "),
        (f"x = {'[' * 5000}", "imnot.toml:1: this is not TOML: "),
        (f"x = {'9' * 5000}", "imnot.toml:1: this is not TOML: "),
        (b"\xff", "imnot.toml: is not UTF-8 text: "),
    ],
)
def test_what_is_wrong_is_said_with_line_and_key(
    fails: Callable[[str | bytes], str], content: str | bytes, message: str
) -> None:
    assert fails(content).startswith(message)


def test_all_that_is_wrong_is_told_at_once(fails: Callable[[str | bytes], str]) -> None:
    message = fails("[server]\nhots = 1\nport = -1\n[sevrer]\n")

    assert [line.partition(": ")[0] for line in message.splitlines()] == [
        "imnot.toml:2",
        "imnot.toml:4",
        "imnot.toml:3",
    ]


def test_an_admin_key_in_the_file_is_refused_and_not_shown(
    fails: Callable[[str | bytes], str],
) -> None:
    for content in ('[server]\nadmin_key = "hunter2"', 'admin_key = "hunter2"'):
        message = fails(content)
        assert "admin_key" in message
        assert "IMNOT_ADMIN_KEY" in message
        assert "hunter2" not in message


def test_a_file_that_lies_elsewhere_is_named_in_full(tmp_path: Path) -> None:
    path = write(tmp_path, "[server]\nport = -1\n")

    with pytest.raises(SettingsError) as raised:
        resolve({}, {}, tmp_path / "deep")

    assert str(raised.value).startswith(f"{path}:2: port")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^imnot\.toml: cannot be read: "):
        SettingsFile(tmp_path, "imnot.toml")


def test_lines_are_those_where_a_value_begins(tmp_path: Path) -> None:
    content = """\
# [server]
title = '''
[server]
port = 1
'''
[server]  # the real one
"host" = [
  1,
]
port = 1
"""
    file = SettingsFile(write(tmp_path, content), "imnot.toml")

    assert file.place("title") == "imnot.toml:2"
    assert file.place("server") == "imnot.toml:6"
    assert file.place("server", "host") == "imnot.toml:7"
    assert file.place("server", "port") == "imnot.toml:10"
    assert file.place("server", "nothing") == "imnot.toml"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from([*FULL.splitlines(), "[server]", "port = -1", "x = '''", "a.b = 1"]),
            st.text(max_size=12),
        ),
        max_size=8,
    )
)
def test_any_file_gives_settings_or_their_error(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "imnot.toml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        assert resolve({}, {}, tmp_path).file == path
    except SettingsError as error:
        assert str(error).startswith("imnot.toml")  # noqa: PT017 - either is right


def test_a_target_that_is_no_host_is_refused_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, '[callbacks]\nallow = ["https://example.com"]\n')

    said = r"imnot\.toml:2: allow in \[callbacks\] is .* a list of hosts"
    with pytest.raises(SettingsError, match=said):
        resolve({}, {}, tmp_path)
