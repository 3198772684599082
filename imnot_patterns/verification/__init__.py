"""The API plugin `verification`: POST /imnot/admin/verify tells whether requests were received.

`question` reads what is asked, `claims` judges it, `nearest` explains what came near, `waiting`
asks again until there is an answer or the time is over, `controllers` is the endpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imnot_core import API_VERSION, Reply, Request, Services
from imnot_patterns.verification.controllers import PREFIX, controllers

__all__ = ["VerificationApi"]


class VerificationApi:
    """Tells whether the requests that a test expects were received, and what came nearest."""

    name = "verification"
    api_version = API_VERSION
    prefixes: tuple[str, ...] = (PREFIX,)

    def controllers(self, services: Services) -> Sequence[Any]:
        """The management endpoint."""
        return controllers(services)

    async def respond(self, request: Request) -> Reply | None:  # noqa: ARG002 - of the interface
        """Answer no consumer request."""
        return None
