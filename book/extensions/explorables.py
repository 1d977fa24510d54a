"""Sphinx directives that put a figure with sliders on a page, and the sections of all of them.

    :::{explorable} optimal-discriminator
    :::

    :::{explorables}
    :::

Nothing is fetched when the page is read: Bokeh's JavaScript is copied from the installed package
into the built book. Only pages with a figure load it, and only the scripts of their own figures.
"""

import html
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import bokeh
from bokeh.embed import json_item
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book.explorables import registry
from book.explorables.drawing import layout
from book.explorables.registry import explorables

STATIC = "explorables"
"""Folder below the built book's `_static` for what the figures load."""

BOKEH = Path(bokeh.__file__).parent / "server" / "static" / "js"
SHARED = (
    BOKEH / "bokeh.min.js",
    BOKEH / "bokeh-widgets.min.js",
    registry.HERE / "explorables.js",
)
"""The scripts that every figure needs."""

STYLE = registry.HERE / "explorables.css"


class ExplorableNode(nodes.General, nodes.Element):
    """The place of an explorable; its children are its text, for builders other than HTML."""


class ExplorableDirective(SphinxDirective):
    """Replaced by the explorable of that name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A node that carries the name and the text alternative."""
        name = self.arguments[0]
        known = explorables()
        if name not in known:
            raise self.error(f"no explorable {name!r}; known are {', '.join(known)}")
        this = known[name]
        for path in sources(this.folder):
            self.env.note_dependency(str(path))
        text = f"{this.title}, a figure with sliders in the HTML edition of this book. "
        text += this.sentence(**this.first())
        return [ExplorableNode("", nodes.paragraph("", text), name=name)]


class SectionsDirective(SphinxDirective):
    """Replaced by the sections of all explorables."""

    def run(self) -> list[nodes.Node]:
        """The sections, parsed like the text of the page."""
        self.env.note_dependency(str(registry.HERE))
        return self.parse_text_to_nodes(registry.sections(), allow_section_headings=True)


def sources(folder: Path) -> list[Path]:
    """The files that decide how the figure in a folder looks."""
    shared = [Path(__file__), *registry.HERE.glob("*.*")]
    return [*shared, *(folder / name for name in registry.FILES)]


def as_html(name: str) -> str:
    """The explorable as HTML, which explorables.js brings to life."""
    this = explorables()[name]
    sentences = html.escape(json.dumps(this.sentences, ensure_ascii=False))
    model = json.dumps(json_item(layout(this))).replace("</", "<\\/")
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


def scripts(names: Iterable[str]) -> dict[str, Path]:
    """The scripts of these figures in the order in which they run, by their names when served."""
    own = {f"{name}.js": explorables()[name].script for name in names}
    return {path.name: path for path in SHARED} | own


def load_on_page(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Load scripts and style on pages that have an explorable, and only there."""
    shown = [] if doctree is None else [node["name"] for node in doctree.findall(ExplorableNode)]
    if not shown:
        return
    for script in scripts(shown):
        app.add_js_file(f"{STATIC}/{script}", loading_method="defer")
    app.add_css_file(f"{STATIC}/{STYLE.name}")


def copy_static(app: Sphinx) -> None:
    """Copy what the figures load into the built book."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / STATIC
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in {**scripts(explorables()), STYLE.name: STYLE}.items():
        shutil.copyfile(path, folder / name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives, and what their pages load."""
    others = dict.fromkeys(("latex", "text", "man", "texinfo"), (pass_by, pass_by))
    app.add_node(ExplorableNode, html=(visit_html, pass_by), **others)
    app.add_directive("explorable", ExplorableDirective)
    app.add_directive("explorables", SectionsDirective)
    app.connect("builder-inited", copy_static)
    app.connect("html-page-context", load_on_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
