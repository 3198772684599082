"""Bad delivery on purpose: what a partner file or a test may ask for, and what comes of it."""

from collections.abc import Iterator
from math import isfinite
from random import Random
from typing import Annotated

import msgspec
from msgspec import Meta

from imnot_core import Config, Fault


class Misdelivery(Config, frozen=True, kw_only=True, omit_defaults=True):
    """What goes wrong with a callback, although the sender takes it for right."""

    duplicates: Annotated[
        int, Meta(ge=0, le=20, description="How many more times it arrives, with the same id.")
    ] = 0
    late_seconds: Annotated[
        float, Meta(ge=0, description="Seconds that it comes later than its delay says.")
    ] = 0.0
    wrong_signature: Annotated[
        bool, Meta(description="Sign with another secret than the receiver's.")
    ] = False
    stale_seconds: Annotated[
        float, Meta(ge=0, description="Seconds that the signed time lies in the past.")
    ] = 0.0
    probability: Annotated[
        float, Meta(ge=0, le=1, description="The share of callbacks that all this happens to.")
    ] = 1.0

    def faults(self) -> Iterator[Fault]:
        """Give times that never come, and a misdelivery of nothing."""
        yield from super().faults()
        for key in ("late_seconds", "stale_seconds"):
            if not isfinite(getattr(self, key)):
                yield key, "is no finite number", "write seconds, for instance 30"
        if not self.does_something:
            hint = "write duplicates: 1, or late_seconds, wrong_signature or stale_seconds"
            yield "duplicates", "nothing goes wrong", hint

    @property
    def does_something(self) -> bool:
        """Whether anything is declared."""
        return bool(
            self.duplicates or self.late_seconds or self.wrong_signature or self.stale_seconds
        )

    @property
    def needs_signature(self) -> bool:
        """Whether it is about the signature alone."""
        return bool(self.wrong_signature or self.stale_seconds) and not (
            self.duplicates or self.late_seconds
        )


class OnDemand(Misdelivery, frozen=True, kw_only=True, omit_defaults=True):
    """What a test asks for: for its session, or for the requests that carry none."""

    out_of_order: bool = False
    times: Annotated[int, Meta(ge=1)] | None = None

    @property
    def does_something(self) -> bool:
        """Whether anything is asked for."""
        return self.out_of_order or super().does_something


class Bad(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was decided for one callback."""

    duplicates: int = 0
    late_seconds: float = 0.0
    wrong_signature: bool = False
    stale_seconds: float = 0.0

    def words(self, *, is_duplicate: bool) -> list[str]:
        """What is wrong with an attempt, for the log."""
        found = {
            "duplicate": is_duplicate,
            "late": bool(self.late_seconds),
            "wrong_signature": self.wrong_signature,
            "stale": bool(self.stale_seconds),
        }
        return [word for word, applies in found.items() if applies]


def decided(misdelivery: Misdelivery | None, random: Random) -> Bad:
    """Let chance decide whether a callback is hit."""
    if misdelivery is None:
        return Bad()
    if misdelivery.probability < 1 and random.random() >= misdelivery.probability:
        return Bad()
    return Bad(
        misdelivery.duplicates,
        misdelivery.late_seconds,
        misdelivery.wrong_signature,
        misdelivery.stale_seconds,
    )
