"""The parts of docs/cli.md that are made from the commands: how each is called, and its options.

`python -m tests.docs.commands` writes them anew. Each stands between `<!-- command: WORDS -->` and
`<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc

import click

from imnot_core.cli.program import COMMANDS, built_in
from tests.support import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "cli.md"
MARKED = re.compile(
    r"(?<=<!-- command: )(?P<words>[a-z -]+?) -->\n(?:(?!<!-- end).*\n)*(?=<!-- end -->)"
)
DEFAULT = re.compile(r"\s+\[default: (?P<text>.+)\]$")


def all_commands() -> dict[str, click.Command]:
    """Every command that can be run, by its words: `start`, `payload get`."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = built_in(name)
        if isinstance(command, click.Group):
            found |= {f"{name} {inner}": each for inner, each in command.commands.items()}
        else:
            found[name] = command
    return found


def updated(text: str) -> str:
    """The document with every part as it should be."""
    known = all_commands()

    def part(found: re.Match[str]) -> str:
        words = found["words"]
        return f"{words} -->\n{described(words, known[words])}\n\n"

    return MARKED.sub(part, text)


def described(words: str, command: click.Command) -> str:
    """A command: its help, how it is called, a table of its options."""
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", cleandoc(command.help or ""))
    lines = [text, "", "```text", " ".join(["imnot", words, *_pieces(command)]), "```"]
    if options := [each for each in command.params if isinstance(each, click.Option)]:
        lines += ["", "| option | default | meaning |", "|---|---|---|", *map(_line, options)]
    return "\n".join(lines)


def _pieces(command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    for each in command.params:
        yield from each.get_usage_pieces(context)
    if any(isinstance(each, click.Option) for each in command.params):
        yield "[OPTIONS]"


def _line(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else f" {option.metavar or _kind(option)}"
    meaning = option.help or ""
    default = ""
    if found := DEFAULT.search(meaning):
        meaning, default = meaning[: found.start()], found["text"]
    elif option.show_default:
        default = str(option.default)
    shown = default if not default or " " in default else f"`{default}`"
    cells = (f"{names}{value}", shown, meaning)
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def _kind(option: click.Option) -> str:
    return "N" if isinstance(option.type, click.IntRange) else (option.name or "").upper()


if __name__ == "__main__":
    DOCUMENT.write_text(updated(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
