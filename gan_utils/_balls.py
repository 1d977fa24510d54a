"""Balls around samples that reach to the k-th nearest neighbour: which of them hold which points.

Tiles of samples are compared by inner products in float32, whose error has a rigorous bound. What
lies within the bound of a boundary is compared again, by differences in float64. So the result does
not depend on the first comparison, and nothing is held but the inputs and a few tiles.

The bound. Let u = 2⁻²⁴. Coordinates about a common centre are rounded once, and an inner product of
dim terms errs by at most dim u / (1 − dim u) times |x| |y|, in any order of summation (Higham
(2002), "Accuracy and stability of numerical algorithms", section 3.1). With the roundings of the
squared norms, of their subtraction and of the number r² that it is compared with, |x − y|² computed
as |x|² + |y|² − 2 xᵀy errs by less than c (|x|² + |y|² + r²), where c = 5/4 (dim + 16) u. Where
|x − y| is about r, |y|² ≤ 2 |x|² + 2 |x − y|², so that for c ≤ 0.04 the error is below
7/2 c (|x|² + r²): it does not depend on y.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

ROWS_PER_TILE = 2048
NUMBERS_PER_GATHER = 2**18  # 2 MiB of float64
# A tile with a larger share of doubtful pairs is compared by differences as a whole.
DENSE = 1 / 8
ROWS_FOR_THE_CENTRE = 1000
# The largest coordinates are brought below these powers of two: their squares do not overflow, in
# float32 and in float64, and small ones have the most room above underflow.
LARGEST_SINGLE, LARGEST_DOUBLE = 49, 500
MAX_DIM_IN_SINGLE = 2**19  # c is 0.04 there
# What underflows costs less than this in each of dim products: 2 * 2⁻¹²⁶ * 2⁵⁰, and room.
UNDERFLOW = 2.0**-74


class Memberships(NamedTuple):
    """Membership counts of balls of one k: points held in all, who is held and who holds.

    `held` says of each point whether any ball holds it, `occupied` of each ball whether it holds
    any point.
    """

    pairs: int
    held: np.ndarray
    occupied: np.ndarray


def unit(*arrays: np.ndarray) -> int:
    """The exponent of a power of two above all magnitudes, a common unit of length."""
    largest = max(max(abs(float(x.max())), abs(float(x.min()))) for x in arrays)
    return int(np.frexp(largest)[1]) if largest else -1074  # that of the smallest number


def nearest_distances(x: np.ndarray, k: int, exponent: int) -> np.ndarray:
    """Squared distances of each row to its k nearest others, ascending, (n, k), in that unit."""
    points = _Points(x, _centre(exponent, x), exponent)
    return np.concatenate([_nearest(points, rows, k) for rows in _tiles(len(x))])


def memberships(
    x: np.ndarray,
    y: np.ndarray,
    radii_x: Sequence[np.ndarray],
    radii_y: Sequence[np.ndarray],
    exponent: int,
) -> tuple[list[Memberships], list[Memberships]]:
    """Which closed balls around rows of x hold rows of y, and which around y hold rows of x.

    Radii are squared, from `nearest_distances`: an array for each size of balls that is wanted.
    Distances count as equal to a radius where they agree to the rounding of float64.
    """
    centre = _centre(exponent, x, y)
    of_x, of_y = _Points(x, centre, exponent), _Points(y, centre, exponent)
    # Both are sums of dim squares of differences, each with a relative error of (dim + 3) eps / 2.
    tie = 1 + (of_x.dim + 4) * np.finfo(float).eps
    around_x = [_Tally(radii * tie, len(y)) for radii in radii_x]
    around_y = [_Tally(radii * tie, len(x)) for radii in radii_y]
    for rows in _tiles(len(x)):
        left = of_x.centred(rows) * 2
        for columns in _tiles(len(y)):
            products = left @ of_y.centred(columns).T
            scores = products - of_y.norms[columns]
            for tally in around_x:
                inside = _inside(scores, of_x, rows, of_y, columns, tally.radii[rows])
                tally.add(inside, rows, columns)
            products -= of_x.norms[rows, None]
            for tally in around_y:
                inside = _inside(products.T, of_y, columns, of_x, rows, tally.radii[columns])
                tally.add(inside, columns, rows)
    return [tally.result() for tally in around_x], [tally.result() for tally in around_y]


class _Tally:
    """Running membership counts of balls of one size."""

    def __init__(self, radii: np.ndarray, points: int) -> None:
        self.radii, self.pairs = radii, 0
        self.held, self.occupied = np.zeros(points, bool), np.zeros(len(radii), bool)

    def add(self, inside: np.ndarray, balls: slice, points: slice) -> None:
        self.pairs += int(np.count_nonzero(inside))
        self.held[points] |= inside.any(axis=0)
        self.occupied[balls] |= inside.any(axis=1)

    def result(self) -> Memberships:
        return Memberships(self.pairs, self.held, self.occupied)


class _Points:
    """Rows of an array in two ways: about a centre in float32, and as they are in float64."""

    def __init__(self, array: np.ndarray, centre: np.ndarray, exponent: int) -> None:
        self.array, self.centre, self.dim = array, centre, array.shape[1]
        self.to_single = _shift(exponent, LARGEST_SINGLE)
        self.to_double = _shift(exponent, LARGEST_DOUBLE)
        squares = (_squares(self.centred(rows)) for rows in _tiles(len(array)))
        self.norms = np.concatenate(list(squares)).astype(np.float32)

    def __len__(self) -> int:
        return len(self.array)

    def centred(self, rows: slice) -> np.ndarray:
        """Those rows about the centre, in float32, below 2⁵⁰."""
        exact_in_single = self.array.dtype == np.float32 and abs(self.to_single) <= 126
        factor = (np.float32 if exact_in_single else np.float64)(2.0**self.to_single)
        block = self.array[rows] * factor
        block -= self.centre
        return block.astype(np.float32, copy=False)

    def exact(self, rows: np.ndarray | slice) -> np.ndarray:
        """Those rows in float64, multiplied by a power of two."""
        return np.multiply(self.array[rows], 2.0**self.to_double, dtype=np.float64)

    def thresholds(self, rows: slice, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores 2 xᵀy − |y|² below the first lie outside for certain, from the second on inside.

        For balls around these rows of these squared radii, columns of float32.
        """
        radii = np.ldexp(radii, 2 * (self.to_single - self.to_double))
        norms = self.norms[rows].astype(np.float64)
        error = 3.5 * self.share * (norms + radii) + self.dim * UNDERFLOW
        if self.dim > MAX_DIM_IN_SINGLE:
            error = np.full_like(error, np.inf)
        with np.errstate(invalid="ignore"):  # a radius not yet known is infinite: all may be inside
            ends = norms - radii - error, norms - radii + error
        return tuple(end.astype(np.float32)[:, None] for end in ends)

    @property
    def share(self) -> float:
        """The number c of the bound."""
        return 1.25 * (self.dim + 16) * 2.0**-24

    def limits(self, rows: slice, scores: np.ndarray, k: int) -> np.ndarray:
        """Squared radii at which balls around these rows hold k scored points for certain."""
        if scores.shape[1] <= k or self.dim > MAX_DIM_IN_SINGLE:
            return np.full(len(scores), np.inf)
        norms = self.norms[rows].astype(np.float64)
        # d² ≤ v + c (|x|² + |y|² + v), where |y|² ≤ 2 |x|² + 2 d².
        computed = np.maximum(norms - np.partition(scores, -k, axis=1)[:, -k], 0.0)
        bound = ((1 + self.share) * computed + 3 * self.share * norms) / (1 - 2 * self.share)
        bound += 2 * self.dim * UNDERFLOW
        return np.ldexp(bound, 2 * (self.to_double - self.to_single))


def _shift(exponent: int, largest: int) -> int:
    """The power of two to multiply with; the smallest numbers stay below what would overflow."""
    return min(largest - exponent, 1000)


def _centre(exponent: int, *arrays: np.ndarray) -> np.ndarray:
    """A point in the midst of the data, whatever strays, (dim,): the median of some rows."""
    rows = [x[:: -(-len(x) // ROWS_FOR_THE_CENTRE)] for x in arrays]
    scaled = np.concatenate(rows).astype(np.float64) * 2.0 ** _shift(exponent, LARGEST_SINGLE)
    return np.median(scaled, axis=0).astype(np.float32)


def _squares(x: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", x, x, dtype=np.float64)


def _tiles(n: int) -> Iterator[slice]:
    return (slice(i, min(i + ROWS_PER_TILE, n)) for i in range(0, n, ROWS_PER_TILE))


def _nearest(points: _Points, rows: slice, k: int) -> np.ndarray:
    """Squared distances of these rows to their k nearest others, ascending."""
    left = points.centred(rows) * 2
    nearest = np.full((len(left), k), np.inf)
    for columns in _tiles(len(points)):
        scores = left @ points.centred(columns).T
        scores -= points.norms[columns]
        both = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
        own = both - rows.start, both - columns.start
        scores[own] = -np.inf
        limits = nearest[:, -1]
        if np.isinf(limits).any():
            limits = np.minimum(limits, points.limits(rows, scores, k))
        candidates = scores >= points.thresholds(rows, limits)[0]
        candidates[own] = False
        found = _distances(points, rows, points, columns, candidates)
        nearest = _merged(nearest, candidates, found)
    return nearest


def _merged(nearest: np.ndarray, candidates: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The k smallest of each row and of what was found in it, ascending."""
    k, counts = nearest.shape[1], candidates.sum(axis=1)
    places = np.arange(counts.max(initial=0)) < counts[:, None]
    more = np.full(places.shape, np.inf)
    more[places] = found
    return np.sort(np.concatenate([nearest, more], axis=1), axis=1)[:, :k]


def _inside(
    scores: np.ndarray, x: _Points, rows: slice, y: _Points, columns: slice, radii: np.ndarray
) -> np.ndarray:
    """Which balls of these squared radii around rows of x hold which rows of y."""
    outside, inside = x.thresholds(rows, radii)
    holds = scores >= inside
    doubtful = scores >= outside
    doubtful ^= holds
    if doubtful.any():
        radii = np.broadcast_to(radii[:, None], doubtful.shape)[doubtful]
        holds[doubtful] = _distances(x, rows, y, columns, doubtful) <= radii
    return holds


def _distances(
    x: _Points, rows: slice, y: _Points, columns: slice, wanted: np.ndarray
) -> np.ndarray:
    """Squared distances of the wanted pairs of rows, by differences in float64."""
    if np.count_nonzero(wanted) > DENSE * wanted.size:
        return cdist(x.exact(rows), y.exact(columns), "sqeuclidean")[wanted]
    first, second = np.nonzero(wanted)
    first, second = first + rows.start, second + columns.start
    step = max(1, NUMBERS_PER_GATHER // x.dim)
    parts = [
        _squares(x.exact(first[i : i + step]) - y.exact(second[i : i + step]))
        for i in range(0, len(first), step)
    ]
    return np.concatenate([np.empty(0), *parts])
