"""The answers of a `crud` datapoint, one handler for each operation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote, urlsplit

from imnot_core import Context, Handler, Reply, ReplyError, Request, encode_json
from imnot_patterns.answers import path_of
from imnot_patterns.crud.collection import Collection
from imnot_patterns.crud.config import CrudDatapoint, CrudResponse
from imnot_patterns.crud.items import Item, key_of, text_of, with_id
from imnot_patterns.crud.listing import listing
from imnot_patterns.crud.operations import METHODS, SUCCESS, Operation, parameters

JSON_PATCH: Final = "application/json-patch+json"
_INTEGER: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")


class Handlers:
    """What answers the operations of one datapoint."""

    def __init__(self, datapoint: CrudDatapoint, context: Context, collection: Collection) -> None:
        self._datapoint = datapoint
        self._context = context
        self._items = collection

    def of(self, operation: Operation, path: str, response: CrudResponse) -> Handler:
        """The handler of an operation that is served under `path`."""
        answer = _Answer(operation, path, response, self._datapoint)
        made: dict[Operation, Handler] = {
            "list": self._list(answer),
            "create": self._create(answer),
            "read": self._read(answer),
            "replace": self._replace(answer),
            "patch": self._patch(answer),
            "delete": self._delete(answer),
        }
        return made[operation]

    def _list(self, answer: _Answer) -> Handler:
        datapoint = self._datapoint

        async def list_items(request: Request) -> Reply:
            parents = answer.parents(request)
            items = [each for each in await self._items.all() if _belongs(each, parents)]
            query = list(request.query.items())
            found = listing(items, query, datapoint)
            headers = [("X-Total-Count", str(found.total))]
            address = f"{self._context.base_url}{answer.address(request)}"
            if links := found.links(address, query, datapoint):
                headers.append(("Link", links))
            value: Any = found.items
            if datapoint.items_field:
                value = {datapoint.items_field: value}
                if datapoint.total_field:
                    value[datapoint.total_field] = found.total
            return answer.reply(value, headers)

        return list_items

    def _create(self, answer: _Answer) -> Handler:
        field, ids = self._datapoint.id_field, self._datapoint.ids

        async def create(request: Request) -> Reply:
            parents = answer.parents(request)
            item = _placed(_object(request), parents)
            if ids == "client" and text_of(item.get(field)) is None:
                raise ReplyError(400, f"The body has no {field!r}: a text or an integer is needed")
            made = await self._items.create(item, tuple(parents.values()))
            if made is None:
                raise ReplyError(409, f"{field} {item[field]!r} is taken")
            prefix = urlsplit(self._context.base_url).path  # that of a session in the path
            place = (
                f"{prefix}{answer.address(request).rstrip('/')}/{quote(str(made[field]), safe='')}"
            )
            return answer.reply(made, [("Location", place)], made)

        return create

    def _read(self, answer: _Answer) -> Handler:
        async def read(request: Request) -> Reply:
            key = answer.key(request)
            found = await self._items.find(key)
            if found is None:
                raise self._unknown(answer.identity(request))
            wanted = request.headers.getall("If-None-Match", [])
            if self._datapoint.etags and _is_listed(_etag(found), wanted, is_weak=True):
                return Reply.empty(304, [("ETag", _etag(found))])
            return answer.reply(found, (), found)

        return read

    def _replace(self, answer: _Answer) -> Handler:
        datapoint = self._datapoint

        async def replace(request: Request) -> Reply:
            body, parents = _object(request), answer.parents(request)
            identity = answer.identity(request)

            def change(before: Item | None) -> Item:
                if before is None and not datapoint.upsert:
                    raise self._unknown(identity)
                self._check_conditions(request, before)
                item = _placed(body, parents, before)
                return _identified(item, identity, before, datapoint)

            before, after = await self._items.change(answer.key(request), change)
            if before is None:
                return answer.reply(after, (), after, 201)
            return answer.reply(after, (), after)

        return replace

    def _patch(self, answer: _Answer) -> Handler:
        async def patch(request: Request) -> Reply:
            if (
                request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                == JSON_PATCH
            ):
                detail = "A merge patch (RFC 7396) is needed, an object with the fields to change"
                raise ReplyError(415, detail, {"Accept-Patch": "application/merge-patch+json"})
            body, parents = _object(request), answer.parents(request)
            identity = answer.identity(request)

            def change(before: Item | None) -> Item:
                if before is None:
                    raise self._unknown(identity)
                self._check_conditions(request, before)
                merged = _merged(before, body)
                for name in (*parents, self._datapoint.id_field):
                    if name in body and body[name] is None:
                        raise ReplyError(400, f"{name!r} cannot be removed")
                item = _placed(merged, parents, before)
                return _identified(item, identity, before, self._datapoint)

            _, after = await self._items.change(answer.key(request), change)
            return answer.reply(after, (), after)

        return patch

    def _delete(self, answer: _Answer) -> Handler:
        async def delete(request: Request) -> Reply:
            identity = answer.identity(request)

            def change(before: Item | None) -> None:
                if before is None:
                    raise self._unknown(identity)
                self._check_conditions(request, before)

            before, _ = await self._items.change(answer.key(request), change)
            return answer.reply(before, ())

        return delete

    def _unknown(self, identity: str) -> ReplyError:
        owner = f"{self._context.partner}/{self._context.datapoint}"
        return ReplyError(404, f"{owner} has no item {identity!r}")

    def _check_conditions(self, request: Request, before: Item | None) -> None:
        """Refuse what a client wants only of another state of the item (RFC 9110, 13.1)."""
        if not self._datapoint.etags:
            return
        etag = None if before is None else _etag(before)
        wanted = request.headers.getall("If-Match", [])
        if wanted and not (etag and _is_listed(etag, wanted)):
            raise ReplyError(412, f"The item has been changed: its ETag is {etag}")
        unwanted = request.headers.getall("If-None-Match", [])
        if etag and _is_listed(etag, unwanted, is_weak=True):
            raise ReplyError(412, f"The item is there: its ETag is {etag}")


class _Answer:
    """How one operation reads its path and makes its reply."""

    def __init__(
        self,
        operation: Operation,
        path: str,
        response: CrudResponse,
        datapoint: CrudDatapoint,
    ) -> None:
        self._path = path
        self._names = parameters(path)
        self._datapoint = datapoint
        self._usual = SUCCESS.get(METHODS[operation], 200)
        self._status = response.status or self._usual
        self._headers = response.header_pairs()

    def address(self, request: Request) -> str:
        """The path of the request, for URLs."""
        return path_of(request, self._path)

    def parents(self, request: Request) -> dict[str, str]:
        """The fields that the path gives to the item, and their values as texts."""
        values = [request.params[name] for name in self._names]
        return dict(zip(self._datapoint.parents, values, strict=False))

    def identity(self, request: Request) -> str:
        """The id in the path."""
        return request.params[self._names[-1]]

    def key(self, request: Request) -> str:
        """The key of the item that the path names."""
        return key_of(tuple(self.parents(request).values()), self.identity(request))

    def reply(
        self,
        value: Any,
        headers: list[tuple[str, str]] | tuple[()],
        item: Item | None = None,
        status: int | None = None,
    ) -> Reply:
        """Make the reply, with an ETag if it is one of an item.

        `status` takes the place of the usual one, but not of one that the partner file says.
        """
        pairs = [*self._headers, *headers]
        if item is not None and self._datapoint.etags:
            pairs.append(("ETag", _etag(item)))
        if status is None or self._status != self._usual:
            status = self._status
        return Reply.json(value, status, pairs)


def _object(request: Request) -> Item:
    body = request.json()
    if not isinstance(body, dict):
        raise ReplyError(400, "The body must be a JSON object")
    return body


def _belongs(item: Item, parents: Mapping[str, str]) -> bool:
    return all(text_of(item.get(name)) == value for name, value in parents.items())


def _placed(body: Item, parents: Mapping[str, str], before: Item | None = None) -> Item:
    """The item with the fields that its path gives to it."""
    item = dict(body)
    for name, value in parents.items():
        if name not in item:
            item[name] = value if before is None else before[name]
        elif text_of(item[name]) != value:
            raise ReplyError(
                400, f"{name} is {item[name]!r} in the body, but {value!r} in the path"
            )
    return item


def _identified(item: Item, identity: str, before: Item | None, datapoint: CrudDatapoint) -> Item:
    """The item with its id, which the body may leave out but not change."""
    field = datapoint.id_field
    given: Any = item.get(field)
    if field in item and text_of(given) != identity:
        raise ReplyError(400, f"{field} is {given!r} in the body, but {identity!r} in the path")
    if before is not None:
        return with_id(item, field, before[field])
    if datapoint.ids == "integer":
        if not _INTEGER.match(identity):
            raise ReplyError(400, f"{identity!r} is no integer: {field} has to be one")
        given = int(identity)
    return with_id(item, field, identity if given is None else given)


def _merged(target: Item, patch: Item) -> Item:
    """Apply a merge patch (RFC 7396)."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = _merged(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def _etag(item: Item) -> str:
    return f'"{blake2b(encode_json(item), digest_size=12).hexdigest()}"'


def _is_listed(etag: str, values: list[str], *, is_weak: bool = False) -> bool:
    listed = {part.strip() for value in values for part in value.split(",")}
    return "*" in listed or etag in listed or (is_weak and f"W/{etag}" in listed)
