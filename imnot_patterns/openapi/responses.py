"""From a specification to its operations: which response, which content type, which body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from imnot_core import encode_json, header_faults
from imnot_patterns.openapi.reading import error_of
from imnot_patterns.openapi.references import References
from imnot_patterns.openapi.samples import Samples
from imnot_patterns.openapi.specification import Operation, Specification, Unusable

MAX_TOTAL_SIZE: Final = 64 * 1024 * 1024  # characters of all bodies together

# Those that `paths` knows and a mock serves, as the keys of a path item.
_METHODS: Final = frozenset(["get", "put", "post", "patch", "delete", "head", "options"])
_JSON_TYPE: Final = re.compile(r"(?:application/json|[^;]+\+json)\s*(?:;.*)?", re.IGNORECASE)
_STATUS: Final = re.compile(r"([1-5])(\d\d|[xX]{2})")
# A range names no type that could be sent.
_RANGES: Final = {"*/*": "application/json", "application/*": "application/json"}
_TEXT_RANGE: Final = "text/*"
# Headers that belong to the connection, or to the body as it is sent.
_UNSENT: Final = frozenset(
    [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "server",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


class Body(NamedTuple):
    """What is sent, and what it was made of."""

    content_type: str = ""
    text: str | None = None
    value: Any = msgspec.UNSET
    schema: Any = None


def operations(specification: Specification, *, use_examples: bool = True) -> list[Operation]:
    """Return an answer for every operation below `paths`, in the order of the document.

    With `use_examples`, what the document gives as an example is answered; without, all is made
    from the schemas. Raises SpecificationError.
    """
    try:
        return list(_Answers(specification, use_examples=use_examples).all())
    except Unusable as fault:
        raise error_of(specification, fault) from None


class _Answers:
    """Makes the operations of one specification."""

    def __init__(self, specification: Specification, *, use_examples: bool) -> None:
        self._paths = specification.document.get("paths") or {}
        self._references = References(specification.document)
        self._samples = Samples(
            self._references,
            use_examples=use_examples,
            old=specification.openapi.startswith("3.0"),
        )
        self._use_examples = use_examples
        self._size = 0

    def all(self) -> Iterator[Operation]:
        for path, written in self._paths.items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                raise Unusable("a path begins with `/`", self._paths, key=path)
            item = self._item(written)
            for method, operation in item.items():
                if method in _METHODS and isinstance(operation, dict):
                    yield self._operation(method.upper(), path, operation)

    def _item(self, written: Any) -> dict[str, Any]:
        """Return a path item, its `$ref` followed; what stands beside that wins."""
        item = self._references.resolved(written)
        if not isinstance(item, dict):
            return {}
        return item if item is written else {**item, **written}

    def _operation(self, method: str, path: str, operation: dict[str, Any]) -> Operation:
        status, response = self._response(operation)
        body = self._body(response)
        self._size += len(body.text or "")
        if self._size > MAX_TOTAL_SIZE:
            reason = (
                f"the bodies of all answers together are larger than {MAX_TOTAL_SIZE >> 20} MiB"
            )
            raise Unusable(reason, operation, hint="use fewer or smaller examples")
        tags = operation.get("tags")
        return Operation(
            method=method,
            path=path,
            status=status,
            content_type=body.content_type,
            body=body.text,
            headers=dict(self._headers(response)),
            summary=_text(operation.get("summary")),
            operation_id=_text(operation.get("operationId")),
            tags=tuple(map(_text, tags)) if isinstance(tags, list) else (),
            value=body.value,
            schema=body.schema,
        )

    def _response(self, operation: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Choose the response: the first 2xx, else `default` as 200, else the first one."""
        responses = self._references.resolved(operation.get("responses"))
        if not isinstance(responses, dict):
            return 200, {}
        declared = [(_status(key), key) for key in responses]
        chosen = next(((status, key) for status, key in declared if status // 100 == 2), None)
        if chosen is None and "default" in responses:
            chosen = 200, "default"
        if chosen is None:
            chosen = next(((status, key) for status, key in declared if status), None)
        if chosen is None:
            return 200, {}
        response = self._references.resolved(responses[chosen[1]])
        return chosen[0], response if isinstance(response, dict) else {}

    def _body(self, response: dict[str, Any]) -> Body:
        content = self._references.resolved(response.get("content"))
        if not isinstance(content, dict) or not content:
            return Body()
        declared = next((name for name in content if _JSON_TYPE.fullmatch(name)), None)
        if declared is None:
            declared = next(iter(content))
        media = self._references.resolved(content[declared])
        media = media if isinstance(media, dict) else {}
        content_type = _sent_type(declared)
        is_json = _JSON_TYPE.fullmatch(content_type) is not None
        found, value = self._example(media)
        schema = self._schema(media, needed=not found)
        if not found and schema is None:
            found, value = is_json, {}
        elif not found:
            found, value = True, self._samples.made(media["schema"])
        if not found:
            return Body(content_type, "", schema=schema)
        text = value if isinstance(value, str) and not is_json else _json(value, media)
        return Body(content_type, text, value if is_json else msgspec.UNSET, schema)

    def _schema(self, media: dict[str, Any], *, needed: bool) -> Any:
        try:
            return self._references.resolved(media.get("schema"))
        except Unusable:
            if needed:
                raise
            return None

    def _example(self, holder: dict[str, Any]) -> tuple[bool, Any]:
        """Return whether a media type or header has an example, and the first one."""
        if not self._use_examples:
            return False, None
        if "example" in holder:
            return True, holder["example"]
        examples = self._references.resolved(holder.get("examples"))
        for written in examples.values() if isinstance(examples, dict) else ():
            example = self._references.resolved(written)
            if isinstance(example, dict) and "value" in example:
                return True, example["value"]
        return False, None

    def _headers(self, response: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Give the declared headers that can be sent, with examples or values of their schemas."""
        headers = self._references.resolved(response.get("headers"))
        sent: set[str] = set()
        for name, written in headers.items() if isinstance(headers, dict) else ():
            if name.lower() in _UNSENT or name.lower() in sent or name.startswith("x-imnot"):
                continue
            header = self._references.resolved(written)
            if not isinstance(header, dict):
                continue
            value = _header_text(self._header(header))
            if value is not None and not any(header_faults("headers", name, value)):
                sent.add(name.lower())
                yield name, value

    def _header(self, header: dict[str, Any]) -> Any:
        found, value = self._example(header)
        if found or "schema" not in header:
            return value
        return self._samples.made(header["schema"])


def _status(key: str) -> int:
    """Return the status that a key of `responses` means, 0 for none."""
    found = _STATUS.fullmatch(key)
    if found is None:
        return 0
    return int(found[1] + "00") if found[2].isalpha() else int(key)


def _sent_type(declared: str) -> str:
    bare = declared.partition(";")[0].strip().lower()
    if bare in _RANGES:
        return _RANGES[bare]
    if bare == _TEXT_RANGE:
        return "text/plain"
    return "application/octet-stream" if bare.endswith("/*") else declared


def _json(value: Any, media: dict[str, Any]) -> str:
    try:
        return encode_json(value).decode()
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Unusable(f"an example that cannot be written as JSON: {error}", media) from None


def _header_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [_header_text(item) for item in value]
        return None if None in parts else ",".join(part or "" for part in parts)
    if value is None or isinstance(value, dict):
        return None
    return encode_json(value).decode()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
