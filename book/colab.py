"""Notebooks that run wherever they are uploaded.

Each holds the wheel of gan_utils and installs it from there, so that nothing has to be published.
Its text is plain Markdown (`book.plain`). Outputs are left out: what stands under a cell in Colab
should be what that machine computed, and the book has ours.
"""

import base64
import json
import textwrap
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from book import plain, setup_cell
from book.explorables import registry
from book.explorables.cells import with_figures
from book.outputs import METADATA
from book.pages import CHAPTERS, ROOT, Page, figure, in_order, tags

OUTPUT = ROOT / "build" / "colab"

CHARACTERS = 1_000
"""Length of one line of the wheel: short enough for editors, and not ten thousand lines."""

_TEMPLATE = """\
# @title Setup: install gan_utils, which this cell contains
# Where gan_utils is installed this cell does nothing. Elsewhere it installs gan_utils alone,
# so that the TensorFlow and NumPy that are already there stay as they are.
import base64
import subprocess
import sys
import tempfile
from importlib import invalidate_caches, metadata, util
from pathlib import Path

WHEEL = (
{lines}
)

if util.find_spec("gan_utils") is None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "{name}")
        file.write_bytes(base64.b64decode(WHEEL))
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*install, str(file)], check=True)
{report}"""

EXPLORABLES_PAGE = CHAPTERS / "back" / "explorables"
"""The page of the figures with sliders: Bokeh in the book, ipywidgets in a notebook."""

VIEW = {"cellView": "form", "jupyter": {"source_hidden": True}}
"""Metadata that fold the setup cell, in Colab and in JupyterLab."""


def setup_source(built: Path) -> str:
    """The text of a setup cell that holds the wheel."""
    encoded = base64.b64encode(built.read_bytes()).decode()
    lines = textwrap.wrap(encoded, CHARACTERS)
    return _TEMPLATE.format(
        lines="\n".join(f'    "{line}"' for line in lines),
        name=built.name,
        report=setup_cell.REPORT,
    )


def note(page: Page) -> str:
    """What the reader of a lone notebook should know first."""
    config = yaml.safe_load(setup_cell.CONFIG.read_text(encoding="utf-8"))
    url = config["repository"]["url"]
    book = "`make book` in its repository builds it" if url == setup_cell.PLACEHOLDER else url
    return "\n\n".join(
        [
            f"This notebook is a page of the book *{config['title']}*, made to run alone. The "
            "setup cell holds the book's package and installs it; nothing else is needed. Outputs "
            "appear as you run the cells. References to other pages give their numbers and titles; "
            f"in the book they are links ({book}).",
            cost(page),
        ]
    ).strip()


def cost(page: Page) -> str:
    """How long the page took where that was measured."""
    costs = json.loads((ROOT / "chapters" / "costs.json").read_text(encoding="utf-8"))
    if page.name not in costs:
        return ""
    seconds, threads = (costs[page.name][key] for key in ("seconds", "threads"))
    measured = f"Without a GPU the page took {seconds:.0f} s on {threads} processors."
    if not any("profile()" in cell.source for cell in page.code):
        return measured
    return (
        f"{measured} Where TensorFlow finds a GPU the page trains longer (`full`), and how long "
        "that takes was not measured; `%env GAN_BOOK_PROFILE=quick` in a first cell avoids it."
    )


def alone(page: Page, setup: str, book: plain.Book) -> nbformat.NotebookNode:
    """The notebook of a page, with the given setup cell, plain text and no outputs."""
    cited = plain.cited_on(page)
    cells = [new_markdown_cell(note(page), id="note")]
    for original in with_figures(page.notebook.cells):
        cell = nbformat.from_dict(original)
        if cell.cell_type == "markdown":
            cell.source = book.plain(cell.source, cited)
        else:
            cell.outputs, cell.execution_count = [], None
        if setup_cell.TAG in tags(cell):
            cell.source = setup
            cell.metadata.update(VIEW)
        cells.append(cell)
        if caption := figure(cell):
            number = book.labels[caption["name"]]
            text = f"*{number}.* {book.inline(caption['caption'])}"
            cells.append(new_markdown_cell(text, id=caption["name"]))
    return nbformat.v4.new_notebook(cells=cells, metadata=page.notebook.metadata)


def explorables() -> Page:
    """The page of the explorables as a notebook."""
    text = registry.expanded(EXPLORABLES_PAGE.with_suffix(".md").read_text(encoding="utf-8"))
    opening, sections = text.split("\n## ", 1)
    cells = [
        new_markdown_cell(opening, id="opening"),
        new_code_cell("", id="setup", metadata={"tags": [setup_cell.TAG]}),
        new_markdown_cell(f"## {sections}", id="text"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    return Page(EXPLORABLES_PAGE.with_suffix(".ipynb"), notebook)


def write(folder: Path, built: Path) -> list[Path]:
    """Write every page's notebook, with the wheel in it, and return their paths in order.

    The last is that of the explorables, which is no notebook in the book.
    """
    for old in folder.rglob("*.ipynb"):
        old.unlink()
    setup, book = setup_source(built), plain.Book()
    paths = []
    for page in (*in_order(), explorables()):
        paths.append(folder / f"{page.name}.ipynb")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(alone(page, setup, book), paths[-1])
    return paths
