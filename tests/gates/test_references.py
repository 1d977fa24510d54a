"""How the pages hang together: nothing is used before it is proved, and every link is returned."""

import re
from itertools import combinations

import pytest
from nbformat.v4 import new_markdown_cell

from book import pages
from book.explorables.registry import expanded
from book.links import homes, links
from book.pages import STATEMENTS, Page, is_chapter, terms
from tests.gates.sample import sample


def used_too_early(book: list[Page]) -> list[str]:
    """Proofs that lean on a statement which comes only after them."""
    statements = {block.label for page in book for block in page.directives(*STATEMENTS)}
    stated = set()
    found = []
    for page in book:
        for block in page.directives(*STATEMENTS, "prf:proof"):
            if block.name in STATEMENTS:
                current = block.label
                stated.add(current)
                continue
            early = [label for label in links(block.body) if label in statements - stated]
            found += [f"{page.name}: the proof of {current} uses {label}" for label in early]
    return found


def unanswered(book: list[Page]) -> list[str]:
    """Pairs of chapters of which the later refers to the earlier, but not the other way."""
    chapters = [page for page in book if is_chapter(page)]
    home = homes(book)
    linked = {
        (page.name, home[target])
        for page in chapters
        for cell in page.markdown
        for target in links(cell.source)
        if target in home
    }
    names = [page.name for page in chapters]
    return [
        f"{early} does not say that {late} uses it: link to /chapters/{late} there"
        for early, late in combinations(names, 2)
        if (late, early) in linked and (early, late) not in linked
    ]


def glossary() -> set[str]:
    """The entries of the glossary."""
    text = (pages.CHAPTERS / "back" / "glossary.md").read_text(encoding="utf-8")
    (block,) = pages.parse_blocks(text)
    return set(re.findall(r"(?m)^(?! |$)(.+)$", block.body))


def test_nothing_is_used_before_it_is_proved():
    assert used_too_early(pages.in_order()) == []


def test_links_are_returned():
    assert unanswered(pages.in_order()) == []


def test_every_entry_of_the_glossary_is_used():
    files = [path.read_text(encoding="utf-8") for path in pages.CHAPTERS.rglob("*.md")]
    texts = [expanded(text) for text in files]
    texts += [cell.source for page in pages.in_order() for cell in page.markdown]
    linked = {term for text in texts for term in terms(text)}
    assert sorted(glossary() - linked) == []


def two_pages() -> list[Page]:
    """Two sound chapters, the second of which cites the first."""
    first, second = sample(), sample()
    object.__setattr__(second, "path", second.path.with_name("second.ipynb"))
    for cell in second.notebook.cells:
        cell.source = cell.source.replace("-sample-", "-second-")
    second.notebook.cells.insert(1, new_markdown_cell("By {prf:ref}`thm-sample-doubling`."))
    first.notebook.cells.insert(
        1, new_markdown_cell("Used in {doc}`second </chapters/probability/second>`.")
    )
    return [first, second]


def test_a_link_that_is_not_returned_is_noticed():
    book = two_pages()
    assert unanswered(book) == []
    del book[0].notebook.cells[1]
    assert unanswered(book) == [
        "probability/sample does not say that probability/second uses it: "
        "link to /chapters/probability/second there"
    ]


@pytest.mark.parametrize(
    ("page", "label", "early"),
    [(0, "thm-second-doubling", 1), (0, "thm-sample-doubling", 0), (1, "thm-sample-doubling", 0)],
)
def test_a_statement_used_too_early_is_noticed(page: int, label: str, early: int):
    book = two_pages()
    cell = book[page].notebook.cells[0]
    cell.source = cell.source.replace("the definition of", f"{{prf:ref}}`{label}`, with")
    assert len(used_too_early(book)) == early
