"""Two losses for the generator."""

from pathlib import Path

from bokeh.models import Range1d
from bokeh.plotting import figure

from book.explorables.drawing import SERIES, THEORY, marked, plot
from book.explorables.explorable import Explorable, Slider, Sources
from book.explorables.generator_gradient.mathematics import gradient_state


def draw(sources: Sources, ranges: list[Range1d]) -> list[figure]:
    """The losses, and below them their slopes."""
    x_range = Range1d(-8, 8)
    text = "over the logit from −8 to 8, with a dot on each curve where the slider stands. "
    text += "The text below the figure states the values."
    above = plot(
        f"The minimax and the non-saturating loss {text}",
        x_range=x_range,
        y_range=Range1d(-8.5, 8.5),
        height=260,
        y_axis_label="loss in nats",
    )
    below = plot(
        f"The slopes of both losses {text}",
        x_range=x_range,
        y_range=Range1d(-1.05, 0.05),
        height=260,
        x_axis_label="logit of D on a generated sample",
        y_axis_label="slope in the logit",
    )
    minimax, other = {**THEORY, "line_width": 2}, {**SERIES[0], "line_width": 2.5}
    marked(
        above,
        sources,
        "logit",
        {"log(1 − D)": ("minimax", minimax), "−log D": ("non_saturating", other)},
    )
    marked(
        below,
        sources,
        "logit",
        {
            "slope of log(1 − D)": ("minimax_slope", minimax),
            "slope of −log D": ("non_saturating_slope", other),
        },
    )
    return [above, below]


_LOSSES = (
    "At the logit {logit:1} the discriminator says that the sample is real with probability "
    "D = {probability:4}. The loss log(1 − D) is {minimax:4} with slope {minimax_slope:4}; the "
    "loss −log D is {non_saturating:4} with slope {non_saturating_slope:4}. "
)

EXPLORABLE = Explorable(
    folder=Path(__file__).parent,
    title="Two losses for the generator",
    page="chapters/probability/generator_gradient",
    controls={"logit": Slider("logit of D on a generated sample", -8, 8, -4.0)},
    state=gradient_state,
    draw=draw,
    sentences={
        "recognised": _LOSSES + "The discriminator leans towards fake, and there the "
        "non-saturating loss pulls {ratio:1} times as hard.",
        "even": _LOSSES + "The discriminator cannot tell, and there both pull equally hard.",
        "deceived": _LOSSES + "The discriminator leans towards real, and there the minimax "
        "loss pulls {ratio:1} times as hard.",
    },
    checks=[{"logit": logit} for logit in (-8.0, -3.1, 0.0, 0.1, 5.5, 8.0)],
)
