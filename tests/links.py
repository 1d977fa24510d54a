"""To what the pages refer, and where it stands."""

import re

from tests.gates.rules import OPENING, PREFIXES, is_chapter
from tests.pages import EQUATION, Page, figure

_LINK = re.compile(r"\{(?P<role>prf:ref|numref|eq|doc|ref)\}`(?:[^`<]*<)?(?P<target>[^`<>]+)>?`")
_SECTION = re.compile(r"(?ms)^## (?P<title>.*?)$(?P<text>.*?)(?=^## |\Z)")


def links(text: str) -> list[str]:
    """The labels and documents to which a text refers."""
    return [match["target"].removeprefix("/chapters/") for match in _LINK.finditer(text)]


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
    sections = _SECTION.finditer("\n\n".join(cell.source for cell in page.markdown))
    return "".join(section["text"] for section in sections if section["title"] == OPENING)


def direct(needed: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is needed and is not needed anyhow by something else that is needed."""
    return {
        name: {one for one in near if not any(one in all_needed(needed, other) for other in near)}
        for name, near in needed.items()
    }


def all_needed(needed: dict[str, set[str]], name: str) -> set[str]:
    """What a chapter needs, what that needs, and so on."""
    return needed[name].union(*(all_needed(needed, one) for one in needed[name]))
