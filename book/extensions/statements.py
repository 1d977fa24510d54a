"""The book's statements: a Sphinx directive that lists them, and a role that counts them.

    ```{statements}
    ```

    It states {number}`definitions` definitions and {number}`theorems` theorems.

Statements come from the notebooks in the order of the table of contents, and what is said of a
test is the first paragraph of its docstring. So neither can disagree with book or tests.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book.marks import FOLDER, book_marks
from book.pages import PROVED, STATEMENTS, Block, Page, in_order

KINDS = {"definitions": ("prf:definition",), "theorems": PROVED}
"""What can be counted: definitions, and whatever has a proof."""


class Number(SphinxRole):
    """Replaced by the number of the book's statements of a kind."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The number as text."""
        if self.text not in KINDS:
            known = " or ".join(KINDS)
            message = self.inliner.reporter.error(f"{self.text!r}: expected {known}")
            return [], [message]
        return [nodes.Text(str(number(self.text, in_order())))], []


def number(kind: str, book: list[Page]) -> int:
    """How many statements of a kind the book makes."""
    return sum(len(page.directives(*KINDS[kind])) for page in book)


class Statements(SphinxDirective):
    """Replaced by one table for each chapter."""

    def run(self) -> list[nodes.Node]:
        """The tables, parsed like the text of the page."""
        for path in FOLDER.glob("test_*.py"):
            self.env.note_dependency(str(path))
        tested = {mark.label: mark.says for mark in book_marks()}
        found = [(page, page.directives(*STATEMENTS)) for page in in_order()]
        parts = [table(page, blocks, tested) for page, blocks in found if blocks]
        return self.parse_text_to_nodes("\n\n".join(parts))


def table(page: Page, blocks: list[Block], tested: dict[str, str]) -> str:
    """The Markdown of one chapter's table."""
    lines = [f"**{{doc}}`/chapters/{page.name}`**", "", "| statement | its test |", "|---|---|"]
    for block in blocks:
        says = tested.get(block.label, "")
        lines.append(f"| {{prf:ref}}`{block.label}` {block.argument} | {says} |")
    return "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the role."""
    app.add_directive("statements", Statements)
    app.add_role("number", Number())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
