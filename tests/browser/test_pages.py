"""Every page opens from disk without a network, whole, and readable by everyone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests import pages

BUILT = [*pages.contents(), "search"]
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SERIOUS = ("serious", "critical")


class Visit:
    """A page with what it asked for and complained of while it was opened."""

    def __init__(self, context: BrowserContext, file: Path):
        self.page: Page = context.new_page()
        self.page.set_viewport_size(WIDE)
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._note_request)
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())
        self.page.evaluate("window.MathJax ? MathJax.startup.promise : null")

    def _note_request(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)

    def _note_message(self, message):
        if message.type == "error":
            self.complaints.append(message.text)

    def faults(self) -> list[str]:
        """What went wrong, and what a reader would find missing."""
        return [
            *(f"asks for {url}" for url in self.outside),
            *(f"complains: {text}" for text in self.complaints),
            *(f"image {name} is not shown" for name in self.page.evaluate(MISSING_IMAGES)),
            *(f"mathematics is not set: {text}" for text in self.page.evaluate(RAW_MATHEMATICS)),
        ]

    def barriers(self) -> list[str]:
        """What axe-core finds to be a serious violation, in the light theme and in the dark one.

        Formulas are left out: MathJax writes their markup, for screen readers too, and their
        thousands of elements would take minutes.
        """
        return [
            f"{theme}: {rule['id']} ({len(rule['nodes'])}), {rule['nodes'][0]['html'][:200]}"
            for theme, options in (("light", None), ("dark", {"runOnly": ["color-contrast"]}))
            for rule in self._violations(theme, options)
            if rule["impact"] in SERIOUS
        ]

    def _violations(self, theme: str, options: dict | None) -> list[dict]:
        self.page.set_viewport_size(WIDE)
        self.page.evaluate("document.querySelectorAll('mjx-container').forEach(m => m.remove())")
        # A colour that is still on its way to the other theme is none of either.
        self.page.add_style_tag(content="* { transition: none !important }")
        self.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        return Axe().run(self.page, options=options).response["violations"]

    def overflow(self) -> int:
        """Pixels by which the page is wider than a narrow window."""
        self.page.set_viewport_size(NARROW)
        return self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )


MISSING_IMAGES = """[...document.querySelectorAll("article img")]
    .filter(image => image.complete && image.naturalWidth === 0)
    .map(image => image.getAttribute("src"))"""
RAW_MATHEMATICS = """[...document.querySelectorAll(".math")]
    .filter(node => !node.querySelector("mjx-container") || node.querySelector("mjx-merror"))
    .map(node => node.textContent.slice(0, 80))"""


@pytest.fixture
def visit(offline: BrowserContext, html: Path) -> Iterator:
    """Opens a page of the built book by its name."""
    return lambda name: Visit(offline, html / f"{name}.html")


@pytest.mark.parametrize("name", BUILT)
def test_page_is_whole_without_a_network(visit, name: str):
    """And no wider than a telephone."""
    seen = visit(name)
    assert (seen.faults(), seen.overflow()) == ([], 0)


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
