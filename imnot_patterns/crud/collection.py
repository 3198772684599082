"""Where the items are: what the partner file says, and over it what requests changed.

What a session (or the requests without one) changes is written to its state, an item to a document;
all else is as it began, so that a session costs nothing to begin. The *generation* counts how often
everything was replaced at once: each has documents of its own, and a request that began in one is
not disturbed by the next.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypedDict

from imnot_core import Context, State
from imnot_patterns.crud.config import CrudDatapoint
from imnot_patterns.crud.items import Base, Item, based, key_of, with_id

HEAD: Final = "head"
# In seconds: what is left of an item that was created and deleted goes away by itself.
FORGET: Final = 60.0
# How many uploaded lists are kept in memory beside the store.
KEPT: Final = 16


Beginning = Literal["seed", "empty", "upload"]


class Head(TypedDict):
    """The generation in effect, and what it began with."""

    number: int
    begins: Beginning
    upload: str
    """The name of the upload: no two are the same."""


class Kept(TypedDict):
    """A changed item: `number` is its place among those that were created, 0 for one of the base.

    `item` is None once it is deleted.
    """

    number: int
    item: Item | None


FIRST: Final = Head(number=0, begins="seed", upload="")
NOTHING: Final = Base()
Change = Callable[[Item | None], Item | None]


class Collection:
    """The items of one datapoint, in the session of the request at hand."""

    def __init__(self, datapoint: CrudDatapoint, context: Context, seed: Base) -> None:
        self._datapoint = datapoint
        self._context = context
        self._state: State = context.state
        self._seed = seed
        self._uploads: OrderedDict[str, Base] = OrderedDict()

    async def all(self) -> list[Item]:
        """All items: those it began with in their order, then the others as they were created."""
        head = await self._head()
        base = await self._base(head)
        changed: dict[str, Kept] = await self._state.items(_prefix(head))
        if not changed:
            return list(base.items.values())
        cut = len(_prefix(head))
        by_key = {key[cut:]: kept for key, kept in changed.items()}
        items = [_first(by_key.get(key), item) for key, item in base.items.items()]
        created = sorted(
            (each for each in by_key.values() if each["number"]), key=lambda each: each["number"]
        )
        items += [each["item"] for each in created]
        return [each for each in items if each is not None]

    async def find(self, key: str) -> Item | None:
        """The item with a key."""
        head = await self._head()
        return (await self._look(head, key))[1]

    async def create(self, item: Item, parents: Sequence[str]) -> Item | None:
        """Add an item, with a new id where the server gives them; None if its own id is taken."""
        field, ids = self._datapoint.id_field, self._datapoint.ids
        head = await self._head()
        base = await self._base(head)
        while True:
            number = await self._next(head)
            if ids == "integer":
                item = with_id(item, field, base.top + number)
            elif ids == "uuid":
                item = with_id(item, field, self._context.new_id())
            key = key_of(parents, str(item[field]))
            kept, present = await self._look(head, key)
            if present is None:
                if await self._swap(head, key, kept, Kept(number=number, item=item)):
                    return item
            elif ids == "client":
                return None

    async def change(self, key: str, change: Change) -> tuple[Item | None, Item | None]:
        """Change an item, exactly once: what `change` was given is what it replaces.

        `change` gets the item, None if there is none, and returns the new one, None to delete it.
        It may be called several times, and what it raises leaves all as it is. Returns the item
        before and after.
        """
        head = await self._head()
        while True:
            kept, before = await self._look(head, key)
            after = change(before)
            if before is None and after is None:
                return None, None
            number = kept["number"] if kept else 0
            if before is None:
                number = await self._next(head)
            if await self._swap(head, key, kept, Kept(number=number, item=after)):
                return before, after

    async def replace_all(self, items: Any) -> int:
        """Put these items in place of all. Raises `items.Wrong`; returns how many they are."""
        name = self._context.new_id()
        found = based(items, self._datapoint, name)
        await self._begin("upload", name, list(found.items.values()))
        return len(found.items)

    async def empty(self) -> None:
        """Delete all items."""
        await self._begin("empty")

    async def reset(self) -> int:
        """Begin again with what the partner file says; returns how many items these are."""
        await self._begin("seed")
        return len(self._seed.items)

    async def _head(self) -> Head:
        found: Head = await self._state.get(HEAD, FIRST)
        return found

    async def _begin(self, begins: Beginning, upload: str = "", items: Sequence[Item] = ()) -> None:
        while True:
            old: Head | None = await self._state.get(HEAD)
            new = Head(number=(old or FIRST)["number"] + 1, begins=begins, upload=upload)
            if upload:
                await self._state.put(_upload(new), items)
            if await self._state.compare_and_set(HEAD, old, new):
                break
        # The one before is left to the requests that are under way in it.
        if new["number"] > 1:
            await self._state.clear(f"{new['number'] - 2}/")

    async def _base(self, head: Head) -> Base:
        if head["begins"] != "upload":
            return self._seed if head["begins"] == "seed" else NOTHING
        found = self._uploads.get(head["upload"])
        if found is None:
            items = await self._state.get(_upload(head), [])
            found = self._uploads[head["upload"]] = based(items, self._datapoint, "")
        self._uploads.move_to_end(head["upload"])
        while len(self._uploads) > KEPT:
            self._uploads.popitem(last=False)
        return found

    async def _look(self, head: Head, key: str) -> tuple[Kept | None, Item | None]:
        """What is written of an item, and the item."""
        kept: Kept | None = await self._state.get(_prefix(head) + key)
        if kept is not None:
            return kept, kept["item"]
        return None, (await self._base(head)).items.get(key)

    async def _swap(self, head: Head, key: str, old: Kept | None, new: Kept) -> bool:
        # One that was created and deleted leaves nothing behind; one of the base has to.
        is_over = new["item"] is None and key not in (await self._base(head)).items
        return await self._state.compare_and_set(
            _prefix(head) + key, old, new, expires_in=FORGET if is_over else None
        )

    async def _next(self, head: Head) -> int:
        return await self._state.increment(f"{head['number']}/count")


def _first(kept: Kept | None, item: Item) -> Item | None:
    if kept is None:
        return item
    # Deleted and created again: it is one of those that were created.
    return None if kept["number"] else kept["item"]


def _prefix(head: Head) -> str:
    return f"{head['number']}/items/"


def _upload(head: Head) -> str:
    return f"{head['number']}/upload/{head['upload']}"
