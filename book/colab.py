"""The exported notebooks, which run wherever they are opened.

Each begins with a cell that installs gan_utils (`book.setup_cell`), and its text is plain Markdown
(`book.plain`). Outputs are left out: what stands under a cell in Colab should be what that machine
computed, and the book has ours.
"""

from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from book import address, plain, records, setup_cell
from book.explorables import registry
from book.explorables.cells import with_figures
from book.outputs import METADATA
from book.pages import CHAPTERS, ROOT, Page, figure, in_order

OUTPUT = ROOT / "build" / "colab"

EXPLORABLES = "back/explorables"
"""The page of the figures with sliders: Bokeh in the book, ipywidgets in a notebook."""

VIEW = {"cellView": "form", "jupyter": {"source_hidden": True}}
"""Metadata that fold the setup cell, in Colab and in JupyterLab."""


def note(page: Page) -> str:
    """What the reader of a lone notebook should know first."""
    title = yaml.safe_load(address.CONFIG.read_text(encoding="utf-8"))["title"]
    book = address.known() or "`make book` in its repository builds it"
    return "\n\n".join(
        [
            f"This notebook is a page of the book *{title}*, made to run alone. The "
            "setup cell installs the book's package; nothing else is needed. Outputs "
            "appear as you run the cells. References to other pages give their numbers and titles; "
            f"in the book they are links ({book}).",
            cost(page),
        ]
    ).strip()


def cost(page: Page) -> str:
    """How long the page took where that was measured."""
    measured = records.read(page.name).get("cost")
    if measured is None:
        return ""
    seconds, threads = measured["seconds"], measured["threads"]
    measured = f"Without a GPU the page took {seconds:.0f} s on {threads} processors."
    if not any("profile()" in cell.source for cell in page.code):
        return measured
    return (
        f"{measured} Where TensorFlow finds a GPU the page trains longer (`full`), and how long "
        "that takes was not measured; `%env GAN_BOOK_PROFILE=quick` in a first cell avoids it."
    )


def standalone(page: Page, setup: str, book: plain.Book) -> nbformat.NotebookNode:
    """The notebook of a page, with the given setup cell, plain text and no outputs."""
    cited = plain.cited_on(page)
    cells = [
        new_markdown_cell(note(page), id="note"),
        new_code_cell(setup, id="setup", metadata={"tags": ["setup"], **VIEW}),
    ]
    for original in with_figures(page.notebook.cells):
        cell = nbformat.from_dict(original)
        if cell.cell_type == "markdown":
            cell.source = book.plain(cell.source, cited)
        else:
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
        if caption := figure(cell):
            number = book.labels[caption["name"]]
            text = f"*{number}.* {book.inline(caption['caption'])}"
            cells.append(new_markdown_cell(text, id=caption["name"]))
    return nbformat.v4.new_notebook(cells=cells, metadata=page.notebook.metadata)


def explorables() -> Page:
    """The page of the explorables as a notebook."""
    text = registry.expanded((CHAPTERS / f"{EXPLORABLES}.md").read_text(encoding="utf-8"))
    notebook = nbformat.v4.new_notebook(
        cells=[new_markdown_cell(text, id="text")], metadata=METADATA
    )
    return Page(CHAPTERS / f"{EXPLORABLES}.ipynb", notebook)


def setup_source(built: Path) -> str:
    """The setup cell of notebooks that are published with the book, whose wheel this is."""
    url = address.known()
    return setup_cell.from_wheel(built) if url is None else setup_cell.from_address(url)


def write(folder: Path, setup: str) -> list[Path]:
    """Write every page's notebook with this setup cell, and return their paths in order.

    The last is that of the explorables, which is no notebook in the book.
    """
    for old in folder.rglob("*.ipynb"):
        old.unlink()
    book = plain.Book()
    paths = []
    for page in (*in_order(), explorables()):
        paths.append(folder / f"{page.name}.ipynb")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(standalone(page, setup, book), paths[-1])
    return paths
