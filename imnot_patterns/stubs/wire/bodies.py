"""The body of a control request → the JSON object that every payload is."""

from __future__ import annotations

import re
from typing import Any, Final

from imnot_core import JSON_CONTENT_TYPE, ReplyError, parse_json
from imnot_patterns.payloads.details import Detail, Unprocessable, shown

UNREADABLE: Final = "There was an error parsing the body"
"""The detail of the answer 400 to what is no text, or nested too deep."""

_POSITION: Final = re.compile(r" \(byte (\d+)\)$")


def object_of(body: bytes, content_type: str) -> dict[str, Any]:
    """Read the body of a control request.

    Raises Unprocessable (422) for what is no JSON object or not said to be JSON, ReplyError (400)
    for what cannot be read at all.
    """
    if not body:
        raise Unprocessable([Detail("missing", ("body",), "a JSON object is required", None)])
    if not is_json(content_type):
        message = f"send it with the header Content-Type: {JSON_CONTENT_TYPE}"
        text = shown(body.decode(errors="replace"))
        raise Unprocessable([Detail("dict_type", ("body",), message, text)])
    value = _parsed(body)
    if isinstance(value, dict):
        return value
    raise Unprocessable([Detail("dict_type", ("body",), "must be an object", shown(value))])


def is_json(content_type: str) -> bool:
    """Whether a media type, with or without parameters, is one of JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == JSON_CONTENT_TYPE or media_type.endswith("+json")


def _parsed(body: bytes) -> Any:
    try:
        body.decode()
        return parse_json(body)
    except UnicodeDecodeError:
        raise ReplyError(400, UNREADABLE) from None
    except ValueError as error:
        if isinstance(error.__cause__, RecursionError):
            raise ReplyError(400, UNREADABLE) from None
        raise Unprocessable([_syntax(str(error), body)]) from None


def _syntax(message: str, body: bytes) -> Detail:
    found = _POSITION.search(message)
    position = int(found[1]) if found else len(body)
    return Detail("json_invalid", ("body", position), f"invalid JSON: {message}", {})
