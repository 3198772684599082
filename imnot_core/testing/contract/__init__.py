"""The contract of a pattern, as tests that its author inherits.

This may be the whole of a plugin's tests/test_contract.py::

    from imnot_core.testing import PatternContract
    from imnot_idempotent import Idempotent


    class TestIdempotent(PatternContract):
        plugin = Idempotent
        invalid = (("{name: orders, pattern: idempotent}", "endpoints"),)
        supports = frozenset({"state"})

Every test rests on a promise of `imnot_core.plugin`: that a plugin returns data, that `compile` is
pure, that state is in the store and in the session. What the tests cannot guess (the requests of a
flow, a payload of the right shape, what is random in an answer) is a method to override: see
`Contract`.

New tests of what every pattern must do come only with a new minor version of imnot, and its
changelog announces them; new tests of the capabilities in `supports` may come at any time.
"""

from imnot_core.testing.contract.answering import AnsweringChecks
from imnot_core.testing.contract.base import CAPABILITIES, Contract
from imnot_core.testing.contract.continuity import ContinuityChecks
from imnot_core.testing.contract.definition import DefinitionChecks
from imnot_core.testing.contract.isolation import IsolationChecks
from imnot_core.testing.contract.payloads import PayloadChecks
from imnot_core.testing.contract.work import WorkChecks

__all__ = ["CAPABILITIES", "Contract", "PatternContract"]


class PatternContract(
    DefinitionChecks,
    AnsweringChecks,
    ContinuityChecks,
    IsolationChecks,
    PayloadChecks,
    WorkChecks,
):
    """Inherit from it in a class named `Test...` and set `plugin`; see this module's docstring."""
