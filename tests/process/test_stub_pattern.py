"""The pattern `stub` over the network, by several workers, and as the command line speaks of it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from imnot_core.testing import CallbackReceiver, ServerProcess
from tests.process.command import Project
from tests.process.stub_servers import fresh

BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)

PARTNER = """\
partner: acme
datapoints:
  - name: prices
    pattern: stub
    endpoints:
      - method: GET
        path: /prices/{currency}
        response: {template_body: "{{ request.path_params.currency }}"}
      - method: GET
        path: /prices/{currency}
        request: {query: {live: "true"}}
        sse:
          events:
            - {id: "1", data: "{{ request.path_params.currency }}"}
            - {id: "2", data: "later", delay_ms: 60000}
      - method: GET
        path: /prices/{name}
        request: {query: {lost: "true"}}
        chaos: {faults: {connection_drop: {}}}
        response: {body: "0123456789"}
  - name: jobs
    pattern: stub
    endpoints:
      - {method: GET, path: /jobs, max_calls: 10, response: {body: pending}}
      - {method: GET, path: /jobs, max_calls: 5, response: {body: done}}
      - method: POST
        path: /jobs
        request: {headers: {X-Tenant: {$regex: {pattern: "eu-"}}}, body: {kind: export}}
        response: {status: 201}
"""


@contextmanager
def serving(folder: Path, text: str, *args: str) -> Iterator[ServerProcess]:
    (folder / "partners" / "acme").mkdir(parents=True)
    (folder / "partners" / "acme" / "partner.yaml").write_text(text, encoding="utf-8")
    with ServerProcess(folder / "partners", args=args, cwd=folder) as server:
        yield server


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("pattern"), PARTNER) as server:
        yield server


def test_an_event_is_there_before_the_next_one_is_due(acme: ServerProcess) -> None:
    received = b""
    with socket.create_connection(("127.0.0.1", acme.port), timeout=10) as connection:
        connection.sendall(b"GET /prices/EUR?live=true HTTP/1.1\r\nHost: x\r\n\r\n")
        while b"data: EUR" not in received:
            data = connection.recv(65536)
            assert data, received
            received += data
    assert b"text/event-stream" in received
    assert b"later" not in received
    assert acme.get("/prices/EUR").text == "EUR"


def test_one_of_the_endpoints_of_a_path_loses_its_connection(acme: ServerProcess) -> None:
    for _ in range(2):
        assert acme.get("/prices/EUR").text == "EUR"
        with pytest.raises(BROKEN):
            acme.get("/prices/EUR?lost=true")
    for word in ("Traceback", "Exception", "ERROR"):
        assert word not in acme.log


def test_a_proxy_passes_on_what_another_server_answers(tmp_path: Path) -> None:
    with CallbackReceiver() as upstream:
        upstream.answer(418, body=b"from upstream")
        text = f"""\
partner: acme
datapoints:
  - name: through
    pattern: stub
    endpoints:
      - method: POST
        path: /through/{{id}}
        request: {{headers: {{X-Through: "yes"}}}}
        proxy: {{url: "{upstream.url}/there", headers: {{X-Via: imnot}}}}
      - {{method: POST, path: "/through/{{id}}", response: {{body: own}}}}
"""
        with serving(tmp_path, text) as server:
            assert server.post("/through/1").text == "own"
            answer = server.post("/through/1?a=b", headers={"X-Through": "yes"}, json=[1])
            assert (answer.status_code, answer.text) == (418, "from upstream")
        (sent,) = upstream.wait(1)
        assert (sent.method, sent.json(), sent.headers["X-Via"]) == ("POST", [1], "imnot")
        assert "/there" in sent.url


@pytest.mark.parametrize("workers", ["1", "2"])
def test_calls_are_exact_and_reloads_and_restarts_keep_them(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, PARTNER, "--workers", workers) as server:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: fresh(server, "GET", "/jobs").text, range(12)))
        assert sorted(answers) == ["done"] * 2 + ["pending"] * 10
        assert server.admin("POST", "/reload").json()["status"] == "ok"
        assert fresh(server, "GET", "/jobs").text == "done"
        server.restart()
        statuses = [fresh(server, "GET", "/jobs").status_code for _ in range(3)]
        assert statuses == [200, 200, 404]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_fits_nothing_is_explained_by_every_worker(tmp_path: Path, workers: str) -> None:
    with serving(tmp_path, PARTNER, "--workers", workers) as server:
        answer = fresh(
            server, "POST", "/jobs", json={"kind": "export"}, headers={"X-Tenant": "us-1"}
        )
        assert answer.status_code == 404
        assert "nearest is POST /jobs of acme/jobs#3: header x-tenant" in answer.json()["detail"]
        header = answer.headers["X-Imnot-Near-Miss"]
        link = header.rpartition("see ")[2]
        for _ in range(4):
            miss, *_ = fresh(server, "GET", link).json()["near_misses"]
            mismatches = [each["field"] for each in miss["criteria"] if not each["matched"]]
            assert mismatches == ["header x-tenant"]
        assert "Nothing answered POST /jobs" in server.log
        assert re.search(r">>> header x-tenant: .*eu-.* \| \"us-1\"", server.log)


# Mistakes in a file

HEAD = """\
partner: acme
datapoints:
  - name: things
    pattern: stub
    endpoints:
      - method: GET
        path: /things
        """
MISTAKES = {
    "an unknown operator": (
        'response: {}\n        request: {headers: {a: {$regexp: {pattern: "b"}}}}',
        '9:42: $regexp is no operator (at datapoints[0].endpoints[0].request.headers.a["$regexp"])',
    ),
    "a regular expression": (
        'response: {}\n        request: {body: {$regex: {pattern: "("}}}',
        "9:44: it is no regular expression: missing )",
    ),
    "two actions": (
        "response: {}\n        sse: {events: [{data: a}]}",
        "9:14: `response` says already how to answer",
    ),
    "two forms of action": (
        "action: {response: {}}\n        proxy: {url: 'http://a.example/'}",
        "8:17: `proxy` says already how to answer",
    ),
    "two actions in one": (
        "action: {response: {}, proxy: {url: 'http://a.example/'}}",
        "8:39: `response` says already how to answer",
    ),
    "no action": ("max_calls: 1", "6:9: nothing says how to answer"),
    "an empty action": ("action: {}", "8:17: nothing says how to answer"),
    "two bodies": (
        "response: {body: a, template_body: b}",
        "8:44: there is a `body` as well",
    ),
    "two statuses": (
        "response: {status: 201, status_code: 202}",
        "8:46: `status` says 201",
    ),
    "a template": (
        'response: {template_body: "{{ a"}',
        "8:35: line 1",
    ),
    "a template of an event": (
        'action: {sse: {events: [{data: "{% if %}"}]}}',
        "8:40: line 1",
    ),
    "an unknown key": (
        "response: {bodyy: a}",
        "8:20: unknown key `bodyy`",
    ),
    "a criterion that there is not": (
        "response: {}\n        request: {method: GET}",
        "9:19: unknown key `method`",
    ),
    "a status": ("response: {status: 99}", "8:28: expected an integer from 200 to 599"),
    "a probability": (
        "response: {}\n        chaos: {faults: {connection_drop: {probability: 1.5}}}",
        "9:57: expected a number from 0 to 1",
    ),
    "a negative delay": (
        "sse: {events: [{data: a, delay_ms: -1}]}",
        "8:44: expected an integer from 0 to 86400000",
    ),
    "a negative number of calls": ("response: {}\n        max_calls: 0", "9:20: expected"),
    "a number that is always a text": (
        "response: {}\n        request: {query: {page: 1}}",
        '9:33: the query parameter `page` is always a text, and never equals 1: write "1"',
    ),
    "an address": ("proxy: {url: /x}", "8:22: "),
    "an endpoint that is never reached": (
        "response: {}\n      - {method: GET, path: /things, response: {body: b}}",
        "9:29: it is never reached: `endpoints[0]` comes first and demands the same",
    ),
}


@pytest.mark.parametrize(("written", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_every_mistake_is_named_with_its_place(project: Project, written: str, said: str) -> None:
    file = project.write("acme.yaml", f"{HEAD}{written}\n")
    project.folder.joinpath("partners").mkdir()
    ended = project.run("generate", "--dry-run", "--file", str(file))
    assert ended.code == 1
    problem, refusal = ended.err.splitlines()
    assert problem.startswith(f"{file}:{said}"), problem
    assert refusal.endswith("the file is refused; nothing was written")


def test_the_commands_know_the_pattern(project: Project) -> None:
    file = project.write("acme.yaml", PARTNER)
    project.folder.joinpath("partners").mkdir()
    assert project.run("generate", "--file", str(file)).code == 0
    listed = [each.split() for each in project.run("routes").lines if "[stub]" in each]
    assert listed == [
        ["GET", "/prices/{currency}", "[stub]"],
        ["GET", "/jobs", "[stub]"],
        ["POST", "/jobs", "[stub]"],
    ]
    explained = project.run("patterns", "stub")
    assert "endpoints[].request.headers" in explained.out
    example = explained.out.partition("paste below `datapoints:`:")[2].strip()
    indented = "\n".join(f"  {line}" for line in example.splitlines())
    pasted = project.write("pasted.yaml", f"partner: pasted\ndatapoints:\n{indented}\n")
    assert project.run("generate", "--file", str(pasted)).code == 0
    assert project.run("new-pattern", "stub").code != 0
