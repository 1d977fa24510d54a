"""The figures with sliders in their notebook: controls and numbers are those of the book."""

import ast
import re
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from matplotlib import pyplot as plt
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from book import colab, pages
from book.explorables import cells
from book.explorables.explorable import Choice, Explorable
from book.explorables.registry import explorables
from book.pages import Page
from tests.gates.sample import sample
from tests.gates.test_architecture import imported

PRESENT = {"gan_utils", "ipywidgets", "matplotlib", "numpy", "scipy"}
"""What the notebook's cells may import."""


SEPARATION = ":::{explorable} separation\n:::"


class Slider:
    """In place of a slider of ipywidgets: what it was asked to be."""

    def __init__(self, value: float, *, min: float, max: float, step: float, **look: object):
        self.ends, self.first, self.step, self.look = (min, max), value, step, look


class Dropdown:
    """In place of a list of words to choose from."""

    def __init__(self, *, options: list[str], **look: object):
        self.ends, self.first, self.look = tuple(options), options[0], look


def code(page: Page) -> list[NotebookNode]:
    """The code cells of a page when it is a notebook that stands alone."""
    return [cell for cell in cells.with_figures(page.notebook.cells) if cell.cell_type == "code"]


Shown = dict[str, tuple[dict[str, Slider | Dropdown], Callable]]
"""The controls of each figure and the function that draws it."""


@pytest.fixture(scope="module")
def shown() -> Shown:
    """The figures once all cells of the notebook have run, one after the other."""
    given = []

    def interact(**controls):
        return lambda function: given.append((controls, function)) or function

    stand_in = types.ModuleType("ipywidgets")
    stand_in.FloatSlider, stand_in.Dropdown, stand_in.interact = Slider, Dropdown, interact
    namespace = {}
    with pytest.MonkeyPatch.context() as patch, plt.rc_context():
        patch.setitem(sys.modules, "ipywidgets", stand_in)
        for cell in code(colab.explorables()):
            pages.run(cell.source, f"<{cell.id}>", namespace)
    return dict(zip(explorables(), given, strict=True))


def test_every_explorable_has_its_cells():
    ids = [cell.id for cell in code(colab.explorables())]
    assert ids == [*(id for name in explorables() for id in (f"{name}-mathematics", name))]


@pytest.mark.parametrize("name", explorables())
def test_controls_are_those_of_the_book(name: str, shown: Shown):
    given, _ = shown[name]
    controls = explorables()[name].controls
    assert list(given) == list(controls)
    for control, made in controls.items():
        assert isinstance(given[control], Dropdown if isinstance(made, Choice) else Slider)
        assert (given[control].ends, given[control].first) == (made.ends, made.first)
        assert given[control].look["description"] == made.title
        assert getattr(given[control], "step", None) == getattr(made, "step", None)


def wrong(this: Explorable, values: dict, printed: list[float]) -> list[float]:
    """The printed numbers that the sentence of the book does not say."""
    said = numbers(this.sentence(**values))
    # Both are rounded to four decimals; the book writes small numbers as powers of ten.
    return [number for number in printed if not any(abs(number - s) < 5.1e-5 for s in said)]


@pytest.mark.parametrize("name", explorables())
def test_numbers_are_those_of_the_book(name: str, shown: Shown, capsys: pytest.CaptureFixture[str]):
    _, show = shown[name]
    this = explorables()[name]
    for values in (this.first(), *this.checks[::7]):
        plt.close("all")
        show(**values)
        assert len(plt.get_fignums()) == 1
        printed = numbers(capsys.readouterr().out)
        assert printed
        assert wrong(this, values, printed) == [], values


def test_a_wrong_number_is_noticed():
    this = explorables()["optimal-discriminator"]
    assert wrong(this, this.first(), [0.3368, -0.7126]) == []
    assert wrong(this, this.first(), [0.3368, 0.7126]) == [0.7126]


def numbers(text: str) -> list[float]:
    """The numbers with a decimal point in a text, in order."""
    text = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")).replace(" × 10", "e")
    return [float(number) for number in re.findall(r"-?\d+\.\d+(?:e[+-]?\d+)?", text)]


def defined(source: str) -> Iterator[str]:
    """The functions and constants that a cell defines."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            targets = [each for target in node.targets for each in ast.walk(target)]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def clashes(sources: list[str]) -> list[str]:
    """Names that two cells define, so that one figure would use what belongs to another."""
    times = Counter(name for source in sources for name in set(defined(source)))
    return [name for name in times if times[name] > 1]


def test_no_figure_redefines_what_another_uses():
    assert clashes([cells.mathematics(this) for this in explorables().values()]) == []


def overwritten(page: Page) -> list[str]:
    """Names of a page's own code that the cells of its figures define anew."""
    own = {name for cell in page.code for name in defined(cell.source)}
    made = [cell for cell in code(page) if cell not in page.code]
    return sorted(own & {name for cell in made for name in defined(cell.source)})


def test_no_figure_redefines_what_its_page_uses():
    found = {page.name: overwritten(page) for page in pages.pages()}
    assert {name: names for name, names in found.items() if names} == {}


def test_a_name_of_figure_and_page_is_noticed():
    page = sample()
    page.notebook.cells += [new_markdown_cell(SEPARATION), new_code_cell("DISTANCES = [1]")]
    assert overwritten(page) == ["DISTANCES"]
    page.notebook.cells[-2].source = "No figure."
    assert overwritten(page) == []


def test_cells_import_nothing_of_the_book():
    sources = [cell.source for cell in code(colab.explorables())]
    used = {name.split(".")[0] for source in sources for name in imported(source)}
    assert used == PRESENT


def test_a_name_of_two_figures_is_noticed():
    one = "LINE = 1\ndef state(x):\n    y = x\n"
    assert clashes([one, "import numpy\nx, y = 1, 2\ndef state(): 0\n"]) == ["state"]
    assert clashes([one, "LINE, y = 1, 2"]) == ["LINE"]
    assert clashes([one, "y = 2"]) == []


def test_a_figure_within_a_text_divides_it():
    page = sample()
    figures = f"{SEPARATION}\n```{{explorable}} dirac-gan\n```"
    text = new_markdown_cell(f"Before.\n\n{figures}\n\n:::{{note}}\nx\n:::\nAfter.", id="here")
    page.notebook.cells.insert(2, text)
    before, after = page.notebook.cells[:2], page.notebook.cells[3:]
    made = list(cells.with_figures(page.notebook.cells))
    assert (made[:2], made[-len(after) :]) == (before, after)
    first, *figures, last = made[2 : -len(after)]
    assert (first.source, last.source) == ("Before.", ":::{note}\nx\n:::\nAfter.")
    assert [cell.id for cell in (first, last)] == ["here-0", "here-2"]
    shown = [explorables()[name] for name in ("separation", "dirac-gan")]
    assert figures == [cell for this in shown for cell in cells.figure(this)]


def test_an_import_of_the_book_is_left_out_and_others_are_not(tmp_path):
    lines = (
        '"""What it is."""',
        "import numpy as np",
        "from book.x import (",
        "    a,",
        ")",
        "A = 1",
    )
    (tmp_path / "mathematics.py").write_text("\n".join(lines), encoding="utf-8")
    assert cells.stripped(tmp_path / "mathematics.py") == "import numpy as np\nA = 1"
