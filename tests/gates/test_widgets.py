"""The explorables of the lone notebook: the same sliders and the same numbers as in the book."""

import re
import sys
import types
from collections.abc import Callable

import pytest
from matplotlib import pyplot as plt

from book import colab, pages
from book.explorables.figures import EXPLORABLES

MOVED = {
    "optimal-discriminator": [{"mean": -1.3, "deviation": 0.4}, {"mean": 0.0, "deviation": 1.0}],
    "generator-gradient": [{"logit": -8.0}, {"logit": 0.0}, {"logit": 2.5}],
    "separation": [{"distance": 0.0, "deviation": 3.0}, {"distance": 6.0, "deviation": 0.2}],
    "dirac-gan": [
        {"update": "alternating", "penalty": 0.0},
        {"update": "alternating", "step": 0.6, "penalty": 0.5},
        {"step": 0.6, "penalty": 2.0, "theta": -2.0, "psi": 1.3},
    ],
}

SAID = {
    "optimal-discriminator": ("js", "value"),
    "generator-gradient": (
        *("minimax", "minimax_slope"),
        *("non_saturating", "non_saturating_slope"),
    ),
    "separation": ("kl", "js", "tv", "w1"),
    "dirac-gan": ("distance", "start"),
}
"""The words of the book's sentence whose numbers a cell prints, in its order."""


class Slider:
    """In place of a slider of ipywidgets: what it was asked to be."""

    def __init__(self, value: float, *, min: float, max: float, step: float, description: str):
        self.ends, self.value, self.step = (min, max), value, step
        assert description


@pytest.fixture
def cell(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[dict, Callable]:
    """The controls and the function of a cell, which is executed without ipywidgets."""
    given = {}

    def interact(**controls):
        given.update(controls)
        return lambda function: function

    stand_in = types.ModuleType("ipywidgets")
    stand_in.FloatSlider, stand_in.interact = Slider, interact
    monkeypatch.setitem(sys.modules, "ipywidgets", stand_in)
    path = colab.widget(request.param)
    namespace = {}
    pages.run(path.read_text(encoding="utf-8"), str(path), namespace)
    return given, namespace["show"]


def each(argument: str):
    names = [(name, name) for name in EXPLORABLES]
    return pytest.mark.parametrize((argument, "cell"), names, indirect=["cell"])


def test_every_explorable_has_its_cell():
    cells = [cell.id for cell in colab.explorables().code]
    assert cells == list(EXPLORABLES)
    assert {path.stem for path in colab.CELLS.glob("*.py")} == {
        colab.widget(name).stem for name in EXPLORABLES
    }


@each("name")
def test_controls_are_those_of_the_book(name: str, cell: tuple[dict, Callable]):
    given, _ = cell
    controls = EXPLORABLES[name].controls()
    assert list(given) == list(controls)
    for control, model in controls.items():
        if control == "update":
            assert given[control] == model.options
            continue
        assert given[control].ends == (model.start, model.end)
        assert (given[control].value, given[control].step) == (model.value, model.step)


@each("name")
def test_numbers_are_those_of_the_book(
    name: str, cell: tuple[dict, Callable], capsys: pytest.CaptureFixture[str]
):
    _, show = cell
    this = EXPLORABLES[name]
    for moved in [{}, *MOVED[name]]:
        values = this.first() | moved
        plt.close("all")
        show(**values)
        assert len(plt.get_fignums()) == 1
        printed = numbers(capsys.readouterr().out)
        words = this.state(**values).words
        expected = [number for word in SAID[name] for number in numbers(words[word])]
        # Both are rounded to four decimals; the book writes small numbers as powers of ten.
        assert printed == pytest.approx(expected, rel=1e-9, abs=5.1e-5), values


def numbers(text: str) -> list[float]:
    """The numbers with a decimal point in a text, in order."""
    text = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")).replace(" × 10", "e")
    return [float(number) for number in re.findall(r"-?\d+\.\d+(?:e[+-]?\d+)?", text)]
