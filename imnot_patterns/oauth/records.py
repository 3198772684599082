"""What was given out: codes, refresh and access tokens, kept in the session that got them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from imnot_core import Context, State

Kind = Literal["code", "refresh", "access"]

AFTERWARDS = 3600.0
"""How many seconds a record is kept after it expired, so that the client is told that it has."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a code or a token, by the clock of its session.

    `challenge` and what follows are of codes alone; `used` is what is left of one that was used.
    """

    expires_at: float
    client_id: str = ""
    username: str | None = None
    scopes: tuple[str, ...] = ()
    nonce: str | None = None
    auth_time: float | None = None
    access: str = ""
    challenge: str | None = None
    challenge_method: str = ""
    redirect_uri: str | None = None
    used: bool = False


class Records:
    """The records of a datapoint, as the session of the request at hand sees them.

    It sees its own, and those that were made without a session: a browser that is sent for a code
    cannot say which session it belongs to.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    async def keep(self, kind: Kind, name: str, given: Given) -> None:
        """Write a record in the session of the request."""
        await self._context.state.put(
            _key(kind, name), msgspec.to_builtins(given), expires_in=self._left(given)
        )

    async def find(self, kind: Kind, name: str) -> Given | None:
        """A record; also one that has expired, if only just."""
        _, value = await self._search(kind, name)
        return None if value is None else msgspec.convert(value, Given)

    async def use_up(self, kind: Kind, name: str) -> Given | None:
        """A record that nobody used before, and nobody will again: of several, one gets it.

        What the others get says that it is `used`; None if there is nothing.
        """
        state, value = await self._search(kind, name)
        if value is None:
            return None
        given = msgspec.convert(value, Given)
        used = msgspec.structs.replace(given, used=True)
        # Not deleted and written anew: who looked before would find that, and delete it again.
        is_ours = not given.used and await state.compare_and_set(
            _key(kind, name), value, msgspec.to_builtins(used), expires_in=self._left(given)
        )
        return given if is_ours else used

    async def forget(self, kind: Kind, name: str) -> None:
        """Delete a record, if there is one."""
        state, _ = await self._search(kind, name)
        await state.delete(_key(kind, name))

    def is_over(self, given: Given) -> bool:
        """Whether a record has expired, by the clock of the session of the request."""
        return self._context.clock.time() >= given.expires_at

    async def _search(self, kind: Kind, name: str) -> tuple[State, Any]:
        for state in (self._context.state, self._context.shared):
            value = await state.get(_key(kind, name))
            if value is not None:
                return state, value
        return self._context.state, None

    def _left(self, given: Given) -> float:
        """How many seconds a record is to be kept."""
        return max(0.0, given.expires_at - self._context.clock.time()) + AFTERWARDS


def _key(kind: Kind, name: str) -> str:
    return f"{kind}/{name}"
