"""`$ref`: from a reference to what it means, inside one document."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import unquote

from imnot_patterns.openapi.specification import Unusable

_INDEX: Final = re.compile(r"[0-9]{1,9}")


class References:
    """Follows the references of one document, which never leave it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._anchors: dict[str, Any] | None = None
        self._found: dict[str, Any] = {}
        self._looked_for: set[str] = set()

    def resolved(self, node: Any) -> Any:
        """Return what a value means: itself, or what its `$ref` leads to in the end.

        Raises Unusable for a reference that leads nowhere, into a circle or out of the document.
        """
        seen: set[str] = set()
        while isinstance(node, dict) and "$ref" in node:
            ref = node["$ref"]
            if not isinstance(ref, str):
                hint = 'put it in quotes: "#/…", since `#` begins a comment'
                raise Unusable("`$ref` is no text", node, key="$ref", hint=hint)
            if ref in seen:
                raise Unusable(f"`{ref}` refers to itself", node, key="$ref")
            seen.add(ref)
            node = self.target(node)
        return node

    def target(self, node: dict[str, Any]) -> Any:
        """Return what the `$ref` of a mapping leads to, one step. Raises Unusable."""
        ref = node["$ref"]
        if ref in self._looked_for:
            raise Unusable(f"`{ref}` refers to itself", node, key="$ref")
        if ref not in self._found:
            self._looked_for.add(ref)
            try:
                self._found[ref] = self._find(ref, node)
            finally:
                self._looked_for.discard(ref)
        return self._found[ref]

    def _find(self, ref: str, node: dict[str, Any]) -> Any:
        if not ref.startswith("#"):
            hint = "put what it means into the document: files and URLs are never read"
            raise Unusable(f"`{ref}` leads out of the document", node, key="$ref", hint=hint)
        fragment = unquote(ref[1:])
        if fragment and not fragment.startswith("/"):
            return self._anchor(fragment, node)
        value: Any = self._document
        for step in fragment.split("/")[1:]:
            value = self._step(value, step.replace("~1", "/").replace("~0", "~"), node)
        return value

    def _step(self, value: Any, step: str, node: dict[str, Any]) -> Any:
        for _ in range(100):  # a way may lead through other references
            if isinstance(value, dict) and step in value:
                return value[step]
            if isinstance(value, list) and _INDEX.fullmatch(step) and int(step) < len(value):
                return value[int(step)]
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                break
            value = self.target(value)
        raise Unusable(
            f"`{node['$ref']}` leads nowhere", node, key="$ref", hint=f"there is no `{step}`"
        )

    def _anchor(self, name: str, node: dict[str, Any]) -> Any:
        if self._anchors is None:
            self._anchors = _anchors(self._document)
        if name not in self._anchors:
            raise Unusable(f"`#{name}` leads nowhere", node, key="$ref", hint="begin it with `#/`")
        return self._anchors[name]


def _anchors(document: Any) -> dict[str, Any]:
    anchors: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            for key in ("$anchor", "$dynamicAnchor"):
                if isinstance(value.get(key), str):
                    anchors.setdefault(value[key], value)
        inner = value if isinstance(value, list) else value.values()
        waiting.extend(inner)
    return anchors
