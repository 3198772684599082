"""What is asked: which requests, how many of them, in which order, and how long to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from imnot_core import JournalEntry, JournalFilter
from imnot_patterns.payloads.details import Detail, Unprocessable
from imnot_patterns.payloads.fields import Fields, note_faults
from imnot_patterns.stubs.criteria import request_faults
from imnot_patterns.stubs.index import Entry
from imnot_patterns.stubs.stub import FIELDS, Action, Stub, StubRequest

LONGEST_WAIT: Final = 60
MOST_STEPS: Final = 20

CONDITIONS: Final = JournalFilter.__struct_fields__
KEYS: Final = ("request", *CONDITIONS, "count", "order", "within_ms", "timeout_seconds")
_STEP_KEYS: Final = ("request", *CONDITIONS)
_DAY_MS: Final = 24 * 60 * 60 * 1000


class Wanted:
    """One request as it is described: criteria, and conditions on what became of it."""

    def __init__(self, request: StubRequest, conditions: JournalFilter) -> None:
        self.request = request
        self.conditions = conditions
        self.entry = Entry(Stub(id="", request=request, action=Action()), 0)
        self.accepts: Callable[[JournalEntry], bool] = conditions.judge()

    @property
    def told(self) -> dict[str, Any]:
        """What was asked for, as the answer repeats it."""
        request = {name: value for name in FIELDS if (value := getattr(self.request, name))}
        given = {
            name: value
            for name in CONDITIONS
            if (value := getattr(self.conditions, name)) is not None and value is not msgspec.UNSET
        }
        if self.conditions.session is None:
            given["session"] = None
        return {**({"request": request} if request else {}), **given}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Either how many requests there are like `wanted`, or whether those of `order` came so."""

    wanted: Wanted
    least: int = 1
    most: int | None = None
    order: tuple[Wanted, ...] = ()
    within_ms: int | None = None
    timeout: float = 0.0

    @property
    def session(self) -> str | None:
        """The one session that all of it is about, if there is one."""
        asked = [each.conditions.session for each in self.order or (self.wanted,)]
        first = asked[0]
        return first if isinstance(first, str) and asked.count(first) == len(asked) else None

    @property
    def expected(self) -> dict[str, Any]:
        """What was asked for, as the answer repeats it."""
        if not self.order:
            return {"min": self.least, "max": self.most}
        steps = {"order": [each.told for each in self.order]}
        return steps if self.within_ms is None else {**steps, "within_ms": self.within_ms}


def question_of(data: Any) -> Question:
    """Read a decoded payload. Raises Unprocessable with every fault."""
    details: list[Detail] = []
    fields = Fields.of(data, details)
    if fields is None:
        raise Unprocessable(details)
    _note_unknown(fields, KEYS)
    wanted = _wanted(fields, None)
    least, most = _counts(fields)
    order = _order(fields, wanted)
    within = fields.integer("within_ms", None, at_least=0, at_most=_DAY_MS)
    timeout = fields.number("timeout_seconds", 0.0, at_least=0.0, at_most=LONGEST_WAIT)
    if fields.given("within_ms") and not fields.given("order"):
        fields.note(
            "value_error", "is for `order`: within it, all have to be answered", "within_ms"
        )
    if details:
        raise Unprocessable(details)
    return Question(
        wanted=wanted, least=least, most=most, order=order, within_ms=within, timeout=timeout
    )


def _note_unknown(fields: Fields, known: tuple[str, ...]) -> None:
    for name in fields.data:
        if name not in known:
            fields.note("extra_forbidden", f"is not known; there are {', '.join(known)}", name)


def _wanted(fields: Fields, base: Wanted | None) -> Wanted:
    """One description; of a step, what stands beside `order` holds as well."""
    inner = fields.object("request")
    request = StubRequest() if base is None else base.request
    if inner is not None:
        _note_unknown(inner, FIELDS)
        given = {name: inner.value(name) for name in FIELDS if inner.given(name)}
        request = msgspec.structs.replace(request, **given)
        faults = request_faults(request)
        note_faults(inner, [each for each in faults if each[0].partition(".")[0] in given])
        if faults:
            request = StubRequest()
    conditions, wrong = JournalFilter.of(
        {name: fields.data[name] for name in CONDITIONS if name in fields.data}
    )
    for name, message, hint in wrong:
        fields.note("value_error", f"{message}; {hint}", name)
    return Wanted(request, _together(conditions, base))


def _together(conditions: JournalFilter, base: Wanted | None) -> JournalFilter:
    if base is None:
        kind = conditions.kind or "request"
        return msgspec.structs.replace(conditions, kind=kind)
    own = {
        name: value
        for name in CONDITIONS
        if (value := getattr(conditions, name)) is not msgspec.UNSET
        and (value is not None or name == "session")
    }
    return msgspec.structs.replace(base.conditions, **own)


def _counts(fields: Fields) -> tuple[int, int | None]:
    """The least and the most that are expected; at least one where nothing is said."""
    count = fields.value("count")
    if fields.given("order"):
        if count is not None:
            fields.note("value_error", "cannot be said beside `order`: each step is one", "count")
        return 1, None
    if not isinstance(count, dict):
        exact = fields.integer("count", None, at_least=0)
        return (1, None) if exact is None else (exact, exact)
    inner = fields.object("count")
    if inner is None:
        return 1, None
    _note_unknown(inner, ("min", "max"))
    most = inner.integer("max", None, at_least=0)
    least = inner.integer("min", 0 if most is not None else 1, at_least=0)
    if most is not None and most < least:
        inner.note("value_error", f"is less than min, {least}", "max")
    return least, most


def _order(fields: Fields, base: Wanted) -> tuple[Wanted, ...]:
    if not fields.given("order"):
        return ()
    steps = fields.objects("order")
    if len(steps) > MOST_STEPS:
        fields.note("too_long", f"must have at most {MOST_STEPS} steps", "order")
        return ()
    for each in steps:
        _note_unknown(each, _STEP_KEYS)
    return tuple(_wanted(each, base) for each in steps)
