"""Reloading: all routes are swapped at once, and a refused file keeps what it served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from imnot_core import Context, Reply, Request
from imnot_core.testing import Harness
from tests.server.files import file_of, folder_of, write
from tests.server.samples import ACME, CHARGES, PLAIN, Plain, static
from tests.support import eventually

RELOAD = "/imnot/admin/reload"


@pytest.fixture
def server() -> Iterator[Harness]:
    with Harness(CHARGES, static("shop", "GET /orders", body="old")) as harness:
        yield harness


def reload(server: Harness) -> dict[str, Any]:
    answer = server.post(RELOAD)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_nothing_changed(server: Harness) -> None:
    assert reload(server) == {
        "status": "ok",
        "updated": ["GET /orders"],
        "added": [],
        "conflicts": [],
    }


def test_a_changed_file_is_served(server: Harness) -> None:
    write(server, "shop", static("shop", "GET /orders", body="new"))
    assert server.get("/orders").json() == {"is": "old"}
    told = reload(server)
    assert (told["status"], told["updated"], told["added"]) == ("ok", ["GET /orders"], [])
    assert server.get("/orders").json() == {"is": "new"}


def test_new_endpoints_and_partners_are_added(server: Harness) -> None:
    write(server, "shop", static("shop", "GET /orders", "GET /returns"))
    write(server, "zulu", CHARGES.replace("bookingco", "zulu").replace("/v1", "/v2"))
    told = reload(server)
    assert told["status"] == "ok"
    assert told["added"] == [
        "GET /returns",
        "GET /v2/charges",
        "GET /v2/refunds",
        "admin routes for zulu/charges",
        "admin routes for zulu/refunds",
    ]
    assert server.get("/returns").status_code == 200
    server.upload("zulu", "charges", "here")
    assert server.get("/v2/charges").json() == "here"


def test_removed_endpoints_and_partners_are_gone(server: Harness) -> None:
    server.upload("bookingco", "charges", 1)
    write(server, "shop", static("shop", "GET /returns"))
    shutil.rmtree(folder_of(server) / "bookingco")
    told = reload(server)
    assert told["added"] == ["GET /returns"]
    assert sorted(told["removed"]) == ["GET /orders", "GET /v1/charges", "GET /v1/refunds"]
    for path in ("/orders", "/v1/charges", "/imnot/admin/bookingco/charges/payload"):
        assert server.get(path).status_code == 404


def test_payloads_sessions_and_issued_ids_survive() -> None:
    with Harness(ACME) as server:
        server.upload("acme", "export", "global")
        issued = server.post("/exports").json()["id"]
        session = server.session()
        session.upload("acme", "charges", "mine")
        server.reload(ACME.replace("An API", "Another API"))
        assert server.get(f"/exports/{issued}").json() == "global"
        assert server.get("/charges", session=session).json() == "mine"


def test_only_partner_files_are_read(server: Harness) -> None:
    folder = folder_of(server)
    (folder / "partner.yaml").write_text(static("top", "GET /top"))
    (folder / "shop" / "other.yaml").write_text(static("other", "GET /other"))
    (folder / "shop" / "deeper").mkdir()
    (folder / "shop" / "deeper" / "partner.yaml").write_text(static("deeper", "GET /deeper"))
    (folder / "empty").mkdir()
    (folder / "shop" / "README.md").write_text("partner: readme")
    told = reload(server)
    assert (told["status"], told["added"]) == ("ok", [])


# Refused files


def test_a_refused_file_keeps_what_it_served(server: Harness) -> None:
    file = write(server, "shop", "partner: shop\ndatapoints: []")
    write(server, "zulu", static("zulu", "GET /zulu"))
    told = reload(server)
    assert told["status"] == "partial"
    assert told["conflicts"] == []
    assert any(str(file) in each for each in told["errors"])
    assert server.get("/orders").json() == {"is": "old"}
    assert server.get("/zulu").status_code == 200
    write(server, "shop", static("shop", "GET /orders", body="new"))
    assert reload(server)["status"] == "ok"
    assert server.get("/orders").json() == {"is": "new"}


def test_a_refused_file_is_logged_with_its_place(
    server: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(server, "broken", "partner: broken\ndatapoints: 5\n")
    reload(server)
    assert f"{file}:2:13" in caplog.text


def test_a_new_file_that_is_refused_is_served_once_it_is_mended(server: Harness) -> None:
    write(server, "zulu", static("zulu", "GET zulu"))
    assert reload(server)["status"] == "partial"
    assert server.get("/zulu").status_code == 404
    write(server, "zulu", static("zulu", "GET /zulu"))
    assert reload(server)["added"] == ["GET /zulu"]


def test_a_file_that_vanishes_after_being_refused_is_gone(server: Harness) -> None:
    write(server, "shop", "broken: [")
    reload(server)
    shutil.rmtree(folder_of(server) / "shop")
    told = reload(server)
    assert (told["status"], told["removed"]) == ("ok", ["GET /orders"])
    assert server.get("/orders").status_code == 404


def test_a_file_that_cannot_be_read_keeps_what_it_served(server: Harness) -> None:
    file = file_of(server, "shop")
    file.unlink()
    file.mkdir()
    told = reload(server)
    assert told["status"] == "partial"
    assert str(file) in told["errors"][0]
    assert server.get("/orders").json() == {"is": "old"}


def test_a_file_that_is_no_text_is_refused_with_its_place(server: Harness) -> None:
    file = file_of(server, "shop")
    file.write_bytes(b"partner: shop\n# caf\xe9\n")
    assert f"{file}:2:6" in reload(server)["errors"][0]


# Clashes


def test_a_clash_is_told_with_both_owners_and_the_first_stays(server: Harness) -> None:
    intruder = write(server, "aaa", static("aaa", "GET /orders", "GET /free", body="intruder"))
    told = reload(server)
    assert told["status"] == "partial"
    (conflict,) = told["conflicts"]
    for words in ("GET /orders", "aaa/d0", "shop/d0", str(intruder), str(file_of(server, "shop"))):
        assert words in conflict
    assert server.get("/orders").json() == {"is": "old"}
    assert server.get("/free").status_code == 404
    assert reload(server)["conflicts"] == [conflict]


def test_a_clash_is_told_when_no_endpoint_is_free(server: Harness) -> None:
    write(server, "zulu", static("zulu", "GET /orders"))
    assert len(reload(server)["conflicts"]) == 1


def test_two_partners_of_one_name_clash(server: Harness) -> None:
    second = write(server, "aaa", static("shop", "GET /elsewhere"))
    (conflict,) = reload(server)["conflicts"]
    assert f"{second}:1:10" in conflict
    assert str(file_of(server, "shop")) in conflict
    assert server.get("/orders").status_code == 200
    assert server.get("/elsewhere").status_code == 404


def test_two_partners_may_swap_their_routes(server: Harness) -> None:
    write(server, "zulu", static("zulu", "GET /zulu", body="old"))
    reload(server)
    write(server, "zulu", static("zulu", "GET /orders", body="new"))
    write(server, "shop", static("shop", "GET /zulu", body="new"))
    assert reload(server)["status"] == "ok"
    assert server.get("/orders").json() == server.get("/zulu").json() == {"is": "new"}


def test_a_partner_may_move_to_another_folder(server: Harness) -> None:
    folder = folder_of(server)
    (folder / "shop").rename(folder / "moved")
    told = reload(server)
    assert (told["status"], told["updated"]) == ("ok", ["GET /orders"])
    assert server.get("/orders").json() == {"is": "old"}


# The folder itself


@pytest.mark.parametrize("broken", ["gone", "a file"])
def test_a_folder_that_cannot_be_read_is_500_and_changes_nothing(
    server: Harness, broken: str
) -> None:
    folder = folder_of(server)
    aside = folder.with_name("aside")
    folder.rename(aside)
    if broken == "a file":
        folder.write_text("")
    answer = server.post(RELOAD)
    assert answer.status_code == 500
    assert str(folder) in answer.json()["detail"]
    assert server.get("/orders").json() == {"is": "old"}
    folder.unlink(missing_ok=True)
    aside.rename(folder)
    assert reload(server)["status"] == "ok"


def test_a_server_without_a_folder_can_be_reloaded() -> None:
    with Harness() as server:
        folder = folder_of(server)
        folder.rmdir()
        assert reload(server)["status"] == "ok"
        write_to = folder / "shop"
        write_to.mkdir(parents=True)
        (write_to / "partner.yaml").write_text(static("shop", "GET /orders"))
        assert reload(server)["added"] == ["GET /orders"]


# Handlers


class Compiled(Plain):
    """Answers with the number of the compilation that the handler is of."""

    count = 0

    def compile(self, datapoint: Any, context: Context) -> Any:
        type(self).count += 1
        self.number = self.count
        return super().compile(datapoint, context)

    async def answer(self, _request: Request, _context: Context) -> Any:
        return Reply.json(self.number)


def test_a_file_that_did_not_change_is_not_compiled_again() -> None:
    with Harness(PLAIN, plugins=[Compiled]) as server:
        first = server.post("/it").json()
        reload(server)
        assert server.post("/it").json() == first
        write(server, "acme", PLAIN + "# changed\n")
        reload(server)
        assert server.post("/it").json() > first


# Without being asked: `--reload`


def test_a_watching_server_applies_what_changes() -> None:
    with Harness(static("shop", "GET /orders", body="old"), reload=True) as server:
        write(server, "shop", static("shop", "GET /orders", body="new"))
        eventually(lambda: server.get("/orders").json() == {"is": "new"})
        write(server, "zulu", static("zulu", "GET /zulu"))
        eventually(lambda: server.get("/zulu").is_success)
        shutil.rmtree(folder_of(server) / "zulu")
        eventually(lambda: server.get("/zulu").status_code == 404)


def test_a_watching_server_survives_broken_files(caplog: pytest.LogCaptureFixture) -> None:
    with Harness(static("shop", "GET /orders", body="old"), reload=True) as server:
        file = write(server, "shop", "broken: [")
        eventually(lambda: str(file) in caplog.text)
        assert server.get("/orders").json() == {"is": "old"}
        write(server, "shop", static("shop", "GET /orders", body="new"))
        eventually(lambda: server.get("/orders").json() == {"is": "new"})


def test_a_watching_server_waits_for_its_folder() -> None:
    with Harness(reload=True) as server:
        folder = folder_of(server)
        folder.rmdir()
        write_to = folder / "shop"
        write_to.mkdir(parents=True)
        (write_to / "partner.yaml").write_text(static("shop", "GET /orders"))
        eventually(lambda: server.get("/orders").is_success)
