"""Why nothing answered: the stubs and endpoints that came nearest, criterion by criterion.

Computed only for requests that nothing answered, and in a time that does not depend on the number
of stubs: `candidates` finds some that may have been meant, `judging` compares these in full,
`hints` recognises slips, `causes` looks outside the request, `report` and `header` tell it.
"""

from imnot_patterns.stubs.nearmiss.candidates import Candidates
from imnot_patterns.stubs.nearmiss.misses import NearMiss, near_misses
from imnot_patterns.stubs.nearmiss.report import header, report

__all__ = ["Candidates", "NearMiss", "header", "near_misses", "report"]
