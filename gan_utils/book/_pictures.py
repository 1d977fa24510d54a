"""A claim in HTML: its table, and a picture of the runs behind each statistic."""

import math
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan_utils.book.claims import Claim, Statistic

WIDTH, HEIGHT, MARGIN = 130, 22, 8
"""Size of a picture in pixels, and the room at its ends."""

_TABLE = "margin: 0; font-size: 0.85em"
_CELL = "padding: 0.1em 0.4em; "
_NAME, _NUMBER = _CELL + "text-align: left", _CELL + "text-align: right; white-space: nowrap"


def claim(shown: "Claim", columns: tuple[str, ...]) -> str:
    """The claim's sentence, and a table with one row a statistic."""
    title = f"<p><strong>{escape(shown.statement)}</strong> <code>{escape(shown.name)}</code></p>"
    if not shown.seeds:
        return f"{title}<p>Not measured yet.</p>"
    head = _cells("th", ("", "runs", *columns))
    body = "".join(_row(statistic) for statistic in shown.statistics.values())
    return (
        f'{title}<div role="region" aria-label="runs of {escape(shown.name)}" tabindex="0" '
        f'style="overflow-x: auto"><table style="{_TABLE}">{head}{body}</table></div>'
    )


def _row(statistic: "Statistic") -> str:
    name, *numbers = map(escape, statistic.row())
    return _cells("td", (name, runs(statistic), *numbers))


def _cells(tag: str, texts: tuple[str, ...]) -> str:
    styles = (_NAME, *(_NUMBER for _ in texts[1:]))
    cells = [
        f'<{tag} style="{style}">{text}</{tag}>' for style, text in zip(styles, texts, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def runs(statistic: "Statistic") -> str:
    """Picture of a statistic (SVG): a dot a run, what the bound forbids, and the interval.

    The scale is that of the interval: logarithmic where all values are positive.
    """
    place = _scale(statistic)
    low, high = (min(max(place(end), 0), WIDTH) for end in statistic.interval)
    middle = HEIGHT / 2
    forbidden = [
        (
            f'<rect x="{a:.1f}" y="0" width="{b - a:.1f}" height="{HEIGHT}" fill="#D55E00" '
            'fill-opacity="0.25"/>'
        )
        for limit, a, b in _forbidden(statistic, place)
        if limit is not None and b > a
    ]
    dots = [
        f'<circle cx="{place(value):.1f}" cy="{middle:.1f}" r="3.5" fill="currentColor" '
        'fill-opacity="0.55"/>'
        for value in statistic.values
    ]
    line = (
        f'<line x1="{low:.1f}" y1="{middle:.1f}" x2="{high:.1f}" y2="{middle:.1f}" '
        'stroke="#0072B2" stroke-width="2"/>'
    )
    return (
        f'<svg role="img" aria-label="{escape(_told(statistic))}" width="{WIDTH}" '
        f'height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(forbidden)}{line}'
        f"{''.join(dots)}</svg>"
    )


def _told(statistic: "Statistic") -> str:
    """The picture in words."""
    bound = "" if statistic.bound == "–" else f", claimed {statistic.bound}"
    spread = f"from {statistic.minimum:.4g} to {statistic.maximum:.4g}"
    interval = f"one more is expected from {statistic.low:.4g} to {statistic.high:.4g}"
    return f"{len(statistic.values)} runs {spread}{bound}; {interval}"


def _scale(statistic: "Statistic") -> Callable[[float], float]:
    """From a value to the picture's x: what is drawn are all values and bounds, with a margin."""
    limits = [limit for limit in (statistic.at_least, statistic.at_most) if limit is not None]
    logarithmic = min([*statistic.values, *limits]) > 0

    def scaled(value: float) -> float:
        if not logarithmic:
            return value
        return math.log(value) if value > 0 else -math.inf

    shown = [scaled(value) for value in (*statistic.values, *limits)]
    middle = (min(shown) + max(shown)) / 2
    span = max(shown) - min(shown) or 1.0

    def place(value: float) -> float:
        return WIDTH / 2 + (WIDTH - 2 * MARGIN) * (scaled(value) - middle) / span

    return place


def _forbidden(
    statistic: "Statistic", place: Callable[[float], float]
) -> list[tuple[float | None, float, float]]:
    """The ends of what lies below and above the bounds, with the bound that says so."""
    low, high = statistic.at_least, statistic.at_most
    return [
        (low, 0.0, place(low) if low is not None else 0.0),
        (high, place(high) if high is not None else WIDTH, WIDTH),
    ]
