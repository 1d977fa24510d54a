"""A Sphinx directive that puts a figure with sliders on a page.

    :::{explorable} optimal-discriminator
    :::

Nothing is fetched when the page is read: Bokeh's JavaScript is copied from the installed package
into the built book, and only pages with an explorable load it.
"""

import html
import json
import shutil
from pathlib import Path

from bokeh.embed import json_item
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.explorables import figures
from book.explorables.figures import EXPLORABLES, SCRIPTS, STYLE, layout

STATIC = "explorables"
"""Folder below the built book's `_static` for what the figures load."""


class ExplorableNode(nodes.General, nodes.Element):
    """The place of an explorable; its children are its text, for builders other than HTML."""


class ExplorableDirective(SphinxDirective):
    """Replaced by the explorable of that name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A node that carries the name and the text alternative."""
        name = self.arguments[0]
        if name not in EXPLORABLES:
            raise self.error(f"no explorable {name!r}; known are {', '.join(EXPLORABLES)}")
        for path in (Path(__file__), Path(figures.__file__), *SCRIPTS):
            self.env.note_dependency(str(path))
        this = EXPLORABLES[name]
        text = f"{this.title}, a figure with sliders in the HTML edition of this book. "
        text += this.sentence(**this.first())
        return [ExplorableNode("", nodes.paragraph("", text), name=name)]


def as_html(name: str) -> str:
    """The explorable as HTML, which explorables.js brings to life."""
    this = EXPLORABLES[name]
    sentences = html.escape(json.dumps(this.sentences, ensure_ascii=False))
    model = json.dumps(json_item(layout(name))).replace("</", "<\\/")
    return f"""
<div class="explorable" id="explorable-{name}" role="group" aria-label="{html.escape(this.title)}">
<div class="explorable-figure"></div>
<p role="status" aria-live="polite" data-sentences="{sentences}">{
        html.escape(this.sentence(**this.first()))
    }</p>
<script type="application/json">{model}</script>
</div>
"""


def visit_html(translator, node: ExplorableNode) -> None:
    """Write the figure in place of its text."""
    translator.body.append(as_html(node["name"]))
    raise nodes.SkipNode


def pass_by(translator, node: ExplorableNode) -> None:
    """Nothing around the text."""


def load_on_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load scripts and style on pages that have an explorable, and only there."""
    if doctree is None or not any(doctree.findall(ExplorableNode)):
        return
    for script in SCRIPTS:
        app.add_js_file(f"{STATIC}/{script.name}", loading_method="defer")
    app.add_css_file(f"{STATIC}/{STYLE.name}")


def copy_static(app: Sphinx) -> None:
    """Copy what the figures load into the built book."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / STATIC
    folder.mkdir(parents=True, exist_ok=True)
    for path in (*SCRIPTS, STYLE):
        shutil.copyfile(path, folder / path.name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and what its pages load."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (pass_by, pass_by))
    app.add_node(ExplorableNode, html=(visit_html, pass_by), **others)
    app.add_directive("explorable", ExplorableDirective)
    app.connect("builder-inited", copy_static)
    app.connect("html-page-context", load_on_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
