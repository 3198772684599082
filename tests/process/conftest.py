"""A project folder to run commands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.command import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
