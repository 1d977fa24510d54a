"""Four measures of one distance."""

from itertools import product
from pathlib import Path

from bokeh.models import Range1d
from bokeh.plotting import figure

from book.explorables.drawing import SERIES, THEORY, marked, plot
from book.explorables.explorable import Explorable, Slider, Sources
from book.explorables.separation.mathematics import separation_state


def draw(sources: Sources, ranges: list[Range1d]) -> list[figure]:
    """Four curves over the distance of the means."""
    made = plot(
        "KL, JS, TV and W₁ over the distance of the means from 0 to 6, with a dot on each curve "
        "where the slider stands. The text below the figure states the values.",
        x_range=Range1d(0, 6.1),
        y_range=Range1d(0, 3),
        height=340,
        x_axis_label="distance of the means",
        y_axis_label="divergence, or distance",
    )
    js, tv, w1 = SERIES
    styles = {"KL": ("kl", THEORY), "JS": ("js", js), "TV": ("tv", tv), "W₁": ("w1", w1)}
    marked(made, sources, "distance", styles)
    return [made]


_MEASURES = (
    "At distance {distance:1} and standard deviation {deviation:1}, KL is {kl:4} nats, "
    "JS {js:4} nats, TV {tv:4} and W₁ {w1:1}. "
)

EXPLORABLE = Explorable(
    folder=Path(__file__).parent,
    title="Four measures of one distance",
    page="chapters/probability/jensen_shannon",
    controls={
        "distance": Slider("distance of the means", 0, 6, 2.0),
        "deviation": Slider("standard deviation of both", 0.2, 3, 1.0),
    },
    state=separation_state,
    draw=draw,
    sentences={
        "equal": _MEASURES + "The two are one distribution, and the slope of JS is {slope:short}.",
        "apart": _MEASURES + "JS has reached {share:percent}\u00a0% of its ceiling, log 2. Its "
        "slope is {slope:short} nats per unit of distance; that of W₁ is 1.",
        "ceiling": _MEASURES + "JS is within 1\u00a0% of its ceiling, log 2. Its slope is "
        "{slope:short} nats per unit of distance; that of W₁ is 1.",
    },
    checks=[
        {"distance": distance, "deviation": deviation}
        for distance, deviation in product((0.0, 0.1, 0.5, 2.0, 6.0), (0.2, 1.0, 2.0, 3.0))
    ],
)
