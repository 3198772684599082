"""The pages as a person uses them: by what is seen and pressed."""

from __future__ import annotations

import json
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from imnot_core.testing import ServerProcess
from tests.support import eventually

DESK, PHONE = (1280, 900), (360, 740)


class Pages:
    """A browser at the pages of a server."""

    def __init__(self, chrome: Chrome, server: ServerProcess, credentials: str = "") -> None:
        self.chrome = chrome
        self.server = server
        self.origin = f"http://{credentials}127.0.0.1:{server.port}"
        chrome.get("about:blank")
        chrome.get_log("browser")
        self.look(DESK, "light")

    def open(self, path: str = "") -> None:
        """Open a page below /__admin__."""
        self.chrome.get(f"{self.origin}/__admin__{path}")

    def look(self, size: tuple[int, int], scheme: str) -> None:
        """Make the window a phone's or a desk's, and choose light or dark."""
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def find(self, css: str) -> WebElement:
        """The element, as soon as it is there and seen."""

        def seen() -> WebElement | None:
            found = self.chrome.find_elements(By.CSS_SELECTOR, css)
            return found[0] if found and found[0].is_displayed() else None

        found = eventually(seen)
        assert found is not None
        return found

    def is_there(self, css: str) -> bool:
        """Whether such an element is seen now."""
        try:
            return any(
                each.is_displayed() for each in self.chrome.find_elements(By.CSS_SELECTOR, css)
            )
        except StaleElementReferenceException:
            return False

    def text(self, css: str) -> str:
        """What is read in the element."""
        return str(self.find(css).text)

    def fill(self, **fields: str) -> None:
        """Write into fields, by id with `_` for `-`."""
        for name, value in fields.items():
            field = self.find(f"#{name.replace('_', '-')}")
            field.clear()
            field.send_keys(value)

    def choose(self, name: str, value: str) -> None:
        """Choose among radio buttons."""
        self.find(f"input[name={name}][value={value}]").click()

    def select(self, css: str, text: str) -> None:
        """Choose in a list."""
        Select(self.find(css)).select_by_visible_text(text)

    def review(self) -> Any:
        """What the form would send."""
        return json.loads(self.text("#ui-review"))

    def press(self, *keys: str) -> None:
        """Press keys, whatever has the focus."""
        ActionChains(self.chrome).send_keys(*keys).perform()

    def tab_to(self, element_id: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(60):
            if self.focused() == element_id:
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{element_id} cannot be reached with Tab")

    def focused(self) -> str:
        """The id of what has the focus."""
        return str(self.run("return document.activeElement.id"))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page."""
        return self.chrome.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What the console has to say against the page, such as refused scripts."""
        return [str(each["message"]) for each in self.chrome.get_log("browser")]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(
            self.run(
                "const root = document.documentElement; return root.scrollWidth - root.clientWidth"
            )
        )
