from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from imnot_core import API_VERSION, PartnerError, PluginContractError, Reply, Request, Services
from imnot_core.testing import Harness
from tests.unit.testing.samples import (
    CHARGES,
    PLAIN,
    RATES,
    Fails,
    FailsLater,
    Forgets,
    Itself,
    NewId,
    Plain,
    Slow,
)


def static(text: str, path: str = "/it") -> str:
    return f"""
partner: acme
datapoints:
  - name: it
    pattern: static
    endpoints: [{{method: GET, path: {path}, response: {{body: {{is: {text}}}}}}}]
"""


def ids(seed: int = 0) -> list[str]:
    with Harness(PLAIN, plugins=[NewId], seed=seed) as server:
        return [server.post("/it").json() for _ in range(3)]


def nothing(_server: Harness) -> None:
    return


def post_it(
    plugin: type,
    *,
    before: Callable[[Harness], None] = nothing,
    after: Callable[[Harness], None] = nothing,
    **options: Any,
) -> None:
    with Harness(PLAIN, plugins=[plugin], **options) as server:
        before(server)
        server.post("/it")
        server.clock.advance(3600)
        after(server)


def test_a_yaml_text_becomes_a_server() -> None:
    with Harness(static("here")) as server:
        response = server.get("/it")
    assert response.status_code == 200
    assert response.json() == {"is": "here"}


def test_several_texts_are_several_partners() -> None:
    with Harness(CHARGES, RATES) as server:
        listed = server.admin("GET", "/partners").json()
    assert [each["partner"] for each in listed] == ["bookingco", "ratesync"]


def test_partner_files_and_folders_of_a_project_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "partners" / "bookingco" / "partner.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(CHARGES)
    for path in (file, tmp_path / "partners"):
        with Harness(path, RATES) as server:
            server.upload("bookingco", "charges", [])
            assert server.get("/charges").json() == []
    assert [each.name for each in file.parent.iterdir()] == ["partner.yaml"]


def test_a_broken_file_is_told_at_once_with_its_place() -> None:
    before = threading.active_count()
    with pytest.raises(PartnerError) as refused, Harness(CHARGES.replace("method", "methd")):
        pass
    (problem, *_) = refused.value.problems
    assert problem.source.endswith("partners/bookingco/partner.yaml")
    assert problem.line == 6
    assert threading.active_count() == before


def test_two_files_that_clash_are_told_at_once() -> None:
    with (
        pytest.raises(PartnerError, match="already served"),
        Harness(CHARGES, CHARGES.replace("bookingco", "other")),
    ):
        pass


@pytest.mark.parametrize("kind", ["value", "bytes", "file"])
def test_a_payload_is_a_value_or_json_bytes_or_a_file(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_bytes(b'{"n": 1.50}')
    payloads = {"value": {"n": 1.5}, "bytes": file.read_bytes(), "file": file}
    with Harness(CHARGES) as server:
        server.upload("bookingco", "charges", payloads[kind])
        response = server.get("/charges")
    assert response.json() == {"n": 1.5}
    if kind != "value":
        assert response.content == b'{"n": 1.50}'


def test_an_upload_that_is_refused_fails_the_test_with_the_servers_words() -> None:
    with Harness(CHARGES) as server:
        with pytest.raises(AssertionError, match=r"404.*no datapoint bookingco/nothing"):
            server.upload("bookingco", "nothing", {})
        with pytest.raises(AssertionError, match="not valid JSON"):
            server.upload("bookingco", "charges", b"{")


def test_a_session_has_payloads_of_its_own_and_is_deleted_whole() -> None:
    with Harness(CHARGES) as server:
        server.upload("bookingco", "charges", "everybodys")
        with server.session() as mine, server.session() as yours:
            mine.upload("bookingco", "charges", "mine")
            assert server.get("/charges", session=mine).json() == "mine"
            assert server.get("/charges", headers=mine.headers).json() == "mine"
            assert server.get("/charges", session=yours).status_code == 404
            assert server.get("/charges").json() == "everybodys"
        assert server.admin("GET", "/sessions").json() == []
        assert server.get("/charges", session=mine).status_code == 404
        mine.delete()


def test_admin_requests_carry_the_key_and_others_do_not() -> None:
    with Harness(CHARGES, admin_key="secret") as server:
        server.upload("bookingco", "charges", {})
        assert server.get("/imnot/admin/partners").status_code == 401
        assert server.reload().status_code == 200
        assert "authorization" not in server.get("/charges").request.headers


def test_callbacks_are_kept_and_come_when_the_clock_says_so() -> None:
    with Harness(RATES) as server:
        server.upload("ratesync", "rates", {"EUR": 1.1})
        server.post("/rates", json={"callbackUrl": "https://me.example/hook"})
        server.clock.advance(29)
        with pytest.raises(AssertionError, match=r"0 of 1 callbacks.*\n.*due in 1 s"):
            server.callbacks.wait(1)
        server.clock.advance(1)
        (callback,) = server.callbacks.wait(1)
    assert callback.url == "https://me.example/hook"
    assert callback.json() == {"EUR": 1.1}


def test_leaving_does_not_wait_for_jobs_that_wait_for_the_clock() -> None:
    with Harness(RATES) as server:
        server.upload("ratesync", "rates", {})
        server.post("/rates", json={"callbackUrl": "https://me.example/hook"})
        begun = time.monotonic()
    assert time.monotonic() - begun < 0.9
    assert len(server.callbacks) == 0


def test_a_delayed_answer_moves_the_clock_and_takes_no_time() -> None:
    with Harness(PLAIN, plugins=[Slow], start=0) as server:
        begun = time.monotonic()
        assert server.post("/it").text == "0.0"
        assert time.monotonic() - begun < 5
        assert server.clock.time() == 3600


def test_ids_come_from_the_seed() -> None:
    assert ids() == ids()
    assert ids(seed=1) != ids(seed=2)
    assert len(set(ids())) == 3


def test_a_restart_keeps_the_store_and_repeats_no_id() -> None:
    with Harness(PLAIN, CHARGES, plugins=[NewId]) as server:
        server.upload("bookingco", "charges", [1])
        first = server.post("/it").json()
        server.restart()
        assert server.get("/charges").json() == [1]
        assert server.post("/it").json() != first


def test_a_database_of_its_own_outlives_the_harness(tmp_path: Path) -> None:
    with Harness(CHARGES, db=tmp_path / "kept.db") as server:
        server.upload("bookingco", "charges", [1])
    with Harness(CHARGES, db=tmp_path / "kept.db") as server:
        assert server.get("/charges").json() == [1]
    with Harness(CHARGES) as server:
        assert server.get("/charges").status_code == 404


def test_a_reload_brings_other_files_into_effect() -> None:
    with Harness(static("old")) as server:
        assert server.reload(static("new", "/there"), CHARGES).json()["status"] == "ok"
        assert server.get("/it").status_code == 404
        assert server.get("/there").json() == {"is": "new"}


def test_a_reload_that_is_refused_changes_nothing_and_can_be_looked_at() -> None:
    with Harness(static("old")) as server:
        assert server.reload("partner: acme").json()["status"] == "partial"
        assert server.get("/it").json() == {"is": "old"}


def test_workers_answer_in_turn_with_plugins_of_their_own() -> None:
    with Harness(PLAIN, CHARGES, plugins=[Itself], workers=2) as server:
        first, second, third = (server.post("/it").json() for _ in range(3))
        assert first == third != second
        server.upload("bookingco", "charges", [1])
        assert [server.get("/charges").json() for _ in range(2)] == [[1], [1]]


def test_workers_follow_a_reload() -> None:
    with Harness(static("old"), workers=3) as server:
        server.reload(static("new"))
        assert [server.get("/it").json() for _ in range(3)] == [{"is": "new"}] * 3
        server.restart()
        server.reload(static("newer"))
        assert [server.get("/it").json() for _ in range(3)] == [{"is": "newer"}] * 3


def test_a_handler_that_raises_fails_the_test_that_does_not_look() -> None:
    with pytest.raises(AssertionError, match=r"acme/it.*ZeroDivisionError: by zero") as failed:
        post_it(Fails)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


def test_a_job_that_raises_does_too() -> None:
    with pytest.raises(AssertionError, match="later"):
        post_it(FailsLater)


def test_a_test_that_looks_at_the_errors_decides_for_itself() -> None:
    with Harness(PLAIN, plugins=[Fails]) as server:
        server.post("/it")
        (failure,) = server.errors
    assert isinstance(failure.error, ZeroDivisionError)
    assert "acme/it" in str(failure)


def test_errors_can_be_allowed() -> None:
    post_it(Fails, allow_errors=True)


def test_an_error_that_came_after_looking_counts() -> None:
    def look_too_early(server: Harness) -> None:
        assert server.errors == ()

    with pytest.raises(AssertionError, match="by zero"):
        post_it(Fails, before=look_too_early)


def test_when_the_test_itself_fails_the_servers_errors_are_a_note() -> None:
    def fail(_server: Harness) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError) as failed:
        post_it(Fails, after=fail)
    assert "by zero" in failed.value.__notes__[0]


def test_errors_are_kept_when_logging_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("imnot"), "disabled", True)
    with Harness(PLAIN, plugins=[Fails]) as server:
        server.post("/it")
        assert "acme/it" in str(server.errors[0])


def test_errors_are_those_of_the_harness_alone() -> None:
    with Harness(PLAIN, plugins=[Plain]) as sound, Harness(PLAIN, plugins=[Fails]) as broken:
        broken.post("/it")
        sound.post("/it")
        assert len(broken.errors) == 1
        assert sound.errors == ()


def test_a_task_that_outlives_the_server_is_an_error() -> None:
    server = Harness(PLAIN, plugins=[Forgets])
    server.__enter__()
    server.post("/it")
    with pytest.raises(AssertionError, match="'forgotten' outlived the server"):
        server.__exit__(None, None, None)


def test_a_plugin_stands_in_for_an_installed_one() -> None:
    class Fetch(Plain):
        name = "fetch"

    with Harness(CHARGES, plugins=[Fetch]) as server:
        assert server.get("/charges").json() == {}


def test_a_plugin_may_be_an_object() -> None:
    plugin = Itself()
    with Harness(PLAIN, plugins=[plugin]) as server:
        assert server.post("/it").json() == id(plugin)


def test_an_api_plugin_can_be_given_too() -> None:
    class Echo:
        """Answers what nobody else does."""

        name = "echo"
        api_version = API_VERSION
        prefixes = ("/__echo__",)

        def controllers(self, services: Services) -> tuple[()]:
            return ()

        async def respond(self, request: Request) -> Reply | None:
            return Reply.text(request.path)

    with Harness(CHARGES, plugins=[Echo]) as server:
        assert server.get("/anything").text == "/anything"
    with (
        pytest.raises(PartnerError, match="__echo__"),
        Harness(static("here", "/__echo__/x"), plugins=[Echo]),
    ):
        pass


def test_something_that_is_no_plugin_is_refused() -> None:
    class Old(Plain):
        api_version = 99

    with pytest.raises(PluginContractError, match="plugin API 99"), Harness(PLAIN, plugins=[Old]):
        pass
    with pytest.raises(PluginContractError, match="neither"), Harness(PLAIN, plugins=[int]):
        pass


def test_other_settings_are_passed_on() -> None:
    with Harness(CHARGES, body_limit=10) as server:
        assert server.post("/charges", content=b"x" * 11).status_code in {405, 413}
        with pytest.raises(AssertionError, match="413"):
            server.upload("bookingco", "charges", "x" * 11)


def test_the_client_is_an_httpx_client() -> None:
    with Harness(static("here")) as server:
        assert isinstance(server.client, httpx.Client)
        assert server.client.get("/it").json() == {"is": "here"}
        assert server.client.get(f"{server.url}/it").json() == {"is": "here"}


def test_outside_of_with_there_is_no_server() -> None:
    server = Harness(CHARGES)
    with pytest.raises(RuntimeError, match="with Harness"):
        server.get("/charges")


def test_nothing_of_it_is_left() -> None:
    before = set(threading.enumerate())
    with Harness(CHARGES, workers=2) as server:
        folder = Path(server._given.partners_dir)
        assert folder.is_dir()
    assert not folder.exists()
    assert set(threading.enumerate()) <= before
