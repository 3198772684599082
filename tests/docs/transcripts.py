"""The examples of a Markdown document that show a partner file and what is answered to it.

In a document, a `yaml` block is a partner file, or datapoints to be pasted into one. The `http`
blocks after it are what a server answers that has this file alone::

    > POST /exports {"kind": "all"}      a request: method, path, JSON body
    > X-Imnot-Session: <session>         one of its headers
    < 202 {"job": "<id>"}                the answer: status, JSON body (not compared if missing)
    < Location: /exports/<id>            one of its headers
    ! POST https://me.example/ {"a": 1}  a callback that was sent by then: method, URL, body

`<id>` stands for a text that is the same wherever it occurs; `…` for any text. A block
`yaml refused` is a file that is refused with the messages in the `text` block after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from imnot_core.testing import Harness

BLOCK = re.compile(r"^```(?P<kind>[^\n]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
HOLE = re.compile(r"<([a-z_]+)>|…")


@dataclass
class Example:
    """One YAML block, the line it begins on, and the blocks that belong to it."""

    line: int
    text: str
    refused: bool
    transcripts: list[str] = field(default_factory=list)
    messages: str = ""

    @property
    def partner(self) -> str:
        """The example as a whole partner file."""
        if self.text.startswith("- "):
            indented = re.sub(r"^(?=.)", "  ", self.text, flags=re.MULTILINE)
            return f"partner: acme\ndatapoints:\n{indented}"
        return self.text


def examples(document: Path) -> list[Example]:
    """All examples of a document, in its order."""
    text = document.read_text(encoding="utf-8")
    found: list[Example] = []
    for block in BLOCK.finditer(text):
        kind, content = block["kind"], block["text"]
        if kind in {"yaml", "yaml refused"}:
            line = text.count("\n", 0, block.start()) + 1
            found.append(Example(line, content, refused=kind != "yaml"))
        elif kind == "http":
            found[-1].transcripts.append(content)
        elif kind == "text" and found and found[-1].refused:
            found[-1].messages = content
    return found


def replay(example: Example) -> None:
    """Start a server with the example's file, and compare what it answers."""
    with Harness(example.partner) as server:
        known: dict[str, str] = {}
        for transcript in example.transcripts:
            for exchange in _exchanges(transcript):
                _replay(server, exchange, known)


@dataclass
class _Exchange:
    request: list[str]
    answer: list[str] = field(default_factory=list)
    callbacks: list[str] = field(default_factory=list)


def _exchanges(transcript: str) -> Iterator[_Exchange]:
    current: _Exchange | None = None
    for line in filter(None, transcript.splitlines()):
        mark, _, rest = line.partition(" ")
        if mark == ">" and (current is None or current.answer):
            if current:
                yield current
            current = _Exchange([rest])
            continue
        assert current is not None, f"{line!r} comes before any request"
        kinds = {">": current.request, "<": current.answer, "!": current.callbacks}
        assert mark in kinds, f"{line!r} begins with none of > < !"
        kinds[mark].append(rest)
    if current:
        yield current


def _replay(server: Harness, exchange: _Exchange, known: dict[str, str]) -> None:
    first, *rest = (_filled(line, known) for line in exchange.request)
    method, path, body = (*first.split(" ", 2), "")[:3]
    headers = dict(line.split(": ", 1) for line in rest)
    response = server.request(method, path, headers=headers, content=body.encode())
    _compare_answer(response, exchange.answer, known, f"{method} {path}")
    for line in exchange.callbacks:
        method, url, body = (*_filled(line, known).split(" ", 2), "")[:3]
        sent = server.callbacks.wait(1)[-1]
        assert (sent.method, sent.url) == (method, url)
        _compare(sent.json(), json.loads(body), known, line)
        server.callbacks.clear()


def _compare_answer(
    response: httpx.Response, answer: list[str], known: dict[str, str], where: str
) -> None:
    first, *headers = answer
    status, _, body = first.partition(" ")
    assert response.status_code == int(status), f"{where}: {response.text}"
    if body:
        _compare(response.json(), json.loads(body), known, where)
    for line in headers:
        name, _, value = line.partition(": ")
        assert name in response.headers, f"{where}: no header {name}"
        _compare(response.headers[name], value, known, where)


def _compare(actual: Any, expected: Any, known: dict[str, str], where: str) -> None:
    if isinstance(expected, dict):
        assert isinstance(actual, dict), where
        assert list(actual) == list(expected), where
        for key, value in expected.items():
            _compare(actual[key], value, known, where)
    elif isinstance(expected, list):
        assert isinstance(actual, list), where
        assert len(actual) == len(expected), where
        for one, other in zip(actual, expected, strict=True):
            _compare(one, other, known, where)
    elif isinstance(expected, str):
        assert isinstance(actual, str), where
        _compare_text(actual, expected, known, where)
    else:
        assert (type(actual), actual) == (type(expected), expected), where


def _compare_text(actual: str, expected: str, known: dict[str, str], where: str) -> None:
    holes = list(HOLE.finditer(expected))
    texts = re.split(r"<[a-z_]+>|…", expected)
    match = re.fullmatch("(.+)".join(map(re.escape, texts)), actual, re.DOTALL)
    assert match, f"{where}: {actual!r} is not {expected!r}"
    for hole, value in zip(holes, match.groups(), strict=True):
        if hole[1]:
            assert known.setdefault(hole[1], value) == value, f"{where}: another <{hole[1]}>"


def _filled(line: str, known: dict[str, str]) -> str:
    return re.sub(r"<([a-z_]+)>", lambda match: known[match[1]], line)
