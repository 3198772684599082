"""The endpoints of the core: one module per resource, each a function of the running server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imnot_core.server.admin.documents import document_handlers
from imnot_core.server.admin.overrides import override_handlers
from imnot_core.server.admin.partners import partner_handlers
from imnot_core.server.admin.payloads import payload_handlers
from imnot_core.server.admin.problems import problem_handlers
from imnot_core.server.admin.requests import request_handlers
from imnot_core.server.admin.sessions import session_handlers
from imnot_core.server.runtime import Runtime


def controllers(runtime: Runtime) -> Sequence[Any]:
    """All of them."""
    return (
        *document_handlers(runtime),
        *partner_handlers(runtime),
        *payload_handlers(runtime),
        *override_handlers(runtime),
        *session_handlers(runtime),
        *problem_handlers(runtime),
        *request_handlers(runtime),
    )
