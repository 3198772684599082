"""The payload of an assertion: which requests to count, and how many there should be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from imnot_patterns.payloads.details import Detail, Unprocessable
from imnot_patterns.payloads.fields import Fields, note_faults
from imnot_patterns.stubs.criteria import (
    Criterion,
    criterion,
    criterion_faults,
    operator_of,
    request_faults,
)
from imnot_patterns.stubs.matcher import Matcher
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.stubs.stub import FIELDS, StubRequest

AT_LEAST_ONE: Final = {"$gte": {"value": 1}}


class Assertion:
    """A claim about the requests that were received."""

    def __init__(self, request: StubRequest, times: Any = None) -> None:
        self._matcher = Matcher(request)
        self._times: Criterion = criterion(AT_LEAST_ONE if times is None else times)

    @classmethod
    def of(cls, data: Any) -> Assertion:
        """Make an assertion of a decoded payload. Raises Unprocessable with every fault.

        The fields are those of a stub's `request` and `times`, a number or a criterion; without it,
        one request is enough. Other than in a stub, a text for `path` is no template: it is
        compared as it stands.
        """
        details: list[Detail] = []
        fields = Fields.of(data, details)
        if fields is None:
            raise Unprocessable(details)
        request = _request(fields)
        times = _times(fields)
        if details:
            raise Unprocessable(details)
        return cls(request, times)

    def holds(self, requests: Iterable[Seen]) -> bool:
        """Whether as many of the requests satisfy all fields as there should be."""
        count = sum(self._matcher.matches(seen) is not None for seen in requests)
        return self._times.matches(count)


def _request(fields: Fields) -> StubRequest:
    request = StubRequest(**{name: fields.value(name) for name in FIELDS})
    note_faults(fields, request_faults(request))
    if isinstance(request.path, str):
        return msgspec.structs.replace(request, path={"$eq": {"value": request.path}})
    return request


def _times(fields: Fields) -> Any:
    """The number or criterion of `times`, None without one."""
    times = fields.value("times")
    if not isinstance(times, dict):
        return fields.integer("times", None)
    faults = criterion_faults(times, "times")
    note_faults(fields, faults)
    if not faults and operator_of(times) is None:
        fields.note("value_error", "must be an integer or a criterion", "times")
    return times
