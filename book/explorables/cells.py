"""The two cells of a figure with sliders in a notebook, which has `gan_utils` but not `book`.

The first is the figure's mathematics. The second draws it, with its controls in ipywidgets.
"""

import ast
import json
from pathlib import Path

from book.explorables.explorable import Choice, Control, Explorable

_CELL = """\
import ipywidgets
{imports}

plotting.use_style()
whole = {{"description_width": "initial"}}


@ipywidgets.interact(
{controls}
)
{show}"""


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
