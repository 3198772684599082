"""A partners folder that a test makes of YAML texts, or copies from the one of its project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from imnot_core.partners import PARTNER_FILE

NAME = re.compile(r"""^\W*partner["']?\s*:\s*["']?([A-Za-z0-9_-]{1,64})\b""", re.MULTILINE)


class PartnerFolder:
    """The folder `partners/` that a server reads, with one subfolder for each partner."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, sources: tuple[str | Path, ...]) -> None:
        """Make the folder hold these and nothing else.

        A text is the content of one `partner.yaml`; a path is that of such a file, which is copied
        with what lies beside it, or of a folder of partners.
        """
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        for source in sources:
            if isinstance(source, str):
                self._add(source)
            elif source.is_dir():
                shutil.copytree(source, self.path, dirs_exist_ok=True)
            else:
                folder = self._add(source.read_text(encoding="utf-8"))
                if source.name == PARTNER_FILE:
                    shutil.copytree(source.parent, folder, dirs_exist_ok=True)

    def _add(self, text: str) -> Path:
        named = NAME.search(text)
        name = folder = named[1] if named else "partner"
        count = 1
        while (self.path / folder).exists():
            count += 1
            folder = f"{name}-{count}"
        (self.path / folder).mkdir()
        (self.path / folder / PARTNER_FILE).write_text(text, encoding="utf-8")
        return self.path / folder
