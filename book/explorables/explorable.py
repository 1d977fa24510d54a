"""What a figure with sliders is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from book.explorables.words import fill

Sources = dict[str, ColumnDataSource]
Values = dict[str, float | str]
"""The values of a figure's controls, by name."""


class State(TypedDict):
    """What a figure shows at some values of its controls."""

    columns: dict[str, dict[str, np.ndarray]]
    """The data of every source by its name."""

    numbers: dict[str, float | str]
    """What fills the sentences; `reach`, if present, is half the width of the plane shown."""

    finding: str
    """Which of the figure's sentences is true."""


@dataclass(frozen=True)
class Slider:
    """A number between two ends, in steps."""

    title: str
    start: float
    end: float
    first: float
    step: float = 0.1

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return self.start, self.end


@dataclass(frozen=True)
class Choice:
    """One of several words, at first the first of them."""

    title: str
    ends: tuple[str, ...]

    @property
    def first(self) -> str:
        """The word that is chosen before anyone has chosen."""
        return self.ends[0]


Control = Slider | Choice


@dataclass(frozen=True)
class Explorable:
    """A figure that a reader moves.

    Parameters
    ----------
    folder : where it is stored
    title : what it is called
    page : the page to which it belongs, as the table of contents names it
    controls : by the names of the arguments of `state`
    state : from the values of the controls to what is shown
    draw : from the sources and the ranges that move to plots; a plot's `name` is its text
    sentences : by finding, with places for numbers (`book.explorables.words.fill`)
    checks : the values of the controls at which Python and JavaScript are compared
    """

    folder: Path
    title: str
    page: str
    controls: dict[str, Control]
    state: Callable[..., State]
    draw: Callable[[Sources, list[Range1d]], list[figure]]
    sentences: dict[str, str] = field(repr=False)
    checks: list[Values] = field(repr=False)

    @property
    def name(self) -> str:
        """What a page calls it."""
        return self.folder.name.replace("_", "-")

    @property
    def script(self) -> Path:
        """Its half in JavaScript."""
        return self.folder / "figure.js"

    @property
    def text(self) -> str:
        """Its section on the page of all figures."""
        return (self.folder / "text.md").read_text(encoding="utf-8").strip()

    def first(self) -> Values:
        """The values at which the controls stand before anyone has moved them."""
        return {name: control.first for name, control in self.controls.items()}

    def sentence(self, **values: float | str) -> str:
        """The text alternative at these values of the controls."""
        state = self.state(**values)
        return fill(self.sentences[state["finding"]], state["numbers"])
