"""The `imnot` command. A module per command, imported when its command is named.

Commands that only read files import neither the server nor an HTTP client: `imnot --help` and
`imnot routes` are there at once. What goes wrong is said in plain lines on stderr (failure.py).
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name.

    Returns the exit code: 0 done, 1 failed, 2 used wrongly; others are those of their command.
    """
    from imnot_core.cli.failure import exit_code_of
    from imnot_core.cli.program import program

    return exit_code_of(program, arguments)
