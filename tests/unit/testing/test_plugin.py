"""The pytest plugin, in test-suites that know nothing of this one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.testing import samples
from tests.unit.testing.test_process import PROGRAM, is_alive

PARTNER = """\
partner: acme
datapoints:
  - name: it
    pattern: static
    endpoints: [{method: GET, path: /it, response: {body: {is: here}}}]
"""

STRICTLY = ("-W", "error", "--strict-markers", "--strict-config", "-p", "no:cacheprovider")

# A conftest.py that lets `imnot_server` run a program which stands for imnot.
STAND_IN = """
import sys
from imnot_core.testing import ServerProcess

ServerProcess.__init__.__kwdefaults__["program"] = (sys.executable, {script!r}, {manner!r})
"""


def run(pytester: pytest.Pytester, test: str, *arguments: str) -> pytest.RunResult:
    """Run a test module strictly.

    In a process of its own: a run inside this one forgets the modules that it imported, which what
    they have cached outlives.
    """
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess(*STRICTLY, *arguments)


@pytest.fixture
def stand_in(pytester: pytest.Pytester) -> Path:
    """A project with a partners folder and a stand-in for imnot."""
    script = pytester.path / "stand_in.py"
    script.write_text(PROGRAM)
    pytester.makeconftest(STAND_IN.format(script=str(script), manner="behaves"))
    pytester.mkdir("partners")
    return script


def test_it_imports_nothing_heavy() -> None:
    code = "import sys, imnot_core.testing.plugin; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    heavy = {"litestar", "httpx", "uvicorn", "stevedore", "ruamel.yaml", "sqlite3", "rich"}
    assert heavy & set(output.decode().split()) == set()


def test_a_suite_that_does_not_use_it_notices_nothing(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(): pass")
    result.assert_outcomes(passed=1)


def test_its_fixtures_are_documented(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--fixtures")
    for name in ("imnot", "imnot_server", "imnot_partners", "imnot_server_args"):
        result.stdout.re_match_lines([rf"{name}\b.*"])


def test_a_test_may_start_several_servers_and_all_are_stopped(pytester: pytest.Pytester) -> None:
    test = f"""
import threading

PARTNER = {PARTNER!r}

def test_two(imnot):
    one, other = imnot(PARTNER), imnot(PARTNER.replace("here", "there"), admin_key="k")
    assert one.get("/it").json() == {{"is": "here"}}
    assert other.get("/it").json() == {{"is": "there"}}

def test_nothing_is_left():
    assert threading.active_count() == 1
"""
    run(pytester, test).assert_outcomes(passed=2)


def test_a_failure_inside_a_server_fails_the_test(pytester: pytest.Pytester) -> None:
    shutil.copy(samples.__file__, pytester.path / "samples.py")
    test = """
from samples import PLAIN, Fails

def test_it(imnot):
    imnot(PLAIN, plugins=[Fails]).post("/it")

def test_it_looking(imnot):
    server = imnot(PLAIN, plugins=[Fails])
    server.post("/it")
    assert server.errors
"""
    result = run(pytester, test)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*AssertionError: inside the server*", "*acme/it*by zero*"])


def test_a_broken_partner_file_fails_the_test_with_its_place(pytester: pytest.Pytester) -> None:
    test = f"def test_it(imnot): imnot({PARTNER.replace('method', 'methd')!r})"
    result = run(pytester, test)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*PartnerError: *partners/acme/partner.yaml:5:17: *method*"])


def test_the_server_is_one_process_for_the_whole_run(
    pytester: pytest.Pytester, stand_in: Path
) -> None:
    test = """
import os, httpx

pids = set()

def test_it_answers(imnot_server):
    assert httpx.get(f"{imnot_server.url}/healthz").status_code == 200
    pids.add(imnot_server.pid)

def test_it_is_the_same(imnot_server):
    assert pids == {imnot_server.pid}
    print("PID", imnot_server.pid)
"""
    result = run(pytester, test, "-s")
    result.assert_outcomes(passed=2)
    pid = next(line for line in result.outlines if "PID" in line).partition("PID ")[2].split()[0]
    assert not is_alive(int(pid))


def test_it_is_started_as_the_settings_say(pytester: pytest.Pytester, stand_in: Path) -> None:
    pytester.makeini('[pytest]\nimnot_partners = mocks\nimnot_server_args = --workers "2"\n')
    mocks = pytester.mkdir("mocks")
    test = f"""
def test_it(imnot_server, pytestconfig):
    command = " ".join(imnot_server.command)
    assert "--partners-dir {mocks} " in command
    assert command.endswith(" --workers 2")
"""
    run(pytester, test).assert_outcomes(passed=1)


def test_its_settings_are_fixtures_that_a_conftest_can_override(
    pytester: pytest.Pytester, stand_in: Path
) -> None:
    test = """
import pytest

@pytest.fixture(scope="session")
def imnot_partners(tmp_path_factory):
    return tmp_path_factory.mktemp("mine")

@pytest.fixture(scope="session")
def imnot_server_args():
    return ["--more"]

def test_it(imnot_server, imnot_partners):
    assert imnot_server.command[-1] == "--more"
    assert str(imnot_partners) in imnot_server.command
"""
    run(pytester, test).assert_outcomes(passed=1)


def test_the_partners_folder_may_be_above_the_root_directory(
    pytester: pytest.Pytester, stand_in: Path
) -> None:
    inner = pytester.mkdir("inner")
    (inner / "pytest.ini").write_text("[pytest]\n")
    test = "def test_it(imnot_partners): assert imnot_partners.parent.name != 'inner'"
    (inner / "test_inner.py").write_text(test)
    pytester.runpytest_subprocess("--rootdir", inner, inner).assert_outcomes(passed=1)


def test_a_missing_partners_folder_is_told_with_the_remedy(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(imnot_server): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*no partners folder 'partners' in {pytester.path}*"])
    result.stdout.fnmatch_lines(["*imnot_partners*"])


def test_a_server_that_does_not_start_fails_with_command_and_log(
    pytester: pytest.Pytester, stand_in: Path
) -> None:
    pytester.makeconftest(STAND_IN.format(script=str(stand_in), manner="fails"))
    result = run(pytester, "def test_it(imnot_server): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*exit code 1*", f"*{stand_in}*", "*cannot read partners*"])
    assert "Traceback" not in result.stdout.str()


def test_a_failing_test_shows_the_servers_log(pytester: pytest.Pytester, stand_in: Path) -> None:
    test = """
def test_before(imnot_server): imnot_server.get("/before")

def test_it(imnot_server):
    imnot_server.get("/mine")
    assert False
"""
    result = run(pytester, test)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*imnot server log*", "*GET /mine*"])
    result.stdout.no_fnmatch_line("*GET /before*")


def test_every_worker_of_xdist_has_a_server_of_its_own(
    pytester: pytest.Pytester, stand_in: Path
) -> None:
    test = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(4))
def test_it(imnot_server, number, worker_id):
    assert imnot_server.get("/healthz").status_code == 200
    pathlib.Path(f"seen-{worker_id}-{imnot_server.port}").touch()
"""
    run(pytester, test, "-n", "2").assert_outcomes(passed=4)
    seen = [path.name.split("-")[1:] for path in pytester.path.glob("seen-*")]
    assert {worker for worker, _ in seen} == {"gw0", "gw1"}
    assert len({port for _, port in seen}) == 2
