"""The two cells of a figure with sliders in a notebook, which has `gan_utils` but not `book`.

The first is the figure's mathematics. The second draws it, with its controls in ipywidgets.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from book.explorables.explorable import Choice, Control, Explorable
from book.explorables.registry import explorables
from book.pages import Block, parse_parts

_CELL = """\
import ipywidgets
{imports}

plotting.use_style()
whole = {{"description_width": "initial"}}


@ipywidgets.interact(
{controls}
)
{show}"""


def with_figures(cells: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """A page's cells, with those of its figures in place of the directive `explorable`."""
    for cell in cells:
        parts = parse_parts(cell.source) if cell.cell_type == "markdown" else []
        if any(map(is_figure, parts)):
            yield from in_turn(parts, cell.id)
        else:
            yield cell


def in_turn(parts: list[str | Block], text_id: str) -> Iterator[NotebookNode]:
    """The cells of figures and of the text between them."""
    for place, (figures, group) in enumerate(groupby(parts, key=is_figure)):
        if figures:
            for part in group:
                yield from figure(explorables()[part.argument])
        else:
            text = "\n".join(part if isinstance(part, str) else part.source for part in group)
            yield new_markdown_cell(text.strip("\n"), id=f"{text_id}-{place}")


def is_figure(part: str | Block) -> bool:
    """Whether a part of a page is a figure with sliders."""
    return isinstance(part, Block) and part.is_directive and part.name == "explorable"


def figure(this: Explorable) -> list[NotebookNode]:
    """The two cells of a figure."""
    return [
        new_code_cell(mathematics(this), id=f"{this.name}-mathematics"),
        new_code_cell(drawing(this), id=this.name),
    ]


def mathematics(this: Explorable) -> str:
    """The cell that computes what the figure shows."""
    return stripped(this.folder / "mathematics.py")


def drawing(this: Explorable) -> str:
    """The cell that draws it whenever a control moves."""
    imports, show = stripped(this.folder / "cell.py").split("\n\n\ndef show(")
    controls = [f"    {name}={widget(control)}," for name, control in this.controls.items()]
    return _CELL.format(imports=imports, controls="\n".join(controls), show=f"def show({show}")


def stripped(path: Path) -> str:
    """A module without its docstring, and without imports from the book."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in reversed(ast.parse(source).body):
        if not stands_in_a_cell(node):
            del lines[node.lineno - 1 : node.end_lineno]
    return "\n".join(lines).strip()


def stands_in_a_cell(node: ast.stmt) -> bool:
    """Whether a statement of a module is one of the notebook too."""
    if isinstance(node, ast.ImportFrom):
        return node.module.split(".")[0] != "book"
    return not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def widget(control: Control) -> str:
    """The code that makes a control."""
    title = f"description={json.dumps(control.title, ensure_ascii=False)}, style=whole"
    if isinstance(control, Choice):
        return f"ipywidgets.Dropdown(options={json.dumps(control.ends)}, {title})"
    ends = f"min={control.start}, max={control.end}, step={control.step}"
    return f"ipywidgets.FloatSlider({control.first}, {ends}, {title})"
