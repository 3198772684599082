"""How a command ends: every way to fail is a plain line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

import rich_click as click
from click.exceptions import Abort

from imnot_core.errors import ImnotError, PartnerError, Problem

DEBUG = "IMNOT_DEBUG"
INTERRUPTED = 130


class Failure(ImnotError):
    """A command that could not do its work; `exit_code` is one that docs/cli.md names."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_code_of(program: click.Command, arguments: Sequence[str] | None) -> int:
    """Run a program; what it raises becomes lines on stderr. With IMNOT_DEBUG=1 a bug is raised."""
    try:
        ended = program.main(arguments, prog_name="imnot", standalone_mode=False)
    except click.ClickException as error:
        tell_misuse(error)
        return error.exit_code
    except Abort:
        click.echo("Aborted.", err=True)
        return 1
    except ImnotError as error:
        tell_error(error)
        return error.exit_code if isinstance(error, Failure) else 1
    except BrokenPipeError:
        # Whoever reads the output has seen enough (`imnot routes | head`). Python would complain
        # when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        tell_bug(error)
        return 1
    return ended if isinstance(ended, int) else 0


def tell_misuse(error: click.ClickException) -> None:
    """Say what click found wrong.

    Not in rich-click's box: that breaks lines, and `file:line:column` with them.
    """
    for line in error.format_message().splitlines():
        click.echo(f"Error: {line}", err=True)
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"Try `{error.ctx.command_path} --help`.", err=True)


def tell_error(error: ImnotError) -> None:
    """Say on stderr what is wrong: a line for each problem."""
    if isinstance(error, PartnerError):
        tell_problems(error.problems)
        return
    for line in str(error).splitlines():
        click.echo(f"Error: {line}", err=True)


def tell_problems(problems: Iterable[Problem]) -> None:
    """Name the problems of files on stderr, each in a line that an editor can jump to."""
    for problem in problems:
        click.echo(str(problem), err=True)


def tell_warning(text: str) -> None:
    """Say something on stderr that keeps no command from doing its work."""
    click.echo(f"Warning: {text}", err=True)


def tell_bug(error: BaseException) -> None:
    """Say in one line that something unforeseen happened."""
    what = " ".join(f"{type(error).__name__}: {error}".split())
    click.echo(f"Error: {what} (this is a bug; {DEBUG}=1 shows where)", err=True)
