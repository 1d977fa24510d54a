r"""Adaptive Gauss-Legendre quadrature on the line, for integrands that live near known modes.

Breakpoints are laid geometrically about every mode, so that a mode of any width is met by pieces of
its own width, and a crossing of two modes by pieces no longer than its distance to either.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gan_utils import _checks


class Integral(NamedTuple):
    """An integral and an estimate of its absolute error, in the unit of the integral."""

    value: float
    error: float


_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
# Values at both ends of [-1, 1] of the polynomial through the nodes.
_TO_ENDS = np.linalg.solve(
    np.polynomial.legendre.legvander(_NODES, 15).T,
    np.polynomial.legendre.legvander(np.array([-1.0, 1.0]), 15).T,
)
_UNSEEN = 1 - _NODES[-1]
"""The length of [-1, 1] between an end and its first node."""
_MAX_HALVINGS = 60
_MAX_PIECES = 100_000
_PER_PIECE = 1e-11
# A mode of width 1 is over at 64; powers of 8 reach from there to where no tail matters.
_REACH = 64.0
_FAR = 8.0 ** np.arange(67)
# Floats apart by this share of a standard deviation still leave an error far below the promise.
_RESOLUTION = 1e-4


def integrate(integrand: Callable[[np.ndarray], np.ndarray], edges: np.ndarray) -> Integral:
    r"""Adaptive Gauss-Legendre quadrature of a non-negative function over adjacent pieces.

    .. math:: \int_{e_0}^{e_k} g(x)\,dx = \sum_i \int_{e_{i-1}}^{e_i} g(x)\,dx

    Each piece is halved until the sums of 16 nodes over the whole and over the halves agree, and
    until the polynomial through the nodes also meets the function at both ends of the piece: what
    begins between an end and its first node is seen there.

    Parameters
    ----------
    integrand : callable
        (n,) array to (n,) array, not negative.
    edges : (k + 1,) increasing array

    Returns
    -------
    Integral
        `error` is the sum of all disagreements; infinite where the value is infinite or NaN.

    Examples
    --------
    >>> integrate(np.square, np.array([0.0, 1.0, 3.0])).value
    9.0
    """
    low, high = edges[:-1], edges[1:]
    whole, _ = _gauss_legendre(integrand, low, high)
    value = error = 0.0
    for _ in range(_MAX_HALVINGS):
        middle = (low + high) / 2
        left, left_ends = _gauss_legendre(integrand, low, middle)
        right, right_ends = _gauss_legendre(integrand, middle, high)
        both = left + right
        if not np.isfinite(both).all():
            return Integral(float(both.sum()), np.inf)
        gap = np.abs(both - whole) + left_ends + right_ends
        rough = gap > _PER_PIECE * max(1.0, abs(value + both.sum()))
        value, error = value + both[~rough].sum(), error + gap[~rough].sum()
        low, high = np.r_[low[rough], middle[rough]], np.r_[middle[rough], high[rough]]
        whole = np.r_[left[rough], right[rough]]
        # Where the integrand is rough to the last digit, halving only makes more pieces.
        if not rough.any() or len(low) > _MAX_PIECES:
            break
    return Integral(float(value + whole.sum()), float(error + gap[rough].sum()))


def integrate_line(integrand: Callable[[np.ndarray], np.ndarray], edges: np.ndarray) -> Integral:
    """Quadrature over the whole line of a non-negative function that dies out within the edges.

    As `integrate`, but infinite (with an error that is infinite too) where either outermost piece
    holds more than 1e-6 of the integral, or of 1: the function has not died out there.

    >>> edges = np.r_[-(10.0 ** np.arange(50)[::-1]), 0.0, 10.0 ** np.arange(50)]
    >>> round(integrate_line(lambda x: 1 / (1 + x**2), edges).value / np.pi, 9)
    1.0
    >>> integrate_line(lambda x: 1 / (1 + abs(x)), edges).value
    inf
    """
    result = integrate(integrand, edges)
    tails, _ = _gauss_legendre(integrand, edges[[0, -2]], edges[[1, -1]])
    if tails.sum() > 1e-6 * max(1.0, result.value):
        return Integral(np.inf, np.inf)
    return result


def _gauss_legendre(
    integrand: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Integrals over each [low, high], and what the ends say about the part before the nodes."""
    half = (high - low)[:, None] / 2
    x = (low + high)[:, None] / 2 + half * _NODES
    with np.errstate(over="ignore", invalid="ignore"):
        values = integrand(np.concatenate([x, low[:, None], high[:, None]], axis=1).ravel())
        inner, ends = np.split(values.reshape(len(low), -1), [len(_NODES)], axis=1)
        missed = _UNSEEN * half * np.abs(inner @ _TO_ENDS - ends)
        # A pole at an end is none of a polynomial's business: halving decides about it.
        missed = np.where(np.isfinite(missed), missed, 0.0)
        # Not a matrix product, whose blocks may turn infinity into NaN.
        return half[:, 0] * (inner * _NODE_WEIGHTS).sum(axis=1), missed.sum(axis=1)


def breakpoints(**distributions: Any) -> np.ndarray:
    """Breakpoints of the line for densities of given means and variances, geometric about each.

    About every mode they lie at 0, 1, 2, 4, ... of its standard deviations until they have passed
    all others, and from there at powers of eight, out to where no tail matters.

    Parameters
    ----------
    **distributions
        By the name that an error message gives it: `mean` and `cov`, or `means` and `covs`.

    Returns
    -------
    (k,) increasing array.

    Raises
    ------
    ValueError
        If a distribution is not one-dimensional.
    ArithmeticError
        If a standard deviation is below 10⁴ times the distance of neighbouring floats at its mean:
        the density falls between them.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> edges = breakpoints(p=Gaussian(3.0, 0.25))
    >>> edges[abs(edges - 3) <= 1]
    array([2. , 2.5, 3. , 3.5, 4. ])
    """
    modes = [_modes(name, distribution) for name, distribution in distributions.items()]
    centres, scales = (np.concatenate(part) for part in zip(*modes, strict=True))
    low, high = (centres - _REACH * scales).min(), (centres + _REACH * scales).max()
    span = max(high - low, np.finfo(np.float64).tiny)
    near = [_geometric(c, s, span) for c, s in zip(centres, scales, strict=True)]
    return np.unique(np.concatenate([*near, low - span * _FAR, high + span * _FAR]))


def _geometric(centre: float, scale: float, span: float) -> np.ndarray:
    """The centre and points at 1, 2, 4, ... scales from it, as far as the span."""
    if scale == 0:
        return np.array([centre])
    distances = scale * 2.0 ** np.arange(np.ceil(np.log2(span / scale)))
    return centre + np.r_[-distances, 0.0, distances]


def _modes(name: str, distribution: Any) -> tuple[np.ndarray, np.ndarray]:
    """Centres and standard deviations of the parts of a one-dimensional distribution."""
    if hasattr(distribution, "means"):
        means, covs = distribution.means, distribution.covs
    else:
        means, covs = [distribution.mean], [distribution.cov]
    means, covs = _checks.finite(f"{name}.mean", means), _checks.finite(f"{name}.cov", covs)
    if means.size != len(means):
        raise ValueError(f"{name}: expected a distribution of dimension 1, got {means.shape[-1]}")
    centres, scales = means.ravel(), np.sqrt(covs.ravel())
    unresolved = (scales > 0) & (scales * _RESOLUTION < np.spacing(np.abs(centres)))
    if unresolved.any():
        centre, scale = centres[unresolved][0], scales[unresolved][0]
        raise ArithmeticError(
            f"{name}: float64 does not resolve a standard deviation of {scale:g} about {centre:g}"
        )
    return centres, scales
