"""Every built-in pattern keeps the contract that those of other authors are held to."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import httpx

from imnot_core.testing import PatternContract
from imnot_patterns.callback import Callback
from imnot_patterns.crud import Crud
from imnot_patterns.fetch import Fetch
from imnot_patterns.oauth import OAuth
from imnot_patterns.polling import Polling
from imnot_patterns.static import Static
from imnot_patterns.stubs.pattern import StubPattern

NO_ENDPOINTS = "{name: d, pattern: %s, endpoints: []}"
NO_PATH = "{name: d, pattern: %s, endpoints: [{method: GET}]}"
RELATIVE = "{name: d, pattern: static, endpoints: [{method: GET, path: x}]}"
TOKEN = "{name: d, pattern: oauth, %s, endpoints: [{method: POST, path: /token}]}"
STEP = "{name: d, pattern: async, endpoints: [{method: POST, path: /x, response: {%s}}]}"
STRICT = "{name: d, pattern: async, %s, endpoints: [{method: GET, path: '/x/{id}'}]}"
STUB = "{name: d, pattern: stub, endpoints: [{method: GET, path: /x, %s}]}"
TWO_STUBS = """\
name: d
pattern: stub
endpoints:
  - {method: GET, path: '/x/{a}', response: {body: a}%s}
  - {method: GET, path: '/x/{b}', response: {body: b}%s}
"""
SUBMIT = "{name: d, pattern: push, endpoints: [{method: POST, path: /x, response: {}}]}"


class TestOAuth(PatternContract):
    """The token that is always the same."""

    plugin = OAuth
    invalid = (
        (NO_ENDPOINTS % "oauth", "endpoints"),
        (NO_PATH % "oauth", "path"),
        (TOKEN % "require_pkce: true", "has no effect on the fixed token"),
    )


class TestOAuthSigned(PatternContract):
    """Authorization servers, for anybody and for some."""

    plugin = OAuth
    examples: ClassVar[tuple[str, ...]] = (
        """\
name: login
pattern: oauth
issue: jwt
endpoints:
  - {method: POST, path: '/{tenant}/login/token', response: {expires_in: 600}}
  - {method: POST, path: /token/, response: {status: 201, token_type: bearer}}
""",
        """\
name: strict
pattern: oauth
issue: jwt
scopes: [openid, read]
claims: {aud: api, email: '{username}@acme.example'}
grants: [password, refresh_token]
clients:
  - {client_id: web, redirect_uris: ['https://app.example/back']}
  - {client_id: backend, secret: hush, scopes: [read]}
users: [{username: ada, password: lovelace, claims: {roles: [admin]}}]
endpoints:
  - {method: POST, path: /token}
""",
    )
    invalid = (
        (TOKEN % "issue: jwt, claims: {exp: 7}", "expires_in"),
        (TOKEN % "issue: jwt, clients: [{client_id: a, secret_env: NO_SUCH_SECRET}]", "not set"),
    )
    supports = frozenset({"state"})

    def normalise(self, response: httpx.Response) -> Any:
        """Keys are made of the machine's own chance, and so is what is signed by them."""
        return re.sub(r"[\w.-]{40,}", "<signed>", repr(super().normalise(response)))


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
    """Both deliveries of the id, and a flow whose ids have a state."""

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
        """\
name: with-states
pattern: async
ready: {after_polls: 2, after_seconds: 30}
expires_after_seconds: 86400
strict: true
endpoints:
  - {method: POST, path: /reports, response: {generates_id: true, id_body_field: report}}
  - method: GET
    path: /reports/{id}
    response:
      body: {state: done, report: '{id}'}
      pending:
        status: 202
        body_text: <queued/>
        content_type: application/xml
        then: [{after_polls: 2, headers: {X-Report: '{id}'}}]
      fails_with: {crash: {status: 500}, quota: {body: {state: failed}}}
  - method: GET
    path: /reports/{id}/pages
    response: {returns_payload: true, pending: {}, fails_with: {quota: {}}}
  - {method: DELETE, path: '/reports/{id}', response: {status: 204}}
""",
    )
    invalid = (
        (STEP % "generates_id: true", "nothing says where the id goes"),
        (STEP % "returns_payload: true", "{id}"),
        (STEP % "pending: {}", "{id}"),
        (STRICT % "strict: true", "endpoints"),
        (STRICT % "ready: {}", "after_polls"),
    )
    supports = frozenset({"payload", "sessions", "state", "admin"})


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


class TestCrud(PatternContract):
    """Ids of each kind, items of a parent, an operation that declares something."""

    plugin = Crud
    examples: ClassVar[tuple[str, ...]] = (
        Crud.example,
        """\
name: orders
pattern: crud
path: /customers/{customer_id}/orders
ids: integer
etags: true
upsert: true
items_field: data
total_field: total
seed: [{id: 1, customer_id: 7, total: 10}]
endpoints:
  - {method: GET, path: '/customers/{customer}/orders/{order}', response: {headers: {X-A: 1}}}
""",
        "{name: notes, pattern: crud, path: /notes, ids: client, id_field: key, seed: [{key: a}]}",
        "{name: events, pattern: crud, path: /events, operations: [list, create]}",
    )
    invalid = (
        ("{name: d, pattern: crud}", "path"),
        ("{name: d, pattern: crud, path: x}", "begins with"),
        (
            "{name: d, pattern: crud, path: /x, endpoints: [{method: GET, path: /y}]}",
            "no operation",
        ),
        ("{name: d, pattern: crud, path: /x, seed: [{id: []}]}", "seed[0].id"),
    )
    supports = frozenset({"sessions", "state", "admin"})

    def moved(self, datapoint: dict[str, Any], prefix: str) -> dict[str, Any]:
        """The path of the collection too."""
        return {**super().moved(datapoint, prefix), "path": f"/{prefix}{datapoint['path']}"}


class TestStub(PatternContract):
    """Endpoints that share a path, each way to answer, calls that are used up, odd paths."""

    plugin = StubPattern
    examples: ClassVar[tuple[str, ...]] = (
        StubPattern.example,
        """\
name: by-content
pattern: stub
endpoints:
  - method: POST
    path: /orders
    request:
      headers: {X-Tenant: acme}
      query: {$not: {value: {$key_values: {key_values: {dry: "true"}}}}}
      body: {sku: tea}
    chaos: {latency: {base_ms: 20, jitter_ms: 10}}
    response: {status: 201, headers: {X-Count: 3}, body: {state: accepted}}
  - method: POST
    path: /orders
    request: {host: {$regex: {pattern: "localhost|imnot"}}}
    response: {status: 204}
  - {method: POST, path: /orders, response: {status: 402, body: no}}
""",
        """\
name: calls
pattern: stub
endpoints:
  - {method: PUT, path: '/jobs/{job}', max_calls: 1, response: {status: 202}}
  - {method: PUT, path: '/jobs/{id}', response: {body: {state: done}}}
  - {method: PUT, path: '/jobs/{job}.json', response: {template_body: '{{ request.session }}'}}
""",
        """\
name: actions
pattern: stub
endpoints:
  - {method: GET, path: /events, sse: {events: [{data: one}, {event: end, id: '2', data: ''}]}}
  - method: GET
    path: /rendered/{name}
    action:
      response:
        status_code: 203
        headers: {}
        template_body: '{{ request.path_params.name }} {{ request.body }}'
  - method: GET
    path: /elsewhere
    proxy: {url: 'http://upstream.example/', headers: {X-Via: imnot}, timeout: 1}
  - {method: HEAD, path: '/caf%C3%A9/{a}-{b}', response: {headers: {Status: DONE}}}
""",
    )
    invalid = (
        (NO_ENDPOINTS % "stub", "endpoints"),
        (NO_PATH % "stub", "path"),
        (STUB % "max_calls: 1", "nothing says how to answer"),
        (STUB % "response: {}, sse: {events: [{data: a}]}", "`response` says already"),
        (STUB % "response: {}, action: {response: {}}", "`response` says already"),
        (STUB % "action: {}", "nothing says how to answer"),
        (STUB % "response: {body: a, template_body: b}", "there is a `body` as well"),
        (STUB % "response: {status: 201, status_code: 202}", "`status` says 201"),
        (STUB % "response: {status: 99}", "status"),
        (STUB % "response: {headers: {a b: c}}", "no header name"),
        (STUB % "response: {template_body: '{% for %}'}", "line 1"),
        (STUB % "response: {body: .nan}", "cannot be sent"),
        (STUB % "response: {}, max_calls: 0", "max_calls"),
        (STUB % "response: {}, request: {path: /x}", "path"),
        (STUB % "response: {}, request: {headers: {a: {$regexp: {pattern: b}}}}", "$regex"),
        (STUB % "response: {}, request: {body: {$regex: {pattern: '('}}}", "regular expression"),
        (STUB % "response: {}, request: {query: {page: 1}}", 'write "1"'),
        (STUB % "response: {}, request: {host: API.example}", "lower case"),
        (STUB % "response: {}, chaos: {faults: {connection_drop: {probability: 1.5}}}", "1.5"),
        (STUB % "sse: {events: []}", "events"),
        (STUB % "sse: {events: [{data: a, delay_ms: -1}]}", "delay_ms"),
        (STUB % "sse: {events: [{data: '{{ a'}]}", "sse.events[0].data"),
        (STUB % "proxy: {url: /x}", "url"),
        (STUB % "proxy: {url: 'http://a.example/', headers: {a b: c}}", "no header name"),
        (TWO_STUBS % ("", ""), "`endpoints[0]` comes first and demands the same"),
        (TWO_STUBS % ("", ", max_calls: 1"), "never reached"),
        (TWO_STUBS % (", request: {headers: {a: b}}", ", request: {headers: {a: b, c: d}}"), "all"),
    )
    # A proxy closes the answer that it passed on once it is sent: a job.
    supports = frozenset({"sessions", "state", "jobs"})
