"""Divergences against definitions, closed forms and bounds that must hold; every refusal."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr, rel_entr
from scipy.stats import binom, cauchy, laplace

from gan_utils import (
    JENSEN_SHANNON,
    KL,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    FDivergence,
    Gaussian,
    GaussianMixture,
    f_divergence,
    js,
    kl,
    monte_carlo,
    optimal_discriminator,
    optimal_logit,
    quadrature,
    squared_hellinger,
    total_variation,
    value,
    variational_bound,
)

ALL = [KL, REVERSE_KL, JENSEN_SHANNON, PEARSON, SQUARED_HELLINGER, TOTAL_VARIATION]
SYMMETRIC = [JENSEN_SHANNON, SQUARED_HELLINGER, TOTAL_VARIATION]
each_f = pytest.mark.parametrize("f", ALL, ids=lambda f: f.name)

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


def by_definition(f, p, q):
    """Σ q f(p/q), bin by bin, with the conventions 0 f(0/0) = 0 and 0 f(p/0) = p f'(∞)."""
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if b > 0:
            total += b * f.generator_function(a / b)
        elif a > 0:
            total += a * f.derivative(np.inf)
    return total


# Probability vectors


@each_f
@given(pq=vectors())
def test_vectors_follow_the_definition(f, pq):
    expected = by_definition(f, *pq)
    assert f_divergence(f, *pq) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(vectors())
def test_the_named_functions_are_the_textbook_sums(pq):
    p, q = pq
    m = (p + q) / 2
    assert kl(p, q) == pytest.approx(rel_entr(p, q).sum(), abs=1e-12)
    assert js(p, q) == pytest.approx((rel_entr(p, m) + rel_entr(q, m)).sum() / 2, abs=1e-12)
    assert total_variation(p, q) == pytest.approx(abs(p - q).sum() / 2, abs=1e-12)
    root_gap = np.sqrt(p) - np.sqrt(q)
    assert squared_hellinger(p, q) == pytest.approx((root_gap**2).sum() / 2, abs=1e-12)


@given(vectors())
def test_total_variation_is_the_largest_gap_over_events(pq):
    p, q = pq
    events = product([0.0, 1.0], repeat=len(p))
    largest = max(np.dot(event, p - q) for event in events)
    assert total_variation(p, q) == pytest.approx(largest, abs=1e-12)


@given(vectors())
def test_js_is_the_mutual_information_of_sample_and_label(pq):
    joint = np.stack(pq) / 2
    independent = joint.sum(axis=0) * joint.sum(axis=1, keepdims=True)
    assert js(*pq) == pytest.approx(rel_entr(joint, independent).sum(), abs=1e-12)


@each_f
@given(pq=vectors())
def test_a_divergence_is_positive_and_zero_only_between_equals(f, pq):
    p, q = pq
    assert f_divergence(f, p, p) == 0
    if abs(p - q).max() > 1e-9:
        assert f_divergence(f, p, q) > 0


@each_f
@given(pq=vectors())
def test_exchanging_p_and_q_reverses_kl_and_leaves_the_symmetric_ones(f, pq):
    p, q = pq
    there, back = f_divergence(f, p, q), f_divergence(f, q, p)
    if f in SYMMETRIC:
        assert there == pytest.approx(back, abs=1e-12)
    assert f_divergence(REVERSE_KL, p, q) == f_divergence(KL, q, p)


def test_kl_and_pearson_are_not_symmetric():
    p, q = [0.5, 0.5], [0.9, 0.1]
    assert kl(p, q) == pytest.approx(0.5 * np.log(0.25 / 0.09))
    assert kl(q, p) == pytest.approx(0.9 * np.log(1.8) + 0.1 * np.log(0.2))
    assert f_divergence(PEARSON, p, q) == pytest.approx(0.16 / 0.9 + 0.16 / 0.1)
    assert f_divergence(PEARSON, q, p) == pytest.approx(0.64)


@each_f
@given(pq=vectors(), merge=st.data())
def test_merging_bins_loses_information(f, pq, merge):
    label = merge.draw(st.lists(st.integers(0, 2), min_size=len(pq[0]), max_size=len(pq[0])))
    coarse = [np.bincount(label, weights=v, minlength=3) for v in pq]
    assert f_divergence(f, *coarse) <= f_divergence(f, *pq) + 1e-12


@given(vectors())
def test_the_inequalities_between_divergences(pq):
    tv, h2, chi2 = total_variation(*pq), squared_hellinger(*pq), f_divergence(PEARSON, *pq)
    slack = 1e-12
    assert 2 * tv**2 <= kl(*pq) + slack  # Pinsker
    assert kl(*pq) <= np.log1p(chi2) + slack
    assert h2 <= tv + slack
    assert tv <= np.sqrt(h2 * (2 - h2)) + slack
    assert js(*pq) <= LOG_2 * tv + slack
    assert tv**2 / 2 <= js(*pq) + slack


@each_f
def test_disjoint_supports_cost_f_at_zero_plus_its_slope_at_infinity(f):
    expected = f.generator_function(0.0) + f.derivative(np.inf)
    assert f_divergence(f, [1, 0, 0], [0, 0.5, 0.5]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("f", "only_p", "only_q"),
    [
        (KL, np.inf, LOG_2),
        (REVERSE_KL, LOG_2, np.inf),
        (PEARSON, np.inf, 1.0),
        (TOTAL_VARIATION, 0.5, 0.5),
        (SQUARED_HELLINGER, 1 - np.sqrt(0.5), 1 - np.sqrt(0.5)),
    ],
    ids=lambda v: getattr(v, "name", None),
)
def test_where_only_one_has_mass(f, only_p, only_q):
    half, whole = [0.5, 0.5], [1.0, 0.0]
    assert f_divergence(f, half, whole) == pytest.approx(only_p)
    assert f_divergence(f, whole, half) == pytest.approx(only_q)


@each_f
def test_vectors_broadcast_over_leading_axes(f):
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), size=(3, 1)), rng.dirichlet(np.ones(4), size=5)
    result = f_divergence(f, p, q)
    assert result.shape == (3, 5)
    assert result[2, 4] == f_divergence(f, p[2, 0], q[4])


def test_vectors_that_came_from_a_float32_softmax_are_accepted():
    p = np.random.default_rng(0).dirichlet(np.ones(1000)).astype(np.float32)
    assert kl(p, np.full(1000, 1e-3, dtype=np.float32)) > 0


# The five functions of an f-divergence


ratios = st.floats(1e-3, 1e3)
reals = st.floats(-8, 8)


@each_f
@given(u=ratios)
def test_the_derivative_is_the_slope(f, u):
    assume(abs(u - 1) > 1e-2 or f is not TOTAL_VARIATION)
    step = 1e-5 * u
    slope = (f.generator_function(u + step) - f.generator_function(u - step)) / (2 * step)
    assert f.derivative(u) == pytest.approx(slope, rel=1e-4, abs=1e-4)


@each_f
@given(u=ratios, t=reals)
def test_fenchel_young(f, u, t):
    slack = 1e-9 * (1 + abs(u * t))
    assert f.generator_function(u) + f.conjugate(t) >= u * t - slack
    slope = f.derivative(u)
    equal = f.generator_function(u) + f.conjugate(slope)
    assert equal == pytest.approx(u * slope, rel=1e-7, abs=1e-7)


@each_f
@given(t=reals)
def test_the_conjugate_is_the_supremum(f, t):
    u = np.concatenate([[0.0], np.geomspace(1e-8, 1e8, 200_001)])
    gains = u * t - f.generator_function(u)
    assert f.conjugate(t) >= gains.max() - 1e-12
    if gains.argmax() < len(u) - 1:  # else the maximiser lies beyond the grid
        assert f.conjugate(t) == pytest.approx(gains.max(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("f", "t", "expected"),
    [
        (KL, 1.0, 1.0),
        (REVERSE_KL, -1.0, -1.0),
        (REVERSE_KL, 0.0, np.inf),
        (JENSEN_SHANNON, 0.0, 0.0),
        (JENSEN_SHANNON, -50.0, -LOG_2 / 2),
        (JENSEN_SHANNON, 0.5 * LOG_2, np.inf),
        (JENSEN_SHANNON, 1.0, np.inf),
        (PEARSON, 2.0, 3.0),
        (PEARSON, -2.0, -1.0),
        (PEARSON, -5.0, -1.0),
        (SQUARED_HELLINGER, 0.25, 0.5),
        (SQUARED_HELLINGER, 0.5, np.inf),
        (SQUARED_HELLINGER, 2.0, np.inf),
        (SQUARED_HELLINGER, -1e308, -0.5),
        (SQUARED_HELLINGER, -np.inf, -0.5),
        (TOTAL_VARIATION, 0.5, 0.5),
        (TOTAL_VARIATION, -3.0, -0.5),
        (TOTAL_VARIATION, 0.6, np.inf),
    ],
    ids=str,
)
def test_the_conjugate_by_hand(f, t, expected):
    assert f.conjugate(t) == pytest.approx(expected, abs=1e-12)


@each_f
def test_the_output_activation_rises_through_the_domain_of_the_conjugate(f):
    t = f.output_activation(np.linspace(-5.0, 5.0, 101))
    assert (np.diff(t) > 0).all()
    assert np.isfinite(f.conjugate(t)).all()


@each_f
def test_the_output_activation_reaches_every_slope(f):
    wanted = f.derivative(np.array([0.02, 0.5, 2.0, 50.0]))
    t = f.output_activation(np.linspace(-100.0, 100.0, 200_001))
    assert (t.min() <= wanted).all()
    assert (wanted <= t.max()).all()


@each_f
@given(pq=vectors(), data=st.data())
def test_every_test_function_gives_a_lower_bound(f, pq, data):
    p, q = pq
    v = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=len(p), max_size=len(p))))
    t = f.output_activation(v)
    bound = p @ t - q @ f.conjugate(t)
    assert bound <= f_divergence(f, p, q) + 1e-9 * (1 + abs(bound))


@each_f
def test_the_bound_is_tight_at_the_slope_of_the_ratio(f):
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.3, 0.2])
    t = f.derivative(p / q)
    real, fake = np.repeat(t, [1, 2, 7]), np.repeat(t, [5, 3, 2])
    exact = f_divergence(f, p, q)
    assert variational_bound(f, real, fake[:, None]) == pytest.approx(exact, rel=1e-12)
    assert variational_bound(f, real * 0.9, fake * 0.9) < exact - 1e-6


def test_outside_the_domain_the_bound_is_vacuous():
    assert variational_bound(JENSEN_SHANNON, [0.0], [0.0, 1.0]) == -np.inf


@pytest.mark.parametrize(
    ("f", "outside", "inside"),
    [
        (KL, np.inf, 1.0),
        (REVERSE_KL, 3.0, -1.0),
        (REVERSE_KL, 0.0, -1.0),
        (JENSEN_SHANNON, 0.5 * LOG_2, 0.0),
        (PEARSON, np.inf, 0.0),
        (SQUARED_HELLINGER, 0.5, 0.0),
        (TOTAL_VARIATION, 5.0, -0.5),
    ],
    ids=str,
)
def test_the_bound_is_vacuous_wherever_the_test_function_leaves_the_domain(f, outside, inside):
    assert variational_bound(f, [inside, outside], [inside]) == -np.inf
    assert variational_bound(f, [inside], [inside, outside]) == -np.inf
    assert variational_bound(f, [outside], [outside]) == -np.inf
    assert np.isfinite(variational_bound(f, [inside], [inside]))


def test_a_conjugate_that_overflows_does_not_leave_the_domain():
    assert variational_bound(KL, [1000.0], [1.0]) == 999.0
    assert variational_bound(PEARSON, [1e200], [0.0]) == 1e200


@each_f
def test_the_bound_is_never_nan(f):
    ends = [-np.inf, -1e308, 0.0, 1e308, np.inf]
    for real, fake in product(ends, ends):
        assert not np.isnan(variational_bound(f, [real], [fake]))


@each_f
def test_the_output_activation_of_a_large_logit_stays_in_the_domain(f):
    logits = np.array([-800.0, -38.0, 36.0, 38.0, 50.0, 700.0, 750.0])
    t = f.output_activation(logits)
    assert (np.diff(t) >= 0).all()
    assert np.isfinite(t).all()
    if f is not KL:  # whose conjugate exp(t - 1) overflows, though every t is in its domain
        assert np.isfinite(f.conjugate(t)).all()


def test_the_bound_at_a_large_logit_is_finite():
    t = JENSEN_SHANNON.output_activation([38.0])
    # f*(T) = (softplus(v) - log 2) / 2 at the logit v, as far as T can tell.
    exact = LOG_2 - 0.5 * 38.0
    assert variational_bound(JENSEN_SHANNON, t, t) == pytest.approx(exact, abs=1.0)


# A divergence that a reader defines


def triangular(perspective=None):
    """Vincze-Le Cam: f(u) = (u - 1)²/(u + 1), D = Σ (p - q)²/(p + q)."""
    return FDivergence(
        "triangular",
        lambda u: (u - 1) ** 2 / (u + 1),
        lambda u: (u - 1) * (u + 3) / (u + 1) ** 2,  # NaN at infinity, where its limit is 1
        lambda t: np.where(t < 1, 2 + t - 4 * np.sqrt(1 - t) + 2, np.inf),
        lambda v: 1 - np.exp(-v),
        perspective,
    )


def test_a_divergence_of_ones_own():
    p, q = np.array([0.5, 0.5, 0.0, 0.0]), np.array([0.25, 0.0, 0.75, 0.0])
    assert f_divergence(triangular(), p, q) == pytest.approx(0.0625 / 0.75 + 0.5 + 0.75)
    assert quadrature(triangular(), gaussian(0, 1), gaussian(100, 1)) == pytest.approx(2.0)
    assert variational_bound(triangular(), [0.5], [0.0]) == 0.5
    assert variational_bound(triangular(), [1.0], [0.0]) == -np.inf


@each_f
@given(pq=vectors())
def test_the_fallback_agrees_with_the_stable_form_on_vectors(f, pq):
    plain = replace(f, perspective=None)
    expected = f_divergence(f, *pq)
    assert f_divergence(plain, *pq) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@each_f
def test_the_fallback_agrees_with_the_stable_form_on_densities(f):
    plain, p, q = replace(f, perspective=None), gaussian(0, 1), gaussian(1, 1.5)
    assert quadrature(plain, p, q) == pytest.approx(quadrature(f, p, q), rel=1e-9)


@pytest.mark.parametrize("f", [KL, REVERSE_KL, PEARSON], ids=lambda f: f.name)
def test_the_fallback_says_when_it_cannot_know(f):
    with pytest.raises(ArithmeticError, match="give it a `perspective`"):
        quadrature(replace(f, perspective=None), gaussian(0, 1), gaussian(100, 1))


def test_f_of_one_must_be_zero():
    with pytest.raises(ValueError, match=r"generator_function: expected f\(1\) = 0, got 1"):
        FDivergence("wrong", lambda u: u**2, lambda u: 2 * u, lambda t: t**2 / 4, lambda v: v)


# Quadrature


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
    assert within(quadrature(KL, p, q), exact_kl(*first, *second))
    assert within(quadrature(REVERSE_KL, p, q), exact_kl(*second, *first))
    assert within(quadrature(SQUARED_HELLINGER, p, q), exact_squared_hellinger(*first, *second))
    js_pq = quadrature(JENSEN_SHANNON, p, q)
    assert js_pq == pytest.approx(quadrature(JENSEN_SHANNON, q, p), abs=1e-9)
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
    return quadrature(PEARSON, gaussian(*first), gaussian(*second))


@given(gaussians(), gaussians())
def test_quadrature_of_total_variation_sees_its_kinks(first, second):
    assume(abs(np.log(first[1] / second[1])) > 1e-3)
    result = quadrature(TOTAL_VARIATION, gaussian(*first), gaussian(*second))
    assert result == pytest.approx(exact_total_variation(*first, *second), abs=1e-8)


@pytest.mark.parametrize("distance", [0.0, 0.5, 3.0, 10.0])
def test_total_variation_between_equal_widths(distance):
    result = quadrature(TOTAL_VARIATION, gaussian(0, 1), gaussian(distance, 1))
    assert result == pytest.approx(2 * ndtr(distance / 2) - 1, abs=1e-9)


def test_the_number_that_everybody_knows():
    assert quadrature(KL, gaussian(0, 1), gaussian(2, 1.5)) == pytest.approx(1.016576, abs=1e-6)


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
    assert quadrature(KL, p, q) == pytest.approx(exact_kl(*first, *second), rel=1e-9)
    hellinger = exact_squared_hellinger(*first, *second)
    assert quadrature(SQUARED_HELLINGER, p, q) == pytest.approx(hellinger, abs=1e-9)


@pytest.mark.parametrize("std", [2.0, np.sqrt(2), 1.42, 1e3])
def test_pearson_is_infinite_where_p_is_too_wide(std):
    assert quadrature(PEARSON, gaussian(0, std), gaussian(0, 1)) == np.inf


def test_pearson_just_before_it_becomes_infinite():
    assert within(pearson((0, 1.4142), (0, 1)), exact_pearson(0, 1.4142, 0, 1))


def test_pearson_beyond_the_largest_float_is_infinite():
    assert pearson((0, 1), (26, 1)) == pytest.approx(exact_pearson(0, 1, 26, 1), rel=1e-9)
    assert pearson((0, 1), (30, 1)) == np.inf


@each_f
def test_narrow_modes_far_apart_are_all_found(f):
    # Components a thousand standard deviations apart: the mixtures are vectors in all but name.
    means = [-1.0, 0.5, 7.0]
    weights = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    p, q = (GaussianMixture(w, means, np.full(3, 1e-6)) for w in weights)
    assert quadrature(f, p, q) == pytest.approx(f_divergence(f, *weights), abs=1e-9)


@each_f
def test_mixtures_that_overlap_agree_with_a_fine_sum(f):
    p = GaussianMixture([0.4, 0.6], [-1.0, 1.5], [0.25, 1.0])
    q = GaussianMixture([0.7, 0.3], [0.0, 2.0], [1.0, 2.25])
    x = np.linspace(-25.0, 25.0, 400_001)
    density_p, density_q = np.exp(p.log_prob(x)), np.exp(q.log_prob(x))
    u = np.where(density_q > 0, density_p / np.maximum(density_q, 1e-300), 1.0)
    fine = (density_q * f.generator_function(u))[density_p > 0].sum() * (x[1] - x[0])
    assert quadrature(f, p, q) == pytest.approx(fine, abs=1e-6)


class Laplace:
    """A distribution of the reader's own, with a kink at its mean and exponential tails."""

    dim, mean, cov = 1, 0.3, 2.0

    def log_prob(self, x):
        return laplace(0.3, 1.0).logpdf(np.ravel(x))


class Uniform:
    """A distribution with jumps and a bounded support."""

    dim, mean, cov = 1, 0.5, 1 / 12

    def log_prob(self, x):
        inside = (np.ravel(x) >= 0) & (np.ravel(x) <= 1)
        return np.where(inside, 0.0, -np.inf)


def test_any_distribution_with_log_prob_mean_and_cov_will_do():
    p, q = Laplace(), gaussian(0, 2)
    expected = quad(
        lambda x: np.exp(laplace.logpdf(x, 0.3)) * (laplace.logpdf(x, 0.3) - q.log_prob(x)[0]),
        -60,
        60,
        points=[0.3],
    )[0]
    assert quadrature(KL, p, q) == pytest.approx(expected, abs=1e-7)


def test_a_bounded_support_makes_kl_infinite_on_one_side_only():
    p, q = Uniform(), gaussian(0, 1)
    assert quadrature(KL, p, q) == pytest.approx(0.5 * np.log(2 * np.pi) + 1 / 6, abs=1e-6)
    assert quadrature(KL, q, p) == np.inf
    assert quadrature(TOTAL_VARIATION, p, q) == pytest.approx(1 - (ndtr(1.0) - 0.5), abs=1e-6)


class Cauchy:
    """A distribution whose tails are so heavy that its mean and covariance are only declared."""

    dim, cov = 1, 1.0

    def __init__(self, mean):
        self.mean = mean

    def log_prob(self, x):
        return cauchy(self.mean).logpdf(np.ravel(x))


def test_heavy_tails():
    exact = np.log(5 / 4)  # Chyzak and Nielsen (2019)
    assert quadrature(KL, Cauchy(0.0), Cauchy(1.0)) == pytest.approx(exact, abs=1e-9)
    # p x² does not die out, nor does it overflow.
    assert quadrature(KL, Cauchy(0.0), gaussian(0, 1)) == np.inf


class Spiked:
    """A density that no quadrature can resolve."""

    dim, mean, cov = 1, 0.0, 1.0

    def log_prob(self, x):
        return np.random.default_rng(0).normal(size=len(x)) - np.ravel(x) ** 2


def test_an_integral_that_cannot_be_trusted_is_refused(monkeypatch):
    monkeypatch.setattr("gan_utils.divergences._MAX_HALVINGS", 6)
    with pytest.raises(ArithmeticError, match=r"quadrature of KL.*estimated error"):
        quadrature(KL, Spiked(), gaussian(0, 1))


@pytest.mark.parametrize(("mean", "std"), [(1e8, 1e-10), (-1e8, 1e-5), (1.0, 1e-14)])
def test_a_density_that_falls_between_the_floats_is_refused(mean, std):
    p, q = gaussian(mean, std), gaussian(-1, 1)
    with pytest.raises(ArithmeticError, match="p: float64 does not resolve a standard deviation"):
        quadrature(TOTAL_VARIATION, p, q)
    both = GaussianMixture([0.5, 0.5], [0.0, mean], [1.0, std**2])
    with pytest.raises(ArithmeticError, match=r"q: float64 .* of 1e-\d+ about"):
        quadrature(TOTAL_VARIATION, q, both)


@pytest.mark.parametrize("mean", [1e8, -1e3, 7.0])
def test_the_finest_density_that_is_resolved_keeps_the_promise(mean):
    std = 1.01e4 * np.spacing(abs(mean))
    gap = (mean + std) - mean
    p, q = gaussian(mean, std), gaussian(mean + std, std)
    exact = 2 * ndtr(gap / std / 2) - 1
    assert quadrature(TOTAL_VARIATION, p, q) == pytest.approx(exact, abs=1e-6)
    assert quadrature(TOTAL_VARIATION, p, gaussian(-1e4, 1)) == pytest.approx(1.0, abs=1e-6)


# Monte Carlo


PAIR = gaussian(0.0, 1.0), GaussianMixture([0.3, 0.7], [-1.0, 1.0], [0.5, 1.0])


@each_f
def test_monte_carlo_is_unbiased_and_its_error_bars_cover(f):
    runs, n = 300, 400
    exact = quadrature(f, *PAIR)
    estimates = np.array([monte_carlo(f, *PAIR, n, seed=seed) for seed in range(runs)])
    values, errors = estimates.T
    assert abs(values.mean() - exact) < 6 * values.std() / np.sqrt(runs)
    covered = (abs(values - exact) < 1.96 * errors).sum()
    # Normal theory says 95 %; weights that are skew cost a little.
    assert covered >= binom(runs, 0.92).ppf(1e-4)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)


def test_the_standard_error_falls_with_the_root_of_n():
    small, large = (
        monte_carlo(JENSEN_SHANNON, *PAIR, n, seed=0).standard_error for n in (1_000, 100_000)
    )
    assert large == pytest.approx(small / 10, rel=0.1)


def test_monte_carlo_in_two_dimensions_against_the_closed_form():
    p = Gaussian([1.0, 0.0], [[2.0, 0.8], [0.8, 1.0]])
    q = Gaussian([0.0, 0.5], [[1.0, -0.3], [-0.3, 1.5]])
    inverse, gap = np.linalg.inv(q.cov), q.mean - p.mean
    log_volumes = np.log(np.linalg.det(q.cov) / np.linalg.det(p.cov))
    exact = 0.5 * (np.trace(inverse @ p.cov) + gap @ inverse @ gap - 2 + log_volumes)
    estimate, error = monte_carlo(KL, p, q, 200_000, seed=0)
    assert abs(estimate - exact) < 6 * error
    assert error < 0.01


@pytest.mark.parametrize("f", SYMMETRIC, ids=lambda f: f.name)
def test_bounded_divergences_have_no_variance_between_disjoint_supports(f):
    estimate, error = monte_carlo(f, gaussian(0, 1), gaussian(1000, 1), 100, seed=0)
    assert estimate == pytest.approx(f.generator_function(0.0) + f.derivative(np.inf))
    assert error == pytest.approx(0.0, abs=1e-12)


def test_monte_carlo_follows_the_seed_and_takes_odd_n():
    first = monte_carlo(KL, *PAIR, 101, seed=3)
    assert first == monte_carlo(KL, *PAIR, 101, seed=3)
    assert first != monte_carlo(KL, *PAIR, 101, seed=4)


@pytest.mark.parametrize("seed", [np.int64(3), [3], (3,), np.array([3])])
def test_seeds_may_be_of_numpy_or_in_sequence(seed):
    assert monte_carlo(KL, *PAIR, 101, seed=seed) == monte_carlo(KL, *PAIR, 101, seed=3)


def test_the_samples_of_p_and_of_q_are_independent():
    class Recorded(Gaussian):
        def sample(self, n, *, seed):
            seen.append((n, seed))
            return super().sample(n, seed=seed)

    seen = []
    monte_carlo(KL, Recorded(0.0, 1.0), Recorded(1.0, 1.0), 101, seed=0)
    (n_p, seed_p), (n_q, seed_q) = seen
    assert (n_p, n_q) == (51, 50)
    assert seed_p != seed_q


def test_a_sample_that_costs_infinity_makes_the_estimate_infinite():
    class Half(Uniform):
        def sample(self, n, *, seed):
            return np.random.default_rng(seed).random((n, 1))

    assert monte_carlo(KL, gaussian(0, 1), Half(), 100, seed=0) == (np.inf, np.inf)


def test_a_sample_that_rounding_carries_out_of_both_supports_weighs_nothing():
    class Narrow:
        """Uniform on an interval hardly wider than the distance of its float32 neighbours."""

        dim, low, high = 1, 1000.00003, 1000.00053

        def sample(self, n, *, seed):
            u = np.random.default_rng(seed).uniform(self.low, self.high, (n, 1))
            return u.astype(np.float32)

        def log_prob(self, x):
            x = np.float64(np.ravel(x))
            inside = (x >= self.low) & (x <= self.high)
            return np.where(inside, -np.log(self.high - self.low), -np.inf)

    p = Narrow()
    assert np.isneginf(p.log_prob(p.sample(1_000, seed=0))).any()
    for f in ALL:
        assert monte_carlo(f, p, p, 1_000, seed=0) == (0.0, 0.0)


# The optimal discriminator and the value


@given(gaussians(), gaussians(), st.floats(-5, 5))
def test_the_optimal_discriminator_is_the_posterior(first, second, where):
    p, q = gaussian(*first), gaussian(*second)
    x = np.array([first[0] + where * first[1]])
    logit = optimal_logit(p, q, x)
    assert logit == p.log_prob(x) - q.log_prob(x)
    prob = optimal_discriminator(p, q, x)
    density_p, density_q = np.exp(p.log_prob(x)), np.exp(q.log_prob(x))
    np.testing.assert_allclose(prob, density_p / (density_p + density_q), rtol=1e-9)
    np.testing.assert_allclose(prob + optimal_discriminator(q, p, x), 1.0, rtol=1e-12)


def test_the_optimal_logit_where_densities_vanish():
    p, q = Uniform(), gaussian(0, 1)
    logit = optimal_logit(p, q, np.array([0.5, 2.0]))
    assert np.isfinite(logit[0])
    assert logit[1] == -np.inf
    np.testing.assert_array_equal(optimal_discriminator(p, p, np.array([2.0])), [0.5])


def test_the_value_by_hand():
    d_real, d_fake = np.array([0.9, 0.6, 0.8]), np.array([0.3, 0.1])
    expected = np.log(d_real).mean() + np.log(1 - d_fake).mean()
    logits = [np.log(d / (1 - d)) for d in (d_real, d_fake)]
    assert value(*logits) == pytest.approx(expected, rel=1e-12)
    assert value(logits[0][:, None], logits[1][:, None]) == pytest.approx(expected, rel=1e-12)


def test_the_value_neither_overflows_nor_rounds_to_zero():
    assert value([800.0], [-800.0]) == 0.0
    assert value([-800.0], [800.0]) == -1600.0
    assert value([50.0], [-np.inf]) == pytest.approx(-np.exp(-50.0), rel=1e-12)


@given(vectors(smallest=1))
def test_the_value_at_the_optimum_is_twice_js_less_log_4(pq):
    p, q = pq
    logits = np.log(p / q)
    scale = [np.rint(v / v.min()).astype(int) for v in (p, q)]
    assume(all(np.allclose(s / s.sum(), v) for s, v in zip(scale, (p, q), strict=True)))
    best = value(np.repeat(logits, scale[0]), np.repeat(logits, scale[1]))
    assert best == pytest.approx(2 * js(p, q) - np.log(4), abs=1e-12)
    assert value(np.repeat(logits + 0.1, scale[0]), np.repeat(logits + 0.1, scale[1])) < best


PLANE, LINE = Gaussian([0.0, 0.0], np.eye(2)), gaussian(0, 1)


class Tensor:
    """What NumPy can convert, as it can TensorFlow's tensors."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=np.float32)

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or np.float32)


def test_tensors_are_taken():
    real, fake = [0.5, -1.0], [0.25, -0.25]
    assert value(Tensor(real), Tensor(fake)) == value(real, fake)
    bound = variational_bound(PEARSON, Tensor(real), Tensor(fake))
    assert bound == variational_bound(PEARSON, real, fake)
    np.testing.assert_array_equal(optimal_logit(LINE, LINE, Tensor([[0.5]])), [0.0])


def test_a_divergence_prints_its_name():
    assert repr(KL) == "FDivergence('KL(p‖q)')"


# Refusals


@pytest.mark.parametrize("function", [kl, js, total_variation, squared_hellinger])
@pytest.mark.parametrize(
    ("p", "q", "message"),
    [
        ([0.5, 0.6], [0.5, 0.5], "p: expected probabilities that sum to 1, got a sum of 1.1"),
        ([0.5, 0.5], [0.4, 0.5], "q: expected probabilities that sum to 1, got a sum of 0.9"),
        ([[0.5, 0.5], [0.2, 0.2]], [0.5, 0.5], "p: .* got a sum of 0.4"),
        ([1.5, -0.5], [0.5, 0.5], "p: expected probabilities, got the negative -0.5"),
        ([0.5, 0.5], [np.nan, 0.5], "q: expected numbers, got NaN at 1 place"),
        ([np.inf, 0.5], [0.5, 0.5], "p: expected finite numbers"),
        ([0.5, 0.5], [1.0], "q: expected 2 probabilities as in p, got 1"),
        ([0.5, 0.5], [0.2, 0.3, 0.5], "q: expected 2 probabilities as in p, got 3"),
        (
            np.full((2, 3), 1 / 3),
            np.full((4, 3), 1 / 3),
            r"q: expected a shape that broadcasts with \(2, 3\) of p, got \(4, 3\)",
        ),
        ([], [], r"p: expected shape \(..., k\) with k > 0, got \(0,\)"),
        (1.0, [1.0], r"p: expected shape \(..., k\) with k > 0, got \(\)"),
        (["a", "b"], [0.5, 0.5], "p: expected an array of numbers"),
    ],
)
def test_wrong_vectors_are_named(function, p, q, message):
    with pytest.raises(ValueError, match=message):
        function(p, q)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: f_divergence(KL, [0.5, 0.6], [0.5, 0.5]), "p: expected probabilities"),
        (lambda: quadrature(KL, PLANE, LINE), "p: expected a distribution of dimension 1, got 2"),
        (lambda: quadrature(KL, LINE, PLANE), "q: expected a distribution of dimension 1, got 2"),
        (lambda: quadrature(KL, LINE, Gaussian(0.0, 0.0)), "cov: expected a positive definite"),
        (lambda: monte_carlo(KL, LINE, LINE, 0, seed=0), "n: expected at least 4, got 0"),
        (lambda: monte_carlo(KL, LINE, LINE, -8, seed=0), "n: expected at least 4, got -8"),
        (lambda: monte_carlo(KL, LINE, LINE, 8, seed=-1), "seed: expected at least 0, got -1"),
        (lambda: monte_carlo(KL, LINE, LINE, 8, seed=1.5), "seed: .* whole number, got 1.5"),
        (lambda: monte_carlo(KL, LINE, LINE, 8, seed=None), "seed: .* whole number, got None"),
        (
            lambda: monte_carlo(KL, LINE, PLANE, 8, seed=0),
            "q: expected .* dimension 1 as p, got 2",
        ),
        (
            lambda: optimal_logit(PLANE, LINE, [[0.0, 0.0]]),
            "q: expected .* dimension 2 as p, got 1",
        ),
        (lambda: optimal_logit(PLANE, PLANE, [0.0]), r"x: expected shape \(n, 2\), got \(1,\)"),
        (lambda: optimal_discriminator(LINE, LINE, [np.nan]), "x: expected numbers, got NaN"),
        (lambda: value([], [0.0]), r"logits_real: expected at least one value, got shape \(0,\)"),
        (lambda: value([0.0], [np.nan]), "logits_fake: expected numbers, got NaN"),
        (lambda: variational_bound(KL, [np.nan], [0.0]), "test_real: expected numbers, got NaN"),
        (lambda: variational_bound(KL, [0.0], []), "test_fake: expected at least one value"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
