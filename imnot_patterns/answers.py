"""What several patterns answer with: constant replies, and JSON bodies of partner files."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any

from msgspec import Meta

from imnot_core import Fault, Handler, Reply, Request, encode_json, parse_json

FieldName = Annotated[str, Meta(min_length=1)]


def constant(reply: Reply) -> Handler:
    """A handler that always gives the same reply object, whose encoded form is kept."""

    async def answer(_request: Request) -> Reply:
        return reply

    return answer


def json_value(written: Any) -> Any:
    """The JSON value that a written body stands for.

    Text that holds a JSON object or array stands for that; all else, other text too, for itself.
    """
    if not isinstance(written, str) or not written.lstrip().startswith(("{", "[")):
        return written
    try:
        return parse_json(written.encode())
    except ValueError:
        return written


def body_faults(written: Any) -> list[Fault]:
    """Say what keeps a written body from being sent as JSON: nothing, or one fault of `body`."""
    try:
        fault = _unfit(written, "body")
        if fault is None:
            encode_json(written)
    except RecursionError:
        fault = ("contains itself or is nested too deeply", "remove the alias that leads back")
    except (TypeError, ValueError, OverflowError) as error:
        fault = (f"cannot be written as JSON: {error}", "write it as a text in quotes")
    return [("body", *fault)] if fault else []


def _unfit(value: Any, where: str) -> tuple[str, str] | None:
    # The encoder would write an infinite number as null and the key 1 as "1": not what was meant.
    if isinstance(value, float) and not isfinite(value):
        return f"{where} is {value}, a number that JSON does not have", "write it in quotes"
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                return f"the key {key} in {where} is no text", f'write it in quotes: "{key}"'
        inner = [(item, f"{where}.{key}") for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        inner = [(item, f"{where}[{index}]") for index, item in enumerate(value)]
    else:
        return None
    return next((fault for item, at in inner if (fault := _unfit(item, at))), None)
