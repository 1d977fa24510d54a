"""To what the pages refer, and where it stands."""

from book.pages import (
    EQUATION,
    OPENING,
    PREFIXES,
    Page,
    figure,
    is_chapter,
    roles,
    sections,
)

REFERENCES = ("prf:ref", "numref", "eq", "doc", "ref")
"""Roles that point to a label or to a document."""


def links(text: str) -> list[str]:
    """The labels and documents to which a text refers."""
    found = [role.target for role in roles(text) if role.name in REFERENCES]
    return [target.removeprefix("/chapters/") for target in found]


def anchors(page: Page) -> set[str]:
    """The labels that stand on a page, and the name of the page itself."""
    blocks = page.directives(*PREFIXES)
    figures = [figure(cell).get("name") for cell in page.code]
    equations = [
        found["label"] for cell in page.markdown for found in EQUATION.finditer(cell.source)
    ]
    labels = {*(block.label for block in blocks), *figures}
    return {page.name, *labels, *equations} - {None}


def homes(book: list[Page]) -> dict[str, str]:
    """The chapter on which each label stands."""
    return {anchor: page.name for page in book if is_chapter(page) for anchor in anchors(page)}


def needs(book: list[Page]) -> dict[str, set[str]]:
    """For each chapter, the earlier ones to which its section "What you need" refers."""
    home = homes(book)
    found = {}
    for page in filter(is_chapter, book):
        targets = {home[link] for link in links(opening(page)) if link in home}
        found[page.name] = targets & set(found)
    return found


def opening(page: Page) -> str:
    """The text of the section "What you need"."""
    return sections(page.text).get(OPENING, "")


def direct(needed: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is needed and is not needed anyhow by something else that is needed."""
    return {
        name: {one for one in near if not any(one in all_needed(needed, other) for other in near)}
        for name, near in needed.items()
    }


def all_needed(needed: dict[str, set[str]], name: str) -> set[str]:
    """What a chapter needs, what that needs, and so on."""
    return needed[name].union(*(all_needed(needed, one) for one in needed[name]))
