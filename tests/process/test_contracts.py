"""The hosted APIs against their contracts: requests that nobody would think of, by schemathesis."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.stub_servers import server

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.mark.parametrize("path", ["/mock-servers", "/v1/mocks"])
def test_no_request_is_answered_outside_the_contract(tmp_path: Path, path: str) -> None:
    with server(tmp_path) as running:
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run",
            f"{running.url}/imnot/openapi.json",
            "--include-path-regex", f"^{path}(/|$)",
            "--checks", ",".join(CHECKS),
            "--max-examples", "30", "--seed", "4", "--continue-on-failure", "--no-color",
        ]  # fmt: skip
        ended = subprocess.run(
            command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=300
        )
        assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr
        assert "Traceback" not in running.log
