"""Criteria on the wire: what is wrong with one, what it means, and how it reads.

The meaning is that of the package `assertive`, with two differences: what cannot be judged does not
match, and plain values mean equality everywhere.
"""

from imnot_patterns.stubs.criteria.faults import criterion_faults, request_faults
from imnot_patterns.stubs.criteria.judging import Criterion, Equal, JsonText, Named, criterion
from imnot_patterns.stubs.criteria.names import lowered
from imnot_patterns.stubs.criteria.operators import listed, normal, operator_of
from imnot_patterns.stubs.criteria.wording import shown

__all__ = [
    "Criterion",
    "Equal",
    "JsonText",
    "Named",
    "criterion",
    "criterion_faults",
    "listed",
    "lowered",
    "normal",
    "operator_of",
    "request_faults",
    "shown",
]
