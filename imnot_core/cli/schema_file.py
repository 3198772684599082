"""The schema beside the partners, and the line of a partner file that leads an editor to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from imnot_core.cli.failure import Failure

if TYPE_CHECKING:
    from imnot_core.errors import PluginError
    from imnot_core.registry import Registry

FILE: Final = "partner.schema.json"
"""Its name in the partners folder: `<folder>/<partner>/partner.yaml` finds it one folder above."""

_KEYWORD: Final = "yaml-language-server:"
MODELINE: Final = f"# {_KEYWORD} $schema=../{FILE}\n"
"""What the YAML support of editors looks for; imnot itself reads it as the comment that it is."""


def with_modeline(text: str) -> str:
    """The text of a partner file, with the line as its first, unless it names a schema itself."""
    return text if _KEYWORD in text else MODELINE + text


def schema_text(registry: Registry, indent: int = 2) -> tuple[str, Sequence[PluginError]]:
    """The schema as a file has it, and why patterns are not in it."""
    from imnot_core.schema import partner_schema

    made = partner_schema(registry)
    text = json.dumps(made.document, indent=indent or None, ensure_ascii=False)
    return f"{text}\n", made.failures


def add_schema(folder: Path, registry: Registry) -> bool:
    """Write the schema into a partners folder that has none; tells whether. Raises Failure."""
    file = folder / FILE
    if file.exists():
        return False
    write_schema(file, schema_text(registry)[0])
    return True


def write_schema(file: Path, text: str) -> None:
    """Replace the schema in a file. Raises Failure."""
    from imnot_core.registration import write_atomically

    try:
        write_atomically(file, text.encode())
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror or error}") from error
