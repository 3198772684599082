"""The exported collection, run by Postman's own runner against a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import CallbackReceiver, ServerProcess
from tests.support import CHECKOUT, needs

CALLS_BACK = """\
partner: ratesync
datapoints:
  - name: rates
    pattern: push
    endpoints:
      - {method: POST, path: /ratesync/rates, response: {callback_url_field: callbackUrl}}
      - {method: PUT, path: /ratesync/rates, response: {callback_url_header: X-Reply-To}}
"""
SAMPLE_URL = "https://example.com/webhook"
SAMPLE_PAYLOAD = {"example": "value"}
REQUESTS = 21


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    folder = tmp_path / "partners"
    shutil.copytree(CHECKOUT / "partners", folder)
    (folder / "ratesync").mkdir()
    (folder / "ratesync" / "partner.yaml").write_text(CALLS_BACK)
    return folder


def run(newman: str, collection: str, server_url: str, folder: Path) -> dict[str, Any]:
    """Run the collection twice, so that the second time finds what the first has uploaded."""
    (folder / "collection.json").write_text(collection)
    report = folder / "report.json"
    command = [newman, "run", str(folder / "collection.json"), "--iteration-count", "2"]
    command += ["--env-var", f"baseUrl={server_url}"]
    command += ["--reporters", "json", "--reporter-json-export", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(report.read_text())["run"]
    return told


def test_newman_runs_the_exported_collection(partners: Path, tmp_path: Path) -> None:
    newman = needs("newman", "runs the exported collection")

    with ServerProcess(partners) as server, CallbackReceiver() as receiver:
        exported = server.get("/imnot/admin/postman").text
        told = run(newman, exported.replace(SAMPLE_URL, receiver.url), server.url, tmp_path)
        # The first time round there was no payload to call back with.
        callbacks = receiver.wait(2)

    executions = told["executions"]
    second_time = executions[len(executions) // 2 :]
    again = {each["item"]["name"]: each["response"]["code"] for each in second_time}
    assert told["failures"] == []
    assert len(executions) == 2 * REQUESTS
    assert again["POST /oauth/token"] == 200
    assert again["POST /bookingco/auth/token"] == 200
    assert again["GET /bookingco/v1/charges"] == 200
    assert again["POST /staylink/reservations"] == 202
    assert again["POST /ratesync/rates"] == again["PUT /ratesync/rates"] == 202
    assert again["POST /imnot/admin/staylink/reservation/payload/session"] == 200
    assert again["GET /imnot/admin/staylink/reservation/payload"] == 200
    assert all(code < 500 for code in again.values())
    assert all(each.json() == SAMPLE_PAYLOAD for each in callbacks)
