"""What helps a reader on: the picture of the chapters, a notebook to take along, paper."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from book import address, graph, pages, pdf
from book.extensions import notebooks
from book.links import all_needed, direct, needs
from tests.gates.test_references import two_pages


def test_the_picture_of_the_chapters_says_in_words_what_it_shows(html: Path):
    soup = BeautifulSoup((html / "intro.html").read_text(encoding="utf-8"), "html.parser")
    drawn = soup.select_one("figure svg[role=img]")
    boxes = [text.get_text().partition(". ")[2] for text in drawn.select("text")]
    assert boxes == [page.title for page in pages.in_order() if pages.is_chapter(page)]
    arrows = direct(needs(pages.in_order()))
    assert len(drawn.select("line")) == sum(map(len, arrows.values()))
    said = drawn["aria-label"]
    assert said.startswith(f"{len(boxes)} boxes")
    titles = {page.name: page.title for page in pages.in_order()}
    for name, above in arrows.items():
        (sentence,) = re.findall(re.escape(titles[name]) + r" builds on ([^.]+)\.", said)
        assert sentence.count(" and ") >= len(above) - 1
        assert all(titles[one] in sentence for one in above)


def test_the_picture_changes_with_what_a_chapter_needs():
    book = two_pages()
    assert needs(book) == {
        "probability/sample": set(),
        "probability/second": {"probability/sample"},
    }
    assert graph.drawing(book).count("<line") == 1
    del book[1].notebook.cells[1]
    assert needs(book)["probability/second"] == set()
    assert graph.drawing(book).count("<line") == 0


CHAIN = {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"a"}}


def test_what_is_needed_anyhow_is_not_drawn_again():
    assert direct(CHAIN) == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"a"}}
    for name in CHAIN:
        assert all_needed(direct(CHAIN), name) == all_needed(CHAIN, name)


def test_boxes_do_not_overlap_and_arrows_lead_down():
    for arrows in (direct(needs(pages.in_order())), {**CHAIN, "e": {"a"}, "f": {"a"}}):
        places = graph.layout(arrows)
        for name, above in arrows.items():
            assert all(places[one][1] < places[name][1] for one in above)
        for layer in {layer for _, layer in places.values()}:
            row = sorted(centre for centre, other in places.values() if other == layer)
            assert row[0] >= graph.BOX / 2
            gaps = [right - left for left, right in pairwise(row)]
            assert all(gap > graph.BOX for gap in gaps)


def test_the_picture_stands_on_its_own_ground():
    """Dark text on a white sheet, so that it can be read on a dark page too."""
    picture = ET.fromstring(graph.drawing(pages.in_order()))
    sheet = picture.find("{*}rect")
    assert sheet.get("fill") == "#fff"
    assert [sheet.get(key) for key in ("width", "height")] == [
        picture.get(key) for key in ("width", "height")
    ]


def offered(html: str) -> list[str]:
    """The notebooks that a page offers to download."""
    soup = BeautifulSoup(html, "html.parser")
    return [link["href"] for link in soup.select("a[class*=download-notebook][href$='.ipynb']")]


def neighbours(html: str) -> list[str]:
    """The pages before and after a page, as its foot links to them."""
    soup = BeautifulSoup(html, "html.parser")
    links = [soup.select_one(f".prev-next-footer a.{side}-{side2}") for side, side2 in SIDES]
    return [link["href"] for link in links if link]


SIDES = (("left", "prev"), ("right", "next"))


@pytest.mark.parametrize("name", [page.name for page in pages.in_order()])
def test_a_page_offers_its_notebook_and_leads_on(html: Path, name: str):
    page = html / "chapters" / f"{name}.html"
    text = page.read_text(encoding="utf-8")
    (notebook,) = offered(text)
    exported = (page.parent / notebook).resolve()
    assert exported == html / "notebooks" / f"{name}.ipynb"
    code = [c for c in nbformat.read(exported, as_version=4).cells if c.cell_type == "code"]
    assert "install" in code[0].source
    assert len(code) == 1 + len(pages.page(name).code)
    listed = pages.contents()
    place = listed.index(f"chapters/{name}")
    found = [
        (page.parent / link).resolve().relative_to(html.resolve()) for link in neighbours(text)
    ]
    assert [path.with_suffix("").as_posix() for path in found] == [
        listed[place - 1],
        listed[place + 1],
    ]


def test_a_page_without_its_notebook_is_noticed():
    link = '<a class="btn btn-download-{}-button" href="x.{}"></a>'
    assert offered(link.format("notebook", "ipynb")) == ["x.ipynb"]
    assert offered(link.format("notebook", "md")) == []
    assert offered(link.format("source", "ipynb")) == []


def astray(html: str) -> list[str]:
    """Addresses of a page that lead to the placeholder."""
    links = BeautifulSoup(html, "html.parser").select("[href]")
    return [link["href"] for link in links if address.PLACEHOLDER in link["href"]]


def test_no_button_leads_nowhere(html: Path):
    built = [path.read_text(encoding="utf-8") for path in sorted(html.rglob("*.html"))]
    assert [link for text in built for link in astray(text)] == []
    assert astray(f'<a href="{address.PLACEHOLDER}/issues">') == [f"{address.PLACEHOLDER}/issues"]


URL = "https://github.com/someone/gans"

THEIRS = [
    {
        "label": "download-buttons",
        "buttons": [{"label": f"download-{kind}-button"} for kind in ("source", "pdf")],
    },
    {"label": "source-buttons"},
    {"label": "fullscreen-button"},
]
"""Buttons as the theme makes them."""


def labels(page: str, suffix: str = ".ipynb") -> list[str]:
    """Those that stand above a page, the downloads one by one."""
    context = {
        "header_buttons": THEIRS,
        "page_source_suffix": suffix,
        "pathto": lambda target, _: f"../{target}",
    }
    notebooks.change_buttons(None, f"chapters/{page}", "", context, None)
    found = [one for each in context["header_buttons"] for one in each.get("buttons", [each])]
    return [f"{button['label']} {button.get('url', '')}".strip() for button in found]


DOWNLOAD = "download-notebook-button ../notebooks/a/b.ipynb"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, [DOWNLOAD, "download-pdf-button", "fullscreen-button"]),
        (
            URL,
            [
                f"launch-buttons {address.in_colab(URL, 'a/b')}",
                *(DOWNLOAD, "download-pdf-button", "source-buttons", "fullscreen-button"),
            ],
        ),
        (
            "https://codeberg.org/someone/gans",
            [DOWNLOAD, "download-pdf-button", "source-buttons", "fullscreen-button"],
        ),
    ],
)
def test_the_buttons_of_a_page(url: str | None, expected: list[str], monkeypatch):
    monkeypatch.setattr(address, "known", lambda: url)
    assert labels("a/b") == expected
    without = [label for label in expected if not label.startswith(("launch", "download-notebook"))]
    assert labels("a/b", ".md") == without
    explorables = labels("back/explorables", ".md")
    assert any(label.endswith("../notebooks/back/explorables.ipynb") for label in explorables)


def test_paper_leaves_out_what_only_a_screen_can_use():
    style = (pages.ROOT / "_static" / "book.css").read_text(encoding="utf-8")
    paper = re.search(r"(?ms)^@media print \{(.*?)^\}", style)
    assert paper is not None
    for part in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".header-article", ".copybtn"):
        assert part in paper[1]


def test_links_on_paper_lead_to_the_texts_that_are_printed(tmp_path: Path):
    text = '<article><p id="t">{}</p><a href="{}">a</a><img src="{}"></article>'
    (tmp_path / "part").mkdir()
    first = text.format("One.", "part/second.html#t", "x.png")
    second = text.format("Two.", "../left_out.html", "../x.png")
    (tmp_path / "first.html").write_text(first, encoding="utf-8")
    (tmp_path / "part" / "second.html").write_text(second, encoding="utf-8")
    whole = BeautifulSoup(pdf.one_document(tmp_path, ["first", "part/second"]), "html.parser")
    assert [article.get_text() for article in whole.find_all("article")] == ["One.a", "Two.a"]
    inner, outer = (link["href"] for link in whole.find_all("a"))
    assert outer == f"{tmp_path.name}/left_out.html"
    assert {image["src"] for image in whole.find_all("img")} == {f"{tmp_path.name}/x.png"}
    assert whole.find(id=inner.removeprefix("#")).get_text() == "Two."
