"""The Dirac-GAN."""

from itertools import product
from pathlib import Path

from bokeh.models import Range1d
from bokeh.plotting import figure

from book.explorables.dirac_gan.mathematics import dirac_state
from book.explorables.drawing import SERIES, legend_above, plot
from book.explorables.explorable import Choice, Explorable, Slider, Sources

WAY, PULL = SERIES[0]["color"], "#9a9a9a"


def draw(sources: Sources, ranges: list[Range1d]) -> list[figure]:
    """The plane of the two players, and their distance from the equilibrium."""
    return [draw_plane(sources, *ranges), draw_distances(sources)]


def draw_plane(sources: Sources, x_range: Range1d, y_range: Range1d) -> figure:
    """The path of the players, over the directions in which they are pulled."""
    plane = plot(
        "The way of the generator and the discriminator through their plane, over the directions "
        "in which they pull. The text below the figure states where it ends.",
        x_range=x_range,
        y_range=y_range,
        height=None,
        aspect_ratio=0.95,
        sizing_mode="scale_width",
        max_width=460,
        x_axis_label="θ, the generator",
        y_axis_label="ψ, the discriminator",
    )
    plane.segment("theta", "psi", "theta_end", "psi_end", source=sources["field"], color=PULL)
    plane.scatter("theta", "psi", source=sources["field"], size=3, color=PULL)
    way = plane.line("theta", "psi", source=sources["path"], color=WAY, line_width=1.5)
    plane.scatter("theta", "psi", source=sources["path"], size=3, color=WAY)
    start = plane.scatter(
        "theta", "psi", source=sources["start"], marker="circle", size=11, color="black"
    )
    end = plane.scatter("theta", "psi", source=sources["end"], marker="diamond", size=16, color=WAY)
    centre = plane.scatter([0], [0], marker="x", size=14, line_width=3, color="black")
    legend_above(
        plane,
        {"start": [start], "200 steps": [way], "end": [end], "equilibrium": [centre]},
        2,
    )
    return plane


def draw_distances(sources: Sources) -> figure:
    """The distance from the equilibrium after every step."""
    distances = plot(
        "The distance from the equilibrium over 200 steps, on a logarithmic axis. The text below "
        "the figure states the last.",
        height=220,
        y_axis_type="log",
        x_axis_label="step",
        y_axis_label="distance",
    )
    distances.line("step", "distance", source=sources["distances"], color=WAY, line_width=2)
    return distances


_PLAYERS = (
    "After 200 {update} steps of size {step:2} with penalty {penalty:2} the players are "
    "{distance:short} away from the equilibrium; they started {start:short} away. The spectral "
    "radius of the linearised update is {radius:4}"
)

EXPLORABLE = Explorable(
    folder=Path(__file__).parent,
    title="The Dirac-GAN",
    page="chapters/back/explorables",
    controls={
        "update": Choice("order of the steps", ("simultaneous", "alternating")),
        # From 0.8 on alternating steps without a penalty multiply an error by 10⁸ in 200 steps:
        # what the figure showed would depend on how a browser rounds.
        "step": Slider("step size", 0.02, 0.6, 0.2, 0.02),
        "penalty": Slider("weight of the penalty", 0, 2, 0.0, 0.05),
        "theta": Slider("start of θ", -2, 2, 1.0),
        "psi": Slider("start of ψ", -2, 2, 0.0),
    },
    state=dirac_state,
    draw=draw,
    sentences={
        "repelled": _PLAYERS + ", above 1: the equilibrium is unstable.",
        "attracted": _PLAYERS + ", below 1: whoever comes near enough to the equilibrium is "
        "drawn into it.",
        "circling": _PLAYERS + ": to first order the equilibrium neither draws them in nor "
        "drives them away.",
        "still": _PLAYERS + ", and only a start beside the equilibrium shows what that does.",
    },
    checks=[
        {"update": update, "step": step, "penalty": penalty, "theta": theta, "psi": psi}
        for update, step, penalty, (theta, psi) in product(
            ("simultaneous", "alternating"),
            (0.02, 0.2, 0.6),
            (0.0, 0.3, 2.0),
            ((1.0, 0.0), (-2.0, 1.3), (0.0, 0.0)),
        )
    ],
)
