"""Quadrature against closed forms and other quadratures; every refusal."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import cauchy, laplace

from gan_utils import (
    JENSEN_SHANNON,
    KL,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    Gaussian,
    GaussianMixture,
)
from gan_utils.integration import integrate
from tests.package.cases import LINE, LOG_2, PLANE, Uniform, each_divergence, gaussian, gaussians


def exact_kl(a, s, b, r):
    return np.log(r / s) + (s**2 + (a - b) ** 2) / (2 * r**2) - 0.5


def exact_squared_hellinger(a, s, b, r):
    overlap = np.exp(-((a - b) ** 2) / (4 * (s**2 + r**2)))
    return 1 - np.sqrt(2 * s * r / (s**2 + r**2)) * overlap


def exact_pearson(a, s, b, r):
    spread = 2 * r**2 - s**2
    if spread <= 0:
        return np.inf
    with np.errstate(over="ignore"):
        return r**2 / (s * np.sqrt(spread)) * np.exp((a - b) ** 2 / spread) - 1


def exact_total_variation(a, s, b, r):
    """The densities cross where a quadratic vanishes; between its roots one of them is larger."""
    roots = np.roots(
        [
            1 / r**2 - 1 / s**2,
            2 * (a / s**2 - b / r**2),
            b**2 / r**2 - a**2 / s**2 + 2 * np.log(r / s),
        ]
    )
    cuts = np.concatenate([[-np.inf], np.sort(roots.real), [np.inf]])
    masses = [np.diff(ndtr((cuts - mean) / std)) for mean, std in ((a, s), (b, r))]
    return abs(masses[0] - masses[1]).sum() / 2


def within(promised, exact):
    return abs(promised - exact) < 1e-6 * max(1.0, abs(exact))


@given(gaussians(), gaussians())
def test_quadrature_of_gaussians_is_the_closed_form(first, second):
    p, q = gaussian(*first), gaussian(*second)
    assert within(KL.quadrature(p, q), exact_kl(*first, *second))
    assert within(REVERSE_KL.quadrature(p, q), exact_kl(*second, *first))
    assert within(SQUARED_HELLINGER.quadrature(p, q), exact_squared_hellinger(*first, *second))
    js_pq = JENSEN_SHANNON.quadrature(p, q)
    assert js_pq == pytest.approx(JENSEN_SHANNON.quadrature(q, p), abs=1e-9)
    assert 0 <= js_pq <= LOG_2 + 1e-9


@given(gaussians(), gaussians())
def test_quadrature_of_pearson_finds_the_mass_away_from_both_means(first, second):
    result, exact = (
        g(*x) for g, x in ((pearson, (first, second)), (exact_pearson, first + second))
    )
    if np.isinf(exact):
        assert np.isposinf(result)
    else:
        assert result == pytest.approx(exact, rel=1e-6, abs=1e-6)


def pearson(first, second):
    return PEARSON.quadrature(gaussian(*first), gaussian(*second))


@given(gaussians(), gaussians())
def test_quadrature_of_total_variation_sees_its_kinks(first, second):
    assume(abs(np.log(first[1] / second[1])) > 1e-3)
    result = TOTAL_VARIATION.quadrature(gaussian(*first), gaussian(*second))
    assert result == pytest.approx(exact_total_variation(*first, *second), abs=1e-8)


@pytest.mark.parametrize("distance", [0.0, 0.5, 3.0, 10.0])
def test_total_variation_between_equal_widths(distance):
    result = TOTAL_VARIATION.quadrature(gaussian(0, 1), gaussian(distance, 1))
    assert result == pytest.approx(2 * ndtr(distance / 2) - 1, abs=1e-9)


def test_the_number_that_everybody_knows():
    assert KL.quadrature(gaussian(0, 1), gaussian(2, 1.5)) == pytest.approx(1.016576, abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((0, 1), (100, 1)),
        ((0, 1e-3), (0, 10)),
        ((5, 10), (0, 1e-3)),
        ((0, 1), (1e6, 1)),
        ((0, 1e-8), (3, 1e8)),
    ],
)
def test_separated_and_disparate_gaussians(first, second):
    p, q = gaussian(*first), gaussian(*second)
    assert KL.quadrature(p, q) == pytest.approx(exact_kl(*first, *second), rel=1e-9)
    hellinger = exact_squared_hellinger(*first, *second)
    assert SQUARED_HELLINGER.quadrature(p, q) == pytest.approx(hellinger, abs=1e-9)


@pytest.mark.parametrize("std", [2.0, np.sqrt(2), 1.42, 1e3])
def test_pearson_is_infinite_where_p_is_too_wide(std):
    assert PEARSON.quadrature(gaussian(0, std), gaussian(0, 1)) == np.inf


def test_pearson_just_before_it_becomes_infinite():
    assert within(pearson((0, 1.4142), (0, 1)), exact_pearson(0, 1.4142, 0, 1))


def test_pearson_beyond_the_largest_float_is_infinite():
    assert pearson((0, 1), (26, 1)) == pytest.approx(exact_pearson(0, 1, 26, 1), rel=1e-9)
    assert pearson((0, 1), (30, 1)) == np.inf


@each_divergence
def test_narrow_modes_far_apart_are_all_found(divergence):
    # Components a thousand standard deviations apart: the mixtures are vectors in all but name.
    means = [-1.0, 0.5, 7.0]
    weights = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    p, q = (GaussianMixture(w, means, np.full(3, 1e-6)) for w in weights)
    assert divergence.quadrature(p, q) == pytest.approx(divergence(*weights), abs=1e-9)


@each_divergence
def test_mixtures_that_overlap_agree_with_a_fine_sum(divergence):
    p = GaussianMixture([0.4, 0.6], [-1.0, 1.5], [0.25, 1.0])
    q = GaussianMixture([0.7, 0.3], [0.0, 2.0], [1.0, 2.25])
    x = np.linspace(-25.0, 25.0, 400_001)
    density_p, density_q = np.exp(p.log_prob(x)), np.exp(q.log_prob(x))
    u = np.where(density_q > 0, density_p / np.maximum(density_q, 1e-300), 1.0)
    fine = (density_q * divergence.f(u))[density_p > 0].sum() * (x[1] - x[0])
    assert divergence.quadrature(p, q) == pytest.approx(fine, abs=1e-6)


class Laplace:
    """A distribution of the reader's own, with a kink at its mean and exponential tails."""

    dim, mean, cov = 1, 0.3, 2.0

    def log_prob(self, x):
        return laplace(0.3, 1.0).logpdf(np.ravel(x))


def test_any_distribution_with_log_prob_mean_and_cov_will_do():
    p, q = Laplace(), gaussian(0, 2)
    expected = quad(
        lambda x: np.exp(laplace.logpdf(x, 0.3)) * (laplace.logpdf(x, 0.3) - q.log_prob(x)[0]),
        -60,
        60,
        points=[0.3],
    )[0]
    assert KL.quadrature(p, q) == pytest.approx(expected, abs=1e-7)


def test_a_bounded_support_makes_kl_infinite_on_one_side_only():
    p, q = Uniform(), gaussian(0, 1)
    assert KL.quadrature(p, q) == pytest.approx(0.5 * np.log(2 * np.pi) + 1 / 6, abs=1e-6)
    assert KL.quadrature(q, p) == np.inf
    assert TOTAL_VARIATION.quadrature(p, q) == pytest.approx(1 - (ndtr(1.0) - 0.5), abs=1e-6)


# Against a quadrature of another kind


def crossings(mixture):
    """Where two components of a mixture are equally dense: the roots of a quadratic."""
    parts = list(
        zip(mixture.weights, mixture.means[:, 0], np.sqrt(mixture.covs.ravel()), strict=True)
    )
    for (w, m, s), (v, n, r) in combinations(parts, 2):
        constant = n**2 / (2 * r**2) - m**2 / (2 * s**2) + np.log(w * r / (v * s))
        roots = np.roots([0.5 / r**2 - 0.5 / s**2, m / s**2 - n / r**2, constant])
        yield from roots[abs(roots.imag) < 1e-9 * abs(roots)].real


def double_exponential(divergence, p, q):
    """Tanh-sinh sums between all modes and crossings, where the integrand is smooth."""
    t = np.linspace(-3.4, 3.4, 161)
    to_end = 1 / (1 + np.exp(np.pi * np.sinh(abs(t))))  # in lengths of the interval
    weights = np.pi / 4 * np.cosh(t) / np.cosh(np.pi / 2 * np.sinh(t)) ** 2 * (t[1] - t[0])
    means, variances = (
        np.concatenate(pair).ravel() for pair in ((p.means, q.means), (p.covs, q.covs))
    )
    stds = np.sqrt(variances)
    reach = np.array([0.0, 1.0, 4.0, 9.0, 20.0, 60.0])[:, None]
    cuts = np.concatenate([means - reach * stds, means + reach * stds], axis=None)
    low, high = cuts.min(), cuts.max()
    cuts = np.unique(np.r_[cuts, list(crossings(p)), list(crossings(q))])
    cuts = cuts[(low <= cuts) & (cuts <= high)]
    start, end = cuts[:-1, None], cuts[1:, None]
    x = np.where(t < 0, start + (end - start) * to_end, end - (end - start) * to_end)
    values = divergence.integrand(p.log_prob(x.ravel()), q.log_prob(x.ravel())).reshape(x.shape)
    return ((values @ weights) * (end - start)[:, 0]).sum()


@pytest.mark.parametrize(
    ("q", "known"),
    [
        (GaussianMixture([0.5, 0.5], [-30.0, 0.0], [0.075**2, 3e-6**2]), 80035.417),
        (GaussianMixture(np.full(3, 1 / 3), [-2.0, 0.0, 2.0], [0.0025, 0.0025, 1e-6]), 128.63021),
    ],
)
def test_a_narrow_mode_beside_others_is_not_missed(q, known):
    p = GaussianMixture([1.0], [0.0], [1.0])
    exact = double_exponential(KL, p, q)
    assert exact == pytest.approx(known, rel=1e-7)
    assert within(KL.quadrature(p, q), exact)
    assert within(REVERSE_KL.quadrature(q, p), exact)


def random_mixture(rng):
    k = rng.integers(1, 5)
    means = rng.choice([1, 5, 30]) * rng.normal(size=k)
    stds = 10.0 ** rng.uniform(rng.choice([-6, -3, -1]), 1, size=k)
    return GaussianMixture(0.999 * rng.dirichlet(np.ones(k)) + 0.001 / k, means, stds**2)


@pytest.mark.parametrize("seed", range(20))
def test_random_mixtures_keep_the_promise(seed):
    rng = np.random.default_rng(seed)
    p, q = random_mixture(rng), random_mixture(rng)
    # χ² may overflow, and total variation has kinks where p = q: both have tests of their own.
    for divergence in (KL, REVERSE_KL, JENSEN_SHANNON, SQUARED_HELLINGER):
        assert within(divergence.quadrature(p, q), double_exponential(divergence, p, q))


def test_an_integrand_that_is_seen_at_an_end_only():
    # A wedge of height 1 that ends before the first of 16 nodes, whose area is 0.0005.
    wedge = integrate(lambda x: np.maximum(1 - x / 0.001, 0.0), np.array([0.0, 1.0]))
    assert wedge.value == pytest.approx(0.0005, abs=1e-9)


def test_noise_does_not_make_pieces_without_end():
    rng = np.random.default_rng(0)
    value, error = integrate(lambda x: rng.random(x.shape), np.array([0.0, 1.0]))
    assert abs(value - 0.5) < error < 1


@pytest.mark.parametrize("distance", [24.0, 26.0, 26.6, 26.64, 27.0, 40.0, 1000.0])
def test_pearson_about_the_largest_float(distance):
    # exp(d²) − 1, beyond 1.8e308 from d = 26.64 on.
    with np.errstate(over="ignore"):
        exact = np.expm1(distance**2)
    assert pearson((0, 1), (distance, 1)) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(
    ("std", "other", "distance"),
    [(0.0011644, 0.0029975, 0.176634), (0.0031415, 0.0070652, 0.368097), (0.0877, 0.2411, 14.396)],
)
def test_pearson_that_overflows_within_a_piece_is_infinite(std, other, distance):
    assert exact_pearson(0, std, distance, other) > 1e308
    assert pearson((0, std), (distance, other)) == np.inf
    assert PEARSON([0.5, 0.5], [1e-320, 1.0]) == np.inf


class Cauchy:
    """A distribution whose tails are so heavy that its mean and covariance are only declared."""

    dim, cov = 1, 1.0

    def __init__(self, mean):
        self.mean = mean

    def log_prob(self, x):
        return cauchy(self.mean).logpdf(np.ravel(x))


def test_heavy_tails():
    exact = np.log(5 / 4)  # Chyzak and Nielsen (2019)
    assert KL.quadrature(Cauchy(0.0), Cauchy(1.0)) == pytest.approx(exact, abs=1e-9)
    # p x² does not die out, nor does it overflow.
    assert KL.quadrature(Cauchy(0.0), gaussian(0, 1)) == np.inf


class Spiked:
    """A density that no quadrature can resolve."""

    dim, mean, cov = 1, 0.0, 1.0

    def log_prob(self, x):
        return np.random.default_rng(0).normal(size=len(x)) - np.ravel(x) ** 2


def test_an_integral_that_cannot_be_trusted_is_refused(monkeypatch):
    monkeypatch.setattr("gan_utils.integration._MAX_HALVINGS", 6)
    with pytest.raises(ArithmeticError, match=r"quadrature of KL.*estimated error"):
        KL.quadrature(Spiked(), gaussian(0, 1))


@pytest.mark.parametrize(("mean", "std"), [(1e8, 1e-10), (-1e8, 1e-5), (1.0, 1e-14)])
def test_a_density_that_falls_between_the_floats_is_refused(mean, std):
    p, q = gaussian(mean, std), gaussian(-1, 1)
    with pytest.raises(ArithmeticError, match="p: float64 does not resolve a standard deviation"):
        TOTAL_VARIATION.quadrature(p, q)
    both = GaussianMixture([0.5, 0.5], [0.0, mean], [1.0, std**2])
    with pytest.raises(ArithmeticError, match=r"q: float64 .* of 1e-\d+ about"):
        TOTAL_VARIATION.quadrature(q, both)


@pytest.mark.parametrize("mean", [1e8, -1e3, 7.0])
def test_the_finest_density_that_is_resolved_keeps_the_promise(mean):
    std = 1.01e4 * np.spacing(abs(mean))
    gap = (mean + std) - mean
    p, q = gaussian(mean, std), gaussian(mean + std, std)
    exact = 2 * ndtr(gap / std / 2) - 1
    assert TOTAL_VARIATION.quadrature(p, q) == pytest.approx(exact, abs=1e-6)
    assert TOTAL_VARIATION.quadrature(p, gaussian(-1e4, 1)) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: KL.quadrature(PLANE, LINE), "p: expected a distribution of dimension 1, got 2"),
        (lambda: KL.quadrature(LINE, PLANE), "q: expected a distribution of dimension 1, got 2"),
        (lambda: KL.quadrature(LINE, Gaussian(0.0, 0.0)), "cov: expected a positive definite"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
