"""Mirrors: documents that every request needs, kept in memory and in step with all processes."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from imnot_core.store import Document, Store
from imnot_core.store.changes import Change, ChangeLog, Follower

T = TypeVar("T")

_log = logging.getLogger("imnot")


class _Head(NamedTuple):
    """What shows that a document is still the same."""

    owner: str
    created: float
    updated: float
    digest: int

    def agrees(self, document: Document) -> bool:
        """Whether a document without its value seems to be the same."""
        return self[:3] == (document.owner, document.created, document.updated)


class Mirror(Generic[T]):
    """The documents of one namespace, decoded; made by `Services.mirror`.

    `added` and `removed` are called for each document that came or went, wherever it was written;
    of one that was replaced, `removed` and then `added`. A document that goes with its session is
    removed here, too. All writes to the namespace have to go through mirrors.
    """

    def __init__(
        self,
        store: Store,
        changes: ChangeLog,
        namespace: str,
        decode: Callable[[Document], T],
        *,
        added: Callable[[str, T], None],
        removed: Callable[[str, T], None],
    ) -> None:
        self._store = store
        self._changes = changes
        self._namespace = namespace
        self._decode = decode
        self._added = added
        self._removed = removed
        self._items: dict[str, T] = {}
        self._heads: dict[str, _Head] = {}
        self._owned: defaultdict[str, dict[str, None]] = defaultdict(dict)
        changes.add(Follower(self._follow, self._compare))

    @property
    def items(self) -> Mapping[str, T]:
        """What there is, by key, in order of creation; as of the last `refresh`."""
        return MappingProxyType(self._items)

    async def refresh(self) -> None:
        """See what any process has written; to be called for each request, as it is cheap.

        4 µs if nothing was written; else in proportion to what was. A server of one process sees
        what a command wrote within 20 ms. Raises `StoreError`.
        """
        await self._changes.glance()

    async def put(self, key: str, value: bytes, *, owner: str = "") -> None:
        """Write a document, whether or not the key exists; `items` has it when this returns."""
        write = partial(self._store.put, self._namespace, key, value, owner=owner)
        await self._changes.record(write, Change(self._namespace, key))

    async def add(self, key: str, value: bytes, *, owner: str = "") -> bool:
        """Write a document if the key does not exist, for any process; tells whether."""
        add = self._store.compare_and_set
        write = partial(add, self._namespace, key, None, value, owner=owner)
        return await self._changes.record(write, Change(self._namespace, key))

    async def delete(self, key: str) -> bool:
        """Delete a document; tells whether there was one."""
        write = partial(self._store.delete, self._namespace, key)
        return await self._changes.record(write, Change(self._namespace, key))

    async def _follow(self, changes: Sequence[Change]) -> None:
        """See what became of the documents that were touched."""
        touched = Counter[str]()
        for change in changes:
            if change.namespace == self._namespace:
                touched[change.name] += 1
            elif not change.namespace:
                touched.update(list(self._owned.get(change.name, ())))
        found = await self._read(touched)
        # New ones come in the order of their changes. But one that was touched twice may have been
        # deleted and made again in between.
        unclear = any(touched[each.key] > 1 and not self._replaces(each) for each in found)
        self._settle(touched, found)
        if unclear:
            self._reorder(await self._store.scan(self._namespace, values=False))

    async def _compare(self) -> None:
        """See everything: fetch what is new, forget what is gone."""
        if not self._items:
            documents = await self._store.scan(self._namespace)
            self._settle((), documents)
            return
        heads = await self._store.scan(self._namespace, values=False)
        fresh = [each.key for each in heads if not self._knows(each)]
        gone = self._heads.keys() - {each.key for each in heads}
        self._settle([*gone, *fresh], await self._read(fresh))
        self._reorder(heads)

    async def _read(self, keys: Iterable[str]) -> list[Document]:
        found = [await self._store.read(self._namespace, key) for key in keys]
        return [document for document in found if document is not None]

    def _settle(self, touched: Iterable[str], found: Sequence[Document]) -> None:
        """Take over the documents found, new ones in this order; other keys touched are gone."""
        for key in set(touched) - {each.key for each in found}:
            self._remove(key)
        for document in found:
            self._take(document)

    def _reorder(self, heads: Iterable[Document]) -> None:
        for each in heads:
            if each.key in self._items:
                self._items[each.key] = self._items.pop(each.key)

    def _take(self, document: Document) -> None:
        key = document.key
        head = _Head(document.owner, document.created, document.updated, hash(document.value))
        known = self._heads.get(key)
        if known == head:
            return
        try:
            item = self._decode(document)
        except Exception:  # noqa: BLE001 - a plugin may raise anything; no request is to fail of it
            _log.exception("%s/%s cannot be used and is left out", self._namespace, key)
            self._remove(key)
            return
        if known is not None:
            self._remove(key, keep_place=known.created == head.created)
        self._heads[key] = head
        self._owned[head.owner][key] = None
        self._items[key] = item
        self._added(key, item)

    def _remove(self, key: str, *, keep_place: bool = False) -> None:
        head = self._heads.pop(key, None)
        if head is None:
            return
        del self._owned[head.owner][key]
        if not self._owned[head.owner]:
            del self._owned[head.owner]
        item = self._items[key] if keep_place else self._items.pop(key)
        self._removed(key, item)

    def _replaces(self, document: Document) -> bool:
        """Whether a document is one that is known, with another value."""
        head = self._heads.get(document.key)
        return head is not None and head.created == document.created < document.updated

    def _knows(self, document: Document) -> bool:
        head = self._heads.get(document.key)
        return head is not None and head.agrees(document)
