"""What keeps a stub from ever answering a request: criteria that no request can satisfy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

from msgspec import UNSET

from imnot_patterns.stubs.nearmiss.clues import equal_to, named
from imnot_patterns.stubs.nearmiss.paths import quoted
from imnot_patterns.stubs.nearmiss.showing import shown
from imnot_patterns.stubs.stub import Stub

_SHOWN: Final = 60
_METHOD: Final = re.compile(r"[A-Z][A-Z-]*")


def obstacles(stub: Stub) -> Iterator[str]:
    """Yield in words why no request, or hardly any, is answered by a stub."""
    if stub.max_calls is not None and stub.max_calls <= 0:
        yield f"it never answers: its max_calls is {stub.max_calls}"
    request = stub.request
    yield from _method(equal_to(request.method))
    if isinstance(request.path, str):
        yield from _path(request.path)
    yield from _host(equal_to(request.host))
    for kind, wire in (("header", request.headers), ("query parameter", request.query)):
        for name, each in named(wire).items():
            yield from _value(f"the {kind} {quoted(str(name))}", equal_to(each), kind)


def _method(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or _METHOD.fullmatch(value):
        return
    better = value.strip().upper()
    remedy = f": write {shown(better)}" if _METHOD.fullmatch(better) else ""
    yield f"no request has the method {shown(value, _SHOWN)}{remedy}"


def _path(path: str) -> Iterator[str]:
    before, mark, query = path.partition("?")
    if path.lower().startswith(("http://", "https://")):
        yield f"no path begins with {quoted(path)}: the host goes into `host`"
    elif mark:
        yield f"a path has no query: write {quoted(before)}, and {quoted(query)} into `query`"
    elif (decoded := unquote(path)) != path:
        yield (
            f"a request's path is decoded before it is compared: write {quoted(decoded)},"
            f" or only paths that are encoded twice fit"
        )


def _host(value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        return
    name, mark, port = value.rpartition(":")
    if mark and port.isdecimal() and (":" not in name or name.startswith("[")):
        better = name.strip("[]").lower()
        yield f"a host is compared without its port: write {shown(better, _SHOWN)}"
    elif value != value.lower():
        yield f"a host is compared in lower case: write {shown(value.lower(), _SHOWN)}"


def _value(what: str, value: Any, kind: str) -> Iterator[str]:
    if value is UNSET:
        return
    if not isinstance(value, str):
        text = shown(value, _SHOWN)
        yield f"{what} is always a text, and never equals {text}: write {shown(text, _SHOWN)}"
    elif kind == "header" and value != value.strip(" \t"):
        yield f"{what} never has blanks around it: write {shown(value.strip(), _SHOWN)}"
    elif kind == "header" and any(each > "\xff" or each in "\r\n\0" for each in value):
        yield f"{what} cannot be {shown(value, _SHOWN)}: it has characters that no header can have"
