"""Names that partner files can have, made of words that specifications have."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath
from typing import Final

from imnot_patterns.openapi.specification import Specification

MAX_NAME: Final = 64

# Segments that many APIs begin their paths with, and that say nothing of what is below.
_GENERAL: Final = re.compile(r"api|apis|rest|public|v?\d[\d.-]*[a-z]*\d*|v\d\w*", re.IGNORECASE)


class Names:
    """Gives every group of endpoints a name of its own."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, key: str, words: str) -> str:
        """Return the name of the group with that key, made of the words when it is new."""
        if key not in self._names:
            self._names[key] = self._free(name_of(words) or "endpoints")
        return self._names[key]

    def _free(self, name: str) -> str:
        number, free = 2, name
        while free in self._taken:
            end = f"-{number}"
            free, number = name[: MAX_NAME - len(end)].rstrip("-_") + end, number + 1
        self._taken.add(free)
        return free


def name_of(words: str) -> str:
    """Return words as a name in lower case: `Pet Störe` is `pet-store`; "" if nothing is left."""
    decomposed = (
        unicodedata.normalize("NFKD", words.replace("\u2019", "'"))
        .encode("ascii", "ignore")
        .decode()
    )
    decomposed = decomposed.replace("'", "")
    name = re.sub(r"[^a-z0-9_]+", "-", decomposed.lower()).strip("-_")
    return name[:MAX_NAME].rstrip("-_")


def partner_name(specification: Specification, source: str) -> str:
    """Return what a partner is called if nobody says it: the title, else the file's name."""
    return name_of(specification.title) or name_of(PurePath(source).stem) or "api"


def resource(path: str) -> str:
    """Return what an operation without tags is about: the first segment that says something."""
    segments = [each for each in path.split("/") if each and "{" not in each]
    return next((each for each in segments if not _GENERAL.fullmatch(each)), "") or "root"
