"""Copies of sessions: what one holds, written in another, so that tests share a prepared state."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Final

from imnot_core.store import Document, Store
from imnot_core.store.changes import Change, ChangeLog
from imnot_core.store.payloads import NAMESPACE as PAYLOADS

ISSUED: Final = "issued/"
MIRRORED: Final = ("overrides",)
"""Namespaces that every process has in memory, so that all are told what is written there."""


async def copy_documents(store: Store, changes: ChangeLog, source: str, target: str) -> None:
    """Write in the session `target` what the core and the patterns keep in `source`.

    What is not keyed by its session stays: journal, durable work, documents of API plugins. Those
    copy what is theirs (`HasSessions`). Raises `StoreError`.
    """
    found = await _read(store, await store.owned(source))
    copies = [(copy, each) for each in found if (copy := _key(each, source, target)) is not None]
    # Begun in this order, so that they are listed in it; written together.
    await asyncio.gather(
        *(store.put(each.namespace, key, each.value, owner=target) for key, each in copies)
    )
    for key, each in copies:
        if each.namespace in MIRRORED:
            write = partial(store.put, each.namespace, key, each.value, owner=target)
            await changes.record(write, Change(each.namespace, key))


async def _read(store: Store, heads: Iterable[Document]) -> list[Document]:
    read = [await store.read(head.namespace, head.key) for head in heads]
    return [each for each in read if each is not None]


def _key(document: Document, source: str, target: str) -> str | None:
    """The key of the copy; None for what is not copied."""
    key = document.key
    if document.namespace.startswith(ISSUED):
        return f"{key.partition(chr(0))[0]}\0{target}"  # of a copy, too
    if document.namespace == PAYLOADS:
        return key.removesuffix(source) + target
    if key.startswith(f"{source}\0"):
        return f"{target}\0{key.removeprefix(source)[1:]}"
    return None
