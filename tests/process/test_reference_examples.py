"""The examples that the tool's reference documents, one test each: real command, real curl.

What they show is the contract, so the requests are sent by curl as they are written there: without
a content type of their own, raw YAML as it is in the file, the key in a Bearer header.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import CallbackReceiver
from tests.process.command import Project, Server
from tests.support import eventually, needs

# Every datapoint that the reference shows, in partners of their own where paths would clash.
PARTNERS = {
    "bookingco": """\
partner: bookingco
description: Token and charges
datapoints:
  - name: token
    pattern: static
    endpoints:
      - method: POST
        path: /bookingco/auth/token
        response:
          status: 200
          body:
            token: "static-token-replace-in-real-use"
            my_custom_field: "some-value"
  - name: charges
    pattern: fetch
    endpoints:
      - method: GET
        path: /bookingco/v1/charges
        response:
          status: 200
""",
    "staylink": """\
partner: staylink
datapoints:
  - name: token
    pattern: oauth
    endpoints:
      - method: POST
        path: /oauth/token
        response:
          status: 200
          token_type: Bearer
          expires_in: 3600
  - name: reservation
    pattern: async
    endpoints:
      - step: 1
        method: POST
        path: /staylink/reservations
        response:
          status: 202
          generates_id: true
          id_header: Location
          id_header_value: /staylink/reservations/{id}
      - step: 2
        method: HEAD
        path: /staylink/reservations/{id}
        response:
          status: 201
          headers:
            Status: COMPLETED
      - step: 3
        method: GET
        path: /staylink/reservations/{id}
        response:
          status: 200
          returns_payload: true
""",
    "ratesync": """\
partner: ratesync
datapoints:
  - name: rates
    pattern: async
    endpoints:
      - step: 1
        method: POST
        path: /ratesync/rates
        response:
          status: 200
          generates_id: true
          id_body_field: JobReferenceID
      - step: 2
        method: GET
        path: /ratesync/jobs/{id}/status
        response:
          status: 200
          body:
            status: COMPLETED
      - step: 3
        method: GET
        path: /ratesync/jobs/{id}/results
        response:
          status: 200
          returns_payload: true
""",
    "pusher": """\
partner: pusher
datapoints:
  - name: rate-push
    pattern: push
    endpoints:
      - method: POST
        path: /partner/rates
        response:
          status: 202
          callback_url_field: callbackUrl      # body JSON field containing the callback URL
          callback_method: POST                # default: POST
          callback_delay_seconds: 0            # default: 0 (immediate)
  - name: rate-push-header
    pattern: push
    endpoints:
      - method: POST
        path: /partner/rates-by-header
        response:
          status: 202
          callback_url_header: X-Callback-URL
""",
}
NEW = """\
partner: newco
description: A partner that was not there
datapoints:
  - name: state
    pattern: static
    endpoints: [{method: GET, path: /newco/state, response: {body: {state: new}}}]
"""


@pytest.fixture
def partners(project: Project) -> Project:
    for name, text in PARTNERS.items():
        project.partner(name, text)
    project.write("README.md", "# The project\n")
    project.write("partners/README.md", "# The schema\n")
    return project


@pytest.fixture
def server(partners: Project) -> Iterator[Server]:
    with partners.started() as server:
        yield server


class Answer:
    """What curl got: status, headers and body."""

    def __init__(self, text: str) -> None:
        head, _, self.body = text.replace("\r\n", "\n").partition("\n\n")
        status, *headers = head.splitlines()
        self.status = int(status.split()[1])
        self.headers = dict(line.split(": ", 1) for line in headers)

    def json(self) -> Any:
        return json.loads(self.body)


def curl(server: Server, path: str, *arguments: str) -> Answer:
    """Send a request as the reference does; HEAD is what it writes as -I."""
    program = needs("curl", "the examples are requests of curl")
    command = [program, "-s", "-i", f"{server.url}{path}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return Answer(done.stdout)


def test_oauth(server: Server) -> None:
    answer = curl(server, "/oauth/token", "-X", "POST")

    assert answer.status == 200
    assert list(answer.json()) == ["access_token", "token_type", "expires_in"]
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3600


def test_static(server: Server) -> None:
    answer = curl(server, "/bookingco/auth/token", "-X", "POST")

    fields = {"token": "static-token-replace-in-real-use", "my_custom_field": "some-value"}
    assert (answer.status, answer.json()) == (200, fields)


def test_fetch(server: Server) -> None:
    upload = curl(
        server,
        "/imnot/admin/bookingco/charges/payload",
        *("-X", "POST", "-H", "Content-Type: application/json"),
        *("-d", '{"charges": [{"id": "C1", "amount": 150}]}'),
    )

    assert upload.json() == {"status": "ok", "partner": "bookingco", "datapoint": "charges"}
    fetched = curl(server, "/bookingco/v1/charges")
    assert fetched.json() == {"charges": [{"id": "C1", "amount": 150}]}


def test_async_with_the_id_in_a_header(server: Server) -> None:
    curl(server, "/imnot/admin/staylink/reservation/payload", "-d", '{"room": 7}')
    submit = curl(server, "/staylink/reservations", "-X", "POST")
    location = submit.headers["location"]

    assert (submit.status, submit.body) == (202, "")
    assert location.startswith("/staylink/reservations/")
    state = curl(server, location, "-I")
    assert (state.status, state.headers["status"]) == (201, "COMPLETED")
    result = curl(server, location)
    assert (result.status, result.json()) == (200, {"room": 7})


def test_async_with_the_id_in_the_body(server: Server) -> None:
    curl(server, "/imnot/admin/ratesync/rates/payload", "-d", '{"EUR": 1}')
    submit = curl(server, "/ratesync/rates", "-X", "POST")
    job = submit.json()["JobReferenceID"]

    assert submit.status == 200
    assert curl(server, f"/ratesync/jobs/{job}/status").json() == {"status": "COMPLETED"}
    assert curl(server, f"/ratesync/jobs/{job}/results").json() == {"EUR": 1}


@pytest.mark.parametrize("by_header", [False, True])
def test_push_and_its_retrigger(server: Server, *, by_header: bool) -> None:
    name = "rate-push-header" if by_header else "rate-push"
    with CallbackReceiver() as receiver:
        url = f"{receiver.url}/webhook"
        curl(server, f"/imnot/admin/pusher/{name}/payload", "-d", '{"rate": 1}')
        if by_header:
            submit = curl(
                server, "/partner/rates-by-header", "-X", "POST", "-H", f"X-Callback-URL: {url}"
            )
        else:
            submit = curl(server, "/partner/rates", "-d", json.dumps({"callbackUrl": url}))
        request_id = submit.json()["request_id"]

        assert submit.status == 202
        assert receiver.wait(1)[0].json() == {"rate": 1}

        curl(server, f"/imnot/admin/pusher/{name}/payload", "-d", '{"rate": 2}')
        path = f"/imnot/admin/pusher/{name}/push/{request_id}/retrigger"
        retrigger = curl(server, path, "-X", "POST")
        assert retrigger.json() == {"status": "dispatched", "request_id": request_id}
        assert receiver.wait(2)[1].json() == {"rate": 2}


def test_a_session(server: Server) -> None:
    upload = curl(
        server,
        "/imnot/admin/bookingco/charges/payload/session",
        *("-X", "POST", "-H", "Content-Type: application/json"),
        *("-d", '{"charges": [{"id": "S1"}]}'),
    )
    session = upload.json()["session_id"]

    fetched = curl(server, "/bookingco/v1/charges", "-H", f"X-Imnot-Session: {session}")
    assert fetched.json() == {"charges": [{"id": "S1"}]}
    shown = curl(server, f"/imnot/admin/bookingco/charges/payload/session/{session}").json()
    assert shown["payload"] == {"charges": [{"id": "S1"}]}
    assert curl(server, "/imnot/admin/sessions").json()[0]["session_id"] == session
    assert curl(server, "/imnot/admin/bookingco/charges/payload").status == 404


def test_the_infra_and_docs_endpoints(server: Server) -> None:
    health = curl(server, "/healthz").json()
    assert health["status"] == "ok"
    assert set(health) == {"status", "version"}
    names = [each["partner"] for each in curl(server, "/imnot/admin/partners").json()]
    assert names == sorted(PARTNERS)
    assert curl(server, "/imnot/admin/reload", "-X", "POST").json()["status"] == "ok"
    assert curl(server, "/imnot/admin/postman").json()["info"]["name"] == "imnot"
    for path, text in (("/imnot/docs", "# The project\n"), ("/imnot/docs/partners", "# The sch")):
        answer = curl(server, path)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.body.startswith(text)


def test_the_admin_key(partners: Project) -> None:
    key = ("-H", "Authorization: Bearer your-secret-key")
    partners.write("new.yaml", NEW)
    body = ("-X", "POST", "--data-binary", f"@{partners.folder / 'new.yaml'}")
    for arguments, env in (
        (("--admin-key", "your-secret-key"), {}),
        ((), {"IMNOT_ADMIN_KEY": "your-secret-key"}),
    ):
        partners.env = env
        with partners.started(*arguments) as server:
            refused = curl(server, "/imnot/admin/partners", *body)
            assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
            forced = ("-X", "POST") if not arguments else ()
            path = "/imnot/admin/partners" + ("?force=true" if forced else "")
            assert curl(server, path, *body, *key).status == (200 if forced else 201)
            assert curl(server, "/newco/state").json() == {"state": "new"}
            assert curl(server, "/oauth/token", "-X", "POST").status == 200
    assert (partners.folder / "partners" / "newco" / "partner.yaml").read_text() == NEW


def test_registration_over_http(server: Server, partners: Project) -> None:
    body = ("-X", "POST", "--data-binary", f"@{partners.write('new.yaml', NEW)}")
    wrong = ("-X", "POST", "--data-binary", "partner: [")

    assert curl(server, "/imnot/admin/partners", *body).status == 201
    assert curl(server, "/newco/state").json() == {"state": "new"}
    assert curl(server, "/imnot/admin/partners", *body).status == 409
    assert curl(server, "/imnot/admin/partners?force=true", *body).status == 200
    assert curl(server, "/imnot/admin/partners", *wrong).status == 422


def test_generate(partners: Project) -> None:
    file = str(partners.write("elsewhere/new.yaml", NEW))

    dry = partners.run("generate", "--file", file, "--dry-run", "--json")
    assert json.loads(dry.out)["created"] is False
    assert partners.run("generate", "--dry-run", "--file", file).code == 0
    assert not (partners.folder / "partners" / "newco").exists()
    assert partners.run("generate", "--file", file).code == 0
    assert (partners.folder / "partners" / "newco" / "partner.yaml").read_text() == NEW


def test_export_postman(partners: Project) -> None:
    assert partners.run("export", "postman").code == 0
    assert (partners.folder / "imnot-collection.json").exists()
    chosen = ("--partner", "staylink", "--partner", "pusher", "--out", "some.json")
    assert partners.run("export", "postman", *chosen).code == 0
    items = json.loads((partners.folder / "some.json").read_text())["item"]
    assert [each["name"] for each in items] == ["pusher", "staylink"]


def test_status_routes_payload_and_sessions(server: Server, partners: Project) -> None:
    payload = partners.write("payload.json", '{"from": "a file"}')
    below = partners.folder / "deep" / "er"
    below.mkdir(parents=True)

    assert partners.run("payload", "set", "bookingco", "charges", str(payload)).code == 0
    assert curl(server, "/bookingco/v1/charges").json() == {"from": "a file"}
    assert '"from": "a file"' in partners.run("payload", "get", "bookingco", "charges").out
    session = curl(server, "/imnot/admin/bookingco/charges/payload/session", "-d", "[]").json()
    assert session["session_id"] in partners.run("status").out
    assert partners.run("sessions", "clear", "--yes").code == 0
    assert session["session_id"] not in partners.run("status").out
    assert "INFRA ENDPOINTS" in partners.run("routes", folder="deep/er").out


def test_start_with_reload(partners: Project) -> None:
    with partners.started("--reload") as server:
        pid = server.process.pid
        partners.partner("newco", NEW)
        eventually(lambda: curl(server, "/newco/state").status == 200)
        assert server.process.poll() is None
        assert server.process.pid == pid


def test_init_and_start(project: Project) -> None:
    assert project.run("init").code == 0
    with project.started() as server:
        assert Path(project.folder, "imnot.pid").exists()
        assert curl(server, "/oauth/token", "-X", "POST").status == 200
        assert server.end(signal.SIGINT) == 0
