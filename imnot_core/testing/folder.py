"""A partners folder that a test makes of YAML texts, or copies from the one of its project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

NAME = re.compile(r"""^\W*partner["']?\s*:\s*["']?([A-Za-z0-9_-]{1,64})\b""", re.MULTILINE)


class PartnerFolder:
    """The folder `partners/` that a server reads, with one subfolder for each partner."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, sources: tuple[str | Path, ...]) -> None:
        """Make the folder hold these and nothing else.

        A text is the content of one `partner.yaml`; a path is that of such a file, or of a folder
        of partners, which is copied.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        for source in sources:
            if isinstance(source, str):
                self._add(source)
            elif source.is_dir():
                shutil.copytree(source, self.path, dirs_exist_ok=True)
            else:
                self._add(source.read_text(encoding="utf-8"))

    def _add(self, text: str) -> None:
        named = NAME.search(text)
        name = folder = named[1] if named else "partner"
        count = 1
        while (self.path / folder).exists():
            count += 1
            folder = f"{name}-{count}"
        (self.path / folder).mkdir()
        (self.path / folder / "partner.yaml").write_text(text, encoding="utf-8")
