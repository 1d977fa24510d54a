"""What the figures with sliders share of their drawing in Bokeh: looks, controls, wiring."""

from bokeh import models
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, CustomJS, Legend, Range1d
from bokeh.plotting import figure

from book.explorables.explorable import Control, Explorable, Slider, Sources
from gan_utils import plotting

P_DATA = {"color": plotting.P_DATA["color"], "line_dash": "solid"}
P_G = {"color": plotting.P_G["color"], "line_dash": "dashed"}
DISCRIMINATOR = {"color": plotting.DISCRIMINATOR["color"], "line_dash": "dotted", "line_width": 3}
THEORY = {"color": plotting.THEORY["color"], "line_dash": "solid", "line_width": 1.5}
SERIES = [
    {"color": style["color"], "line_dash": dash}
    for style, dash in zip(plotting.SERIES, ("dotdash", (12, 4), (6, 2, 2, 2, 2, 2)), strict=True)
]
"""The styles of `gan_utils.plotting` as Bokeh takes them."""

LETTERS = {"font-size": "15px"}
"""The size of what a control says."""


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


def widget(control: Control) -> models.Widget:
    """A control in Bokeh; it says its title and value above itself."""
    look = {"sizing_mode": "stretch_width", "styles": LETTERS}
    if not isinstance(control, Slider):
        return models.Select(
            title=control.title, value=control.first, options=list(control.ends), **look
        )
    return models.Slider(
        title=control.title,
        start=control.start,
        end=control.end,
        value=control.first,
        step=control.step,
        format="0.00" if control.step < 0.1 else "0.0",
        bar_color=plotting.P_DATA["color"],
        **look,
    )


def layout(this: Explorable) -> models.Column:
    """Controls and plots of a figure, wired to its half in JavaScript."""
    controls = {name: widget(control) for name, control in this.controls.items()}
    state = this.state(**this.first())
    sources = {key: ColumnDataSource(columns) for key, columns in state["columns"].items()}
    reach = state["numbers"].get("reach")
    ranges = [] if reach is None else [Range1d(-reach, reach), Range1d(-reach, reach)]
    plots = this.draw(sources, ranges)
    moved = CustomJS(
        args={"name": this.name, "controls": controls, "sources": sources, "ranges": ranges},
        code="ganExplorables.refresh(name, controls, sources, ranges)",
    )
    for control in controls.values():
        control.js_on_change("value", moved)
    return column(*controls.values(), *plots, sizing_mode="stretch_width")
