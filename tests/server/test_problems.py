"""What keeps partner files from being served, and that the others are served all the same."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import anyio
import pytest

from imnot_core import PartnerError
from imnot_core.server import create_app
from imnot_core.settings import Settings
from imnot_core.testing import Harness
from imnot_core.testing.application import Lifespan
from tests.server.files import file_of, write
from tests.server.samples import CHARGES, static
from tests.server.wire import exchange

PROBLEMS = "/imnot/admin/problems"


def test_without_problems_all_lists_are_empty() -> None:
    with Harness(CHARGES) as server:
        answer = server.get(PROBLEMS)
        assert answer.status_code == 200
        assert answer.json() == {"partners": [], "plugins": [], "handlers": []}


def test_a_problem_is_told_in_its_parts() -> None:
    with Harness(CHARGES) as server:
        file = write(server, "acme", static("acme", "GOT /x"))
        server.reload()
        (problem,) = server.get(PROBLEMS).json()["partners"]
    assert problem == {
        "file": str(file),
        "line": 6,
        "column": 17,
        "path": "datapoints[0].endpoints[0].method",
        "message": "'GOT' is no HTTP method",
        "hint": "did you mean GET?",
    }


def test_a_clash_is_a_problem_of_the_file_that_came_later() -> None:
    with Harness(CHARGES) as server:
        file = write(server, "acme", static("acme", "GET /v1/charges"))
        server.reload()
        (problem,) = server.get(PROBLEMS).json()["partners"]
        assert (problem["file"], problem["line"], problem["column"]) == (str(file), 7, 15)
        assert str(file_of(server, "bookingco")) in problem["message"]


def test_problems_go_when_their_cause_does() -> None:
    with Harness(CHARGES) as server:
        write(server, "acme", "broken: [")
        server.reload()
        assert len(server.get(PROBLEMS).json()["partners"]) == 1
        write(server, "acme", static("acme", "GET /x"))
        server.reload()
        assert server.get(PROBLEMS).json()["partners"] == []


# At the start

FILES = {
    "aaa": "partner: aaa\ndatapoints: nothing",
    "bbb": static("bbb", "GET /free", "GET /taken", body="bbb"),
    "ccc": static("ccc", "GET /taken", body="ccc"),
    "ddd": static("bbb", "GET /other"),
    "eee": "not: [yaml",
    "fff": static("fff", "GET /imnot/x"),
    "ggg": static("sessions", "GET /x"),
    "hhh": static("hhh", "GET /h", body="hhh"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "partners"
    for name, text in FILES.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "partner.yaml").write_text(text)
    (folder / "iii" / "partner.yaml").mkdir(parents=True)
    (folder / "jjj").mkdir()
    (folder / "jjj" / "partner.yaml").write_bytes(b"\xff")
    return folder


async def answers(settings: Settings, *paths: str, strict: bool = False) -> list[Any]:
    app = create_app(settings, strict=strict)
    lifespan = Lifespan(app)
    await lifespan.start()
    try:
        return [(await exchange(app, "GET", path)).json() for path in paths]
    finally:
        await lifespan.stop()


def test_one_bad_partner_never_stops_the_others(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(partners_dir=str(folder), db=":memory:")
    paths = ("/imnot/admin/partners", PROBLEMS, "/taken", "/h")
    listed, problems, taken, other = anyio.run(answers, settings, *paths)
    assert [each["partner"] for each in listed] == ["bbb", "hhh"]
    assert taken == {"is": "bbb"}
    assert other == {"is": "hhh"}
    refused = ["aaa", "ccc", "ddd", "eee", "fff", "ggg", "iii", "jjj"]
    files = [str(folder / name / "partner.yaml") for name in refused]
    assert sorted({each["file"] for each in problems["partners"]}) == files
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    for file in files:
        assert any(each.startswith(file) for each in errors)


def test_a_strict_server_does_not_start_with_one(folder: Path) -> None:
    settings = Settings(partners_dir=str(folder), db=":memory:")

    async def start() -> None:
        await answers(settings, strict=True)

    with pytest.raises(BaseExceptionGroup) as caught:
        anyio.run(start)
    (error,) = caught.value.exceptions
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, PartnerError)
    assert len({problem.source for problem in error.problems}) == 8


def test_a_server_starts_without_any_partner(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(partners_dir=str(tmp_path / "nowhere"), db=":memory:")
    listed, health = anyio.run(answers, settings, "/imnot/admin/partners", "/healthz")
    assert listed == []
    assert health["status"] == "ok"
    assert str(tmp_path / "nowhere") in caplog.text


def test_an_empty_folder_is_no_problem(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(partners_dir=str(tmp_path), db=":memory:")
    assert anyio.run(answers, settings, "/imnot/admin/partners") == [[]]
    assert caplog.text == ""


def test_warnings_about_the_settings_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(partners_dir=str(tmp_path), db=":memory:", warnings=("imnot.toml: beware",))
    anyio.run(answers, settings)
    assert "imnot.toml: beware" in caplog.text
