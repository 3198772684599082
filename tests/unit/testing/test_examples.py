"""The examples in the docstrings of the kit run as they stand there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx
import pytest

from imnot_core.testing import (
    CallbackReceiver,
    Harness,
    ManualClock,
    PatternContract,
    ServerProcess,
    Session,
    contract,
    plugin,
)
from tests.unit.testing.samples import CHARGES, Plain

CALLBACK = """\
partner: acme
datapoints:
  - name: rates
    pattern: push
    endpoints: [{method: POST, path: /rates, response: {callback_url_field: callbackUrl}}]
"""

BOOKINGCO = CHARGES.replace("/charges", "/bookingco/v1/charges")


def blocks(documented: object) -> list[str]:
    """The code blocks of a docstring: what is indented after `::`, without the indentation."""
    found = []
    for part in (documented.__doc__ or "").split("::\n\n")[1:]:
        lines = part.splitlines()
        margin = len(lines[0]) - len(lines[0].lstrip())
        code = []
        for line in lines:
            if line.strip() and not line.startswith(" " * margin):
                break
            code.append(line[margin:])
        found.append("\n".join(code) + "\n")
    return found


def only(documented: object) -> str:
    (block,) = blocks(documented)
    return block


def run(code: str, **names: Any) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "example", **names}
    exec(compile(code, "example", "exec"), namespace)
    return namespace


def test_that_of_the_harness() -> None:
    run(only(Harness), Harness=Harness, PARTNER=CALLBACK)


def test_that_of_the_clock(pytester: pytest.Pytester) -> None:
    head = """
import asyncio, pytest
from imnot_core.testing import ManualClock

@pytest.fixture
def anyio_backend():
    return "asyncio"

pytestmark = pytest.mark.anyio
"""
    pytester.makepyfile(head + only(ManualClock))
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=1)


def test_that_of_the_receiver() -> None:
    run(only(CallbackReceiver), CallbackReceiver=CallbackReceiver, httpx=httpx)


def test_that_of_a_session() -> None:
    def sync_orders(headers: dict[str, str]) -> None:
        assert server.get("/charges", headers=headers).json() == {"orders": []}

    application = SimpleNamespace(sync_orders=sync_orders)
    orders = CHARGES.replace("bookingco", "acme").replace("name: charges", "name: orders")
    with Harness(orders) as server:
        run(only(Session), server=server, application=application)


def test_that_of_the_server_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "partners" / "bookingco"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text(BOOKINGCO)
    monkeypatch.chdir(tmp_path)
    run(only(ServerProcess), ServerProcess=ServerProcess, Path=Path)


def test_those_of_the_fixtures(pytester: pytest.Pytester) -> None:
    in_memory, in_process = blocks(plugin)
    folder = pytester.mkdir("partners") / "bookingco"
    folder.mkdir()
    (folder / "partner.yaml").write_text(BOOKINGCO)
    pytester.makepyfile(f"import httpx\n{in_memory}\n{in_process}")
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=2)


def test_that_of_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("imnot_idempotent")
    vars(package)["Idempotent"] = Plain
    monkeypatch.setitem(sys.modules, "imnot_idempotent", package)
    made = run(only(contract))["TestIdempotent"]
    assert issubclass(made, PatternContract)
    assert made.supports == {"state"}
    made().test_the_capabilities_are_known()


def test_the_kit_exports_what_it_documents() -> None:
    from imnot_core import testing

    for name in testing.__all__:
        assert getattr(testing, name).__doc__, name
    assert set(testing.__all__) <= set(dir(testing))
    assert sorted(testing.__all__) == testing.__all__
    with pytest.raises(AttributeError, match="Hrness"):
        _ = testing.Hrness
