"""What a plugin must be before it is used: every finding is told, none is only the first."""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from imnot_core.models import NAME_PATTERN, Datapoint
from imnot_core.plugin import API_VERSION

CORE_PREFIXES: Final = ("/imnot", "/healthz")
"""The paths of imnot itself; no API plugin may own them, but a resource of the admin API."""
ADMIN_PREFIX: Final = "/imnot/admin"
ADMIN_RESOURCES: Final = frozenset(
    ["partners", "sessions", "overrides", "reload", "postman", "problems", "requests"]
)
"""What the admin API of imnot itself has below `/imnot/admin`."""

_MISSING: Final = object()


def pattern_findings(plugin: object, name: str) -> list[str]:
    """Everything that keeps the object from being the pattern of that name."""
    return [
        *_name_findings(plugin, name),
        *_version_findings(plugin),
        *_config_findings(_read(plugin, "config")),
        *_method_findings(plugin, "compile", "datapoint", "context"),
        *_example_findings(_read(plugin, "example")),
    ]


def api_findings(plugin: object, name: str) -> list[str]:
    """Everything that keeps the object from being the API plugin of that name."""
    return [
        *_name_findings(plugin, name, aliased=False),
        *_version_findings(plugin),
        *_prefixes_findings(_read(plugin, "prefixes")),
        *_consumer_findings(plugin),
        *_method_findings(plugin, "controllers", "services"),
        *_method_findings(plugin, "respond", "request", wants_async=True),
    ]


def importer_findings(plugin: object, name: str) -> list[str]:
    """Everything that keeps the object from being the importer of that name."""
    return [
        *_name_findings(plugin, name, aliased=False),
        *_version_findings(plugin),
        *_method_findings(plugin, "partner", "text", "name", "source"),
    ]


def store_findings(factory: object, name: str) -> list[str]:
    """Everything that keeps the object from making stores; it is called with a URL and a clock."""
    if not callable(factory):
        return [f"the store {name!r} is {_shown(factory)}, which cannot be called (url, clock)"]
    return list(_signature_findings("the store", factory, ("url", "clock")))


def commands_findings(plugin: object, name: str) -> list[str]:
    """Everything that keeps the object from having commands."""
    findings = list(_method_findings(plugin, "commands"))
    if findings and _is_command(plugin):
        findings.append(f"{name!r} seems to be a command itself: name a class that returns it")
    return findings


def command_list_findings(commands: object) -> list[str]:
    """Everything that is wrong with what `commands()` returned."""
    if isinstance(commands, str) or not isinstance(commands, Sequence):
        return [f"commands() returned {_shown(commands)}, not a sequence of click commands"]
    return [
        f"commands() returned {_shown(one)}, which is no click command"
        for one in commands
        if not _is_command(one)
    ]


def overlapping(one: str, other: str) -> bool:
    """Tell whether two URL prefixes are the same or one lies below the other."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def owned_prefixes(plugin: Any) -> tuple[str, ...]:
    """All URL prefixes that belong to an API plugin that has no findings."""
    return (*plugin.prefixes, *getattr(plugin, "consumer_prefixes", ()))


def has(plugin: object, attribute: str) -> bool:
    """Tell whether the object has the attribute, even one that cannot be read."""
    return _read(plugin, attribute) is not _MISSING


def own_names(plugin: object, *, aliased: bool) -> tuple[str, ...]:
    """The name that an object gives itself, and its aliases, as far as they are valid texts."""
    aliases = _read(plugin, "aliases") if aliased else ()
    given = (_read(plugin, "name"), *(aliases if isinstance(aliases, tuple) else ()))
    return tuple(dict.fromkeys(one for one in given if _is_name(one)))


def _name_findings(plugin: object, asked: str, *, aliased: bool = True) -> Iterator[str]:
    name = _read(plugin, "name")
    if name is _MISSING:
        yield f"it has no name (write name = {asked!r})"
    elif not _is_name(name):
        yield f"name is {_shown(name)}, not a text of 1 to 64 letters, digits, '_' and '-'"
    others = _read(plugin, "aliases") if aliased else ()
    if others is _MISSING:
        yield "it has no aliases (write aliases = () for none)"
    elif not isinstance(others, tuple) or not all(_is_name(one) for one in others):
        yield f"aliases is {_shown(others)}, not a tuple of names"
    elif _is_name(name) and asked not in {name, *others}:
        also = f" and its aliases are {', '.join(map(repr, others))}" if others else ""
        yield f"it is declared as {asked!r}, but its name is {name!r}{also}"


def _version_findings(plugin: object) -> Iterator[str]:
    version = _read(plugin, "api_version")
    if version is _MISSING:
        yield f"it has no api_version (this imnot speaks {API_VERSION})"
    elif type(version) is not int or version < 1:
        yield f"api_version is {_shown(version)}, not a whole number such as {API_VERSION}"
    elif version != API_VERSION:
        remedy = "upgrade imnot" if version > API_VERSION else "upgrade the plugin"
        yield f"written for plugin API {version}, this imnot speaks {API_VERSION}: {remedy}"


def _config_findings(config: object) -> Iterator[str]:
    if config is _MISSING:
        yield "it has no config (the struct of one datapoint)"
        return
    if not (isinstance(config, type) and issubclass(config, Datapoint)):
        yield f"config is {_shown(config)}, not a subclass of imnot_core.Datapoint"
        return
    if not config.__struct_config__.frozen:
        yield f"config {config.__name__} is not frozen; leave out frozen=False"
    if not config.__struct_config__.forbid_unknown_fields:
        yield f"config {config.__name__} lets unknown fields pass; forbid_unknown_fields must stay"
    try:
        msgspec.json.schema(config)
    except Exception as error:  # noqa: BLE001 - whatever the types of a stranger's struct raise
        yield f"no schema can be made of config {config.__name__}: {_told(error)}"


def _example_findings(example: object) -> Iterator[str]:
    if example is _MISSING:
        yield "it has no example (a datapoint as YAML, ready to paste)"
    elif not isinstance(example, str) or not example.strip():
        yield f"example is {_shown(example)}, not a datapoint as YAML text"


def _prefixes_findings(prefixes: object) -> Iterator[str]:
    if prefixes is _MISSING:
        yield "it has no prefixes (the URL prefixes that it owns)"
    elif not isinstance(prefixes, tuple):
        yield f"prefixes is {_shown(prefixes)}, not a tuple such as ('/__mock__',)"
    else:
        for prefix in prefixes:
            if fault := _prefix_fault(prefix):
                yield f"prefix {_shown(prefix)} {fault}"


def _consumer_findings(plugin: object) -> Iterator[str]:
    given = _read(plugin, "consumer_prefixes")
    if given is _MISSING:
        return
    for finding in _prefixes_findings(given):
        yield f"consumer_prefixes: {finding}"
    managed = _read(plugin, "prefixes")
    if isinstance(given, tuple) and isinstance(managed, tuple):
        for one in filter(_is_text, given):
            for other in filter(_is_text, managed):
                if overlapping(one, other):
                    yield f"its consumer prefix {one!r} overlaps with its prefix {other!r}"


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _prefix_fault(prefix: object) -> str:
    if not isinstance(prefix, str):
        return "is not a text"
    if prefix == "/":
        return "would take every path: own a folder such as '/__mock__'"
    if not re.fullmatch(r"(/[^/\s?#{}]+)+", prefix):
        return "is not of the form '/one' or '/one/two'"
    place, _, resource = prefix.rpartition("/")
    if place == ADMIN_PREFIX and resource not in ADMIN_RESOURCES:
        return ""
    owned = next((core for core in CORE_PREFIXES if overlapping(prefix, core)), None)
    return f"belongs to imnot itself ({owned})" if owned else ""


def _method_findings(
    plugin: object, method: str, *parameters: str, wants_async: bool = False
) -> Iterator[str]:
    given = _read(plugin, method)
    if given is _MISSING:
        yield f"it has no method {method}({', '.join(parameters)})"
    elif not callable(given):
        yield f"{method} is {_shown(given)}, not a method"
    else:
        is_async = inspect.iscoroutinefunction(inspect.unwrap(given))
        if is_async is not wants_async:
            yield f"{method} must {'be' if wants_async else 'not be'} an `async def`"
        yield from _signature_findings(method, given, parameters)


def _signature_findings(
    what: str, given: Callable[..., Any], parameters: tuple[str, ...]
) -> Iterator[str]:
    try:
        signature = inspect.signature(given)
    except (TypeError, ValueError):
        return  # written in C: nothing to compare with
    try:
        signature.bind(*parameters)
    except TypeError as error:
        yield f"{what}{_bare(signature)} cannot be called as ({', '.join(parameters)}): {error}"


def _bare(signature: inspect.Signature) -> str:
    # With their annotations, signatures are too long to be read in an error.
    kept = [one.replace(annotation=one.empty) for one in signature.parameters.values()]
    return str(inspect.Signature(kept))


def _read(plugin: object, attribute: str) -> Any:
    try:
        return getattr(plugin, attribute, _MISSING)
    except Exception as error:  # noqa: BLE001 - a property of a stranger; told as a finding
        return error


def _is_command(value: object) -> bool:
    # By its shape: click is not imported by what is no command line.
    return all(callable(_read(value, method)) for method in ("make_context", "invoke"))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(NAME_PATTERN, value) is not None


def _shown(value: object) -> str:
    if isinstance(value, Exception):
        return f"unreadable ({_told(value)})"
    try:
        return reprlib.repr(value)
    except Exception:  # noqa: BLE001 - reprlib shields only some types from a broken __repr__
        return f"an object of {type(value).__name__}"


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
