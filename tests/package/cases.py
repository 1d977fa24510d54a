"""Divergences, distributions and random cases that several tests of the package share."""

import numpy as np
import pytest
from hypothesis import strategies as st

from gan_utils import (
    JENSEN_SHANNON,
    KL,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    Gaussian,
)

ALL = [KL, REVERSE_KL, JENSEN_SHANNON, PEARSON, SQUARED_HELLINGER, TOTAL_VARIATION]
SYMMETRIC = [JENSEN_SHANNON, SQUARED_HELLINGER, TOTAL_VARIATION]
each_divergence = pytest.mark.parametrize("divergence", ALL, ids=lambda d: d.name)

LOG_2 = np.log(2)


@st.composite
def vectors(draw, count=2, smallest=0):
    """Vectors of equal length whose entries are multiples of 1/total, zeros included."""
    k = draw(st.integers(2, 6))
    entries = st.lists(st.integers(smallest, 9), min_size=k, max_size=k).filter(any)
    return [np.array(c) / sum(c) for c in (draw(entries) for _ in range(count))]


@st.composite
def gaussians(draw):
    """Mean and standard deviation, at scales that differ by up to a million."""
    scale = 10.0 ** draw(st.integers(-3, 3))
    return scale * draw(st.floats(-3, 3)), scale * draw(st.floats(0.3, 3))


def gaussian(mean, std):
    return Gaussian(mean, std**2)


class Uniform:
    """A distribution with jumps and a bounded support."""

    dim, mean, cov = 1, 0.5, 1 / 12

    def log_prob(self, x):
        inside = (np.ravel(x) >= 0) & (np.ravel(x) <= 1)
        return np.where(inside, 0.0, -np.inf)


PLANE, LINE = Gaussian([0.0, 0.0], np.eye(2)), gaussian(0, 1)


class Tensor:
    """What NumPy can convert, as it can TensorFlow's tensors."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=np.float32)

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or np.float32)
