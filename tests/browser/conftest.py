"""Chromium without a window and without a network, where this machine has one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tools.browser import NAMES, path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this machine; the tests that need one are skipped where there is none."""
    found = path()
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def offline(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile whose network is cut: pages open from disk."""
    context = browser.new_context(offline=True)
    yield context
    context.close()
