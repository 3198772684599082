"""The partners folder of a server in memory, as somebody with a text editor sees it."""

from __future__ import annotations

from pathlib import Path

from imnot_core.testing import Harness


def folder_of(server: Harness) -> Path:
    """The partners folder, by the server's own words."""
    return Path(server.get("/imnot/docs/partners").text.partition(" at ")[2]).parent


def file_of(server: Harness, name: str) -> Path:
    """The file of a partner."""
    return folder_of(server) / name / "partner.yaml"


def write(server: Harness, name: str, text: str) -> Path:
    """Write a partner file as an editor does, without telling the server."""
    file = file_of(server, name)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def everything(server: Harness) -> dict[str, bytes | None]:
    """All that lies in the partners folder, with the content of the files."""
    folder = folder_of(server)
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
