"""The example plugin as its users meet it: what imnot says without it, and does once it is there.

It is installed into a folder of its own and found through PYTHONPATH, so that the environment of
the tests never has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imnot_core.testing import ServerProcess
from tests.support import CHECKOUT

PLUGIN = CHECKOUT / "plugins-example"

STEADY = """\
partner: steady
datapoints:
  - name: health
    pattern: static
    endpoints:
      - {method: GET, path: /steady, response: {body: {state: up}}}
"""

PARCELS = f"""\
partner: parcels
datapoints:
  - name: shipment
    pattern: sequence
    endpoints:
      - method: GET
        path: /shipments/{{number}}
        responses: [{{body: packed}}, {{body: on its way}}, {{body: delivered}}]
      - method: POST
        path: /tickets
        responses: [{", ".join(f"{{body: {number}}}" for number in range(60))}]
        after_last: gone
"""

PLACE = "partner.yaml:4:14"
ADVICE = "Otherwise install the package that provides it"


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    folder = tmp_path / "partners"
    for name, text in (("parcels", PARCELS), ("steady", STEADY)):
        (folder / name).mkdir(parents=True)
        (folder / name / "partner.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that finds the plugin, which `pip install` has put there."""
    target = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    _run(sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(PLUGIN))
    return {"PYTHONPATH": str(target)}


@pytest.fixture
def server(partners: Path, installed: dict[str, str]) -> Iterator[ServerProcess]:
    with ServerProcess(partners, env=installed) as server:
        yield server


def _run(
    *command: str, env: dict[str, str] | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _imnot(
    *arguments: str, env: dict[str, str] | None = None, code: int = 0
) -> subprocess.CompletedProcess[str]:
    return _run(sys.executable, "-P", "-m", "imnot_core", *arguments, env=env, code=code)


def _states(server: ServerProcess, sessions: Sequence[str | None]) -> list[str]:
    return [server.get("/shipments/7", session=each).json() for each in sessions]


# Before it is installed


def test_without_it_the_server_says_what_to_install_and_serves_the_others(partners: Path) -> None:
    with ServerProcess(partners) as server:
        assert server.get("/steady").json() == {"state": "up"}
        assert server.get("/shipments/7").status_code == 404
        (problem,) = server.admin("GET", "/problems").json()["partners"]
    assert (problem["line"], problem["path"]) == (4, "datapoints[0].pattern")
    assert "'sequence'" in problem["message"]
    assert ADVICE in f"{problem['message']} {problem['hint']}"
    told = [line for line in server.log.splitlines() if PLACE in line]
    assert len(told) == 1, server.log
    assert "'sequence'" in told[0]
    assert ADVICE in told[0]


def test_without_it_a_file_that_needs_it_is_refused(partners: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.yaml"
    wanted.write_text(PARCELS.replace("parcels", "others"), encoding="utf-8")
    told = _imnot("generate", "--file", str(wanted), "--partners-dir", str(partners), code=1).stderr
    assert f"{wanted}:4:14" in told
    assert ADVICE in told
    assert not (partners / "others").exists()


# Once it is installed


def test_it_is_listed_with_its_package(installed: dict[str, str]) -> None:
    listed = _imnot("patterns", env=installed).stdout
    (line,) = [line for line in listed.splitlines() if line.startswith("sequence")]
    assert "imnot-sequence 0.1.0" in line


def test_a_file_that_needs_it_is_accepted(
    partners: Path, tmp_path: Path, installed: dict[str, str]
) -> None:
    wanted = tmp_path / "wanted.yaml"
    text = PARCELS.replace("parcels", "others").replace("path: /", "path: /others/")
    wanted.write_text(text, encoding="utf-8")
    _imnot("generate", "--file", str(wanted), "--partners-dir", str(partners), env=installed)
    assert (partners / "others" / "partner.yaml").read_text(encoding="utf-8") == text


def test_it_answers_in_order_for_every_session(server: ServerProcess) -> None:
    with server.session() as first, server.session() as second:
        sessions = [str(first), str(first), str(second), None, str(first), str(first)]
        assert _states(server, sessions) == [
            "packed", "on its way", "packed", "packed", "delivered", "delivered",
        ]  # fmt: skip


def test_it_goes_on_after_a_restart_and_after_being_killed(server: ServerProcess) -> None:
    assert _states(server, [None]) == ["packed"]
    server.restart()
    assert _states(server, [None]) == ["on its way"]
    server.kill()
    server.start()
    assert _states(server, [None]) == ["delivered"]


def test_it_is_rewound_and_looked_at_as_an_administrator(
    partners: Path, installed: dict[str, str]
) -> None:
    with ServerProcess(partners, env=installed, admin_key="secret") as server:
        _states(server, [None])
        place = "/imnot/admin/parcels/shipment"
        assert server.get(f"{place}/position").status_code == 401
        position = server.admin("GET", "/parcels/shipment/position").json()
        assert [each["next"] for each in position["endpoints"]] == [2, 1]
        server.admin("POST", "/parcels/shipment/reset")
        assert _states(server, [None]) == ["packed"]


def test_two_workers_give_each_answer_once(partners: Path, installed: dict[str, str]) -> None:
    with ServerProcess(partners, env=installed, args=("--workers", "2")) as server:
        # A connection for each request: any worker may get it.
        close = {"Connection": "close"}
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.post("/tickets", headers=close), range(64)))
    assert Counter(answer.status_code for answer in answers) == {200: 60, 410: 4}
    given = [answer.json() for answer in answers if answer.is_success]
    assert sorted(given) == list(range(60))
