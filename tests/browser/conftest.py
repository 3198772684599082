"""A real browser without a window, and a real server that it talks to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from imnot_core.testing import ServerProcess
from tests.support import needs

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests."""
    reason = "opens the pages at /__admin__"
    browser = next(filter(shutil.which, BROWSERS), "chromium")
    options = ChromeOptions()
    options.binary_location = needs(browser, reason)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chrome')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(needs("chromedriver", reason)))
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that leave it running."""
    partners = tmp_path_factory.mktemp("browser") / "partners"
    partners.mkdir()
    with ServerProcess(partners) as started:
        yield started


@pytest.fixture
def server(running: ServerProcess) -> ServerProcess:
    """A server without stubs and scopes; of earlier tests there is only the journal."""
    for name in running.get("/__mock__/scopes").json()["scopes"]:
        assert running.delete(f"/__mock__/scopes/{name}").status_code == 200
    for stub in running.get("/__mock__/stubs").json()["stubs"]:
        assert running.delete(f"/__mock__/stubs/{stub['stub_id']}").status_code == 200
    return running
