"""Registering partners over HTTP: checked completely, written byte for byte, served at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imnot_core.testing import Harness
from tests.server.files import everything, file_of, folder_of, write
from tests.server.samples import ACME, CHARGES, static

PARTNERS = "/imnot/admin/partners"
ORDERS = static("shop", "GET /orders")
PUSH = """\
partner: shop
datapoints:
  - name: d0
    pattern: push
    endpoints: [{method: POST, path: /orders, response: {}}]
"""
JSON = b"""\
{"partner": "shop", "datapoints": [
  {"name": "d0", "pattern": "static", "endpoints": [{"method": "GET", "path": "/orders"}]}]}"""


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(CHARGES) as harness:
        yield harness


def register(server: Harness, text: str | bytes, query: str = "") -> Any:
    return server.post(f"{PARTNERS}{query}", content=text)


def refusal(server: Harness, text: str | bytes, status: int, query: str = "") -> str:
    """Register what is refused; check that nothing has changed, and return the detail."""
    listed, files = server.get(PARTNERS).content, everything(server)
    answer = register(server, text, query)
    assert answer.status_code == status
    assert list(answer.json()) == ["status", "detail"]
    assert answer.json()["status"] == "error"
    assert server.get(PARTNERS).content == listed
    assert everything(server) == files
    detail: str = answer.json()["detail"]
    assert detail
    return detail


# New partners


def test_a_new_partner_is_201_and_told_completely(server: Harness) -> None:
    answer = register(server, ACME)
    assert answer.status_code == 201
    told = answer.json()
    assert list(told) == [
        "status", "partner", "description", "directory", "file", "created", "datapoints",
        "routes_added", "routes_conflicts",
    ]  # fmt: skip
    datapoints = told.pop("datapoints")
    assert told == {
        "status": "ok",
        "partner": "acme",
        "description": "An API of everything",
        "directory": "partners/acme",
        "file": "partners/acme/partner.yaml",
        "created": True,
        "routes_added": [
            "POST /oauth/token", "GET /health", "GET /charges", "POST /exports",
            "GET /exports/{id}", "POST /rates",
            "admin routes for acme/charges", "admin routes for acme/export",
            "admin routes for acme/rates",
        ],
        "routes_conflicts": [],
    }  # fmt: skip
    assert datapoints[0] == {
        "name": "token",
        "pattern": "oauth",
        "endpoints": [{"method": "POST", "path": "/oauth/token"}],
        "admin_routes": False,
    }
    takes_payload = {each["name"]: each["admin_routes"] for each in datapoints}
    assert takes_payload == {
        "token": False, "health": False, "charges": True, "export": True, "rates": True
    }  # fmt: skip


def test_its_routes_are_live_at_once(server: Harness) -> None:
    assert server.get("/charges").status_code == 404
    register(server, ACME)
    server.upload("acme", "charges", "here")
    assert server.get("/charges").json() == "here"
    assert server.get("/v1/charges").status_code == 404  # but known
    assert "bookingco/charges" in server.get("/v1/charges").json()["detail"]


@pytest.mark.parametrize(
    "text",
    [
        ORDERS.encode(),
        b"\xef\xbb\xbf" + ORDERS.encode(),
        ORDERS.replace("\n", "\r\n").encode(),
        f"# schön\n{ORDERS}\n\n# end".encode(),
        JSON,
    ],
    ids=["plain", "byte-order-mark", "crlf", "comments", "json"],
)
def test_the_text_is_written_byte_for_byte(server: Harness, text: bytes) -> None:
    assert register(server, text).status_code == 201
    assert file_of(server, "shop").read_bytes() == text
    assert server.get("/orders").status_code == 200
    server.restart()
    assert server.get("/orders").status_code == 200


def test_the_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    with Harness() as server:
        folder = folder_of(server)
        folder.rmdir()
        assert register(server, ORDERS).status_code == 201
        assert (folder / "shop" / "partner.yaml").read_text() == ORDERS
        assert server.get("/orders").status_code == 200


def test_nothing_but_the_file_is_written(server: Harness) -> None:
    before = set(everything(server))
    register(server, ORDERS)
    assert set(everything(server)) - before == {"shop", "shop/partner.yaml"}


def test_other_files_in_the_folder_stay(server: Harness) -> None:
    example = folder_of(server) / "shop" / "payloads" / "orders.json"
    example.parent.mkdir(parents=True)
    example.write_text("[]")
    assert register(server, ORDERS).status_code == 201
    assert register(server, ORDERS, "?force=true").status_code == 200
    assert example.read_text() == "[]"


# Partners that are there already


def test_an_existing_partner_is_409_without_force(server: Harness) -> None:
    assert "bookingco" in refusal(server, static("bookingco", "GET /new"), 409)


def test_a_file_that_is_not_served_is_not_overwritten_either(server: Harness) -> None:
    write(server, "shop", "broken: [")
    assert "shop" in refusal(server, ORDERS, 409)
    answer = register(server, ORDERS, "?force=true")
    assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert server.get("/orders").status_code == 200


def test_force_overwrites_and_is_200(server: Harness) -> None:
    register(server, ORDERS)
    text = static("shop", "GET /orders", "GET /returns", body="new")
    answer = register(server, text, "?force=true")
    assert answer.status_code == 200
    assert answer.json()["created"] is False
    assert answer.json()["routes_added"] == ["GET /returns"]
    assert server.get("/orders").json() == {"is": "new"}
    assert server.get("/returns").status_code == 200
    assert file_of(server, "shop").read_text() == text


def test_force_on_a_new_partner_is_201(server: Harness) -> None:
    answer = register(server, ORDERS, "?force=true")
    assert (answer.status_code, answer.json()["created"]) == (201, True)


def test_what_an_overwrite_takes_away_is_gone(server: Harness) -> None:
    register(server, static("shop", "GET /orders", "GET /returns"))
    register(server, static("shop", "POST /orders"), "?force=true")
    assert server.get("/orders").status_code == 405
    assert server.post("/orders").status_code == 200
    assert server.get("/returns").status_code == 404


def test_an_overwrite_may_change_the_pattern(server: Harness) -> None:
    register(server, ORDERS)
    fetch = ORDERS.replace("static", "fetch").replace("response: {body: {is: here}}", "step: 1")
    assert register(server, fetch, "?force=true").status_code == 422  # fetch knows no steps
    fetch = fetch.replace("        step: 1\n", "")
    answer = register(server, fetch, "?force=true")
    assert answer.json()["routes_added"] == ["admin routes for shop/d0"]
    server.upload("shop", "d0", "payload")
    assert server.get("/orders").json() == "payload"


@pytest.mark.parametrize("force", ["true", "True", "TRUE", "tRuE"])
def test_force_is_true_in_any_case(server: Harness, force: str) -> None:
    register(server, ORDERS)
    assert register(server, ORDERS, f"?force={force}").status_code == 200


@pytest.mark.parametrize(
    "query", ["", "?force", "?force=", "?force=1", "?force=yes", "?Force=true"]
)
def test_any_other_force_is_none(server: Harness, query: str) -> None:
    register(server, ORDERS)
    assert register(server, ORDERS, query).status_code == 409


def test_a_partner_in_a_folder_of_another_name_is_overwritten_there(server: Harness) -> None:
    write(server, "elsewhere", ORDERS)
    server.reload()
    assert "shop" in refusal(server, ORDERS, 409)
    answer = register(server, static("shop", "GET /new"), "?force=true")
    assert answer.json()["file"] == "partners/elsewhere/partner.yaml"
    assert "/new" in (folder_of(server) / "elsewhere" / "partner.yaml").read_text()
    assert not file_of(server, "shop").exists()


def test_a_folder_that_holds_another_partner_is_not_taken(server: Harness) -> None:
    write(server, "shop", static("other", "GET /other"))
    server.reload()
    for query in ("", "?force=true"):
        detail = refusal(server, ORDERS, 409, query)
        assert "'other'" in detail
    assert server.get("/other").status_code == 200


# What is refused


def test_routes_of_another_partner_are_409_naming_both_and_write_nothing(server: Harness) -> None:
    for query in ("", "?force=true"):
        detail = refusal(server, static("shop", "GET /new", "GET /v1/charges"), 409, query)
        assert "GET /v1/charges" in detail
        assert "shop/d1" in detail
        assert "bookingco/charges" in detail
        assert str(file_of(server, "bookingco")) in detail
    assert server.get("/new").status_code == 404


def test_a_clash_need_not_be_literal(server: Harness) -> None:
    register(server, static("one", "GET /orders/{id}"))
    assert "one/d0" in refusal(server, static("two", "GET /orders/{number}"), 409)


def test_a_partner_does_not_clash_with_what_it_replaces(server: Harness) -> None:
    register(server, static("shop", "GET /orders/{id}"))
    assert register(server, static("shop", "GET /orders/{no}"), "?force=true").status_code == 200


NAMES = ["../x", "..", ".", "/etc", "a/b", "a b", "ä", "", "x" * 65, "a.b", "a\\\\b", "x\\n", "%2e"]


@pytest.mark.parametrize("name", NAMES)
def test_bad_names_are_422_and_write_nothing(server: Harness, name: str) -> None:
    outside = set(folder_of(server).parent.iterdir())
    text = ORDERS.replace("partner: shop", f'partner: "{name}"')
    detail = refusal(server, text, 422)
    assert "request body:1:10" in detail
    assert set(folder_of(server).parent.iterdir()) == outside


@pytest.mark.parametrize(
    "name",
    ["partners", "sessions", "reload", "postman", "problems", "requests", "verify", "ui", "stress"],
)
def test_names_that_the_admin_api_needs_are_422(server: Harness, name: str) -> None:
    detail = refusal(server, static(name, "GET /x"), 422)
    assert f"/imnot/admin/{name}" in detail
    assert "request body:1:10" in detail


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"# nothing\n", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"partner: [", "YAML"),
        (b"a: b: c", "YAML"),
        (b"partner: shop\x00", "U+0000"),
        (b"just a text", "mapping"),
        (b"[1, 2]", "mapping"),
        (b"42", "integer"),
        (b"partner: shop", "datapoints"),
        (b"datapoints: []", "partner"),
        (b"partner: shop\ndatapoints: []", "datapoints"),
        (b"partner: shop\ndatapoints: nothing", "datapoints"),
        (b"partner: off\ndatapoints: [1]", "datapoints[0]"),
        (ORDERS.replace("name: d0", "title: d0").encode(), "name"),
        (ORDERS.replace("pattern: static", "").encode(), "pattern"),
        (ORDERS.replace("static", "statik").encode(), "static"),
        (ORDERS.replace("method: GET", "method: 5").encode(), "method"),
        (ORDERS.replace("method: GET", "method: GOT").encode(), "GET"),
        (ORDERS.replace("/orders", "orders").encode(), "path"),
        (ORDERS.replace("response:", "answer:").encode(), "answer"),
        (PUSH.encode(), "callback_url_field"),
        (PUSH.replace("push", "async").replace("{}", "{generates_id: true}").encode(), "id_header"),
        (b"partner: !!python/object:os.system x", "!!python"),
        (ORDERS.replace("/orders", "/healthz").encode(), "/healthz"),
        (ORDERS.replace("/orders", "/imnot/admin/sessions").encode(), "/imnot"),
        (ORDERS.replace("/orders", "/%69mnot/x").encode(), "/imnot"),
    ],
)
def test_what_is_no_partner_is_422_saying_why(server: Harness, text: bytes, words: str) -> None:
    assert words in refusal(server, text, 422)


def test_all_that_is_wrong_is_told_at_once_with_its_place(server: Harness) -> None:
    text = """\
partner: shop
datapoints:
  - name: one
    pattern: static
    endpoint: []
  - name: two words
    pattern: fetsch
    endpoints: [{method: GET, path: /two}]
"""
    lines = refusal(server, text, 422).splitlines()
    places = [line.partition(": ")[0] for line in lines]
    words = ("`endpoints`", "`endpoint`", "two words", "fetch")
    assert places == [f"request body:{place}" for place in ("3:5", "5:5", "6:11", "7:14")]
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_a_datapoint_may_not_have_a_route_twice(server: Harness) -> None:
    detail = refusal(server, static("shop", "GET /a/{x}", "GET /a/{y}"), 422)
    assert "shop/d0" in detail
    assert "shop/d1" in detail


def test_repeated_keys_and_names_are_422(server: Harness) -> None:
    assert "request body:2:" in refusal(server, f"partner: a\n{ORDERS}", 422)
    twice = static("shop", "GET /a", "GET /b").replace("name: d1", "name: d0")
    assert "d0" in refusal(server, twice, 422)


def test_aliases_are_limited(server: Harness) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        inner = ", ".join([f"*a{level - 1}"] * 9)
        bomb += f"a{level}: &a{level} [{inner}]\n"
    refusal(server, bomb, 422)


def test_depth_is_limited(server: Harness) -> None:
    refusal(server, b"[" * 100_000, 422)
    refusal(server, b"partner: " + b"{a: " * 5_000, 422)


def test_what_cannot_be_written_is_500_and_changes_nothing(server: Harness) -> None:
    (folder_of(server) / "shop").write_text("a file where a folder is needed")
    listed = server.get(PARTNERS).content
    answer = register(server, ORDERS)
    assert answer.status_code == 500
    assert "shop" in answer.json()["detail"]
    assert server.get(PARTNERS).content == listed
    assert server.get("/orders").status_code == 404


def test_what_keeps_other_files_from_being_served_is_still_told_afterwards() -> None:
    with Harness(CHARGES) as server:
        broken = write(server, "broken", "partner: broken")
        clashing = write(server, "clashing", static("clashing", "GET /v1/charges"))
        server.reload()
        for change in (
            lambda: register(server, ORDERS),
            lambda: register(server, static("shop", "GET /new"), "?force=true"),
            lambda: server.delete(f"{PARTNERS}/shop"),
        ):
            assert change().is_success
            told = {each["file"] for each in server.get("/imnot/admin/problems").json()["partners"]}
            assert told == {str(broken), str(clashing)}
        register(server, static("broken", "GET /broken"), "?force=true")
        told = {each["file"] for each in server.get("/imnot/admin/problems").json()["partners"]}
        assert told == {str(clashing)}
