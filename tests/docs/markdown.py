"""The parts of a Markdown file that tests look at: fenced blocks, headings with anchors, links.

Not a Markdown parser: what the documents of this project use, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`\n]*)$")
_HEADING = re.compile(r"^(?P<marks>#{1,6}) +(?P<text>.*?) *#*$")
_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^()\s]+)\)")
_CODE = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it opens, the words after the three backticks, what is in it."""

    file: Path
    line: int
    heading: str
    words: tuple[str, ...]
    text: str

    @property
    def language(self) -> str:
        """The first word, "" without any."""
        return self.words[0] if self.words else ""

    @property
    def path(self) -> str:
        """The file that the block is the content of: the second word, if it is a path."""
        return next((word for word in self.words[1:] if "." in word and "=" not in word), "")

    def option(self, name: str) -> str:
        """The value of a word `name=value`, "" without it."""
        values = [word.partition("=") for word in self.words]
        return next((value for key, _, value in values if key == name), "")

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line} ({' '.join(self.words)})"


@dataclass(frozen=True)
class Link:
    """A link: its line and its target as written."""

    line: int
    target: str


def blocks(file: Path, section: str = "") -> list[Block]:
    """All fenced blocks of a file, or those below one heading (of any level, to the next of it)."""
    lines = file.read_text(encoding="utf-8").splitlines()
    found: list[Block] = []
    opening: re.Match[str] | None = None
    level, heading, inside, start = 0, "", not section, 0
    for number, line in enumerate(lines, 1):
        fence = _FENCE.match(line)
        if opening is not None:
            if fence and not fence["info"].strip():
                if inside:
                    words = tuple(opening["info"].split())
                    text = _dedented(lines[start : number - 1], len(opening["indent"]))
                    found.append(Block(file, start, heading, words, text))
                opening = None
        elif fence:
            opening, start = fence, number
        elif marks := _HEADING.match(line):
            heading = marks["text"]
            if section and heading == section:
                inside, level = True, len(marks["marks"])
            elif section and inside and len(marks["marks"]) <= level:
                inside = False
    if opening is not None:
        raise AssertionError(f"{file}:{start}: this fenced block is never closed")
    return found


def anchors(file: Path) -> set[str]:
    """The anchors of a file's headings, as GitHub makes them."""
    found: set[str] = set()
    counts: dict[str, int] = {}
    for _, line in _prose(file):
        if marks := _HEADING.match(line):
            name = _slug(marks["text"])
            count = counts.get(name, 0)
            counts[name] = count + 1
            found.add(f"{name}-{count}" if count else name)
    return found


def links(file: Path) -> Iterator[Link]:
    """All links of a file that are not in code."""
    for number, line in _prose(file):
        for match in _LINK.finditer(_CODE.sub(lambda code: "x" * len(code[0]), line)):
            yield Link(number, match["target"])


def code_spans(file: Path) -> Iterator[tuple[int, str]]:
    """All `code` within the running text, each with its line."""
    for number, line in _prose(file):
        for match in _CODE.finditer(line):
            yield number, match[0].strip("`").strip()


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    """The lines outside of fenced blocks."""
    fenced = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def _dedented(lines: list[str], indent: int) -> str:
    return "".join(f"{line[indent:] if not line[:indent].strip() else line}\n" for line in lines)
