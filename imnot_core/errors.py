"""Everything that imnot raises on purpose.

    ImnotError
    ├─ SettingsError              a flag, environment variable or imnot.toml that cannot be used
    ├─ PluginError                names the plugin and the package that brought it
    │  ├─ UnknownPlugin           nothing that is installed or named directly has this name
    │  ├─ PluginLoadError         it could not be imported or constructed
    │  └─ PluginContractError     it was loaded, and is not what it claims to be
    ├─ PartnerError               a partner file that is refused, with every problem found in it
    ├─ RouteConflict              two owners of one method and path
    ├─ StoreError                 the store cannot be read or written
    ├─ ReplyError                 raised by a handler to answer with a status and a detail
    │  └─ PayloadMissing          404: nothing was uploaded for the datapoint (or the session)
    └─ StreamBroken               raised by the stream of a reply: what it passes on has broken off

    ValueError
    └─ FieldError                 raised by a config struct: which of its fields do not go together

A message says where, what, and what would be right. None of them is ever shown as a traceback by
the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class ImnotError(Exception):
    """Base of everything that imnot raises on purpose."""


class SettingsError(ImnotError):
    """A setting that cannot be used; the message names the place it came from."""


class PluginError(ImnotError):
    """A plugin that cannot be used.

    `plugin` is the entry-point name, `package` and `version` the distribution that declares it
    ("" where it was named directly, by `--plugin` or imnot.toml).
    """

    def __init__(self, plugin: str, message: str, *, package: str = "", version: str = "") -> None:
        origin = f" (from {package} {version})" if package else ""
        super().__init__(f"plugin {plugin!r}{origin}: {message}")
        self.plugin = plugin
        self.reason = message
        self.package = package
        self.version = version


class UnknownPlugin(PluginError):
    """No plugin has this name; the message suggests the nearest one that is there, or lists all."""


class PluginLoadError(PluginError):
    """The plugin could not be imported or constructed."""


class PluginContractError(PluginError):
    """The plugin was loaded, but is not what the interface asks for: all findings at once."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where it is, what it is, what to write instead.

    `line` and `column` count from 1; 0 means that the place is not known. `path` leads to the value
    inside the document, for instance `datapoints[0].endpoints[1].response.status`.
    """

    source: str
    message: str
    hint: str = ""
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        at = f" (at {self.path})" if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}: {self.message}{at}{hint}"


class PartnerError(ImnotError):
    """A partner file that is refused. `problems` holds all that is wrong in it, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class RouteConflict(ImnotError):
    """Two endpoints want the same requests; `first` was there, `second` came later.

    Both are texts that name the owner, for instance `acme/orders (partners/acme/partner.yaml:7:9)`.
    """

    def __init__(self, route: str, first: str, second: str) -> None:
        super().__init__(f"{route} of {second} is already served by {first}")
        self.route = route
        self.first = first
        self.second = second


class StoreError(ImnotError):
    """The store cannot be opened, read or written; the message names the file and the cause."""


class ReplyError(ImnotError):
    """Raised by a handler to answer `{"detail": ...}` with a status, instead of returning."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class PayloadMissing(ReplyError):
    """404: the datapoint has no payload, or the session has none for it."""

    def __init__(self, detail: str) -> None:
        super().__init__(404, detail)


class StreamBroken(ImnotError):
    """Raised by the stream of a reply whose source has failed: the client's connection breaks, too.

    The message is logged in one line; it is no failure of the handler.
    """


class FieldError(ValueError):
    """Raised in `__post_init__` of a config struct: fields that are wrong or do not go together.

    Each fault is (field, message, hint), where the field may be a path such as
    `endpoints[1].step`; the error of the partner file names the line of it.
    """

    def __init__(self, *faults: tuple[str, str, str]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{field}: {message}" for field, message, _ in faults))
