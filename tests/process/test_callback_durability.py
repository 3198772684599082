"""Callbacks of real servers: what is pending survives, and several workers deliver once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core.testing import CallbackReceiver, ServerProcess
from tests.support import eventually

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PARTNER = """
partner: acme
datapoints:
  - name: rates
    pattern: push
    endpoints:
      - method: POST
        path: /rates
        response:
          callback_url_field: url
          callback_body: {n: "{{ request.json.n }}"}
          callback_delay_seconds: 0.5
          retry: {max_attempts: 8, initial_delay_seconds: 0.5, factor: 1}
          signature: {scheme: standard-webhooks, secret_env: HOOK_SECRET}
"""
ENVIRONMENT = {"HOOK_SECRET": SECRET}


@pytest.fixture
def partners(tmp_path: Path) -> Path:
    folder = tmp_path / "partners" / "acme"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text(PARTNER)
    return folder.parent


@pytest.fixture
def receiver() -> Iterator[CallbackReceiver]:
    with CallbackReceiver() as running:
        yield running


def submit(server: ServerProcess, receiver: CallbackReceiver, number: int) -> str:
    # A connection of its own, so that any worker may take it.
    answer = httpx.post(
        f"{server.url}/rates",
        json={"url": f"{receiver.url}/hook", "n": number},
        headers={"Connection": "close"},
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["request_id"])


def shown(server: ServerProcess, request_id: str = "") -> Any:
    place = "/imnot/admin/acme/rates/push"
    return server.get(f"{place}/{request_id}" if request_id else place).json()


def ended(server: ServerProcess) -> list[dict[str, Any]]:
    """All requests, once none is pending."""

    def none_is_pending() -> bool:
        return all(each["state"] != "pending" for each in shown(server))

    eventually(none_is_pending, 30)
    found: list[dict[str, Any]] = shown(server)
    return found


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_what_is_pending_survives_the_end_of_the_server(
    partners: Path, receiver: CallbackReceiver, end: str
) -> None:
    with ServerProcess(partners, env=ENVIRONMENT) as server:
        receiver.answer(503)
        first = submit(server, receiver, 1)
        receiver.wait(1)
        eventually(lambda: shown(server, first)["deliveries"])
        submit(server, receiver, 2)
        getattr(server, end)()
        server.restart()

        assert [each["state"] for each in ended(server)] == ["delivered"] * 2
        assert Counter(each.json()["n"] for each in receiver) == {1: 2, 2: 1}


def test_the_attempt_in_flight_is_repeated_with_its_id(
    partners: Path, receiver: CallbackReceiver
) -> None:
    with ServerProcess(partners, env=ENVIRONMENT) as server:
        receiver.answer(200, delay=60)
        submit(server, receiver, 1)
        receiver.wait(1)
        server.kill()
        server.restart()

        first, second = receiver.wait(2)
        (request,) = ended(server)
    receiver.close()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert request["callbacks"][0]["webhook_id"] == first.headers["webhook-id"]
    assert [each["status"] for each in request["deliveries"]] == [200]


def test_two_workers_deliver_each_once_and_one_takes_over_from_a_killed_one(
    partners: Path, receiver: CallbackReceiver
) -> None:
    with ServerProcess(partners, args=["--workers", "2"], env=ENVIRONMENT) as server:
        for number in range(50):
            submit(server, receiver, number)
        assert {each["state"] for each in ended(server)} == {"delivered"}
        assert Counter(each.json()["n"] for each in receiver) == dict.fromkeys(range(50), 1)

        receiver.clear()
        receiver.answer(503, times=20)
        for number in range(20):
            submit(server, receiver, number)
        receiver.wait(20)
        with suppress(ProcessLookupError):
            os.kill(_workers(server.pid)[0], signal.SIGKILL)

        found = ended(server)
        assert {each["state"] for each in found} == {"delivered"}
        ids = Counter(each.headers["webhook-id"] for each in receiver)
        assert len(ids) == 20
        for (callback,) in (each["callbacks"] for each in found[:20]):
            # The attempt that was in flight when the worker died may have come twice.
            repeated = ids[callback["webhook_id"]] - len(callback["attempts"])
            assert repeated in {0, 1}


def _workers(parent: int) -> list[int]:
    """The processes that answer: the children that run the server's code."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    if not children.exists():
        pytest.skip("the children of a process are not listed on this system")
    found = [int(each) for each in children.read_text().split()]
    return [each for each in found if b"spawn_main" in _command(each)]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
