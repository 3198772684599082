"""What is sent about sessions: JSON objects, read field by field so that all faults are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from imnot_core.durations import WORDS, seconds_of
from imnot_core.errors import ReplyError
from imnot_core.messages import parse_json
from imnot_core.session_clock import EARLIEST, LATEST, ClockChange
from imnot_core.store.session_settings import SettingsChange

T = TypeVar("T")

# What a header can carry as it is: Latin-1 without control characters, and no blank at the ends.
_ID: Final = re.compile(r"[!-~\xa1-\xff](?:[ -~\xa1-\xff]*[!-~\xa1-\xff])?")
_ID_LENGTH: Final = 2000
_NAME_LENGTH: Final = 500
_SEEDS: Final = range(-(2**63), 2**63)
_SETTINGS: Final = ("name", "ttl_seconds", "seed")
_CLOCK: Final = ("set", "advance", "freeze", "resume", "reset")


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is to begin."""

    id: str | None = None
    copy_of: str | None = None
    settings: SettingsChange = SettingsChange()


def new_session(body: bytes, *, copying: bool = False) -> NewSession:
    """Read what a session is to be; no body at all says nothing. `copying` says what it copies.

    Raises ReplyError: 400 for what is no JSON, 422 with all that is wrong with it.
    """
    if not body:
        return NewSession()
    keys = ("id", *_SETTINGS, "clock") if copying else ("id", *_SETTINGS, "copy_of", "clock")
    fields = _Fields(_json(body), keys)
    found = NewSession(
        id=fields.take("id", _id, None),
        copy_of=fields.take("copy_of", _text, None),
        settings=_change(fields, clock=fields.take("clock", _clock, UNSET)),
    )
    fields.check()
    return found


def settings_change(body: bytes) -> SettingsChange:
    """Read what is to become of a session's settings. Raises as `new_session` does."""
    fields = _Fields(_json(body), _SETTINGS)
    found = _change(fields, clock=UNSET)
    fields.check()
    return found


def check_id(session: str) -> None:
    """Raise ReplyError (422) for an id that no request could name, and no session can have."""
    try:
        _id(session)
    except ValueError as error:
        raise ReplyError(422, f"The id of the session {error}") from None


def clock_change(body: bytes) -> ClockChange:
    """Read what is to become of a session's time. Raises as `new_session` does."""
    try:
        return _clock(_json(body))
    except ValueError as error:
        raise ReplyError(422, str(error)) from None


class _Fields:
    """The fields of an object, taken one by one; what is wrong with them is gathered."""

    def __init__(self, body: Any, keys: Collection[str]) -> None:
        self.faults: list[str] = []
        self.values: Mapping[str, Any] = {}
        if not isinstance(body, dict):
            self.faults.append(f"the body must be a JSON object; it may have {', '.join(keys)}")
            return
        self.values = body
        for key in body.keys() - set(keys):
            self.faults.append(f"there is no field {key!r}; there are {', '.join(keys)}")

    def take(self, key: str, read: Callable[[Any], T], default: T | UnsetType | None) -> Any:
        """The field as `read` gives it, which may raise ValueError; null is as good as missing."""
        value = self.values.get(key)
        if value is None:
            return default
        try:
            return read(value)
        except ValueError as error:
            self.faults += [f"{key}{_joint(line)}{line}" for line in str(error).split("; ")]
            return default

    def clearable(self, key: str, read: Callable[[Any], T]) -> T | UnsetType | None:
        """The field, for which null has a meaning; UNSET where it is missing."""
        found: T | UnsetType | None = self.take(key, read, None if key in self.values else UNSET)
        return found

    def check(self) -> None:
        """Raise ReplyError (422) if anything is wrong."""
        if self.faults:
            raise ReplyError(422, "; ".join(sorted(self.faults)))


def _joint(text: str) -> str:
    """What comes between the name of a field and what is wrong: with it, or with one inside."""
    return "." if text.partition(" ")[0] in _CLOCK else " "


def _change(fields: _Fields, clock: ClockChange | UnsetType) -> SettingsChange:
    return SettingsChange(
        name=fields.clearable("name", _name),
        ttl=fields.clearable("ttl_seconds", _ttl),
        seed=fields.clearable("seed", _seed),
        clock=clock,
    )


def _json(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ValueError as error:
        raise ReplyError(400, f"The body is not valid JSON: {error}") from error


def _id(value: Any) -> str:
    text = _text(value)
    if len(text) > _ID_LENGTH or not _ID.fullmatch(text):
        raise ValueError(
            f"must have 1 to {_ID_LENGTH} characters that a header can carry: Latin-1, no control"
            " characters, no blanks at the ends"
        )
    if text in {".", ".."}:
        raise ValueError("must not be . or .., which clients take out of the paths that name it")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 - one kind of error for all faults
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if len(text) > _NAME_LENGTH:
        raise ValueError(f"must have at most {_NAME_LENGTH} characters")
    return text


def _ttl(value: Any) -> float:
    seconds = seconds_of(value)
    if seconds <= 0:
        raise ValueError(f"must be more than 0: {WORDS}")
    return seconds


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _SEEDS:
        raise ValueError("must be a whole number of at most 64 bits")
    return value


def _clock(value: Any) -> ClockChange:
    """Read a change of the clock. Raises ValueError with all faults, `; ` between them."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        value = {"set": value}
    fields = _Fields(value, _CLOCK)
    moment, freeze = fields.take("set", _instant, None), fields.take("freeze", _freeze, None)
    resume = fields.take("resume", _flag, None)
    if isinstance(freeze, float):
        if moment is not None:
            fields.faults.append("set gives a time, and freeze too; keep one of them")
        moment, freeze = freeze, True
    if freeze is not None and resume is not None:
        fields.faults.append("resume and freeze are both there; keep one of them")
    change = ClockChange(
        set=moment,
        advance=fields.take("advance", seconds_of, None),
        frozen=False if resume else freeze,
        reset=bool(fields.take("reset", _flag, None)),
    )
    if not fields.faults and change == ClockChange():
        fields.faults.append(f"set is missing, and all others: give one of {', '.join(_CLOCK)}")
    if fields.faults:
        raise ValueError("; ".join(sorted(fields.faults)))
    return change


def _flag(value: Any) -> bool:
    if value is not True:
        raise ValueError("must be true, or left out")
    return True


def _freeze(value: Any) -> bool | float:
    return value if isinstance(value, bool) else _instant(value)


def _instant(value: Any) -> float:
    """The seconds since 1970 that a number or a text in ISO 8601 stands for."""
    seconds = _seconds(value)
    if seconds is None or not isfinite(seconds):
        raise ValueError("must be a time such as 2030-01-31T09:00:00Z, or seconds since 1970")
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError("must lie between the years 1970 and 9000")
    return seconds


def _seconds(value: Any) -> float | None:
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None
    except (ValueError, OverflowError):
        return None
