"""The pytest plugin: imnot as fixtures. It is active wherever imnot is installed.

`imnot` starts servers in memory, from YAML text::

    def test_a_refused_card_is_reported(imnot):
        server = imnot('''
            partner: payments
            datapoints:
              - name: charge
                pattern: static
                endpoints:
                  - {method: POST, path: /charges, response: {status: 402}}
        ''')
        assert server.post("/charges").status_code == 402

`imnot_server` is one real server for the whole run, started from the project's own partners folder
when the first test asks for it. Tests that run side by side keep apart by sessions::

    def test_charges_are_listed(imnot_server):
        with imnot_server.session() as session:
            session.upload("bookingco", "charges", {"charges": []})
            answer = httpx.get(f"{imnot_server.url}/bookingco/v1/charges", headers=session.headers)
        assert answer.json() == {"charges": []}

With pytest-xdist every worker process has a server of its own. The settings are ini options
(`imnot_partners`, `imnot_server_args`), and fixtures of the same names, which a conftest.py may
override.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from imnot_core.testing.harness import StartHarness
    from imnot_core.testing.process import ServerProcess

SHOWN_LINES = 50
_LOGGED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options."""
    parser.addini(
        "imnot_partners",
        "the partners folder of the fixture imnot_server, in the root directory or above",
        default="partners",
    )
    parser.addini(
        "imnot_server_args",
        "more arguments of the `imnot start` that the fixture imnot_server runs",
        type="args",
        default=[],
    )


@pytest.fixture
def imnot() -> Iterator[StartHarness]:
    """Start servers in memory: `imnot(yaml_text, ...)` returns a started `Harness`.

    It takes the arguments of `imnot_core.testing.Harness`. All are stopped at the end of the test,
    which fails if something went wrong inside one and the test did not look at its `errors`.
    """
    from imnot_core.testing.harness import StartHarness  # noqa: PLC0415 - only who uses it pays for it

    with StartHarness() as start:
        yield start


@pytest.fixture(scope="session")
def imnot_partners(pytestconfig: pytest.Config) -> Path:
    """The partners folder of `imnot_server`: the ini option of that name; override it at will."""
    wanted = str(pytestconfig.getini("imnot_partners"))
    root = pytestconfig.rootpath
    for folder in (root, *root.parents):
        if (folder / wanted).is_dir():
            return folder / wanted
    message = f"no partners folder {wanted!r} in {root} or above it"
    pytest.fail(f"{message}: set the ini option imnot_partners, or override the fixture")


@pytest.fixture(scope="session")
def imnot_server_args(pytestconfig: pytest.Config) -> list[str]:
    """More arguments for `imnot start`: the ini option of that name; override it at will."""
    return list(pytestconfig.getini("imnot_server_args"))


@pytest.fixture(scope="session")
def imnot_server(
    imnot_partners: Path, imnot_server_args: list[str], pytestconfig: pytest.Config
) -> Iterator[ServerProcess]:
    """One real server for the whole run, see `imnot_core.testing.ServerProcess`.

    It runs in pytest's root directory, as `imnot start` would be run by hand.
    """
    from imnot_core.testing.process import (  # noqa: PLC0415 - only who uses it pays for it
        ServerFailed,
        ServerProcess,
    )

    with ExitStack() as stack:
        root = pytestconfig.rootpath
        try:
            args = ["--log-requests", *imnot_server_args]
            server = ServerProcess(imnot_partners, args=args, cwd=root)
            stack.enter_context(server)
        except ServerFailed as failure:
            raise pytest.fail.Exception(str(failure), pytrace=False) from None
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the server logged during a failed test beside its failure."""
    report = yield
    server = getattr(item, "funcargs", {}).get("imnot_server")
    if server is not None:
        log = server.log
        if report.failed:
            lines = log[item.stash.get(_LOGGED, 0) :].splitlines()
            report.sections.append(("imnot server log", "\n".join(lines[-SHOWN_LINES:])))
        if report.when == "setup":
            item.stash[_LOGGED] = len(log)
    return report
