"""The book on paper: its built pages in one document, whose links lead to its own pages."""

import posixpath
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import sync_playwright

from book.pages import ROOT, contents

BUILT = ROOT / "_build" / "html"
PDF = ROOT / "_build" / "book.pdf"

LEFT_OUT = ("genindex",)
"""Pages that say nothing on paper."""

PATIENCE = 300_000
"""Milliseconds that the browser has for the formulas of the whole book."""

PAPER = {
    "format": "A4",
    "margin": {"top": "20mm", "bottom": "22mm", "left": "24mm", "right": "24mm"},
    "scale": 0.85,
    "outline": True,
    "tagged": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": '<p style="font: 9px sans-serif; margin: 0 auto" class="pageNumber"></p>',
}
"""How it is printed: letters of ten points, and the number of the page below the text."""

READY = """
async () => {
  document.querySelectorAll("img").forEach((image) => (image.loading = "eager"));
  if (!window.MathJax?.startup?.promise) throw new Error("MathJax did not load");
  await MathJax.startup.promise;
}
"""


def one_document(built: Path, names: list[str]) -> str:
    """One document beside the folder of the built pages: the first page, with all texts."""
    pages = {name: read(built / f"{name}.html") for name in names}
    whole = pages[names[0]]
    for name, page in pages.items():
        article = page.find("article")
        for tag in article.find_all(id=True):
            tag["id"] = anchor(name, tag["id"])
        article["id"] = anchor(name, "")
        for tag in page.find_all(["a", "img", "link", "script"]):
            lead(tag, name, names, built.name)
    for list_of_first in whole.select("#jb-print-toc"):
        list_of_first.decompose()
    last = whole.find("article")
    for name in names[1:]:
        article = pages[name].find("article")
        last.insert_after(article)
        last = article
    return str(whole)


def read(page: Path) -> BeautifulSoup:
    """One built page."""
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def anchor(name: str, label: str) -> str:
    """The label of a page, made unique in the whole book."""
    return f"{name}:{label}".replace("/", "-")


def lead(tag: Tag, name: str, names: list[str], folder: str) -> None:
    """Point a link to the text within the document, and everything else into the built folder."""
    key = "href" if tag.name in ("a", "link") else "src"
    address = tag.get(key, "")
    if not address or ":" in address.split("/")[0]:
        return
    path, _, label = address.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
    page = target.removesuffix(".html")
    if tag.name == "a" and page in names:
        tag[key] = "#" + anchor(page, label)
    else:
        tag[key] = f"{folder}/{target}" + (f"#{label}" if label else "")


def print_page(page: Path, pdf: Path, executable: str) -> None:
    """Print one document with that browser once its formulas are set."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--allow-file-access-from-files"]
        )
        tab = chromium.new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(page.as_uri())
        tab.evaluate(READY)
        tab.pdf(path=pdf, **PAPER)
        chromium.close()


def print_book(executable: str) -> None:
    """Print the built book into `PDF` with that browser."""
    page = BUILT.parent / "book.html"
    page.write_text(
        one_document(BUILT, [n for n in contents() if n not in LEFT_OUT]), encoding="utf-8"
    )
    try:
        print_page(page, PDF, executable)
    finally:
        page.unlink()
