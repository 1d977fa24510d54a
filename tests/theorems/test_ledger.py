"""The ledger of claims."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from gan_utils.book.claims import COVERAGE, prediction_interval

STEPS = [0.0, 0.003, 0.03, 0.1, 0.3, 1.0, 2.0, 5.0]
"""Ends of the pieces of the quadrature; a standard deviation above 5 never misses."""


@pytest.mark.theorem("prop-prediction-interval")
@pytest.mark.parametrize("n", [2, 3, 10, 30])
def test_one_more_normal_value_falls_inside_with_the_stated_probability(n: int):
    """By quadrature over the standard deviation, where Student's t is not mentioned.

    The half-width is c·s with a constant c for each n, which we read off the function itself.
    The distance of a new value from the mean is normal with variance 1 + 1/n, and (n − 1)s² is χ²
    with n − 1 degrees of freedom, so the chance of a miss is one integral.
    """
    values = np.arange(n, dtype=float)
    low, high = prediction_interval(values)
    assert (low + high) / 2 == pytest.approx(values.mean())
    c = (high - low) / 2 / values.std(ddof=1)
    distance = stats.norm(scale=np.sqrt(1 + 1 / n))
    spread = stats.chi(n - 1, scale=1 / np.sqrt(n - 1))

    def missed(s: float) -> float:
        return 2 * distance.sf(c * s) * spread.pdf(s)

    pieces = [integrate.quad(missed, a, b, epsabs=1e-13)[0] for a, b in pairwise(STEPS)]
    assert sum(pieces) == pytest.approx(1 - COVERAGE, rel=1e-6)
