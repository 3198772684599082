"""Sites: the partners folders that are served, and what a test would upload to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.servers import Server

PARTNERS = 100
ENDPOINTS = 100
PAYLOAD_BYTES = 3500
JSON = {"Content-Type": "application/json"}

Values = Mapping[str, str]
"""What is known only once a site is prepared, such as the id of a session."""

SMALL_PARTNER = """\
partner: bench
datapoints:
  - name: health
    pattern: static
    endpoints:
      - method: GET
        path: /bench/health
        response:
          body: {state: up}
  - name: charges
    pattern: fetch
    endpoints:
      - method: GET
        path: /bench/charges
  - name: reports
    pattern: async
    endpoints:
      - method: POST
        path: /bench/reports
        response:
          generates_id: true
          id_body_field: report_id
          body: {state: queued}
      - method: GET
        path: /bench/reports/{id}
        response:
          returns_payload: true
  - name: exports
    pattern: async
    endpoints:
      - method: POST
        path: /bench/exports
        response:
          generates_id: true
          id_header: Location
          id_header_value: /bench/exports/{id}
      - method: GET
        path: /bench/exports/{id}
        response:
          returns_payload: true
"""


@dataclass(frozen=True)
class Site:
    """Something to serve. `write` fills a partners folder, `prepare` the running server."""

    name: str
    write: Callable[[Path], None]
    prepare: Callable[[Server], Values]


def _write_small(folder: Path) -> None:
    _write_partner(folder, "bench", SMALL_PARTNER)


def _prepare_small(server: Server) -> Values:
    payload = payload_of(PAYLOAD_BYTES)
    place = "/imnot/admin/bench/charges/payload"
    server.post(place, payload)
    answer = server.post(f"{place}/session", payload)
    return {"session": json.loads(answer)["session_id"]}


def payload_of(size: int) -> bytes:
    """JSON of about that many bytes, of the kind that an API answers."""
    items: list[dict[str, object]] = []
    body = b"[]"
    while len(body) < size:
        number = len(items)
        items.append({"id": f"ch_{number:06}", "amount": 1250 + number, "currency": "EUR"})
        body = json.dumps({"charges": items}).encode()
    return body


def literal_path(partner: int, endpoint: int) -> str:
    """The path of an endpoint without parameter: the first half of each partner's."""
    return f"/partner{partner:03}/v1/resources/{endpoint:03}"


def parameter_path(partner: int, endpoint: int, value: str) -> str:
    """The path of an endpoint with a parameter, at its end or inside: each partner's other half."""
    end = "/lines" if endpoint % 2 else ""
    return f"/partner{partner:03}/v1/resources/{endpoint:03}/items/{value}{end}"


def _write_large(folder: Path) -> None:
    for partner in range(PARTNERS):
        name = f"partner{partner:03}"
        paths = [literal_path(partner, each) for each in range(ENDPOINTS // 2)]
        paths += [parameter_path(partner, each, "{id}") for each in range(ENDPOINTS // 2)]
        _write_partner(folder, name, _static_partner(name, paths))


def _static_partner(name: str, paths: list[str]) -> str:
    lines = [f"partner: {name}", "datapoints:"]
    for number, path in enumerate(paths):
        lines += [
            f"  - name: resource{number}",
            "    pattern: static",
            "    endpoints:",
            "      - method: GET",
            f"        path: {path}",
            "        response:",
            f"          body: {{resource: {number}, owner: {name}, state: up}}",
        ]
    return "\n".join(lines) + "\n"


def _write_partner(folder: Path, name: str, text: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "partner.yaml").write_text(text, encoding="utf-8")


def stub_path(number: int) -> str:
    """The path that a stub answers; every other one has a parameter in its template."""
    return f"/stubbed/{number % 100:02}/orders/{number}"


def _template(number: int) -> str:
    return f"{stub_path(number)}/{{line}}" if number % 2 else stub_path(number)


def _prepare_stubs(count: int) -> Callable[[Server], Values]:
    def prepare(server: Server) -> Values:
        headers = {"Content-Type": "text/plain"}
        for number in range(count):
            stub = {
                "request": {"path": _template(number), "method": "GET"},
                "action": {"response": {"status_code": 200, "headers": headers, "body": "here"}},
            }
            server.post("/__mock__/stubs", json.dumps(stub).encode(), JSON)
        return {}

    return prepare


def _write_nothing(folder: Path) -> None:
    folder.mkdir(parents=True)


SMALL = Site("small", _write_small, _prepare_small)
LARGE = Site("large", _write_large, lambda _server: {})
ONE_STUB = Site("one-stub", _write_nothing, _prepare_stubs(1))
SOME_STUBS = Site("some-stubs", _write_nothing, _prepare_stubs(ENDPOINTS))
STUBS = Site("stubs", _write_nothing, _prepare_stubs(ENDPOINTS * PARTNERS))
