"""Settings: flags go before environment variables, those before imnot.toml, that before defaults.

Every rule for a value stands once, at its field. `imnot.toml` is read in file.py.
"""

import os
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from imnot_core.errors import SettingsError
from imnot_core.settings.file import FILE_NAME, SettingsFile
from imnot_core.settings.options import FLAGS as OPTION_FLAGS
from imnot_core.settings.options import Options, collected
from imnot_core.settings.places import (
    MEMORY,
    find_beside,
    find_database,
    find_file,
    find_partners_dir,
    is_file_database,
    pid_file,
    store_scheme,
)
from imnot_core.settings.text import READERS
from imnot_core.targets import Targets

__all__ = ["Settings", "find_database", "find_partners_dir", "pid_file", "resolve", "store_scheme"]

DAY: Final = 86400.0
DEFAULT_DB: Final = "imnot.db"
LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "0.0.0.0", "::"})  # noqa: S104 - nothing is bound here

SECRETS: Final = frozenset({"admin_key"})
"""What no repr and no message shows."""

FLAGS: Final[Mapping[str, str]] = {"plugins": "--plugin", "without_apis": "--without-api"}
"""The flags that are not named after their setting."""


def _must(rule: str, purpose: str, **limits: Any) -> Meta:
    return Meta(description=purpose, extra={"must": rule}, **limits)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a command or server was told. Made by `resolve`; the constructor itself checks nothing.

    Its repr hides the admin key.
    """

    host: Annotated[
        str,
        _must("an address or host name", "The address to listen on.", pattern=r"^[^\s/\[\]]+\Z"),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        _must(
            "a whole number from 0 to 65535",
            "The port to listen on; 0 takes a free one.",
            ge=0,
            le=65535,
        ),
    ] = 8000
    partners_dir: Annotated[
        str,
        _must(
            "the name of a folder",
            "The folder of the partner files; looked for upwards.",
            pattern=r"^[^\0]+\Z",
        ),
    ] = "partners"
    db: Annotated[
        str,
        _must(
            "the name of a file, `:memory:` or the URL of a store",
            "The database; looked for upwards, and there also in `data/`.",
            pattern=r"^[^\0]*[^\0./\\][^\0]*\Z",
        ),
    ] = DEFAULT_DB
    base_url: Annotated[
        str,
        _must(
            "an address such as https://mocks.example.org",
            "Where clients reach the server; `http://localhost:<port>` if empty.",
            pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?\Z",
        ),
    ] = ""
    admin_key: Annotated[
        str,
        _must(
            "a text without control characters or blanks around it, to be sent in a header",
            "What admin requests must carry; open to everybody if empty.",
            pattern=r"^([^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?)?\Z",
        ),
    ] = ""
    workers: Annotated[
        int,
        _must("a whole number, 1 or more", "How many processes answer.", ge=1),
    ] = 1
    reload: Annotated[
        bool,
        _must("true or false", "Read the partner files again when they change."),
    ] = False
    log_requests: Annotated[
        bool | None,
        _must("true or false", "Log a line per request; if not set, the command decides."),
    ] = None
    body_limit: Annotated[
        int,
        _must(
            "a size from 1 byte to 1024 GB, such as 500000, `512 kB` or `10MB`",
            "The largest request body in bytes. A kB is 1024 bytes, an MB 1024 kB.",
            ge=1,
            le=1024**4,
        ),
    ] = 10 * 1024 * 1024
    callback_timeout: Annotated[
        float,
        _must(
            "a number of seconds above 0, at most a day",
            "How long a callback's receiver may take, in seconds.",
            gt=0,
            le=DAY,
        ),
    ] = 10.0
    callback_allow: Annotated[
        tuple[str, ...],
        _must(
            "a list of hosts, addresses and networks such as *.example.com, 10.0.0.0/8 and"
            " localhost:9000",
            "Where callbacks may go; everywhere if empty.",
        ),
    ] = ()
    stop_timeout: Annotated[
        float,
        _must(
            "a number of seconds from 0 to a day",
            "How long to wait for the server's end, in seconds.",
            ge=0,
            le=DAY,
        ),
    ] = 5.0
    journal_size: Annotated[
        int,
        _must(
            "a whole number, 0 or more",
            "How many requests the journal keeps; with 0 there is none.",
            ge=0,
        ),
    ] = 10_000
    session_host: Annotated[
        str,
        _must(
            "a host name such as session.localhost",
            "Requests to `<session>.<this host>` belong to that session; none do if empty.",
            pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)*)?\Z",
        ),
    ] = ""
    plugins: Annotated[
        tuple[str, ...],
        _must("a list of texts module:attribute", "Plugins that are no package yet."),
    ] = ()
    without_apis: Annotated[
        tuple[str, ...],
        _must("a list of names of API plugins", "Management APIs to leave out."),
    ] = ()
    options: Options = {}
    """Of plugins, by their names; see options.py. Which there are, the plugins decide."""
    file: Path | None = None
    """The imnot.toml that was read."""
    warnings: tuple[str, ...] = ()
    """What people should be told about the settings, although they can be used."""

    @property
    def public_url(self) -> str:
        """Where clients reach the server, without a trailing slash: `base_url`, else host and port.

        A server that listens on all addresses or on 127.0.0.1 is `localhost`. With port 0 this is
        of use only once the real port was put in its place.
        """
        if self.base_url:
            return self.base_url.rstrip("/")
        host = "localhost" if self.host in LOCAL_HOSTS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = msgspec.structs.asdict(self).items()
        return [(name, "***" if value and name in SECRETS else value) for name, value in values]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Settings({shown})"


@dataclass(frozen=True, slots=True, repr=False)
class _Given:
    """A value as a source gave it, and how that source calls it and where it stands."""

    value: Any
    name: str
    place: Callable[[], str] | None = None


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], start: Path) -> Settings:
    """The settings in effect for a command that is started in the folder `start`.

    `flags` are by field; None and the empty tuple mean that a flag was not given. Raises
    SettingsError with all that is wrong: the flag, the variable, or file, line and key.
    """
    spoken = _from_environment(environment) | _from_flags(flags)
    file = _file_for(spoken["db"].value if "db" in spoken else DEFAULT_DB, start)
    problems = list(file.problems) if file else []
    options, faults = collected(file.options if file else {}, environment, flags, start)
    problems += faults
    values: dict[str, Any] = {}
    for field, given in (_from_file(file) | spoken).items():
        try:
            values[field] = _converted(field, given)
        except ValueError:
            problems.append(_fault(field, given))
    if values.get("workers", 1) > 1 and values.get("db") == MEMORY:
        problems.append(f"several workers cannot share the database {MEMORY}; give them a file")
    if problems:
        raise SettingsError("\n".join(problems))
    if file is None:
        return Settings(**values, options=options)
    return Settings(**values, options=options, file=file.path, warnings=tuple(file.warnings))


def _from_flags(flags: Mapping[str, Any]) -> dict[str, _Given]:
    if unknown := flags.keys() - _types().keys() - OPTION_FLAGS:
        raise TypeError(f"there are no settings {', '.join(sorted(unknown))}")
    return {
        field: _Given(value, FLAGS.get(field, f"--{field.replace('_', '-')}"))
        for field, value in flags.items()
        if value is not None and value != () and field not in OPTION_FLAGS
    }


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    variables = {field: f"IMNOT_{field.upper()}" for field in _types()}
    return {
        field: _Given(text, variable)
        for field, variable in variables.items()
        if (text := environment.get(variable))
    }


def _from_file(file: SettingsFile | None) -> dict[str, _Given]:
    if file is None:
        return {}
    return {
        field: _Given(
            one.value, f"{one.key} in [{one.section}]", partial(file.place, one.section, one.key)
        )
        for field, one in file.values.items()
    }


def _file_for(db: object, start: Path) -> SettingsFile | None:
    # Beside the database first: a server that is pointed at the database of another project gets
    # the settings of that project.
    found = find_database(str(db), start)
    beside = find_beside(FILE_NAME, found) if is_file_database(found) else None
    path = beside or find_file(FILE_NAME, start)
    if path is None:
        return None
    near = path.is_relative_to(start.absolute())
    return SettingsFile(path, str(path.relative_to(start.absolute()) if near else path))


def _converted(field: str, given: _Given) -> Any:
    value = os.fspath(given.value) if isinstance(given.value, os.PathLike) else given.value
    is_toml = given.place is not None
    if isinstance(value, str) and (not is_toml or field == "body_limit"):
        value = READERS.get(field, str.strip)(value)
    converted = msgspec.convert(value, _types()[field], strict=is_toml)
    if field == "callback_allow":
        Targets(converted)
    return converted


def _fault(field: str, given: _Given) -> str:
    rule = next(meta.extra["must"] for meta in _types()[field].__metadata__ if meta.extra)
    shown = "" if field in SECRETS else f" is {reprlib.repr(given.value)}, but"
    place = f"{given.place()}: " if given.place else ""
    return f"{place}{given.name}{shown} must be {rule}"


def _types() -> dict[str, Any]:
    fields = msgspec.structs.fields(Settings)
    elsewhere = {"options", "file", "warnings"}
    return {field.name: field.type for field in fields if field.name not in elsewhere}
