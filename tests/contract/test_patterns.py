"""Every built-in pattern keeps the contract that those of other authors are held to."""

from __future__ import annotations

from typing import ClassVar

from imnot_core.testing import PatternContract
from imnot_patterns.callback import Callback
from imnot_patterns.fetch import Fetch
from imnot_patterns.oauth import OAuth
from imnot_patterns.polling import Polling
from imnot_patterns.static import Static

NO_ENDPOINTS = "{name: d, pattern: %s, endpoints: []}"
NO_PATH = "{name: d, pattern: %s, endpoints: [{method: GET}]}"
RELATIVE = "{name: d, pattern: static, endpoints: [{method: GET, path: x}]}"
STEP = "{name: d, pattern: async, endpoints: [{method: POST, path: /x, response: {%s}}]}"
SUBMIT = "{name: d, pattern: push, endpoints: [{method: POST, path: /x, response: {}}]}"


class TestOAuth(PatternContract):
    plugin = OAuth
    invalid = ((NO_ENDPOINTS % "oauth", "endpoints"), (NO_PATH % "oauth", "path"))


class TestStatic(PatternContract):
    plugin = Static
    examples = (
        Static.example,
        {
            "name": "bodies",
            "pattern": "static",
            "endpoints": [
                {"method": "get", "path": "/none", "response": {"status": 204}},
                {"method": "PUT", "path": "/text/", "response": {"body": "ü", "status": 503}},
                {
                    "method": "DELETE",
                    "path": "/things/{thing}",
                    "response": {"headers": {"X-Count": 3}, "body": [1, None]},
                },
            ],
        },
    )
    invalid = ((NO_ENDPOINTS % "static", "endpoints"), (RELATIVE, "path"))


class TestFetch(PatternContract):
    plugin = Fetch
    invalid = ((NO_ENDPOINTS % "fetch", "endpoints"), (NO_PATH % "fetch", "path"))
    supports = frozenset({"payload", "sessions"})


class TestPolling(PatternContract):
    """Both deliveries of the id."""

    plugin = Polling
    examples: ClassVar[tuple[str, ...]] = (
        Polling.example,
        """\
name: in-the-body
pattern: async
endpoints:
  - {method: POST, path: /jobs, response: {generates_id: true, id_body_field: job, body: {a: 1}}}
  - {method: GET, path: '/jobs/{id}/state', response: {body: {state: done}}}
  - {method: GET, path: '/jobs/{id}/results', response: {returns_payload: true}}
""",
    )
    invalid = (
        (STEP % "generates_id: true", "nothing says where the id goes"),
        (STEP % "returns_payload: true", "{id}"),
    )
    supports = frozenset({"payload", "sessions", "state"})


class TestPollingByItsAlias(TestPolling):
    """The same files, when they say `polling`."""

    examples = tuple(each.replace("async", "polling") for each in TestPolling.examples)


class TestCallback(PatternContract):
    """Both places of the URL, and a delay."""

    plugin = Callback
    examples: ClassVar[tuple[str, ...]] = (
        Callback.example,
        """\
name: in-a-header
pattern: push
endpoints:
  - method: POST
    path: /orders/{order}
    response: {callback_url_header: X-Reply-To, callback_method: put, callback_delay_seconds: 2.5}
""",
    )
    invalid = ((SUBMIT, "callback_url_header"),)
    supports = frozenset({"payload", "sessions", "state", "jobs", "admin"})


class TestCallbackByItsAlias(TestCallback):
    """The same files, when they say `callback`."""

    examples = tuple(each.replace("push", "callback") for each in TestCallback.examples)
