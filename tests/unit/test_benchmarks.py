"""The benchmark command: what it declares, how it reads wrk, what it makes of the figures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from imnot_core.offline import offline_compiler, read_deployment
from imnot_core.registry import Registry
from imnot_core.reload import Deployment
from imnot_core.settings import Settings
from tests.benchmarks import command, load, report
from tests.benchmarks.bench import Bench, check
from tests.benchmarks.comparison import QUICK, TRIES, Comparison, Plan, compare
from tests.benchmarks.load import Load, Speed
from tests.benchmarks.rows import ROWS, Row
from tests.benchmarks.servers import BenchmarkFailed, Server, bare, environment, running
from tests.benchmarks.sites import LARGE, PAYLOAD_BYTES, SMALL, Site, payload_of
from tests.benchmarks.startup import LIMITS, Limit
from tests.support import CHECKOUT

OUTPUT = """\
Running 3s test @ http://127.0.0.1:43123/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   577.02us   54.67us   3.06ms   93.10%
    Req/Sec    55.67k     2.32k   58.44k    86.67%
  166123 requests in 3.00s, 15.05MB read
Requests/sec:  55373.06
Transfer/sec:      5.02MB
"""
ROW = Row("some", "some request", 0.80, SMALL, Load(("/bench/health",)))


def _scripted(*rates: float) -> Callable[[float], Speed]:
    """What measures these speeds, one after the other; the first is the warming up."""
    left = iter(rates)
    return lambda _seconds: Speed(next(left))


def _plan(rounds: int) -> Plan:
    return Plan(rounds=rounds, seconds=1, starts=1)


# The load


def test_the_rate_and_the_number_of_requests_are_read_from_what_wrk_prints() -> None:
    assert load.parsed(OUTPUT) == (55373.06, 166123)


@pytest.mark.parametrize(
    "trouble",
    [
        "  Non-2xx or 3xx responses: 17\n",
        "  Socket errors: connect 0, read 4, write 0, timeout 1\n",
    ],
)
def test_a_run_with_errors_measures_nothing(trouble: str) -> None:
    output = OUTPUT.replace("Requests/sec", f"{trouble}Requests/sec")
    with pytest.raises(BenchmarkFailed, match=trouble.strip()):
        load.parsed(output)


def test_a_load_that_is_to_be_refused_may_be() -> None:
    output = OUTPUT.replace("Requests/sec", "  Non-2xx or 3xx responses: 17\nRequests/sec")
    assert load.parsed(output, refused=True) == load.parsed(OUTPUT)


def test_output_without_a_rate_is_shown() -> None:
    with pytest.raises(BenchmarkFailed, match="unable to connect"):
        load.parsed("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_the_script_says_method_headers_and_body() -> None:
    headers = {"X-Imnot-Session": "{session}"}
    submit = Load(("/reports",), method="POST", headers=headers, body='{"from": "now"}')
    assert submit.filled({"session": "s-1"}).script().splitlines() == [
        'wrk.method = "POST"',
        'wrk.headers["X-Imnot-Session"] = "s-1"',
        r'wrk.body = "{\"from\": \"now\"}"',
    ]


def test_only_requests_for_several_paths_are_made_one_by_one() -> None:
    assert "function request()" not in Load(("/one",)).script()
    assert "function request()" in Load(("/one", "/two")).script()


def test_what_the_script_could_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        Load(("/one",), body="line\nbreak").script()


# The comparison


def test_each_speed_is_held_against_the_yardstick_just_before_and_after() -> None:
    # The machine gets twice as slow; what is compared stays at half of the yardstick.
    yardstick = _scripted(0, 1000, 800, 600, 500)
    measured = _scripted(0, 450, 350, 275)
    found = compare(yardstick, measured, _plan(rounds=3))
    assert found.ratios == [0.5, 0.5, 0.5]
    assert found.ratio == 0.5
    assert found.rate == 350
    assert found.noise == pytest.approx(500 / 700)


def test_the_median_of_the_ratios_counts() -> None:
    found = compare(_scripted(0, 100, 100, 100, 100), _scripted(0, 90, 10, 80), _plan(rounds=3))
    assert found.ratio == 0.8


def test_a_ratio_by_processor_time_leaves_out_what_others_took_of_the_machine() -> None:
    found = Comparison([Speed(1000, cpu=10e-6), Speed(200, cpu=10e-6)], [Speed(100, cpu=20e-6)])
    assert found.cpu_ratio == pytest.approx(0.5)
    assert found.cpu == 20e-6


def test_without_processor_times_there_is_no_ratio_of_them() -> None:
    found = Comparison([Speed(1000), Speed(1000)], [Speed(500)])
    assert found.cpu_ratio is None
    assert found.cpu is None


def test_a_disturbed_measurement_is_repeated() -> None:
    disturbed, good = Speed(10_000, cpu=20e-6), Speed(45_000, cpu=20e-6)
    assert disturbed.is_disturbed
    assert not good.is_disturbed
    speeds = iter([good, disturbed, disturbed, good])
    found = compare(_scripted(0, 1, 1), lambda _seconds: next(speeds), _plan(rounds=1))
    assert list(found.measured) == [good]


def test_on_a_machine_that_is_never_quiet_the_last_try_counts() -> None:
    tries: list[Speed] = []

    def measured(_seconds: float) -> Speed:
        tries.append(Speed(len(tries), cpu=20e-6))
        return tries[-1]

    found = compare(_scripted(0, 1, 1), measured, _plan(rounds=1))
    assert list(found.measured) == [tries[-1]]
    assert len(tries) == 1 + TRIES


# What is declared


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deployment]:
    """Each site, as its partner files describe it."""
    compiler = offline_compiler(Settings(), Registry())
    found = {}
    for site in (SMALL, LARGE):
        folder = tmp_path_factory.mktemp(site.name)
        site.write(folder)
        found[site.name] = read_deployment(folder, compiler)
    return found


def test_every_figure_has_a_name_of_its_own() -> None:
    names = [each.name for each in (*ROWS, *LIMITS)]
    assert len(set(names)) == len(names)


def test_a_row_stands_beside_a_row_that_exists() -> None:
    assert {row.beside for row in ROWS} <= {"", *(row.name for row in ROWS)}


@pytest.mark.parametrize("site", [SMALL, LARGE], ids=lambda site: site.name)
def test_the_sites_are_right(site: Site, deployments: dict[str, Deployment]) -> None:
    assert deployments[site.name].problems == ()


def test_the_large_site_has_10000_endpoints_of_100_partners(
    deployments: dict[str, Deployment],
) -> None:
    assert len(deployments["large"].partners) == 100
    assert len(deployments["large"].table) == 10_000


OF_PARTNERS = [row for row in ROWS if row.site in (SMALL, LARGE)]
OF_STUBS = [row for row in ROWS if row not in OF_PARTNERS]


@pytest.mark.parametrize("row", OF_STUBS, ids=lambda row: row.name)
def test_a_row_of_stubs_is_answered_by_the_stubs_that_its_site_makes(row: Row) -> None:
    made: list[dict[str, Any]] = []

    class Maker:
        def post(self, path: str, body: bytes, headers: object) -> bytes:
            made.append(json.loads(body)["request"])
            return b""

    row.site.prepare(cast("Server", Maker()))
    literal = {each["path"] for each in made}
    assert {each["method"] for each in made} == {"GET"}
    answered = [path in literal for path in row.load.paths]
    assert answered == [row.expects == 200] * len(answered)
    assert len(made) == {"one-stub": 1, "some-stubs": 100, "stubs": 10_000}[row.site.name]


@pytest.mark.parametrize("row", OF_PARTNERS, ids=lambda row: row.name)
def test_every_request_of_a_row_is_served(row: Row, deployments: dict[str, Deployment]) -> None:
    table = deployments[row.site.name].table
    unserved = [
        path for path in row.load.paths if table.match(row.load.method, path.encode()) is None
    ]
    assert unserved == []


def test_the_payload_is_json_of_the_declared_size() -> None:
    payload = payload_of(PAYLOAD_BYTES)
    assert PAYLOAD_BYTES <= len(payload) < PAYLOAD_BYTES * 1.05
    assert json.loads(payload)["charges"]


# The servers


def test_the_bare_callable_answers(tmp_path: Path) -> None:
    with Bench(QUICK) as bench, running(bare, tmp_path / "log", bench.cores, path="/") as server:
        assert server.ask("POST", "/any/path", b"{}") == (200, b'{"state":"up"}')


@pytest.mark.skipif(
    not Path(sys.executable).with_name("imnot").exists(), reason="imnot is not installed here"
)
def test_the_real_server_answers_the_rows_as_declared() -> None:
    rows = [row for row in ROWS if row.site is SMALL]
    with Bench(QUICK) as bench:
        server, values = bench.serving(SMALL)
        for row in rows:
            check(row, row.load.filled(values), server)
        assert 10 < server.memory() < 1000
        assert 0 < server.seconds < 60


def test_a_server_that_does_not_start_is_shown_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    broken = (sys.executable, "-c", "raise SystemExit('no such thing')")
    with Bench(QUICK) as bench, pytest.raises(BenchmarkFailed, match="no such thing"):  # noqa: SIM117
        with running(lambda _port: broken, log, bench.cores):
            pass


def test_the_servers_do_not_get_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMNOT_WORKERS", "2")
    assert "IMNOT_WORKERS" not in environment()
    assert environment()["PATH"] == os.environ["PATH"]


# The report


def test_the_table_shows_what_is_fast_enough_and_what_is_not() -> None:
    quiet = [Speed(50_000, 20e-6), Speed(50_000, 20e-6)]
    loud = [Speed(50_000, 20e-6), Speed(40_000, 20e-6)]
    quick = report.of_row(ROW, Comparison(quiet, [Speed(40_000, 25e-6)]))
    slow = report.of_row(ROW, Comparison(loud, [Speed(9_000, 40e-6)]))
    start = report.of_limit(Limit("s", "start", 0.6, "s", lambda _: 0), 0.614, [0.614])
    memory = report.of_limit(Limit("m", "memory", 60, "MB", lambda _: 0), 51.7, [51.7])
    lines = [each.cells for each in (quick, slow, start, memory)]
    assert report.table(lines).splitlines() == [
        "| what         | measured | ratio | required | verdict       |     CPU | by CPU |",
        "| ------------ | -------: | ----: | -------: | ------------- | ------: | -----: |",
        "| some request | 40,000/s |  0.80 |   ≥ 0.80 | ok            | 25.0 µs |   0.80 |",
        "| some request |  9,000/s |  0.20 |   ≥ 0.80 | below (noisy) | 40.0 µs |   0.50 |",
        "| start        |   0.61 s |       | ≤ 0.60 s | below         |         |        |",
        "| memory       |    52 MB |       |  ≤ 60 MB | ok            |         |        |",
    ]


def test_the_yardstick_has_a_line_of_its_own() -> None:
    found = Comparison([Speed(50_000), Speed(52_000), Speed(51_000)], [Speed(1), Speed(1)])
    assert report.of_yardstick([found])[:3] == ("a bare ASGI callable", "51,000/s", "1")


def test_the_machine_is_described_without_its_name() -> None:
    facts = report.machine()
    assert facts["processor"]
    assert facts["cores"] >= 1
    assert os.uname().nodename not in map(str, facts.values())


# The command


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two figures that need nothing to be measured."""
    monkeypatch.setattr(command, "ROWS", ())
    small = Limit("small", "something small", 10, "MB", lambda _: 5)
    large = Limit("large", "something large", 10, "MB", lambda _: 15)
    monkeypatch.setattr(command, "LIMITS", (small, large))
    monkeypatch.setattr(load, "is_installed", lambda: True)


@pytest.mark.usefixtures("declared")
def test_the_command_prints_the_table_and_writes_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert command.main(["--quick", "--json", str(file)]) == command.BELOW
    shown = capsys.readouterr().out
    assert "| something small |     5 MB |" in shown
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["figures"]["small"]["ok"] is True
    assert written["figures"]["large"] == {
        "median": 15,
        "values": [15, 15, 15],
        "at_most": 10,
        "unit": "MB",
        "ok": False,
    }
    assert written["machine"]["python"]


@pytest.mark.usefixtures("declared")
def test_only_what_is_named_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "small"]) == command.OK
    assert "something large" not in capsys.readouterr().out


@pytest.mark.usefixtures("declared")
def test_what_cannot_be_measured_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Bench) -> float:
        raise BenchmarkFailed("the server is gone")

    monkeypatch.setattr(command, "LIMITS", (Limit("gone", "gone", 1, "s", fail),))
    assert command.main([]) == command.UNUSABLE
    assert "failed: the server is gone" in capsys.readouterr().out


def test_without_wrk_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert command.main([]) == command.UNUSABLE
    assert "apt-get install wrk" in capsys.readouterr().out


def test_the_folder_can_be_run() -> None:
    arguments = (sys.executable, str(CHECKOUT / "tests" / "benchmarks"), "--help")
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert "fetch-session" in done.stdout
