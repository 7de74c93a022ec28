"""A real headless Chromium, driven through its DevTools; skipped by name where there is none."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
)


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, page: Path) -> None:
        """Load a file and wait until its script has run."""
        self._driver.get(page.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        """The value of a script that returns one."""
        return self._driver.execute_script(script, *arguments)

    def wait(self, script: str, old: str) -> Any:
        """The value of a script as soon as it is no longer the old one; at most ten seconds."""
        return WebDriverWait(self._driver, 10, 0.05).until(
            lambda driver: (found := driver.execute_script(script)) != old and found
        )

    def command(self, name: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._driver.execute_cdp_cmd(name, parameters)

    def console(self) -> list[str]:
        """What was logged since the last call, errors of the page and its policy too."""
        return [entry["message"] for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def requests(self, page: Path) -> list[str]:
        """The addresses that a page asked for since the last call; not those of the browser's own pages."""
        entries = self._driver.get_log("performance")  # type: ignore[no-untyped-call]
        events = [json.loads(entry["message"])["message"] for entry in entries]
        sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
        own = [event["params"] for event in sent if event["params"]["documentURL"] == page.as_uri()]
        return [parameters["request"]["url"] for parameters in own]


@contextmanager
def start_browser(profile: Path) -> Iterator[Browser]:
    """Start Chromium with an empty profile."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("needs chromium and chromium-driver (apt-get install chromium chromium-driver)")
    options = Options()
    options.binary_location = binary
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(started)
    finally:
        started.quit()
