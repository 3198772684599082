"""What a test claims of the requests that a server received, and the words when it is not so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import httpx

Count = int | Mapping[str, int]
"""How many: a number, or `{"min": …, "max": …}`."""
Step = tuple[Any, Any] | Mapping[str, Any]
"""One request of an order: method and path, or a description as the admin API takes it."""

_CRITERIA: Final = ("query", "headers", "host", "body")
_PATIENCE: Final = 10.0


class Admin(Protocol):
    """A server whose admin API can be asked, as `Remote` is."""

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send an admin request; `path` is relative to `/imnot/admin`."""


def verify(
    server: Admin,
    method: Any = None,
    path: Any = None,
    *,
    count: Count | None = None,
    timeout: float = 0.0,
    **described: Any,
) -> list[str]:
    """Claim that such requests were received; returns their ids, the oldest first.

    `method`, `path` (a template such as `/orders/{id}`) and `query`, `headers`, `host`, `body` are
    texts or criteria, as those of a stub; the rest of `described` are conditions: `session`,
    `partner`, `datapoint`, `status`, `kind` and the others of `POST /imnot/admin/verify`. At least
    one such request is expected unless `count` says more; it is waited for `timeout` real seconds.
    Raises AssertionError that shows the nearest requests, and what differs in them.
    """
    __tracebackhide__ = True
    question = _question(method, path, described)
    if count is not None:
        question["count"] = dict(count) if isinstance(count, Mapping) else count
    return _ask(server, question, timeout)


def verify_order(
    server: Admin,
    *steps: Step,
    within_ms: int | None = None,
    timeout: float = 0.0,
    **described: Any,
) -> list[str]:
    """Claim that requests were answered in this order; others may lie between them.

    `described` holds for each of them, as of `verify`. Raises AssertionError.
    """
    __tracebackhide__ = True
    question = _question(None, None, described)
    question["order"] = [
        dict(each) if isinstance(each, Mapping) else _question(each[0], each[1], {})
        for each in steps
    ]
    if within_ms is not None:
        question["within_ms"] = within_ms
    return _ask(server, question, timeout)


def received(server: Admin, **filters: Any) -> list[dict[str, Any]]:
    """The journaled requests, newest first; `filters` are those of `GET /imnot/admin/requests`."""
    __tracebackhide__ = True
    found: list[dict[str, Any]] = server.admin("GET", "/requests", params=filters).json()[
        "requests"
    ]
    return found


def told(answer: Mapping[str, Any]) -> str:
    """An answer that something is not so, as a test shows it."""
    lines = [str(answer.get("reason", "it is not so"))]
    nearest = answer.get("nearest") or []
    if not nearest:
        lines.append("No request comes near.")
    for number, each in enumerate(nearest, 1):
        lines += ["", f"{number}. {each['reason']}", *_criteria(each["criteria"])]
    return "\n".join(lines)


def _question(method: Any, path: Any, described: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a question; criteria go into its `request`, conditions beside it."""
    request = {"method": method, "path": path}
    request |= {name: described[name] for name in _CRITERIA if name in described}
    given = {name: value for name, value in request.items() if value is not None}
    conditions = {
        name: str(value) if name == "session" and value is not None else value
        for name, value in described.items()
        if name not in _CRITERIA
    }
    return {**({"request": given} if given else {}), **conditions}


def _ask(server: Admin, question: dict[str, Any], timeout: float) -> list[str]:
    __tracebackhide__ = True
    if timeout:
        question["timeout_seconds"] = timeout
    options = {"json": question, "timeout": timeout + _PATIENCE}
    answer: dict[str, Any] = server.admin("POST", "/verify", **options).json()
    if not answer["verified"]:
        raise AssertionError(told(answer))
    matches: list[str] = answer["matches"]
    return matches


def _criteria(criteria: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in criteria:
        mark = "   " if each["matched"] else ">>>"
        line = f"   {mark} {each['field']}: {each['actual']!r}, expected {each['expected']}"
        yield f"{line} ({each['hint']})" if each.get("hint") else line
