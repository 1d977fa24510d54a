"""Every page opens from disk without a network, whole, and readable by everyone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from book import pages
from tests.browser.visit import Visit

BUILT = [*pages.contents(), "search"]


@pytest.fixture
def visit(offline: BrowserContext, html: Path) -> Callable[[str], Visit]:
    """Opens a page of the built book by its name."""
    return lambda name: Visit(offline, html / f"{name}.html")


@pytest.mark.parametrize("name", BUILT)
def test_page_is_whole_without_a_network(visit, name: str):
    """And no wider than a telephone, or than paper."""
    seen = visit(name)
    assert (seen.faults(), seen.overflow(), seen.cut_on_paper()) == ([], 0, [])


@pytest.mark.accessibility
@pytest.mark.parametrize("name", BUILT)
def test_page_has_no_serious_barrier(visit, name: str):
    assert visit(name).barriers() == []


def test_search_finds_a_page(visit):
    seen = visit("search")
    seen.page.goto(seen.page.url + "?q=discriminator")
    seen.page.wait_for_selector("#search-results li a")
    assert "discriminator" in seen.page.inner_text("#search-results").lower()
    assert seen.outside == []


def test_every_link_in_the_text_is_reached_by_the_tab_key(visit):
    """And shows that it has the focus."""
    page = visit("intro").page
    links = "[...document.querySelectorAll('article a[href]:not(.headerlink)')]"
    wanted = page.evaluate(f"{links}.length")
    reached = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate(f"{links}.indexOf(document.activeElement)")
        if place >= 0:
            reached.add(place)
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert len(reached) == wanted > 0


DAMAGED = """<html lang="en"><title>x</title><article><h1>x</h1>
<img alt="x" src="nowhere.png"><span class="math">\\(x^2\\)</span>
<script src="https://example.org/x.js"></script><script>undefined_name</script>
<p style="color:#aaa;background:#fff">grey</p><pre style="width:900px">wide</pre>
</article></html>"""


def test_a_damaged_page_is_noticed(offline: BrowserContext, tmp_path: Path):
    file = tmp_path / "x.html"
    file.write_text(DAMAGED, encoding="utf-8")
    seen = Visit(offline, file)
    found = "\n".join(seen.faults())
    for complaint in ("example.org", "undefined_name", "nowhere.png is not", "not set: \\(x^2"):
        assert complaint in found
    barriers = "\n".join(seen.barriers())
    assert "light: color-contrast" in barriers
    assert "dark: color-contrast" in barriers
    assert seen.overflow() > 0
    assert seen.cut_on_paper() == ["PRE: wide"]
