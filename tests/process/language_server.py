"""A client of yaml-language-server, which is what VS Code, Neovim and others edit YAML with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support import needs

DEADLINE = 30.0
SETTINGS = {"yaml": {"validate": True, "completion": True, "schemaStore": {"enable": False}}}

Message = dict[str, Any]


class LanguageServer:
    """The server at work on a folder, within `with`; skips the test where it is not installed."""

    def __init__(self, folder: Path) -> None:
        self._program = needs("yaml-language-server", "edits partner files as VS Code does")
        self._folder = folder
        self._asked = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._program, "--stdio"],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        capabilities = {"workspace": {"configuration": True}, "textDocument": {"completion": {}}}
        root = self._folder.as_uri()
        self._ask("initialize", processId=None, rootUri=root, capabilities=capabilities)
        self._send(method="initialized", params={})
        self._send(method="workspace/didChangeConfiguration", params={"settings": SETTINGS})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate(timeout=DEADLINE)

    def problems(self, file: Path) -> list[str]:
        """What an editor underlines in the file."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1}
        text = file.read_text(encoding="utf-8")
        self._send(
            method="textDocument/didOpen", params={"textDocument": {**document, "text": text}}
        )
        published = self._receive(
            lambda each: (
                each.get("method") == "textDocument/publishDiagnostics"
                and each["params"]["uri"] == file.as_uri()
            )
        )
        return [each["message"] for each in published["params"]["diagnostics"]]

    def completions(self, file: Path, line: int, column: int) -> list[str]:
        """What an editor offers at a place (both counted from 0) of a file that was looked at."""
        answer = self._ask(
            "textDocument/completion",
            textDocument={"uri": file.as_uri()},
            position={"line": line, "character": column},
        )
        return [each["label"] for each in answer["result"]["items"]]

    def _ask(self, method: str, **params: Any) -> Message:
        self._asked += 1
        number = self._asked
        self._send(id=number, method=method, params=params)
        return self._receive(lambda each: each.get("id") == number and "method" not in each)

    def _send(self, **message: Any) -> None:
        assert self._process.stdin is not None
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        self._process.stdin.flush()

    def _receive(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message of that kind; what the server itself asks meanwhile is answered."""
        while True:
            message = self._read()
            if "method" in message and "id" in message:
                asked = message["params"].get("items", []) if "params" in message else []
                result = [SETTINGS.get(each.get("section", ""), {}) for each in asked]
                self._send(id=message["id"], result=result or None)
            if wanted(message):
                return message

    def _read(self) -> Message:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message: Message = json.loads(self._process.stdout.read(length))
        return message
