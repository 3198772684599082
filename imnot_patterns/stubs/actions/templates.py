"""What the templates of stubs see of a request.

`request` has path, path_params, method, host, scope, session, query, headers (names in lower case)
and body (parsed if it is JSON, else text; bytes if that cannot be).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from imnot_core import JSON_CONTENT_TYPE, Request
from imnot_patterns.stubs.seen import Seen
from imnot_patterns.templating import TemplateFailed

INVALID_JSON: Final = "Invalid JSON request body for JSON content-type"


def request_values(
    seen: Seen, request: Request, params: dict[str, str], scope: str | None
) -> dict[str, Any]:
    """What a template sees of a request. Raises TemplateFailed for JSON that is none."""
    return {
        "path": seen.path,
        "path_params": params,
        "method": seen.method,
        "host": seen.host,
        "scope": scope,
        "session": request.session,
        "query": seen.query,
        "headers": seen.headers,
        "body": _body(seen),
    }


def _body(seen: Seen) -> Any:
    media_type = seen.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON_CONTENT_TYPE and not media_type.endswith("+json"):
        return seen.body
    if seen.json is msgspec.UNSET:
        raise TemplateFailed(INVALID_JSON)
    return seen.json
