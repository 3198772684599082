"""Entries of the journal as JSON, for people and tests."""

from __future__ import annotations

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from imnot_core.clock import instant
from imnot_core.content_types import is_json
from imnot_core.credentials import secrets_in
from imnot_core.messages import parse_json
from imnot_core.store.journal_entries import JournalEntry

HIDDEN: Final = "(the admin key)"
Text = str | list[str]

_UTF8: Final = getincrementaldecoder("utf-8")


def shown_entry(entry: JournalEntry, is_key: Callable[[str], bool]) -> dict[str, Any]:
    """An entry with all that is known; `is_key` tells the admin key, which is not repeated.

    Bodies are JSON where they are JSON, else text, else base64; `encoding` says which.
    """
    shown: dict[str, Any] = {
        **entry_summary(entry),
        "query": _together(parse_qsl(entry.query, keep_blank_values=True)),
        "headers": _together(_without_key(entry.headers, is_key)),
        **_body(entry.body, entry.body_size, entry.headers),
        "response": _response(entry),
    }
    if entry.data is not None:
        shown["data"] = entry.data
    return shown


def entry_summary(entry: JournalEntry) -> dict[str, Any]:
    """An entry in a few words: which it is, who answered, and how."""
    found: dict[str, Any] = {
        "id": entry.id,
        "kind": entry.kind,
        "at": instant(entry.at),
        "session": entry.session,
        "source": entry.source or None,
        "partner": entry.partner,
        "datapoint": entry.datapoint,
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "duration_seconds": None if entry.duration is None else round(entry.duration, 6),
    }
    if entry.problem:
        found["problem"] = entry.problem
    if entry.kind == "callback":
        found["url"] = entry.url
        found["attempt"] = entry.attempt
    return found


def _response(entry: JournalEntry) -> dict[str, Any] | None:
    body, size = entry.response_body, entry.response_size
    if body is None or size is None:
        return None
    headers = entry.response_headers
    return {"headers": _together(headers), **_body(body, size, headers)}


def _body(body: bytes, size: int, headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    if not size:
        return {"body": None}
    shown: dict[str, Any] = {"body": None, "encoding": "base64", "size": size}
    is_cut = size > len(body)
    if is_cut:
        shown["truncated"] = True
    content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
    if not is_cut and (is_json(content_type) or (not content_type and body[:1] in b"{[")):
        try:
            return shown | {"body": parse_json(body), "encoding": "json"}
        except ValueError:
            pass
    try:
        return shown | {"body": _UTF8().decode(body, final=not is_cut), "encoding": "text"}
    except UnicodeDecodeError:
        return shown | {"body": b64encode(body).decode()}


def _together(pairs: Iterable[tuple[str, str]]) -> dict[str, Text]:
    """Names with their values: a text, or a list where there are several."""
    found: dict[str, Text] = {}
    for name, value in pairs:
        known = found.get(name)
        if known is None:
            found[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            found[name] = [known, value]
    return found


def _without_key(
    headers: Iterable[tuple[str, str]], is_key: Callable[[str], bool]
) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        has_key = any(is_key(secret) for secret in secrets_in({name: value}))
        yield name, HIDDEN if has_key else value
