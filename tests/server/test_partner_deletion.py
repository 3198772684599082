"""Deleting a partner: its folder and its routes are gone at once, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from imnot_core.testing import Harness
from tests.server.files import everything, folder_of, write
from tests.server.samples import CHARGES, static

PARTNERS = "/imnot/admin/partners"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(CHARGES, static("shop", "GET /orders")) as harness:
        yield harness


def test_the_folder_the_entry_and_the_routes_are_gone_at_once(server: Harness) -> None:
    example = folder_of(server) / "shop" / "payloads" / "orders.json"
    example.parent.mkdir()
    example.write_text("[]")
    answer = server.delete(f"{PARTNERS}/shop")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "partner": "shop"}
    assert not (folder_of(server) / "shop").exists()
    assert [each["partner"] for each in server.get(PARTNERS).json()] == ["bookingco"]
    assert server.get("/orders").status_code == 404


def test_it_stays_gone_after_a_reload_and_a_restart(server: Harness) -> None:
    server.delete(f"{PARTNERS}/shop")
    server.reload()
    assert server.get("/orders").status_code == 404
    server.restart()
    assert server.get("/orders").status_code == 404


def test_the_admin_routes_are_gone_too(server: Harness) -> None:
    server.upload("bookingco", "charges", 1)
    server.delete(f"{PARTNERS}/bookingco")
    assert server.get("/imnot/admin/bookingco/charges/payload").status_code == 404
    assert server.get("/orders").status_code == 200


def test_its_name_and_routes_are_free_again(server: Harness) -> None:
    server.delete(f"{PARTNERS}/shop")
    answer = server.post(PARTNERS, content=static("shop", "GET /orders"))
    assert (answer.status_code, answer.json()["created"]) == (201, True)


def test_an_unknown_partner_is_404_and_named(server: Harness) -> None:
    for name in ("nobody", "Shop", "shop-"):
        before = everything(server)
        answer = server.delete(f"{PARTNERS}/{name}")
        assert answer.status_code == 404
        assert name in answer.json()["detail"]
        assert everything(server) == before


@pytest.mark.parametrize("name", ["a.b", "%2E%2E", "%2E", "a%20b", "%00", "%E4", "x" * 65, "~"])
def test_an_unsafe_name_is_400(server: Harness, name: str) -> None:
    before = everything(server)
    # As it is: the client would resolve the dots.
    request = server.client.build_request("DELETE", "/")
    request.url = request.url.copy_with(raw_path=f"{PARTNERS}/{name}".encode())
    answer = server.client.send(request)
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)
    assert everything(server) == before


@pytest.mark.parametrize("name", ["..%2Fbookingco", "shop%2F..%2Fbookingco", "%2Fetc"])
def test_a_slash_is_no_part_of_a_name(server: Harness, name: str) -> None:
    before = everything(server)
    assert server.delete(f"{PARTNERS}/{name}").status_code == 404
    assert everything(server) == before


def test_a_symbolic_link_inside_is_400_and_nothing_is_deleted(server: Harness) -> None:
    outside = folder_of(server).parent / "precious"
    outside.mkdir()
    (outside / "file").write_text("mine")
    (folder_of(server) / "shop" / "deep").mkdir()
    (folder_of(server) / "shop" / "deep" / "link").symlink_to(outside)
    before = everything(server)
    answer = server.delete(f"{PARTNERS}/shop")
    assert answer.status_code == 400
    assert "link" in answer.json()["detail"]
    assert everything(server) == before
    assert (outside / "file").read_text() == "mine"
    assert server.get("/orders").status_code == 200


def test_a_folder_that_is_a_symbolic_link_is_400(server: Harness) -> None:
    outside = folder_of(server).parent / "elsewhere"
    shutil.move(folder_of(server) / "shop", outside)
    (folder_of(server) / "shop").symlink_to(outside)
    server.reload()
    assert server.delete(f"{PARTNERS}/shop").status_code == 400
    assert (outside / "partner.yaml").is_file()
    assert server.get("/orders").status_code == 200


def test_a_partner_is_deleted_from_whatever_folder_it_was_read(server: Harness) -> None:
    write(server, "elsewhere", static("zulu", "GET /zulu"))
    server.reload()
    assert server.delete(f"{PARTNERS}/zulu").status_code == 200
    assert not (folder_of(server) / "elsewhere").exists()
    assert server.get("/zulu").status_code == 404


def test_a_partner_whose_folder_was_deleted_by_hand_is_gone_for_good(server: Harness) -> None:
    shutil.rmtree(folder_of(server) / "shop")
    assert server.get("/orders").status_code == 200
    assert server.delete(f"{PARTNERS}/shop").status_code == 200
    assert server.get("/orders").status_code == 404
    assert server.delete(f"{PARTNERS}/shop").status_code == 404
