"""Every symbol on a page is in the table of notation, and the table lists nothing that is not used.

`notation.md` has tables of symbols with one meaning for the whole book, and a last one of letters
that a page uses for itself, with one table for each page that has some.
"""

import re
from dataclasses import dataclass

import pytest

from book import pages
from book.explorables.registry import expanded
from book.links import links
from tests.gates.symbols import mathematics, symbols, symbols_of

LOCAL = "## Letters that a page uses for itself"


@dataclass(frozen=True)
class Table:
    """What notation.md declares: for the whole book, and for single pages."""

    general: frozenset[str]
    local: frozenset[tuple[str, str]]

    def known_on(self, page: str) -> set[str]:
        """The symbols that a reader of that page finds explained."""
        return {*self.general, *(name for name, home in self.local if home == page)}


def declared(text: str) -> Table:
    """Read the tables of notation.md."""
    general, local = text.split(LOCAL)
    everywhere, *single = local.split("\n### ")
    return Table(
        frozenset(rows(general + everywhere)),
        frozenset((name, page) for part in single for page in home(part) for name in rows(part)),
    )


def home(part: str) -> list[str]:
    """The page that the heading of a table names."""
    return links(part.splitlines()[0])


def rows(text: str) -> list[str]:
    """What the first columns of a text's tables explain."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    return [name for cell in cells for name in explained(cell)]


def explained(cell: str) -> set[str]:
    r"""What a first column such as `$G_\theta,\ G$` explains: what stands first in each part."""
    parts = [part for formula in mathematics(cell) for part in re.split(r",\\ ", formula)]
    return {symbols_of(part)[0] for part in parts}


def used() -> dict[str, set[str]]:
    """The symbols of every page, by its name."""
    found = {
        page.name: {name for cell in page.markdown for name in symbols(cell.source)}
        for page in pages.pages()
    }
    for path in [pages.ROOT / "intro.md", *pages.CHAPTERS.rglob("*.md")]:
        base = pages.CHAPTERS if path.is_relative_to(pages.CHAPTERS) else pages.ROOT
        name = path.relative_to(base).with_suffix("").as_posix()
        found[name] = symbols(expanded(path.read_text(encoding="utf-8")))
    return found


def faults(table: Table, book: dict[str, set[str]]) -> list[str]:
    """Symbols without a row, and rows without a symbol."""
    seen = set().union(*book.values())
    return [
        *(
            f"{page}: {name} is not in notation.md"
            for page in sorted(book)
            for name in sorted(book[page] - table.known_on(page))
        ),
        *(f"no page uses {name}: take its row out" for name in sorted(table.general - seen)),
        *(
            f"{page} does not use {name}: take its row out"
            for name, page in sorted(table.local)
            if name not in book.get(page, ())
        ),
    ]


def test_pages_and_table_agree():
    table = declared((pages.ROOT / "notation.md").read_text(encoding="utf-8"))
    assert faults(table, used()) == []


SMALL = rf"""
| symbol | meaning | in the code |
|---|---|---|
| $p_{{\text{{data}}}}$ | data | `p_data` |
| $D_\psi,\ D$ | discriminator | |

{LOCAL}

| symbol | meaning |
|---|---|
| $i,\ n$ | numbers |

### {{doc}}`/chapters/probability/one`

| symbol | meaning |
|---|---|
| $a$ | a logit |
"""


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        (r"$D(a) = p_{\text{data}}^i / n$", []),
        (r"$D(a) = p_{\text{data}}^i / b_n$", ["probability/one: b is not in notation.md"]),
        (r"$D(a) = p_g^i / n + p_\text{data}$", ["probability/one: p_g is not in notation.md"]),
        (r"$a = p_{\text{data}}^i / n$", ["no page uses D: take its row out"]),
        (r"$D = p_{\text{data}}^i / n$", ["probability/one does not use a: take its row out"]),
    ],
    ids=["sound", "letter", "role", "unused", "unused-here"],
)
def test_a_disagreement_is_noticed(text: str, complaints: list[str]):
    assert faults(declared(SMALL), {"probability/one": symbols(text)}) == complaints


def test_a_letter_of_another_page_is_not_known_here():
    book = {"probability/one": symbols("$D a p_\\text{data} i n$"), "two": symbols("$a$")}
    assert faults(declared(SMALL), book) == ["two: a is not in notation.md"]


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        (r"\hat V(D) + \widehat{\operatorname{JS}} \dots s", {r"\hat V", "D", r"\hat JS", "s"}),
        (r"p_{\text{data}}^2 + p_g\,p_z\,p_i", {"p_data", "p_g", "p_z", "p", "i"}),
        (r"\int D^*(x) e^{-x} \,d\mu(x) \text{ where } e_i", {"D^*", "x", r"\mu", "e", "i"}),
        (
            r"\mathbb R^d \ni \mathbb E_p \mathbf 1_A",
            {r"\mathbb R", "d", r"\mathbb E", "p", r"\mathbf 1", "A"},
        ),
        (r"\begin{aligned} \tfrac{d}{d\theta} \end{aligned} \label{eq-x}", {r"\theta"}),
    ],
)
def test_symbols_are_found(formula: str, names: set[str]):
    assert set(symbols_of(formula)) == names
    assert symbols(f"Text $${formula}$$ and `$Q$`\n```python\n'$R$'\n```\n") == names
