"""A page of the book, opened in a browser and watched."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PAPER = {"width": 720, "height": 1000}
"""As wide as a page of the PDF, in the pixels of its style."""
SERIOUS = ("serious", "critical")

MISSING_IMAGES = """[...document.querySelectorAll("article img")]
    .filter(image => image.complete && image.naturalWidth === 0)
    .map(image => image.getAttribute("src"))"""
CUT = """(() => {
    const edge = document.querySelector("article")?.getBoundingClientRect().right;
    return [...document.querySelectorAll(
        "article mjx-math, article pre, article table, article img"
    )].filter(node => node.getBoundingClientRect().right > edge + 1)
      .map(node => `${node.tagName}: ${node.textContent.slice(0, 60)}`);
})()"""
RAW_MATHEMATICS = """[...document.querySelectorAll(".math")]
    .filter(node => !node.querySelector("mjx-container") || node.querySelector("mjx-merror"))
    .map(node => node.textContent.slice(0, 80))"""


class Visit:
    """A page with what it asked for and complained of while it was opened."""

    def __init__(self, context: BrowserContext, file: Path):
        self.page: Page = context.new_page()
        self.page.set_viewport_size(WIDE)
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.warnings: list[str] = []
        self.page.on("request", self._note_request)
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())
        self.page.evaluate("window.MathJax?.startup.promise")
        self.page.evaluate("window.ganExplorables?.ready")

    def _note_request(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)

    def _note_message(self, message):
        if message.type == "error":
            self.complaints.append(message.text)
        elif message.type == "warning":
            self.warnings.append(message.text)

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

    def cut_on_paper(self) -> list[str]:
        """What is wider than a sheet, where nothing can be scrolled."""
        self.page.set_viewport_size(PAPER)
        self.page.emulate_media(media="print")
        found = self.page.evaluate(CUT)
        self.page.emulate_media(media="screen")
        return found

    def overflow(self) -> int:
        """Pixels by which the page is wider than a narrow window."""
        self.page.set_viewport_size(NARROW)
        return self.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )
