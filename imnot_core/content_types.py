"""Content types: that of a file by its suffix, and which ones mean JSON."""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath
from typing import Any, Final

JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"
LONGEST: Final = 255

# RFC 9110, 8.3.1: a type, a subtype, and parameters. The names are those of RFC 6838, 4.2: `*/*` is
# what a client accepts, and the type of nothing.
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9!#$&.+^_-]*"
_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_VALUE: Final = rf'(?:{_WORD}|"(?:[^"\\\x00-\x1f\x7f-\U0010ffff]|\\[\x20-\x7e])*")'
_FORM: Final = re.compile(rf"({_NAME}/{_NAME})[ \t]*((?:;[ \t]*(?:{_WORD}={_VALUE})?[ \t]*)*)\Z")
_CHARSET: Final = re.compile(rf";[ \t]*(?i:charset)=({_VALUE})")


# Without the files of the machine, so that a suffix means the same everywhere; what the table of
# this Python does not have, or has only in some versions, is added.
@cache
def _known() -> Any:
    from mimetypes import MimeTypes  # noqa: PLC0415 - 5 ms, for those who name files

    return MimeTypes(filenames=())


_OURS: Final = {
    ".xml": "application/xml",
    ".xsd": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".ics": "text/calendar",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".wasm": "application/wasm",
}


def of_suffix(name: str) -> str | None:
    """Return the content type that the suffix of a file name stands for, None for unknown ones."""
    suffix = PurePath(name).suffix.lower()
    return _OURS.get(suffix) or _known().guess_type(f"file{suffix}")[0]


def of_file(name: str, content: bytes) -> str:
    """Return the content type of a file: by its suffix; text says that it is UTF-8 where it is."""
    found = of_suffix(name) or BINARY
    return f"{found}; charset=utf-8" if found.startswith("text/") and _is_utf8(content) else found


def essence(content_type: str) -> str:
    """The type alone, in lower case: without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Tell whether what has this type is JSON: `application/json`, or a type that ends so."""
    kind = essence(content_type)
    return kind == JSON or kind.endswith("+json")


def charset(content_type: str) -> str:
    """The charset that text of this type is written in; UTF-8 unless it says another."""
    found = _CHARSET.search(content_type)
    return found.group(1).strip('"') if found else "utf-8"


def fault(content_type: str) -> str:
    """Say why a text is no content type; "" if it is one."""
    if len(content_type) > LONGEST or not _FORM.match(content_type):
        return f"{content_type!r} is no content type"
    try:
        "".encode(charset(content_type))
    except LookupError:
        return f"{content_type!r} names a charset that is not known"
    return ""


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
