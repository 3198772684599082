"""The pages at /__admin__ in a real browser: made to act, renewed, on a phone, by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from imnot_core.testing import ServerProcess
from tests.browser.pages import DESK, PHONE, Pages
from tests.support import eventually

EVIL = "<img src=x onerror=alert(1)>"
LONG = "x" * 300
TEXT = {"light": "rgb(29, 37, 36)", "dark": "rgb(228, 234, 232)"}
SHOTS = os.environ.get("IMNOT_TEST_SCREENSHOTS", "")


@pytest.fixture
def pages(chrome: Chrome, server: ServerProcess) -> Pages:
    return Pages(chrome, server)


@pytest.fixture
def locked(chrome: Chrome, tmp_path: Path) -> Iterator[Pages]:
    (tmp_path / "partners").mkdir()
    with ServerProcess(tmp_path / "partners", admin_key="s3cret") as server:
        yield Pages(chrome, server, "anybody:s3cret@")


def add(server: ServerProcess, scope: str = "", **request: Any) -> str:
    response = {"status_code": 200, "headers": {}, "body": "hello"}
    payload = {"request": request, "action": {"response": response}}
    answer = server.post("/__mock__/stubs", json=payload, headers={scope: "1"} if scope else {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["stub_id"])


def add_scope(server: ServerProcess, name: str) -> None:
    assert server.post("/__mock__/scopes", json={"name": name}).status_code == 201


def stub_ids(server: ServerProcess) -> list[str]:
    return [each["stub_id"] for each in server.get("/__mock__/stubs").json()["stubs"]]


# From the form to the near misses


def test_a_stub_is_made_by_the_form_and_seen_at_work(pages: Pages) -> None:
    pages.open()
    pages.find("#create-stub").click()
    pages.fill(ui_request_method="GET", ui_request_path="/users/{id}")
    pages.fill(ui_request_headers="X-Tenant: acme", ui_response_body="user")
    pages.select("#ui-response-headers-common", "Content-Type: text/plain; charset=utf-8")
    pages.find("#create").click()
    stub_id = pages.text("#form-done a")
    pages.open()
    assert "/users/{id}" in pages.text(f"#stub-{stub_id}")

    answer = pages.server.get("/users/7", headers={"X-Tenant": "acme"})
    assert (answer.text, answer.headers["content-type"]) == ("user", "text/plain; charset=utf-8")
    newest = "#requests-panel tbody tr"
    eventually(lambda: stub_id in pages.text(newest))

    assert pages.server.get("/users/8", headers={"X-Tenant": "umbrella"}).status_code == 404
    eventually(lambda: "/users/8" in pages.text(newest))
    pages.find(f"{newest} a.none").click()
    assert pages.text("h1") == "Request: GET /users/8"
    differs = pages.text(".compared .differs")
    assert "✗ differs" in differs
    assert '"umbrella"' in differs
    assert pages.complaints() == []


FORMS: list[tuple[dict[str, str], dict[str, str], dict[str, Any]]] = [
    (
        {},
        {"ui_request_path": '{"$regex": {"pattern": "/v[0-9]"}}', "ui_request_query": "a=1\nb"},
        {"request": {"path": {"$regex": {"pattern": "/v[0-9]"}}, "query": {"a": "1", "b": ""}}},
    ),
    (
        {"body-match": "json"},
        {"ui_request_body": '{"a": 1}', "ui_request_headers": 'x-n: {"$length": {"value": 3}}'},
        {"request": {"body": {"a": 1}, "headers": {"x-n": {"$length": {"value": 3}}}}},
    ),
    (
        {"body-kind": "json"},
        {"ui_response_body": "[1]", "ui_response_status": "201"},
        {"action": {"response": {"status_code": 201, "headers": {}, "body": [1]}}},
    ),
    (
        {"action": "template"},
        {"ui_response_template": "Hi {{ request.query.name }}"},
        {
            "action": {
                "response": {
                    "status_code": 200,
                    "headers": {},
                    "template_body": "Hi {{ request.query.name }}",
                }
            }
        },
    ),
    (
        {"action": "sse"},
        {"ui_sse_events": "id: 1\ndata: a\ndata: b\n\nretry: 5\ndata: c", "ui_sse_delay": "10"},
        {
            "action": {
                "sse": {
                    "events": [{"id": "1", "data": "a\nb"}, {"retry": 5, "data": "c"}],
                    "default_delay_ms": 10,
                }
            }
        },
    ),
    (
        {"action": "proxy"},
        {"ui_proxy_url": "http://127.0.0.1:9/x", "ui_proxy_headers": "A: b: c"},
        {"action": {"proxy": {"url": "http://127.0.0.1:9/x", "headers": {"A": "b: c"}}}},
    ),
    (
        {},
        {"ui_chaos_delay_ms": "100", "ui_chaos_drop": "0.5", "ui_max_calls": "3"},
        {
            "max_calls": 3,
            "chaos": {
                "latency": {"base_ms": 100},
                "faults": {"connection_drop": {"probability": 0.5}},
            },
        },
    ),
]


@pytest.mark.parametrize(("choices", "fields", "expected"), FORMS)
def test_the_form_makes_every_kind_of_stub(
    pages: Pages, choices: dict[str, str], fields: dict[str, str], expected: dict[str, Any]
) -> None:
    pages.open("/stubs/new")
    for name, value in choices.items():
        pages.choose(name, value)
    pages.fill(**fields)
    sent = pages.review()
    for key, value in expected.items():
        assert sent[key] == value
    pages.find("#create").click()
    assert [pages.text("#form-done a")] == stub_ids(pages.server)


def test_the_form_puts_a_stub_into_a_scope(pages: Pages) -> None:
    add_scope(pages.server, "team-a")
    pages.open("/stubs/new?within=team-a")
    pages.find("#create").click()
    pages.find("#form-done a").click()
    assert pages.text(".facts").startswith("Stub ID")
    assert "team-a" in pages.text(".facts")
    assert stub_ids(pages.server) == []

    pages.open("/stubs/new?within=team-a")
    pages.server.delete("/__mock__/scopes/team-a")
    pages.find("#create").click()
    assert "no scope team-a any more" in pages.text("#ui-scope-fault")
    assert stub_ids(pages.server) == []


def test_the_form_shows_what_is_wrong_beside_the_field(pages: Pages) -> None:
    pages.open("/stubs/new")
    pages.fill(ui_request_headers="nonsense", ui_chaos_delay_ms="soon")
    pages.find("#create").click()
    assert "nonsense" in pages.text("#ui-request-headers-fault")
    assert "whole number" in pages.text("#ui-chaos-delay-ms-fault")
    assert pages.focused() == "ui-request-headers"

    pages.fill(ui_request_headers='x-a: {"$regex": {"pattern": "("}}', ui_chaos_delay_ms="1")
    pages.fill(ui_response_status="999")
    pages.find("#create").click()
    assert "x-a" in pages.text("#ui-request-headers-fault")
    assert pages.text("#ui-response-status-fault")
    assert pages.find("#ui-response-status").get_attribute("aria-invalid") == "true"
    assert not pages.is_there("#ui-chaos-delay-ms-fault")
    assert not pages.is_there("#form-done")
    assert stub_ids(pages.server) == []


def test_the_form_shows_warnings(pages: Pages) -> None:
    add(pages.server, path="/twice")
    pages.open("/stubs/new")
    pages.fill(ui_request_path="/twice")
    pages.find("#create").click()
    assert "Warning" in pages.text("#form-done")


# Panels


def test_a_panel_is_not_touched_while_nothing_changes(pages: Pages) -> None:
    add(pages.server, path="/same")
    pages.open()
    pages.find("#stubs-panel")
    pages.run("""
        window.touched = 0;
        const watch = {childList: true, characterData: true, attributes: true, subtree: true};
        for (const inner of document.querySelectorAll("[data-panel] > *"))
            new MutationObserver((all) => { window.touched += all.length; }).observe(inner, watch);
    """)
    asked = (
        "return performance.getEntriesByType('resource')"
        ".filter((each) => each.name.endsWith('/partials/stubs')).length"
    )
    eventually(lambda: pages.run(asked) >= 3)
    assert pages.run("return window.touched") == 0


def test_a_change_leaves_focus_scroll_and_what_is_open(pages: Pages) -> None:
    for n in range(40):
        pages.server.get(f"/n/{n}")
    add(pages.server, path="/twice")
    second = add(pages.server, path="/twice")
    pages.open()
    pages.find(f"#stub-{second} summary").click()
    pages.fill(new_scope_name="half-writ")
    pages.run("document.getElementById('requests-scroller').scrollTop = 200")
    pages.find(f"#open-{second}")
    pages.run("document.getElementById(arguments[0]).focus()", f"open-{second}")
    third = add(pages.server, path="/third")
    add_scope(pages.server, "team-a")
    pages.server.get("/third")
    for css in (f"#stub-{third}", "#scope-team-a", f'#requests-panel a[href$="{third}"]'):
        eventually(lambda css=css: pages.is_there(css))  # type: ignore[misc]
    assert pages.focused() == f"open-{second}"
    assert pages.run("return document.querySelector('details').open") is True
    assert pages.run("return document.getElementById('requests-scroller').scrollTop") >= 200
    assert pages.find("#new-scope-name").get_attribute("value") == "half-writ"


def test_the_updates_can_be_paused(pages: Pages) -> None:
    pages.open()
    pages.find("#live").click()
    pages.run("""
        window.refused = 0;
        document.addEventListener("htmx:beforeRequest",
            (event) => { window.refused += event.defaultPrevented; });
    """)
    add(pages.server, path="/unseen")
    eventually(lambda: pages.run("return window.refused") >= 3)
    assert "There are no stubs." in pages.text("#stubs-panel")


def test_a_scope_is_made_in_its_panel(pages: Pages) -> None:
    pages.open()
    pages.find("#new-scope-name").send_keys("Team-A", Keys.ENTER)
    assert pages.text("#scope-team-a a") == "team-a"
    pages.find("#new-scope-name").send_keys("team-a", Keys.ENTER)
    assert "already exists" in pages.text("#new-scope-problem")


def test_a_server_that_is_gone_is_told(locked: Pages) -> None:
    locked.open()
    locked.find("#stubs-panel")
    locked.server.kill()
    assert "does not answer" in locked.text("#connection")


def test_looking_is_not_journaled(pages: Pages) -> None:
    before = pages.server.get("/__mock__/requests").json()
    for path in ("", "/stubs/new"):
        pages.open(path)
        pages.find("h1")
    assert pages.server.get("/__mock__/requests").json() == before


# By keyboard


def test_stubs_are_deleted_by_keyboard(pages: Pages) -> None:
    add_scope(pages.server, "team-a")
    first = add(pages.server, path="/first")
    second = add(pages.server, scope="team-a", path="/second")
    pages.open()
    pages.tab_to(f"delete-{second}")
    pages.press(Keys.ENTER)
    alert = eventually(lambda: pages.chrome.switch_to.alert)
    assert second in alert.text
    alert.accept()
    eventually(lambda: not pages.is_there(f"#stub-{second}"))
    assert pages.focused() == f"delete-{first}"
    assert second in pages.run("return document.getElementById('news').textContent")

    pages.press(Keys.ENTER)
    eventually(lambda: pages.chrome.switch_to.alert).dismiss()
    assert pages.is_there(f"#stub-{first}")
    pages.press(Keys.ENTER)
    eventually(lambda: pages.chrome.switch_to.alert).accept()
    eventually(lambda: "There are no stubs." in pages.text("#stubs-panel"))
    assert pages.focused() == "stubs-title"
    assert stub_ids(pages.server) == []


def test_what_goes_with_a_scope_goes_from_the_page_at_once(pages: Pages) -> None:
    add_scope(pages.server, "team-a")
    stub_id = add(pages.server, scope="team-a", path="/scoped")
    pages.open()
    pages.find("#live").click()
    pages.find("#remove-team-a").click()
    eventually(lambda: pages.chrome.switch_to.alert).accept()
    eventually(lambda: not pages.is_there(f"#stub-{stub_id}"))
    assert not pages.is_there("#scope-team-a")


def test_the_first_tab_skips_to_the_content(pages: Pages) -> None:
    pages.open()
    pages.press(Keys.TAB)
    assert pages.run("return document.activeElement.className") == "skip"
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert pages.run(outline) == "solid"
    pages.press(Keys.ENTER)
    assert pages.focused() == "main"


# Everywhere


@pytest.fixture
def full(pages: Pages) -> Pages:
    """Pages with long and hostile data on them."""
    server = pages.server
    add_scope(server, LONG[:60])
    add(server, path=f"/{LONG}")
    add(server, path=f"/{LONG}", headers={"x-long": LONG, "x-evil": EVIL})
    add(server, path={"$regex": {"pattern": LONG}}, scope=LONG[:60])
    server.get(f"/{LONG}{EVIL}?{LONG}={EVIL}", headers={"X-Long": EVIL})
    server.post(f"/{LONG}", json={LONG: [EVIL]})
    return pages


@pytest.mark.parametrize("size", [DESK, PHONE, (320, 640)], ids=["desk", "phone", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_window(
    full: Pages, size: tuple[int, int], scheme: str, request: pytest.FixtureRequest
) -> None:
    full.look(size, scheme)
    stub_id = stub_ids(full.server)[-1]
    asked = full.server.get("/__mock__/requests").json()["requests"][-2]["id"]
    paths = ["", "/stubs/new", f"/stubs/{stub_id}", f"/scopes/{LONG[:60]}", f"/requests/{asked}"]
    for path in paths:
        full.open(path)
        full.find("h1")
        assert full.overflow() == 0, path
        assert full.is_there("img[src=x]") is False
        dark = (
            full.run("return getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 22)"
        )
        assert dark is (scheme == "dark")
        _keep(full.chrome, f"{request.node.callspec.id}-{paths.index(path)}")
    assert full.complaints() == []


def _keep(chrome: Chrome, name: str) -> None:
    """Save a screenshot for people, where they asked for it."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        chrome.save_screenshot(str(Path(SHOTS) / f"{name}.png"))


def test_the_pages_can_be_read_without_scripts(pages: Pages) -> None:
    stub_id = add(pages.server, path="/plain")
    pages.server.get("/plain")
    off = "Emulation.setScriptExecutionDisabled"
    pages.chrome.execute_cdp_cmd(off, {"value": True})
    try:
        pages.open()
        assert "/plain" in pages.text("#requests-panel")
        assert not pages.is_there("#live")
        pages.find(f"#open-{stub_id}").click()
        assert "Stub Detail" in pages.text("h1")
    finally:
        pages.chrome.execute_cdp_cmd(off, {"value": False})


def test_with_an_admin_key_a_browser_logs_in_once(locked: Pages) -> None:
    locked.open()
    locked.find("#new-scope-name").send_keys("team-a", Keys.ENTER)
    assert locked.text("#scope-team-a a") == "team-a"
    locked.find("#create-stub").click()
    locked.fill(ui_request_path="/locked")
    locked.find("#create").click()
    stub_id = locked.text("#form-done a")
    locked.open()
    locked.find(f"#delete-{stub_id}").click()
    eventually(lambda: locked.chrome.switch_to.alert).accept()
    eventually(lambda: not locked.is_there(f"#stub-{stub_id}"))
