"""Figures that a reader moves: their mathematics, how they are drawn, and their first state.

Every figure has two halves that must agree. This module draws it with Bokeh and computes, with
`gan_utils`, what it shows at first and the sentence that says so; `explorables.js` computes both
again in the reader's browser whenever a control moves. The tests compare the halves over a grid.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import bokeh
import numpy as np
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, CustomJS, Legend, Range1d, Select, Slider
from bokeh.plotting import figure
from scipy.integrate import quad
from scipy.special import expit, ndtr

from gan_utils import (
    JENSEN_SHANNON,
    Gaussian,
    dynamics,
    game_value,
    optimal_discriminator,
    plotting,
)

HERE = Path(__file__).parent
BOKEH = Path(bokeh.__file__).parent / "server" / "static" / "js"
SCRIPTS = (BOKEH / "bokeh.min.js", BOKEH / "bokeh-widgets.min.js", HERE / "explorables.js")
STYLE = HERE / "explorables.css"

LOG_2 = np.log(2.0)
LINE = np.linspace(-7, 7, 281)
LOGITS = np.linspace(-8, 8, 161)
DISTANCES = np.linspace(0, 6, 61)
FIELD = np.linspace(-0.9, 0.9, 12)
"""An even number of places, so that none is the equilibrium, where no direction is defined."""
STEPS = 200
TINY = 1e-9
"""Controls move by rounded steps: what is nearer than this is meant to be equal."""

Columns = dict[str, dict[str, np.ndarray]]
Sources = dict[str, ColumnDataSource]
Control = Slider | Select


@dataclass(frozen=True)
class State:
    """What a figure shows at some values of its controls.

    Parameters
    ----------
    columns : the data of every source by its name
    finding : which of the figure's sentences is true
    words : what fills that sentence
    reach : half the width of the plane that is shown, where the figure changes it
    """

    columns: Columns
    finding: str
    words: dict[str, str]
    reach: float | None = None


@dataclass(frozen=True)
class Explorable:
    """One figure that a reader moves.

    Parameters
    ----------
    title : what the figure is called
    controls : makes the sliders by name, at their first values
    state : from the values of the controls to what is shown
    draw : from the sources and the ranges that move to plots; a plot's `name` is its text
    sentences : by finding, with places for the state's words
    """

    title: str
    controls: Callable[[], dict[str, Control]]
    state: Callable[..., State]
    draw: Callable[[Sources, list[Range1d]], list[figure]]
    sentences: dict[str, str] = field(repr=False)

    def sentence(self, **values: float | str) -> str:
        """The text alternative at these values of the controls."""
        state = self.state(**values)
        return self.sentences[state.finding].format(**state.words)

    def first(self) -> dict[str, float | str]:
        """The values at which the controls stand before anyone has moved them."""
        return {name: control.value for name, control in self.controls().items()}


# --- Words ------------------------------------------------------------------------------------


def fixed(number: float, digits: int) -> str:
    """A decimal number with a true minus sign, and without one for zero.

    >>> fixed(-1.38629, 4), fixed(-0.00001, 4)
    ('−1.3863', '0.0000')
    """
    # As JavaScript's toFixed does it, half of a last digit goes up.
    text = f"{Decimal(number).quantize(Decimal(10) ** -digits, ROUND_HALF_UP):f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "−")


def short(number: float) -> str:
    """Four decimals where they say something, powers of ten elsewhere.

    >>> short(0.25), short(4.12e-9)
    ('0.2500', '4.1 × 10⁻⁹')
    """
    if number == 0 or 1e-3 <= abs(number) < 1e4:
        return fixed(number, 4)
    mantissa, exponent = f"{number:.1e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.replace('-', '−')} × 10{power}"


def percent(share: float) -> str:
    """A share in hundredths."""
    return fixed(100 * share, 1)


# --- What each figure shows ---------------------------------------------------------------------


def discriminator_state(mean: float, deviation: float) -> State:
    """The best discriminator between N(0, 1) and the generator's normal distribution."""
    p, q = Gaussian(0.0, 1.0), Gaussian(mean, deviation**2)
    js = JENSEN_SHANNON.quadrature(p, q)
    curves = {
        "x": LINE,
        "p": np.exp(p.log_prob(LINE)),
        "q": np.exp(q.log_prob(LINE)),
        "d": optimal_discriminator(p, q, LINE),
    }
    words = {
        "mean": fixed(mean, 1),
        "deviation": fixed(deviation, 1),
        "js": fixed(js, 4),
        "value": fixed(2 * js - 2 * LOG_2, 4),
        "share": percent(js / LOG_2),
    }
    equal = abs(mean) < TINY and abs(deviation - 1) < TINY
    return State({"curves": curves}, "equal" if equal else "apart", words)


def minimax_loss(logit: float) -> float:
    """The generator's minimax loss log(1 - D) on one sample: its part of the value of the game."""
    return game_value([np.inf], [logit])


def non_saturating_loss(logit: float) -> float:
    """The generator's loss -log D on one sample."""
    return -game_value([logit], [-np.inf])


def gradient_state(logit: float) -> State:
    """Both losses of the generator on one sample, and their slopes in the logit."""

    def columns(logits):
        return {
            "logit": logits,
            "minimax": np.array([minimax_loss(each) for each in logits]),
            "non_saturating": np.array([non_saturating_loss(each) for each in logits]),
            "minimax_slope": -expit(logits),
            "non_saturating_slope": -expit(-logits),
        }

    marker = columns(np.array([logit]))
    words = {
        "logit": fixed(logit, 1),
        "probability": fixed(expit(logit), 4),
        **{name: fixed(marker[name][0], 4) for name in marker if name != "logit"},
        "ratio": fixed(np.exp(abs(logit)), 1),
    }
    finding = "recognised" if logit < -TINY else "deceived" if logit > TINY else "even"
    return State({"curves": columns(LOGITS), "marker": marker}, finding, words)


def js_slope(distance: float, deviation: float) -> float:
    """The derivative of JS in the distance of the means, nats per unit, by adaptive quadrature."""
    delta = distance / deviation

    def integrand(z):
        return np.exp(-(z**2) / 2) / np.cosh(delta * z / 2)

    mean = quad(integrand, 0, 12, epsabs=1e-12, limit=200)[0] * np.sqrt(2 / np.pi)
    return delta / 4 * np.exp(-(delta**2) / 8) * mean / deviation


def separation_state(distance: float, deviation: float) -> State:
    """Four divergences of two normal distributions that differ by a shift."""

    def js(each):
        q = Gaussian(each / deviation, 1.0)
        return JENSEN_SHANNON.quadrature(Gaussian(0.0, 1.0), q)

    def columns(distances):
        delta = distances / deviation
        return {
            "distance": distances,
            "kl": delta**2 / 2,
            "js": np.array([js(each) for each in distances]),
            "tv": 2 * ndtr(delta / 2) - 1,
            "w1": distances,
        }

    marker = columns(np.array([distance]))
    share = marker["js"][0] / LOG_2
    words = {
        "distance": fixed(distance, 1),
        "deviation": fixed(deviation, 1),
        **{name: fixed(marker[name][0], 4) for name in ("kl", "js", "tv")},
        "w1": fixed(distance, 1),
        "slope": short(js_slope(distance, deviation)),
        "share": percent(share),
    }
    finding = "equal" if distance < TINY else "ceiling" if share > 0.99 else "apart"
    return State({"curves": columns(DISTANCES), "marker": marker}, finding, words)


def game(penalty: float) -> dynamics.Game:
    """The Dirac-GAN with the minimax loss and R1."""
    return dynamics.dirac_gan(dynamics.MINIMAX, dynamics.r1(penalty))


def simultaneous(start: np.ndarray, step: float, penalty: float, n: int = 1) -> np.ndarray:
    """Both players step from where both stand: the path of n steps."""
    return dynamics.simultaneous(game(penalty), start, step, n)


def alternating(start: np.ndarray, step: float, penalty: float, n: int = 1) -> np.ndarray:
    """The discriminator steps, and the generator answers to where it then stands."""
    return dynamics.alternating(game(penalty), start, step, n, discriminator_first=True)


UPDATES = {"simultaneous": simultaneous, "alternating": alternating}


def linearised(update: str, step: float, penalty: float) -> np.ndarray:
    """The matrix of the update near the equilibrium."""
    if update == "simultaneous":
        return dynamics.simultaneous_matrix(game(penalty), step)
    return dynamics.alternating_matrix(game(penalty), step, discriminator_first=True)


def dirac_state(update: str, step: float, penalty: float, theta: float, psi: float) -> State:
    """The way of the two players of the Dirac-GAN from one start."""
    path = UPDATES[update](np.array([theta, psi]), step, penalty, STEPS)
    distance = np.hypot(*path.T)
    reach = 2.0 ** np.ceil(np.log2(max(2.0, 1.05 * distance.max())))
    places = reach * np.stack(np.meshgrid(FIELD, FIELD, indexing="ij"), axis=-1).reshape(-1, 2)
    pulls = game(penalty).field(places)
    length = np.hypot(*pulls.T)[:, None]
    ends = places + 0.1 * reach * pulls / np.where(length > 0, length, 1)
    radius = dynamics.spectral_radius(linearised(update, step, penalty))
    columns = {
        "path": {"theta": path[:, 0], "psi": path[:, 1]},
        "start": {"theta": path[:1, 0], "psi": path[:1, 1]},
        "end": {"theta": path[-1:, 0], "psi": path[-1:, 1]},
        "field": {
            "theta": places[:, 0],
            "psi": places[:, 1],
            "theta_end": ends[:, 0],
            "psi_end": ends[:, 1],
        },
        "distances": {
            "step": np.arange(STEPS + 1),
            "distance": np.where(distance > 0, distance, np.nan),
        },
    }
    words = {
        "update": update,
        "step": fixed(step, 2),
        "penalty": fixed(penalty, 2),
        "start": short(distance[0]),
        "distance": short(distance[-1]),
        "radius": fixed(radius, 4),
    }
    return State(columns, dirac_finding(distance[0], radius), words, reach)


def dirac_finding(start: float, radius: float) -> str:
    """What the spectral radius says of players that start near the equilibrium."""
    if start < TINY:
        return "still"
    if radius > 1 + TINY:
        return "repelled"
    return "attracted" if radius < 1 - TINY else "circling"


# --- Figures --------------------------------------------------------------------------------------

JS_STYLE, TV_STYLE, W1_STYLE = (
    {"color": style["color"], "line_dash": dash}
    for style, dash in zip(plotting.SERIES, ("dotdash", (12, 4), (6, 2, 2, 2, 2, 2)), strict=True)
)
P_DATA = {"color": plotting.P_DATA["color"], "line_dash": "solid"}
P_G = {"color": plotting.P_G["color"], "line_dash": "dashed"}
DISCRIMINATOR = {"color": plotting.DISCRIMINATOR["color"], "line_dash": "dotted", "line_width": 3}
WAY = plotting.SERIES[0]["color"]
THEORY = {"color": plotting.THEORY["color"], "line_dash": "solid", "line_width": 1.5}


def plot(text: str, **options) -> figure:
    """An empty plot as wide as the page that says in words what it draws."""
    options = {"height": 300, "sizing_mode": "stretch_width", **options}
    made = figure(name=text, tools="", toolbar_location=None, **options)
    made.background_fill_color = made.border_fill_color = "white"
    made.outline_line_color = None
    for axis in made.axis:
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_color = axis.major_label_text_color = "#1a1a1a"
        axis.axis_label_text_font_size = axis.major_label_text_font_size = "13px"
    return made


def legend_above(made: figure, lines: dict[str, list], columns: int) -> None:
    """A legend outside of the frame, so that it hides no curve on a narrow screen."""
    legend = Legend(items=list(lines.items()), orientation="horizontal", ncols=columns)
    legend.border_line_color = None
    legend.spacing = 14
    legend.glyph_width = 30
    legend.label_text_font_size = "13px"
    legend.label_text_color = "#1a1a1a"
    made.add_layout(legend, "above")


def marked(made: figure, sources: Sources, x: str, styles: dict[str, tuple[str, dict]]) -> None:
    """Curves by label, each with a dot where the slider stands."""
    lines = {}
    for label, (name, style) in styles.items():
        line = made.line(x, name, source=sources["curves"], **{"line_width": 2, **style})
        made.scatter(x, name, source=sources["marker"], size=10, color=style["color"])
        lines[label] = [line]
    legend_above(made, lines, 2)


def draw_discriminator(sources: Sources, ranges: list[Range1d]) -> list[figure]:
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


def draw_gradient(sources: Sources, ranges: list[Range1d]) -> list[figure]:
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
    minimax, other = {**THEORY, "line_width": 2}, {**JS_STYLE, "line_width": 2.5}
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


def draw_separation(sources: Sources, ranges: list[Range1d]) -> list[figure]:
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
    styles = {
        "KL": ("kl", THEORY),
        "JS": ("js", JS_STYLE),
        "TV": ("tv", TV_STYLE),
        "W₁": ("w1", W1_STYLE),
    }
    marked(made, sources, "distance", styles)
    return [made]


def draw_dirac(sources: Sources, ranges: list[Range1d]) -> list[figure]:
    """The plane of the two players, and their distance from the equilibrium."""
    plane = plot(
        "The way of the generator and the discriminator through their plane, over the directions "
        "in which they pull. The text below the figure states where it ends.",
        x_range=ranges[0],
        y_range=ranges[1],
        height=None,
        aspect_ratio=0.95,
        sizing_mode="scale_width",
        max_width=460,
        x_axis_label="θ, the generator",
        y_axis_label="ψ, the discriminator",
    )
    plane.segment("theta", "psi", "theta_end", "psi_end", source=sources["field"], color="#9a9a9a")
    plane.scatter("theta", "psi", source=sources["field"], size=3, color="#9a9a9a")
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
    distances = plot(
        "The distance from the equilibrium over 200 steps, on a logarithmic axis. The text below "
        "the figure states the last.",
        height=220,
        y_axis_type="log",
        x_axis_label="step",
        y_axis_label="distance",
    )
    distances.line("step", "distance", source=sources["distances"], color=WAY, line_width=2)
    return [plane, distances]


LETTERS = {"font-size": "15px"}
"""The size of what a control says."""


def slider(title: str, start: float, end: float, first: float, step: float = 0.1) -> Slider:
    """A slider that says its title and value above itself."""
    return Slider(
        title=title,
        start=start,
        end=end,
        value=first,
        step=step,
        format="0.00" if step < 0.1 else "0.0",
        sizing_mode="stretch_width",
        bar_color=plotting.P_DATA["color"],
        styles=LETTERS,
    )


_LOSSES = (
    "At the logit {logit} the discriminator says that the sample is real with probability "
    "D = {probability}. The loss log(1 − D) is {minimax} with slope {minimax_slope}; the loss "
    "−log D is {non_saturating} with slope {non_saturating_slope}. "
)
_MEASURES = (
    "At distance {distance} and standard deviation {deviation}, KL is {kl} nats, JS {js} nats, "
    "TV {tv} and W₁ {w1}. "
)
_PLAYERS = (
    "After 200 {update} steps of size {step} with penalty {penalty} the players are {distance} "
    "away from the equilibrium; they started {start} away. The spectral radius of the linearised "
    "update is {radius}"
)

EXPLORABLES = {
    "optimal-discriminator": Explorable(
        "The optimal discriminator",
        lambda: {
            "mean": slider("mean of p_g", -4, 4, 2.0),
            "deviation": slider("standard deviation of p_g", 0.4, 3, 1.0),
        },
        discriminator_state,
        draw_discriminator,
        {
            "apart": "With mean {mean} and standard deviation {deviation} of p_g, JS is {js} nats, "
            "and the best discriminator reaches V(D*, G) = 2 JS − log 4 = {value} nats. "
            "That is {share}\u00a0% of the way from −log 4, where it must guess, to 0, where it "
            "never errs.",
            "equal": "With mean {mean} and standard deviation {deviation}, p_g is p_data: JS is "
            "{js} nats, D* is ½ everywhere, and V(D*, G) = {value} nats = −log 4, the least "
            "that any generator can reach against its best discriminator.",
        },
    ),
    "generator-gradient": Explorable(
        "Two losses for the generator",
        lambda: {"logit": slider("logit of D on a generated sample", -8, 8, -4.0)},
        gradient_state,
        draw_gradient,
        {
            "recognised": _LOSSES + "The discriminator leans towards fake, and there the "
            "non-saturating loss pulls {ratio} times as hard.",
            "even": _LOSSES + "The discriminator cannot tell, and there both pull equally hard.",
            "deceived": _LOSSES + "The discriminator leans towards real, and there the minimax "
            "loss pulls {ratio} times as hard.",
        },
    ),
    "separation": Explorable(
        "Four measures of one distance",
        lambda: {
            "distance": slider("distance of the means", 0, 6, 2.0),
            "deviation": slider("standard deviation of both", 0.2, 3, 1.0),
        },
        separation_state,
        draw_separation,
        {
            "equal": _MEASURES + "The two are one distribution, and the slope of JS is {slope}.",
            "apart": _MEASURES + "JS has reached {share}\u00a0% of its ceiling, log 2. Its slope "
            "is {slope} nats per unit of distance; that of W₁ is 1.",
            "ceiling": _MEASURES + "JS is within 1\u00a0% of its ceiling, log 2. Its slope is "
            "{slope} nats per unit of distance; that of W₁ is 1.",
        },
    ),
    "dirac-gan": Explorable(
        "The Dirac-GAN",
        lambda: {
            "update": Select(
                title="order of the steps",
                value="simultaneous",
                options=list(UPDATES),
                sizing_mode="stretch_width",
                styles=LETTERS,
            ),
            # From 0.8 on alternating steps without a penalty multiply an error by 10⁸ in 200
            # steps: what the figure showed would depend on how a browser rounds.
            "step": slider("step size", 0.02, 0.6, 0.2, 0.02),
            "penalty": slider("weight of the penalty", 0, 2, 0.0, 0.05),
            "theta": slider("start of θ", -2, 2, 1.0),
            "psi": slider("start of ψ", -2, 2, 0.0),
        },
        dirac_state,
        draw_dirac,
        {
            "repelled": _PLAYERS + ", above 1: the equilibrium is unstable.",
            "attracted": _PLAYERS + ", below 1: whoever comes near enough to the equilibrium is "
            "drawn into it.",
            "circling": _PLAYERS + ": to first order the equilibrium neither draws them in nor "
            "drives them away.",
            "still": _PLAYERS + ", and only a start beside the equilibrium shows what that does.",
        },
    ),
}


def layout(name: str):
    """Controls and plots of an explorable, wired to its half in JavaScript."""
    this = EXPLORABLES[name]
    controls = this.controls()
    state = this.state(**this.first())
    sources = {key: ColumnDataSource(columns) for key, columns in state.columns.items()}
    reach = state.reach
    ranges = [] if reach is None else [Range1d(-reach, reach), Range1d(-reach, reach)]
    plots = this.draw(sources, ranges)
    moved = CustomJS(
        args={"name": name, "controls": controls, "sources": sources, "ranges": ranges},
        code="ganExplorables.refresh(name, controls, sources, ranges)",
    )
    for control in controls.values():
        control.js_on_change("value", moved)
    return column(*controls.values(), *plots, sizing_mode="stretch_width")
