"""The graph of the chapters: an arrow from each to those whose first section refers to it."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from book import pages
from book.links import direct, needs

BOX, HEIGHT, LAYER, MARGIN = 336, 34, 66, 16
FILLS = ("#DCEBF7", "#FBE9DD", "#E2F3EC", "#F7E4EF", "#FFF6D6")
"""One for each part of the book."""


def drawing(book: list[pages.Page]) -> str:
    """The picture as SVG: a box for each chapter, below those that it needs."""
    arrows = direct(needs(book))
    places = layout(arrows)
    width = max(centre for centre, _ in places.values()) + BOX / 2 + MARGIN
    height = 2 * MARGIN + HEIGHT + LAYER * max(layer for _, layer in places.values())
    parts = list(dict.fromkeys(name.split("/")[0] for name in places))
    told = quoteattr(in_words(book, arrows))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" '
            f'width="{width:g}" height="{height}" role="img" aria-label={told} '
            'style="max-width: 100%; height: auto" '
            'font-family="sans-serif" font-size="13">',
            '<marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#444"/></marker>',
            f'<rect width="{width:g}" height="{height}" rx="8" fill="#fff"/>',
            *(line(places[one], places[name]) for name in places for one in sorted(arrows[name])),
            *boxes(book, places, parts),
            "</svg>\n",
        ]
    )


def in_words(book: list[pages.Page], arrows: dict[str, set[str]]) -> str:
    """What the picture says, for those who do not see it."""
    titles = {page.name: page.title for page in book}
    needed = {
        name: " and ".join(titles[one] for one in arrows if one in above) or "nothing"
        for name, above in arrows.items()
    }
    sentences = (f"{titles[name]} builds on {below}." for name, below in needed.items())
    return f"{len(arrows)} boxes joined by arrows. {' '.join(sentences)}"


def layout(arrows: dict[str, set[str]]) -> dict[str, tuple[float, int]]:
    """The centre and the layer of each chapter; a layer needs only what stands above it."""
    layers = {}
    for name, above in arrows.items():
        layers[name] = 1 + max((layers[one] for one in above), default=-1)
    rows = [[name for name in layers if layers[name] == layer] for layer in layers.values()]
    middle = max(map(len, rows)) * (BOX + MARGIN) / 2 + MARGIN / 2
    centres = {}
    for row in rows:
        for place, name in enumerate(row):
            centres[name] = middle + (place - (len(row) - 1) / 2) * (BOX + MARGIN)
        if len(row) == 1 and arrows[row[0]]:
            above = [centres[one] for one in arrows[row[0]]]
            centres[row[0]] = sum(above) / len(above)
    return {name: (centres[name], layers[name]) for name in layers}


def line(start: tuple[float, int], end: tuple[float, int]) -> str:
    """An arrow from the lower edge of one box to the upper edge of another."""
    top, bottom = MARGIN + HEIGHT + LAYER * start[1], MARGIN + LAYER * end[1]
    points = f'x1="{start[0]:g}" y1="{top}" x2="{end[0]:g}" y2="{bottom}"'
    return f'<line {points} stroke="#444" stroke-width="1.5" marker-end="url(#head)"/>'


def boxes(
    book: list[pages.Page], places: dict[str, tuple[float, int]], parts: list[str]
) -> Iterator[str]:
    """The chapters, with the numbers and titles that they have in the book."""
    titles = {page.name: page.title for page in book}
    for number, (name, (centre, layer)) in enumerate(places.items(), start=1):
        fill = FILLS[parts.index(name.split("/")[0]) % len(FILLS)]
        x, y = centre - BOX / 2, MARGIN + LAYER * layer
        yield (
            f'<rect x="{x:g}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6" fill="{fill}" '
            'stroke="#444"/>'
        )
        yield (
            f'<text x="{centre:g}" y="{y + 22}" text-anchor="middle" fill="#111">'
            f"{number}. {escape(titles[name])}</text>"
        )
