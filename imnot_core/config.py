"""The base of every struct that a file or an upload is read into, and what it says is wrong."""

from collections.abc import Iterator

import msgspec

from imnot_core.errors import FieldError

Fault = tuple[str, str, str]
"""A field, what is wrong with it, and what to write instead."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every struct that a partner file is read into: unknown keys are refused.

    A struct that has to check more than its types overrides `faults`.
    """

    def __post_init__(self) -> None:
        """Raise FieldError with all that `faults` gives."""
        if faults := list(self.faults()):
            raise FieldError(*faults)

    def faults(self) -> Iterator[Fault]:
        """Give what is wrong with the fields, each as (field, message, what to write instead).

        Called when the types are right. Begin with `yield from super().faults()`.
        """
        yield from ()
