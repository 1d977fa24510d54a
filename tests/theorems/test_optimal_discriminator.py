"""The optimal discriminator, its logit, what a mistake costs, and the code of the page."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import integrate, optimize, stats
from scipy.special import expit, rel_entr

from book.pages import definitions
from gan_utils.distributions import Gaussian, GaussianMixture
from gan_utils.divergences import JENSEN_SHANNON
from gan_utils.game import optimal_discriminator, optimal_logit

PAGE = definitions("probability/optimal_discriminator")

WEIGHTS = st.lists(st.integers(0, 20), min_size=5, max_size=5).filter(any)
ANSWERS = st.lists(st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.8, 1.0]), min_size=5, max_size=5)


def normalised(weights: list[int]) -> np.ndarray:
    return np.array(weights) / sum(weights)


def best_answers(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Where neither source puts a point, an answer that is neither D* nor its complement."""
    return np.divide(p, p + q, out=np.full_like(p, 0.123), where=p + q > 0)


def value_by_terms(p: np.ndarray, q: np.ndarray, d: np.ndarray) -> float:
    """V(D) by its definition: terms of probability zero left out, log 0 = -inf."""
    with np.errstate(divide="ignore"):
        return np.log(d[p > 0]) @ p[p > 0] + np.log(1 - d[q > 0]) @ q[q > 0]


@pytest.mark.theorem("thm-optimal-discriminator")
@given(WEIGHTS, WEIGHTS, ANSWERS)
def test_nothing_beats_the_optimal_discriminator(p, q, answers):
    """A search over p, q and D with zeros and ones; and a numerical maximiser at every point."""
    p, q, d = normalised(p), normalised(q), np.array(answers)
    best = best_answers(p, q)
    maximum = value_by_terms(p, q, best)
    assert PAGE["finite_value"](p, q, best) == pytest.approx(maximum, abs=1e-12)
    assert -np.log(4) - 1e-12 <= maximum <= 0
    gap = maximum - value_by_terms(p, q, d)
    assert gap >= -1e-12
    differs = (p + q > 0) & ~np.isclose(d, best)
    assert (gap > 1e-12) == differs.any()
    for real, fake, answer in zip(p, q, best, strict=True):
        if real > 0 and fake > 0:
            found = optimize.minimize_scalar(
                lambda s, a=real, b=fake: -a * np.log(s) - b * np.log1p(-s),
                bounds=(0, 1),
                method="bounded",
                options={"xatol": 1e-9},
            )
            assert found.x == pytest.approx(answer, abs=1e-5)


@pytest.mark.theorem("cor-log-density-ratio")
def test_the_optimal_logit_is_the_log_density_ratio():
    """Against SciPy's densities, and on a finite set where one source is absent."""
    means, covs = ([0.3, -0.2], [1.0, 0.5]), ([[1.0, 0.4], [0.4, 2.0]], [[0.7, -0.1], [-0.1, 1.2]])
    p, q = (Gaussian(*both) for both in zip(means, covs, strict=True))
    x = np.random.default_rng(0).normal(size=(50, 2)) * 2
    real, fake = (stats.multivariate_normal(*both).pdf(x) for both in zip(means, covs, strict=True))
    np.testing.assert_allclose(optimal_logit(p, q, x), np.log(real / fake), atol=1e-10)
    np.testing.assert_allclose(optimal_discriminator(p, q, x), real / (real + fake), rtol=1e-10)
    np.testing.assert_allclose(fake * np.exp(optimal_logit(p, q, x)), real, rtol=1e-9)

    p, q = np.array([1 / 2, 1 / 4, 1 / 4, 0]), np.array([1 / 6, 1 / 2, 0, 1 / 3])
    best = best_answers(p, q)
    with np.errstate(divide="ignore"):
        logit = np.log(best / (1 - best))
        np.testing.assert_allclose(logit, np.log(p) - np.log(q))
    np.testing.assert_array_equal(np.isinf(logit), [False, False, True, True])
    np.testing.assert_allclose(q[q > 0] * np.exp(logit[q > 0]), p[q > 0])


@pytest.mark.theorem("prop-regret")
@given(WEIGHTS, WEIGHTS, ANSWERS)
def test_regret_is_twice_the_mean_divergence_of_the_coins(p, q, answers):
    """Random p, q and D, with zeros: a difference of values against a sum of divergences."""
    p, q, d = normalised(p), normalised(q), np.array(answers)
    best = best_answers(p, q)
    divergence = rel_entr(best, d) + rel_entr(1 - best, 1 - d)
    seen = p + q > 0
    expected = 2 * ((p + q)[seen] / 2) @ divergence[seen]
    regret = value_by_terms(p, q, best) - value_by_terms(p, q, d)
    assert regret == pytest.approx(expected, rel=1e-9, abs=1e-12)


LOGITS = st.floats(-30, 30)


@pytest.mark.theorem("prop-price-of-error")
@given(LOGITS, LOGITS, st.floats(0.01, 1.0))
def test_what_an_error_of_the_logit_costs(a, b, fake):
    """Random pairs of logits up to ±30: both formulas and all three bounds."""
    cost, error = PAGE["price"](a, b), b - a
    oracle = rel_entr(expit(a), expit(b)) + rel_entr(expit(-a), expit(-b))
    slack = 1e-12 * (1 + abs(error))
    assert cost == pytest.approx(oracle, rel=1e-9, abs=slack)
    bregman = np.logaddexp(0, b) - np.logaddexp(0, a) - expit(a) * error
    assert cost == pytest.approx(bregman, rel=1e-9, abs=1e-12 * (1 + abs(a) + abs(b)))
    # One half of sigma'(c) times the squared error, for c between a and b.
    between = np.linspace(a, b, 2_001)
    slope = expit(between) * expit(-between)
    assert cost <= 0.5 * min(slope.max() * 1.001, 0.25) * error**2 + slack
    assert cost >= 0.5 * slope.min() * error**2 - slack
    real = fake * np.exp(a)
    if a * b >= 0 and abs(b) >= abs(a):  # overconfident
        assert cost <= 0.5 * expit(a) * expit(-a) * error**2 + slack
        overlap = real * fake / (real + fake)
        assert (real + fake) * cost <= 0.5 * overlap * error**2 + slack * (real + fake)
        assert overlap <= min(real, fake)
    if a * b >= 0 and abs(b) <= abs(a):  # underconfident
        assert cost <= np.log1p(np.exp(-abs(b))) + slack
        assert np.log1p(np.exp(-abs(b))) <= np.exp(-abs(b))


@pytest.mark.theorem("def-calibration")
def test_calibration_is_what_the_diagram_shows():
    """On a population of 24 in which every probability is a count, so that shares are exact."""
    p, q = np.array([6, 3, 3, 0]), np.array([2, 6, 0, 4])
    is_real = np.repeat([1.0, 0.0], 12)
    places = np.concatenate([np.repeat(np.arange(4), p), np.repeat(np.arange(4), q)])
    # 0.9 and 0.6 share a bin with nothing else; 0 and 1 are the ends of the range.
    edges = np.array([0, 0.2, 0.5, 0.85, 1])

    def diagram(d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, share, _ = PAGE["real_share"](d[places], is_real, edges)
        return mean, share

    optimal = p / (p + q)
    mean, share = diagram(optimal)
    np.testing.assert_allclose(mean, [0, 1 / 3, 3 / 4, 1])
    np.testing.assert_allclose(share, mean)
    reported, share, error = PAGE["real_share"](np.full(24, 0.5), is_real, np.array([0, 1]))
    assert (reported, share, error) == pytest.approx((0.5, 0.5, 0.5 / np.sqrt(24)))
    boastful = np.array([0.8, 0.25, 1, 0])
    mean, share = diagram(boastful)
    np.testing.assert_allclose(mean, [0, 0.25, 0.8, 1])
    np.testing.assert_allclose(share, [0, 1 / 3, 3 / 4, 1])
    # The definition itself, over every set of reports.
    for d, calibrated in ((optimal, True), (np.full(4, 0.5), True), (boastful, False)):
        gaps = [(p / 24 - d * (p + q) / 24)[d == report].sum() for report in np.unique(d)]
        assert np.allclose(gaps, 0) == calibrated


@pytest.mark.theorem("prop-importance-weights")
@given(WEIGHTS, WEIGHTS, st.lists(st.floats(-5, 5), min_size=5, max_size=5))
def test_weighted_samples_of_q_estimate_expectations_under_p(p, q, h):
    """The population of q, every point as often as it counts, has no sampling error."""
    counts, h = np.array(q), np.array(h)
    p, q = normalised(p), normalised(q)
    population = np.repeat(np.arange(5), counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        logits = np.log(p) - np.log(q)
    estimate = np.mean(np.exp(logits[population]) * h[population])
    if np.all(q[p > 0] > 0):
        assert estimate == pytest.approx(p @ h, abs=1e-9)
    ones = np.mean(np.exp(logits[population]))
    assert ones == pytest.approx(p[q > 0].sum(), abs=1e-12)
    if len(population) > 1 and ones > 0:
        value, _, worth = PAGE["reweighted"](logits[population], h[population])
        assert value == pytest.approx(estimate, abs=1e-12)
        assert worth == pytest.approx(ones**2 / (q[q > 0] @ (p[q > 0] / q[q > 0]) ** 2))


@pytest.mark.theorem("prop-no-samples")
@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("rare", [Fraction(1, 100), Fraction(1, 3)])
def test_what_was_not_sampled_leaves_no_trace(n, rare):
    """All procedures at once: the largest difference is the total variation of the samples' laws.

    Points 0 and 1 lie outside A; 2, 3 and 4 in it. Exact fractions.
    """
    outside = [(1 - rare) / 4, 3 * (1 - rare) / 4]
    one = [*outside, rare, Fraction(0), Fraction(0)]
    other = [*outside, Fraction(0), rare, Fraction(0)]
    mixed = [*outside, rare / 2, rare / 4, rare / 4]

    def largest_difference(a, b):
        total = Fraction(0)
        for samples in product(range(5), repeat=n):
            law_a, law_b = Fraction(1), Fraction(1)
            for x in samples:
                law_a, law_b = law_a * a[x], law_b * b[x]
            total += abs(law_a - law_b)
        return total / 2

    bound = 1 - (1 - rare) ** n
    assert bound <= n * rare
    assert largest_difference(one, other) == bound  # it cannot be improved
    assert 0 < largest_difference(one, mixed) < bound


# The code of the page.


@dataclass
class SamplesOnly:
    """What is needed to draw from a Gaussian, and no density."""

    mean: np.ndarray
    cov: np.ndarray
    dim: int = 1


def test_training_asks_for_no_density():
    sources = [SamplesOnly(np.array([m]), np.array([[1.0]])) for m in (0.0, 1.0)]
    discriminator = PAGE["train_discriminator"](*sources, seed=0, steps=20, batch=32)
    assert PAGE["logits_at"](discriminator, [[0.0], [1.0]]).shape == (2,)


def test_training_repeats():
    x = np.linspace(-2, 2, 5)[:, None]
    first, again, other = (
        PAGE["logits_at"](
            PAGE["train_discriminator"](*PAGE["PAIRS"]["wide"], seed=seed, steps=20, batch=32), x
        )
        for seed in (3, 3, 4)
    )
    np.testing.assert_allclose(first, again, rtol=1e-5)
    assert np.abs(first - other).max() > 0.01


def test_the_sampler_draws_from_its_distribution():
    """Kolmogorov-Smirnov in one dimension; moments within six standard errors in two."""
    mixture = GaussianMixture([0.2, 0.8], [-2.0, 1.0], [0.25, 4.0])
    x = PAGE["sampler"](mixture)(20_000, [0, 1]).numpy()[:, 0].astype(float)
    assert stats.kstest(x, mixture.cdf).pvalue > 1e-3
    plane = Gaussian([1.0, -1.0], [[2.0, 0.6], [0.6, 0.5]])
    x = PAGE["sampler"](plane)(20_000, [0, 2]).numpy().astype(float)
    assert np.all(np.abs(x.mean(axis=0) - plane.mean) < 6 * np.sqrt(np.diag(plane.cov) / 20_000))
    np.testing.assert_allclose(np.cov(x.T), plane.cov, atol=6 * 2 * np.sqrt(2 / 20_000))


def test_the_integrated_value_of_the_optimum_is_twice_js_less_log_4():
    p, q = PAGE["PAIRS"]["wide"]
    x = np.linspace(-25, 25, 20_001)[:, None]
    best = PAGE["exact_value"](optimal_logit(p, q, x), p, q, x)
    assert best == pytest.approx(2 * JENSEN_SHANNON.quadrature(p, q) - np.log(4), abs=1e-6)
    half = PAGE["exact_value"](np.zeros(len(x)), p, q, x)
    assert half == pytest.approx(-np.log(4), abs=1e-9)


def test_what_a_weighted_sample_is_worth():
    """E_q exp(2 logit) = exp(1) for a shift by one standard deviation, by quadrature."""
    p, q = (stats.norm(mean) for mean in (0, 1))
    second = integrate.quad(lambda x: p.pdf(x) ** 2 / q.pdf(x), -15, 15)[0]
    assert 1 / second == pytest.approx(np.exp(-1), rel=1e-9)
    x = Gaussian(1.0, 1.0).sample(400_000, seed=0)
    logits = optimal_logit(Gaussian(0.0, 1.0), Gaussian(1.0, 1.0), x)
    estimate, error, worth = PAGE["reweighted"](logits, x[:, 0])
    assert abs(estimate) < 6 * error
    assert worth == pytest.approx(np.exp(-1), rel=0.1)
    # What it is worth for the mean of x²: 2 / (10 e − 1), by quadrature.
    weighted = integrate.quad(lambda x: x**4 * p.pdf(x) ** 2 / q.pdf(x), -15, 15)[0] - 1
    assert 2 / weighted == pytest.approx(2 / (10 * np.e - 1), rel=1e-9)
