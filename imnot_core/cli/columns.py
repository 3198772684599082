"""Text in columns, and JSON, as commands print them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import rich_click as click

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def cell(text: str, width: int) -> str:
    """Pad a text to a width. One that is too long is followed by a space all the same."""
    return text.ljust(width) if len(text) < width else f"{text} "


def row(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Put texts into columns; those without a width follow as they are."""
    padded = [cell(text, width) for text, width in zip(texts, widths, strict=False)]
    return "".join([*padded, *texts[len(widths) :]]).rstrip()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose columns are as wide as they must be."""
    lines = [head, *rows]
    widths = [max(len(line[number]) for line in lines) + 2 for number in range(len(head) - 1)]
    return [row(line, widths) for line in lines]


def print_json(value: Any) -> None:
    """Print a value as JSON, indented by 2, in ASCII."""
    click.echo(json.dumps(value, indent=2))


def ascii_json(text: str) -> str:
    """Escape what is not ASCII in a JSON text; all else stays as it is."""
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
