"""The list of partners, and the other documents made of them."""

from __future__ import annotations

from imnot_core.testing import Harness
from tests.server.files import write
from tests.server.samples import ACME, CHARGES, static

PARTNERS = "/imnot/admin/partners"


def names(server: Harness) -> list[str]:
    return [each["partner"] for each in server.get(PARTNERS).json()]


def test_partners_are_listed_with_the_names_of_their_datapoints() -> None:
    with Harness(ACME, CHARGES) as server:
        answer = server.get(PARTNERS)
    assert answer.status_code == 200
    assert answer.json() == [
        {
            "partner": "acme",
            "description": "An API of everything",
            "datapoints": ["token", "health", "charges", "export", "rates"],
        },
        {"partner": "bookingco", "description": "", "datapoints": ["charges", "refunds"]},
    ]


def test_no_partners_are_an_empty_list() -> None:
    with Harness() as server:
        assert server.get(PARTNERS).json() == []


def test_partners_are_listed_in_the_order_of_their_folders() -> None:
    with Harness() as server:
        # Not of their names, nor of their paths: `-` comes before `/`.
        for folder, name in (("b", "zulu"), ("a-b", "alpha"), ("a", "mike"), ("B", "lima")):
            write(server, folder, static(name, f"GET /{name}"))
        server.reload()
        assert names(server) == ["lima", "mike", "alpha", "zulu"]


def test_details_tell_of_patterns_and_endpoints() -> None:
    with Harness(ACME) as server:
        (partner,) = server.get(f"{PARTNERS}?details=true").json()
    assert partner["partner"] == "acme"
    by_name = {each["name"]: each for each in partner["datapoints"]}
    assert by_name["health"] == {
        "name": "health",
        "pattern": "static",
        "description": "",
        "takes_payload": False,
        "endpoints": [{"method": "GET", "path": "/health", "step": None}],
    }
    assert by_name["charges"]["takes_payload"] is True
    assert by_name["export"]["endpoints"] == [
        {"method": "POST", "path": "/exports", "step": 1},
        {"method": "GET", "path": "/exports/{id}", "step": 2},
    ]


def test_the_list_follows_every_change() -> None:
    with Harness(CHARGES) as server:
        server.admin("POST", "/partners", content=static("zulu", "GET /zulu"))
        assert names(server) == ["bookingco", "zulu"]
        server.admin("POST", "/partners?force=true", content=static("zulu", "GET /other"))
        write(server, "mike", static("mike", "GET /mike"))
        server.reload()
        assert names(server) == ["bookingco", "mike", "zulu"]
        server.admin("DELETE", "/partners/bookingco")
        assert names(server) == ["mike", "zulu"]


def test_the_postman_collection_is_that_of_all_partners_at_the_moment() -> None:
    with Harness(CHARGES) as server:
        first = server.get("/imnot/admin/postman")
        server.admin("POST", "/partners", content=static("zulu", "GET /zulu"))
        second = server.get("/imnot/admin/postman").json()
    assert first.status_code == 200
    assert first.json()["info"]["name"] == "imnot"
    assert first.json()["variable"] == [
        {"key": "baseUrl", "value": "http://localhost:8000", "type": "string"}
    ]
    assert [folder["name"] for folder in first.json()["item"]] == ["bookingco"]
    assert [folder["name"] for folder in second["item"]] == ["bookingco", "zulu"]
    assert first.json()["info"]["_postman_id"] != second["info"]["_postman_id"]
