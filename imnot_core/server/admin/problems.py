"""What does not work: refused partner files, plugins that failed, handlers that raised."""

from __future__ import annotations

from typing import Any

from litestar import get

from imnot_core.server.runtime import Runtime


def problem_handlers(runtime: Runtime) -> tuple[Any, ...]:
    """The endpoint that lists problems."""

    @get("/imnot/admin/problems", tags=["problems"])
    async def problems() -> dict[str, Any]:
        """List refused partner files, plugins that failed, and the last failures of handlers."""
        return {
            "partners": [
                {
                    "file": each.source,
                    "line": each.line,
                    "column": each.column,
                    "path": each.path,
                    "message": each.message,
                    "hint": each.hint,
                }
                for each in runtime.deployer.current.refused
            ],
            "plugins": [
                {"group": group, "name": name, "message": str(error)}
                for (group, name), error in sorted(runtime.failed_plugins.items())
            ],
            "handlers": await runtime.failures.list(),
        }

    return (problems,)
