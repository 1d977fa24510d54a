"""A page's text as Markdown that any notebook viewer shows.

The pages are written in MyST. Its roles and directives mean nothing outside the book, so here
each becomes what a reader of the book sees in its place: a reference its number or title, a
theorem a heading and its text. What has no plain form here is refused, never left as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pybtex.database import Entry, Person, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from book import ledger
from book.pages import (
    EQUATION,
    ROOT,
    STATEMENTS,
    Block,
    Page,
    Role,
    chapter_numbers,
    contents,
    figure,
    heading,
    parse_blocks,
    parse_parts,
    read,
    replace_roles,
    roles,
    walk,
)

BIBLIOGRAPHY = ROOT / "references.bib"

DERIVED = {"ledger": ledger.ledger, "costs": ledger.costs}
"""Directives without content, and what is printed in their place."""

NUMBERED = (*STATEMENTS, "prf:remark", "prf:example")
"""Directives that share one sequence of numbers."""


def numbers(page: Page, chapter: int | None) -> Iterator[tuple[str, str]]:
    """Every label of a page with what a reference to it reads, such as "Theorem 4.1"."""
    counts = Counter()

    def count(sequence: str) -> str:
        counts[sequence] += 1
        return f"{counts[sequence]}" if chapter is None else f"{chapter}.{counts[sequence]}"

    for cell in page.notebook.cells:
        if caption := figure(cell):
            yield caption.get("name", ""), f"Fig. {count('figure')}"
        if cell.cell_type != "markdown":
            continue
        for match in EQUATION.finditer(cell.source):
            yield match["label"], f"({count('equation')})"
        for block in walk(parse_blocks(cell.source)):
            if block.name in NUMBERED:
                kind = block.name.removeprefix("prf:").capitalize()
                yield block.label, f"{kind} {count('statement')}"
            elif block.name == "exercise":
                yield block.label, f"Exercise {count('exercise')}"


@dataclass(frozen=True)
class Book:
    """What a reference can point to."""

    root: Path = ROOT

    @cached_property
    def labels(self) -> dict[str, str]:
        """What a reference to each label reads."""
        chapters = chapter_numbers()
        files = [file for file in contents(self.root) if (self.root / f"{file}.ipynb").exists()]
        pages = [(read(self.root / f"{file}.ipynb"), chapters.get(file)) for file in files]
        return dict(pair for page, chapter in pages for pair in numbers(page, chapter))

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each file of the table of contents."""
        return {file: heading(self._text(file)) for file in contents(self.root)}

    def _text(self, file: str) -> str:
        if (self.root / f"{file}.md").exists():
            return (self.root / f"{file}.md").read_text(encoding="utf-8")
        return read(self.root / f"{file}.ipynb").markdown[0].source

    @cached_property
    def works(self) -> dict[str, Entry]:
        """The bibliography."""
        return dict(parse_file(BIBLIOGRAPHY).entries)

    def authors(self, key: str) -> str:
        """Who wrote a work: one name, two, or the first and others."""
        names = [surname(person) for person in self.works[key].persons["author"]]
        return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)

    def role(self, role: Role) -> str:
        """What a reader of the book sees in place of a role.

        Raises
        ------
        KeyError
            The role points to nothing.
        ValueError
            The role has no plain form.
        """
        shown, target = role.shown, role.target
        match role.name:
            case "doc":
                return shown or f"*{self.titles[target.removeprefix('/')]}*"
            case "term":
                return shown or target
            case "prf:ref" | "ref" | "numref" | "eq":
                return shown or self.labels[target]
            case "cite:t":
                cited = [f"{self.authors(key)} ({self.year(key)})" for key in keys(target)]
                return " and ".join(cited)
            case "cite:p":
                cited = [f"{self.authors(key)}, {self.year(key)}" for key in keys(target)]
                return f"({'; '.join(cited)})"
        raise ValueError(f"the role {role.name!r} has no plain form in book/plain.py")

    def year(self, key: str) -> str:
        """When a work appeared."""
        return self.works[key].fields["year"]

    def inline(self, text: str) -> str:
        """A text without roles, and with numbers at its equations."""

        def tagged(match: re.Match) -> str:
            number = self.labels[match["label"]].strip("()")
            return f"{match['indent']}\\tag{{{number}}}\n{match['indent']}$$"

        text = EQUATION.sub(tagged, text)
        return replace_roles(text, self.role)

    def plain(self, text: str, cited: list[str]) -> str:
        """A MyST text as plain Markdown; `cited` are the works that a bibliography in it lists."""
        parts = [
            self.block(part, cited) if isinstance(part, Block) else self.inline(part)
            for part in parse_parts(text)
        ]
        return "\n\n".join(part.strip("\n") for part in parts)

    def block(self, block: Block, cited: list[str]) -> str:
        """One fenced block as plain Markdown.

        Raises
        ------
        ValueError
            The directive has no plain form.
        """
        if not block.is_directive:
            return f"```{block.name}\n{block.body}\n```"
        if block.name == "bibliography":
            return self.references(cited)
        if block.name in DERIVED:
            return DERIVED[block.name]()
        body = self.plain(block.body, cited)
        if block.name in (*NUMBERED, "exercise"):
            title = f" ({self.inline(block.argument)})" if block.argument else ""
            return f"**{self.labels[block.label]}**{title}\n\n{body}"
        if block.name == "prf:proof":
            return f"*Proof.* {body}\n\n∎"
        if block.name == "solution":
            return folded(f"Solution of {self.labels[block.argument]}", body)
        if block.name == "admonition":
            return folded(block.argument, body)
        raise ValueError(f"the directive {block.name!r} has no plain form in book/plain.py")

    def references(self, cited: list[str]) -> str:
        """A list of works."""
        style = find_plugin("pybtex.style.formatting", "plain")()
        backend = find_plugin("pybtex.backends", "markdown")()
        entries = style.format_entries([self.works[key] for key in cited])
        lines = [" ".join(entry.text.render(backend).split()) for entry in entries]
        return "\n".join(f"- {line}" for line in lines)


def folded(summary: str, body: str) -> str:
    """A text that stays hidden until its first line is clicked."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def surname(person: Person) -> str:
    """The surname, with what stands before it, such as "van"."""
    names = [*person.prelast_names, *person.last_names]
    return " ".join(str(Text.from_latex(name)) for name in names)


def keys(target: str) -> list[str]:
    """The works that one citation names."""
    return [key.strip() for key in target.split(",")]


def cited_on(page: Page) -> list[str]:
    """The works that a page cites, in the order of the first time."""
    text = page.text + "\n".join(figure(cell).get("caption", "") for cell in page.code)
    cites = [role for role in roles(text) if role.name.startswith("cite:")]
    return list(dict.fromkeys(key for role in cites for key in keys(role.target)))
