"""What helps a reader on: the picture of the chapters, a notebook to take along, paper."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book import graph, pages, pdf
from book.links import all_needed, direct, needs
from tests.gates.test_references import two_pages


def test_the_picture_of_the_chapters_is_that_of_the_chapters():
    same = graph.PATH.read_text(encoding="utf-8") == graph.drawing(pages.in_order())
    assert same, "run `make graph`, and see whether its description in intro.md still holds"


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
    picture = ET.parse(graph.PATH).getroot()
    sheet = picture.find("{*}rect")
    assert sheet.get("fill") == "#fff"
    assert [sheet.get(key) for key in ("width", "height")] == [
        picture.get(key) for key in ("width", "height")
    ]


def offered(html: str) -> list[str]:
    """The notebooks that a page offers to download."""
    soup = BeautifulSoup(html, "html.parser")
    return [link["href"] for link in soup.select("a.btn-download-source-button[href$='.ipynb']")]


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
    source = (pages.CHAPTERS / f"{name}.ipynb").read_bytes()
    assert (page.parent / notebook).read_bytes() == source
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
    link = '<a class="btn btn-download-source-button" href="x.{}"></a>'
    assert offered(link.format("ipynb")) == ["x.ipynb"]
    assert offered(link.format("md")) == []


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
    whole = BeautifulSoup(pdf.joined(tmp_path, ["first", "part/second"]), "html.parser")
    assert [article.get_text() for article in whole.find_all("article")] == ["One.a", "Two.a"]
    inner, outer = (link["href"] for link in whole.find_all("a"))
    assert outer == f"{tmp_path.name}/left_out.html"
    assert {image["src"] for image in whole.find_all("img")} == {f"{tmp_path.name}/x.png"}
    assert whole.find(id=inner.removeprefix("#")).get_text() == "Two."
