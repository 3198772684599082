"""The text of a specification → plain data, and the place of what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from imnot_core import PartnerError, parse_json, read_document
from imnot_patterns.openapi.specification import Specification, SpecificationError, Unusable

MAX_DEPTH: Final = 200  # mappings and lists inside one another

# One JSON object, maybe between the markers of a YAML document.
_JSON: Final = re.compile(r"\ufeff?\s*(?:---\s)?\s*(\{.*\})\s*(?:\n\.\.\.\s*)?", re.DOTALL)
_VERSION: Final = re.compile(r"3\.(\d+)(?:\.\d+)?(?:[-+].*)?")

Path = tuple[str | int, ...]


def read(text: str | bytes) -> Specification:
    """Read an OpenAPI 3 document, which is YAML 1.2 or JSON. Raises SpecificationError."""
    if isinstance(text, bytes):
        text = _decoded(text)
    document = _plain(_data(text))
    if not isinstance(document, dict):
        raise SpecificationError("a specification is a mapping", hint="begin with `openapi: 3.1.0`")
    specification = Specification(openapi=_version(document, text), document=document, text=text)
    _check_paths(specification)
    info = document.get("info")
    info = info if isinstance(info, dict) else {}
    servers = document.get("servers")
    urls = [server.get("url") for server in _mappings(servers)]
    return Specification(
        title=_text(info.get("title")),
        description=_text(info.get("description")),
        version=_text(info.get("version")),
        servers=tuple(url for url in urls if isinstance(url, str)),
        openapi=specification.openapi,
        document=document,
        text=text,
    )


def error_of(specification: Specification, fault: Unusable) -> SpecificationError:
    """Return the error to show for a fault: with line, column and path where they are found."""
    path = _path_to(specification.document, fault.node)
    if path is None:
        return SpecificationError(fault.reason, hint=fault.hint)
    if fault.key is not None:
        path = (*path, fault.key)
    line, column = _place(specification.text, path)
    shown = ".".join(map(str, path))
    return SpecificationError(fault.reason, hint=fault.hint, line=line, column=column, path=shown)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise SpecificationError(f"not UTF-8: {error}", hint="save it as UTF-8") from None


def _data(text: str) -> Any:
    json = _JSON.fullmatch(text)
    if json is not None:
        try:
            return parse_json(json[1].encode())
        except ValueError:
            pass  # the reader of YAML says where the mistake is, or knows what it means
    try:
        return read_document(text, "specification").data
    except PartnerError as error:
        first = error.problems[0]
        raise SpecificationError(
            first.message, hint=first.hint, line=first.line, column=first.column
        ) from None


def _plain(data: Any) -> Any:
    """Return the data with texts for keys; what is shared by aliases stays shared."""
    done: dict[int, Any] = {}

    def plain(value: Any, depth: int) -> Any:
        if not isinstance(value, dict | list):
            return value
        if id(value) in done:
            return done[id(value)]
        if depth > MAX_DEPTH:
            raise SpecificationError(f"more than {MAX_DEPTH} levels inside one another")
        made: Any
        if isinstance(value, list):
            made = [plain(item, depth + 1) for item in value]
        else:
            made = {}
            for key, item in value.items():
                made.setdefault(_key(key), plain(item, depth + 1))
        done[id(value)] = made
        return made

    return plain(data, 0)


def _key(key: Any) -> str:
    """Return a key as it was written, or nearly: `200`, `true`, `null`."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key)


def _version(document: dict[str, Any], text: str) -> str:
    if "openapi" not in document:
        hint = "begin with `openapi: 3.1.0`"
        if "swagger" in document:
            hint = "convert Swagger 2.0 to OpenAPI 3 first"
        raise SpecificationError("`openapi` is missing", hint=hint)
    version = document["openapi"]
    written = str(version) if isinstance(version, float | str) else ""
    found = _VERSION.fullmatch(written)
    if found is None:
        fault = Unusable(
            f"`{_shown(version)}` is no version that can be read",
            document,
            key="openapi",
            hint="3.0 and 3.1 can",
        )
        raise error_of(Specification(openapi="", document=document, text=text), fault)
    return written


def _check_paths(specification: Specification) -> None:
    document = specification.document
    paths = document.get("paths")
    if isinstance(paths, dict):
        return
    optional = not specification.openapi.startswith("3.0")
    if (
        optional
        and "paths" not in document
        and ("webhooks" in document or "components" in document)
    ):
        return
    reason = "`paths` is not a mapping" if "paths" in document else "`paths` is missing"
    raise error_of(
        specification, Unusable(reason, document, key="paths", hint="`paths: {}` is the least")
    )


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    return value if isinstance(value, str) else _key(value)


def _shown(value: Any) -> str:
    return str(value) if len(str(value)) <= 40 else f"{str(value)[:40]}…"


def _path_to(document: dict[str, Any], node: Any) -> Path | None:
    """Return the way to a mapping or list in the document, the first one if it is shared."""
    if node is document:
        return ()
    seen: set[int] = set()
    waiting: list[tuple[Path, Any]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if value is node:
            return path
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        inner = [((*path, step), item) for step, item in entries if isinstance(item, dict | list)]
        waiting.extend(reversed(inner))
    return None


def _place(text: str, path: Path) -> tuple[int, int]:
    try:
        return read_document(text, "specification").place(path)
    except PartnerError:  # JSON that is no YAML
        return 0, 0
