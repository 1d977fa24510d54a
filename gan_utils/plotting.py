"""One look for every figure: colour and line style by role (Matplotlib).

The colours are those of Okabe and Ito (2008), which readers with any of the common forms of colour
blindness can tell apart; each role has a line style of its own as well, so that colour is never
alone. Helpers take an Axes and return it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gan_utils import _images

if TYPE_CHECKING:
    from matplotlib.axes import Axes

P_DATA: dict[str, Any] = {"color": "#0072B2", "linestyle": "-"}
"""The data, or p: blue, solid."""

P_G: dict[str, Any] = {"color": "#D55E00", "linestyle": "--"}
"""The generator, or q: vermillion, dashed."""

DISCRIMINATOR: dict[str, Any] = {"color": "#009E73", "linestyle": ":", "linewidth": 2.5}
"""The discriminator: green, dotted."""

THEORY: dict[str, Any] = {"color": "#000000", "linestyle": "-", "linewidth": 1.0}
"""What a theorem says: black, thin."""

SERIES: tuple[dict[str, Any], ...] = (
    {"color": "#CC79A7", "linestyle": "-."},
    {"color": "#56B4E9", "linestyle": (0, (6, 2))},
    {"color": "#E69F00", "linestyle": (0, (3, 1, 1, 1, 1, 1))},
)
"""Curves that have none of the roles, such as divergences: purple, light blue, orange."""

_STYLE = {
    "figure.figsize": (7.0, 3.6),
    "figure.dpi": 120,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Matplotlib's defaults set for figures as wide as the book's text column."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(_STYLE)


def image_grid(images: npt.ArrayLike, ax: "Axes", *, columns: int) -> "Axes":
    """Image grid: all images as one mosaic in reading order, black at -1 and white at 1.

    Parameters
    ----------
    images : (n, height, width, channels) array in [-1, 1]
        One channel is drawn in grey, three as red, green and blue. Pixels outside by no more than
        1e-6, the rounding of float32 arithmetic, are clipped.
    ax : Axes
    columns : int
        Images in a row. Places left over in the last row stay black.

    Returns
    -------
    ax

    Raises
    ------
    ValueError
        If the shape is another or has a 0 in it, a pixel is NaN or outside [-1, 1], or `columns`
        is not a whole number of at least 1.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = image_grid(np.zeros((5, 28, 28, 1)), Figure().subplots(), columns=3)
    >>> ax.images[0].get_array().shape
    (56, 84)
    """
    images = _grey_or_colour(images)
    if not isinstance(columns, int | np.integer) or columns < 1:
        raise ValueError(f"columns: expected a whole number of at least 1, got {columns!r}")
    mosaic = _mosaic(images, columns)
    if mosaic.shape[-1] == 1:
        ax.imshow(mosaic[..., 0], cmap="gray", vmin=-1, vmax=1)
    else:
        ax.imshow((mosaic + 1) / 2)
    ax.set_axis_off()
    return ax


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """(n, height, width, channels) -> (rows · height, columns · width, channels)."""
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    mosaic = np.full((rows * columns, height, width, channels), -1.0)
    mosaic[:n] = images
    mosaic = mosaic.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return mosaic.reshape(rows * height, columns * width, channels)


def _grey_or_colour(images: npt.ArrayLike) -> np.ndarray:
    shape = np.shape(images)
    if len(shape) != 4 or shape[-1] not in (1, 3) or not all(shape):
        raise ValueError(
            f"images: expected shape (n, height, width, 1) or (n, height, width, 3) without a 0, "
            f"got {shape}"
        )
    return _images.pixels("images", images)
