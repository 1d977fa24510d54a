"""The statements of tensorflow/digits_gan, tried against oracles."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, strategies as st

from book.pages import definitions
from gan_utils import bures_wasserstein

PAGE = "tensorflow/digits_gan"

SEEDS = st.integers(0, 2**32 - 1)


def random_fit(rng: np.random.Generator, dim: int, rank: int) -> tuple[np.ndarray, np.ndarray]:
    factor = rng.normal(size=(dim, rank))
    return rng.normal(size=dim), factor @ factor.T


@pytest.mark.theorem("def-frechet")
@given(n=st.integers(3, 60), dim=st.integers(2, 6), seed=SEEDS)
def test_distance_is_the_formula_of_the_definition(n, dim, seed):
    """Random point sets: the page's distance against SciPy's matrix square roots."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n + dim, dim)) * rng.uniform(0.5, 3, size=dim)
    y = rng.normal(size=(2 * n + dim, dim)) @ rng.normal(size=(dim, dim)) + rng.normal(size=dim)
    c, c2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(c)
    cross = scipy.linalg.sqrtm(root @ c2 @ root)
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(c + c2 - 2 * cross).real
    scale = np.trace(c + c2)
    assert page["distance"](x, y) == pytest.approx(expected, abs=1e-6 * scale)


def positive_root(cov: np.ndarray) -> np.ndarray:
    """The positive semi-definite square root, of singular matrices too."""
    eigenvalues, vectors = np.linalg.eigh(cov)
    return vectors * np.sqrt(np.maximum(eigenvalues, 0)) @ vectors.T


@pytest.mark.theorem("prop-frechet-zero")
@given(dim=st.integers(1, 6), rank=st.integers(0, 6), seed=SEEDS)
def test_zero_exactly_for_equal_moments(dim, rank, seed):
    """Random means and covariances, singular ones too: closed forms and the proof's minimum."""
    rng = np.random.default_rng(seed)
    mean, cov = random_fit(rng, dim, rank)
    other_mean, other_cov = random_fit(rng, dim, dim)
    scale = 1 + np.trace(cov) + np.trace(other_cov)

    assert 0 <= bures_wasserstein(mean, cov, mean, cov) <= 1e-10 * scale
    # Along one axis everything has a closed form, so that neither part can hide the other.
    shift = other_mean - mean
    assert bures_wasserstein(mean, cov, other_mean, cov) == pytest.approx(
        shift @ shift, abs=1e-6 * scale
    )
    stretched = 4 * cov
    assert bures_wasserstein(mean, cov, mean, stretched) == pytest.approx(
        np.trace(cov), abs=1e-6 * scale
    )
    # The form of the proof, ‖A − BQ‖², is never below it, and meets it at Q = W Uᵀ.
    a, b = positive_root(cov), positive_root(other_cov)
    u, _, w = np.linalg.svd(a @ b)
    least = bures_wasserstein(mean, cov, mean, other_cov)
    assert np.square(a - b @ (w.T @ u.T)).sum() == pytest.approx(least, abs=1e-6 * scale)
    q = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    assert np.square(a - b @ q).sum() >= least - 1e-6 * scale
    if rank < dim:
        assert least > 0


@pytest.mark.theorem("prop-great-circle")
@pytest.mark.parametrize("part", [0.1, 0.25, 0.5, 0.8])
def test_a_great_circle_keeps_the_distribution_and_a_line_does_not(part):
    """100,000 pairs, by covariance and by the distribution of one direction."""
    n, dim = 100_000, 3
    z0, z1 = np.random.default_rng(round(10 * part)).normal(size=(2, n, dim))
    circle = definitions(PAGE)["walk"](z0, z1, [part * np.pi / 2])[0]
    line = (1 - part) * z0 + part * z1
    variance = (1 - part) ** 2 + part**2
    error = 5 * np.sqrt(2 / n)  # five standard errors of a variance of 1
    for points, expected in ((circle, 1), (line, variance)):
        np.testing.assert_allclose(np.cov(points.T), expected * np.eye(dim), atol=error)
        direction = points @ np.full(dim, dim**-0.5) / np.sqrt(expected)
        assert scipy.stats.kstest(direction, "norm").pvalue > 1e-3
    assert variance < 1 - error
