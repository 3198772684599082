"""Where the pages lie."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlencode

ADMIN: Final = "/__admin__"
NEW_STUB: Final = f"{ADMIN}/stubs/new"
STATIC: Final = f"{ADMIN}/static"


def stub_page(stub_id: str) -> str:
    """The page of a stub."""
    return f"{ADMIN}/stubs/{_segment(stub_id)}"


def scope_page(name: str) -> str:
    """The page of a scope."""
    return f"{ADMIN}/scopes/{_segment(name)}"


def request_page(request_id: str) -> str:
    """The page of a journaled request."""
    return f"{ADMIN}/requests/{_segment(request_id)}"


def deleting_stub(stub_id: str, owner: str, scope: str = "") -> str:
    """What deletes a stub of `owner`, and answers with the panel of `scope` (of all with "")."""
    return f"{ADMIN}/actions/stubs/{_segment(stub_id)}{_query(owner=owner, within=scope)}"


def deleting_scope(name: str) -> str:
    """What deletes a scope."""
    return f"{ADMIN}/actions/scopes/{_segment(name)}"


def _segment(text: str) -> str:
    return quote(text, safe="")


def _query(**values: str) -> str:
    given = {name: value for name, value in values.items() if value}
    return f"?{urlencode(given)}" if given else ""
