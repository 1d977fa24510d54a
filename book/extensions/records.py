"""Sphinx directives that print what the records of all pages say together.

    ```{ledger}
    ```

    ```{costs}
    ```

They are made anew with every build, so that no page has to be written again when another one, or
what was measured on it, changes.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import ledger, records


class FromRecords(SphinxDirective):
    """A directive whose page is read again when a record has changed."""

    def note_records(self) -> None:
        """Tell Sphinx on what the page depends."""
        for path in records.FOLDER.glob("*.json"):
            self.env.note_dependency(str(path))


class Ledger(FromRecords):
    """Replaced by every claim with its table and its picture."""

    def run(self) -> list[nodes.Node]:
        """The claims as HTML."""
        self.note_records()
        return [nodes.raw("", ledger.ledger(), format="html")]


class Costs(FromRecords):
    """Replaced by a table of what the pages cost."""

    def run(self) -> list[nodes.Node]:
        """The table, parsed like the text of the page."""
        self.note_records()
        return self.parse_text_to_nodes(ledger.costs())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("ledger", Ledger)
    app.add_directive("costs", Costs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
