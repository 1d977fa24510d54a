"""Chromium without a window and without a network, where this machine has one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from book.browser import NAMES, path


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The browser of this machine; the tests that need one are skipped where there is none.

    Not so where nothing else was asked for: `make test-accessibility` then fails.
    """
    found = path()
    if found is None:
        alone = request.config.option.markexpr == "accessibility"
        (pytest.fail if alone else pytest.skip)(f"no browser: none of {', '.join(NAMES)} is here")
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
