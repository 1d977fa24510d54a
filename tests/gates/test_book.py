"""The book builds from nothing without a warning, and its pages are whole."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book import pages
from book.building import build
from book.extensions.statements import number
from tests.gates.rules import looks_like_a_path, repeated
from tests.gates.sample import sample


def faults(html: str, outputs: int | None = None) -> list[str]:
    """What is wrong with a built page. `outputs` is how many cells of its notebook show any."""
    article = BeautifulSoup(html, "html.parser").find("article")
    found = []
    for image in article.find_all("img"):
        alt = image.get("alt", "")
        if not alt.strip() or looks_like_a_path(alt):
            found.append(f"image {image.get('src')} has the alt text {alt!r}")
    if article.select(".stderr, .cell_output .error"):
        found.append("a cell shows stderr or an error")
    if article.select(".problematic, .system-message"):
        found.append("Sphinx marked something as problematic")
    for code in article.find_all(["pre", "code"]):
        code.extract()
    text = article.get_text(" ")
    if raw := re.findall(r"\{(?:prf:ref|numref|eq|doc|cite:?\w*|ref|number)\}|:::\{?|\?\?", text):
        found.append(f"markup is left in the text: {raw}")
    shown = len(article.select("div.cell_output"))
    if outputs is not None and shown != outputs:
        found.append(f"{shown} outputs shown, {outputs} stored")
    return found


def contents_faults(listed: list[str], files: list[str]) -> list[str]:
    """Where table of contents and files disagree."""
    return [
        *(f"{name} is not in _toc.yml" for name in sorted(set(files) - set(listed))),
        *(f"{name} does not exist" for name in sorted(set(listed) - set(files))),
        *(f"{name} is listed twice" for name in repeated(listed)),
    ]


def test_contents_and_files_agree():
    sources = [*pages.paths(), *pages.CHAPTERS.rglob("*.md"), *pages.ROOT.glob("*.md")]
    names = [path.relative_to(pages.ROOT).with_suffix("").as_posix() for path in sources]
    not_pages = {"README", "LICENSE-TEXT", "CHANGELOG", "CONTRIBUTING"}
    assert (
        contents_faults(pages.contents(), [name for name in names if name not in not_pages]) == []
    )


@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        (["intro"], "a is not in _toc.yml"),
        (["intro", "a", "b"], "b does not exist"),
        (["intro", "a", "a"], "a is listed twice"),
    ],
)
def test_wrong_contents_are_noticed(listed: list[str], complaint: str):
    assert contents_faults(["intro", "a"], ["intro", "a"]) == []
    assert contents_faults(listed, ["intro", "a"]) == [complaint]


@pytest.mark.parametrize("name", pages.contents())
def test_built_page_is_whole(html: Path, name: str):
    source = pages.ROOT / f"{name}.ipynb"
    outputs = None
    if source.exists():
        outputs = sum(bool(cell.outputs) for cell in pages.read(source).code)
    assert faults((html / f"{name}.html").read_text(encoding="utf-8"), outputs) == []


def unlisted(html: str, labels: list[str]) -> list[str]:
    """Statements that the built list lacks, and rows of it that say nothing of a test."""
    rows = [row.find_all("td") for row in BeautifulSoup(html, "html.parser").select("tbody tr")]
    listed = [link["href"].split("#")[-1] for cells in rows for link in cells[0].find_all("a")]
    return [
        *sorted(set(labels) - set(listed)),
        *(cells[0].get_text() for cells in rows if not cells[1].get_text(strip=True)),
    ]


def test_built_list_of_statements_is_whole(html: Path):
    labels = [block.label for page in pages.pages() for block in page.directives(*pages.STATEMENTS)]
    built = html / "chapters" / "back" / "statements.html"
    assert unlisted(built.read_text(encoding="utf-8"), labels) == []


def test_a_gap_in_the_list_is_noticed():
    row = (
        '<tbody><tr><td><a href="x.html#thm-a">Theorem 1.1</a></td><td>A search.</td></tr></tbody>'
    )
    assert unlisted(row, ["thm-a"]) == []
    assert unlisted(row, ["thm-a", "thm-b"]) == ["thm-b"]
    assert unlisted(row.replace("A search.", ""), ["thm-a"]) == ["Theorem 1.1"]


def test_built_introduction_counts_the_statements(html: Path):
    article = BeautifulSoup((html / "intro.html").read_text(encoding="utf-8"), "html.parser")
    said = " ".join(article.find("article").get_text().split())
    definitions, theorems = (number(kind, pages.in_order()) for kind in ("definitions", "theorems"))
    assert f"states {definitions} definitions and {theorems} theorems, prop" in said


def test_statements_are_counted_by_kind():
    book = [sample(), sample()]
    assert (number("definitions", book), number("theorems", book)) == (0, 2)


SMALL_BOOK = {
    "_config.yml": 'title: Small\nexecute: {execute_notebooks: "off"}\n',
    "_toc.yml": "format: jb-book\nroot: intro\n",
}


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("# Small\n\nSound.\n", 0, "build succeeded"),
        ("# Small\n\nSee {ref}`nowhere`.\n", 1, "undefined label: 'nowhere'"),
        ("# Small\n\n### Too deep\n", 1, "Non-consecutive header level"),
    ],
    ids=["sound", "broken-reference", "skipped-heading"],
)
def test_a_warning_stops_the_build(tmp_path: Path, text: str, code: int, message: str):
    source = tmp_path / "source"
    source.mkdir()
    for name, content in {**SMALL_BOOK, "intro.md": text}.items():
        (source / name).write_text(content, encoding="utf-8")
    done = build(source, tmp_path / "output")
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == (code != 0), said
    assert message in said


SOUND = (
    '<article><p>See Theorem 2.1.</p><div class="cell_output">'
    '<img src="a.png" alt="A straight line through the origin"></div></article>'
)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("A straight line through the origin", "", "alt text ''"),
        ("A straight line through the origin", "../_images/3de0ed704f.png", "3de0ed704f"),
        ("See", "See {prf:ref}`thm-x`", "{prf:ref}"),
        ('class="cell_output"', 'class="cell_output stderr"', "stderr"),
        ('class="cell_output"', 'class="cell_input"', "0 outputs shown, 1 stored"),
        ("<p>", '<p class="system-message">', "problematic"),
    ],
)
def test_a_damaged_page_is_noticed(old: str, new: str, complaint: str):
    assert faults(SOUND, 1) == []
    assert complaint in "\n".join(faults(SOUND.replace(old, new), 1))
