"""Stubs of a session, copied into another one."""

from __future__ import annotations

from msgspec.structs import replace

from imnot_patterns.stubs.engine import CALLS, StubEngine


async def copy_stubs(engine: StubEngine, source: str, target: str) -> None:
    """Make the stubs of the session `source` in `target`, in their order, under new ids.

    One that answers only so many requests has as many left as it has by now.
    """
    await engine.refresh()
    services = engine.services
    for stub in [each for each in engine.all_stubs() if each.owner == source]:
        copy = replace(stub, id=services.new_id(), scope=None, session=target, origin="")
        if stub.max_calls is not None and (calls := await engine.calls(stub)):
            await services.store.increment(CALLS, copy.id, calls, owner=target)
        await engine.add(copy)
