"""A Sphinx directive that draws how the chapters build on each other, with its text as the caption.

```{chapter-graph}
What each chapter needs.
```
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import graph, pages


class ChapterGraph(SphinxDirective):
    """Replaced by the picture as the chapters are now."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A figure."""
        for path in pages.paths():
            self.env.note_dependency(str(path))
        figure = nodes.figure("", nodes.raw("", graph.drawing(pages.in_order()), format="html"))
        caption = nodes.caption()
        caption += self.parse_inline("\n".join(self.content))[0]
        figure += caption
        return [figure]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("chapter-graph", ChapterGraph)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
