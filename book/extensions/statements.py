"""A Sphinx directive that lists the book's statements, each with what its test does.

    ```{statements}
    ```

Statements come from the notebooks in the order of the table of contents, and what is said of a
test is the first paragraph of its docstring. So the list cannot disagree with book or tests.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.marks import FOLDER, book_marks
from book.pages import STATEMENTS, Block, Page, in_order


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
    """Register the directive."""
    app.add_directive("statements", Statements)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
