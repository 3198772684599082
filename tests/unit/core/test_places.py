"""Where the partners folder, the database and the pid file are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from imnot_core.settings import find_database, find_partners_dir, pid_file, store_scheme


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_the_partners_folder_is_found_here_first(tmp_path: Path) -> None:
    folder(tmp_path / "partners")
    here = folder(tmp_path / "deep" / "partners")

    assert find_partners_dir("partners", tmp_path / "deep") == here


def test_the_partners_folder_is_found_upwards(tmp_path: Path) -> None:
    above = folder(tmp_path / "mocks" / "all")
    start = folder(tmp_path / "deep" / "down")

    assert find_partners_dir("mocks/all", start) == above


def test_a_file_is_no_partners_folder(tmp_path: Path) -> None:
    file(tmp_path / "deep" / "partners")
    above = folder(tmp_path / "partners")

    assert find_partners_dir("partners", tmp_path / "deep") == above


def test_an_absolute_partners_folder_must_exist(tmp_path: Path) -> None:
    there = folder(tmp_path / "partners")

    assert find_partners_dir(str(there), tmp_path / "elsewhere") == there
    assert find_partners_dir(str(tmp_path / "no" / "partners"), tmp_path) is None


def test_no_partners_folder_is_none(tmp_path: Path) -> None:
    assert find_partners_dir("no-such-folder-anywhere", tmp_path) is None
    assert find_partners_dir("x" * 5000, tmp_path) is None


def test_a_database_is_found_here_in_data_and_upwards(tmp_path: Path) -> None:
    start = folder(tmp_path / "deep")
    assert find_database("s.db", start) == str(start / "s.db")

    in_data_above = file(tmp_path / "data" / "s.db")
    assert find_database("s.db", start) == str(in_data_above)

    above = file(tmp_path / "s.db")
    assert find_database("s.db", start) == str(above)

    in_data = file(start / "data" / "s.db")
    assert find_database("s.db", start) == str(in_data)

    here = file(start / "s.db")
    assert find_database("s.db", start) == str(here)


def test_an_absolute_database_is_taken_as_it_is(tmp_path: Path) -> None:
    file(tmp_path / "data" / "s.db")

    assert find_database(str(tmp_path / "s.db"), tmp_path) == str(tmp_path / "s.db")


@pytest.mark.parametrize("db", [":memory:", "postgresql://localhost/imnot", "sqlite:///x.db"])
def test_a_database_that_is_no_path_passes_through(tmp_path: Path, db: str) -> None:
    assert find_database(db, tmp_path) == db
    assert pid_file(db) == Path("imnot.pid")


@pytest.mark.parametrize(
    ("db", "scheme"),
    [
        ("imnot.db", "sqlite"),
        ("/var/lib/imnot.db", "sqlite"),
        ("C:\\imnot.db", "sqlite"),
        (":memory:", "sqlite"),
        ("sqlite:///imnot.db", "sqlite"),
        ("Redis://localhost", "redis"),
        ("postgresql+asyncpg://localhost", "postgresql+asyncpg"),
    ],
)
def test_the_scheme_names_the_store(db: str, scheme: str) -> None:
    assert store_scheme(db) == scheme


def test_the_pid_file_is_beside_the_database() -> None:
    assert pid_file("data/imnot.db") == Path("data/imnot.pid")
    assert pid_file("state") == Path("state.pid")
