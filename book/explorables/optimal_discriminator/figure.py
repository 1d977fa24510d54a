"""The optimal discriminator."""

from itertools import product
from pathlib import Path

from bokeh.models import Range1d
from bokeh.plotting import figure

from book.explorables.drawing import DISCRIMINATOR, P_DATA, P_G, legend_above, plot
from book.explorables.explorable import Explorable, Slider, Sources
from book.explorables.optimal_discriminator.mathematics import discriminator_state


def draw(sources: Sources, ranges: list[Range1d]) -> list[figure]:
    """Two densities and D*, on one axis."""
    made = plot(
        "Two bell curves, of the data and of the generator, and the best discriminator between 0 "
        "and 1. The text below the figure states the values.",
        x_range=Range1d(-6, 6),
        y_range=Range1d(0, 1.05),
        x_axis_label="x",
        y_axis_label="density, or probability",
    )
    styles = {"p_data": ("p", P_DATA), "p_g": ("q", P_G), "D*": ("d", DISCRIMINATOR)}
    lines = {
        label: [made.line("x", name, source=sources["curves"], **{"line_width": 2, **style})]
        for label, (name, style) in styles.items()
    }
    legend_above(made, lines, 3)
    return [made]


EXPLORABLE = Explorable(
    folder=Path(__file__).parent,
    title="The optimal discriminator",
    page="chapters/probability/optimal_discriminator",
    controls={
        "mean": Slider("mean of p_g", -4, 4, 2.0),
        "deviation": Slider("standard deviation of p_g", 0.4, 3, 1.0),
    },
    state=discriminator_state,
    draw=draw,
    sentences={
        "apart": "With mean {mean:1} and standard deviation {deviation:1} of p_g, JS is {js:4} "
        "nats, and the best discriminator reaches V(D*, G) = 2 JS − log 4 = {value:4} nats. "
        "That is {share:percent}\u00a0% of the way from −log 4, where it must guess, to 0, where "
        "it never errs.",
        "equal": "With mean {mean:1} and standard deviation {deviation:1}, p_g is p_data: JS is "
        "{js:4} nats, D* is ½ everywhere, and V(D*, G) = {value:4} nats = −log 4, the least "
        "that any generator can reach against its best discriminator.",
    },
    checks=[
        {"mean": mean, "deviation": deviation}
        for mean, deviation in product((-4.0, -0.3, 0.0, 2.0), (0.4, 1.0, 1.7, 3.0))
    ],
)
