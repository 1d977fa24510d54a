"""Divergences against definitions, closed forms and bounds that must hold; every refusal."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.special import rel_entr
from scipy.stats import binom, norm

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
    js,
    kl,
    squared_hellinger,
    total_variation,
)
from tests.package.cases import (
    ALL,
    LINE,
    LOG_2,
    PLANE,
    SYMMETRIC,
    Uniform,
    each_divergence,
    gaussian,
    vectors,
)


def by_definition(divergence, p, q):
    """Σ q f(p/q), bin by bin, with the conventions 0 f(0/0) = 0 and 0 f(p/0) = p f'(∞)."""
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if b > 0:
            total += b * divergence.f(a / b)
        elif a > 0:
            total += a * divergence.derivative(np.inf)
    return total


# Probability vectors


@each_divergence
@given(pq=vectors())
def test_vectors_follow_the_definition(divergence, pq):
    expected = by_definition(divergence, *pq)
    assert divergence(*pq) == pytest.approx(expected, rel=1e-12, abs=1e-12)


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


@each_divergence
@given(pq=vectors())
def test_a_divergence_is_positive_and_zero_only_between_equals(divergence, pq):
    p, q = pq
    assert divergence(p, p) == 0
    if abs(p - q).max() > 1e-9:
        assert divergence(p, q) > 0


@each_divergence
@given(pq=vectors())
def test_exchanging_p_and_q_reverses_kl_and_leaves_the_symmetric_ones(divergence, pq):
    p, q = pq
    there, back = divergence(p, q), divergence(q, p)
    if divergence in SYMMETRIC:
        assert there == pytest.approx(back, abs=1e-12)
    assert REVERSE_KL(p, q) == KL(q, p)


def test_kl_and_pearson_are_not_symmetric():
    p, q = [0.5, 0.5], [0.9, 0.1]
    assert kl(p, q) == pytest.approx(0.5 * np.log(0.25 / 0.09))
    assert kl(q, p) == pytest.approx(0.9 * np.log(1.8) + 0.1 * np.log(0.2))
    assert PEARSON(p, q) == pytest.approx(0.16 / 0.9 + 0.16 / 0.1)
    assert PEARSON(q, p) == pytest.approx(0.64)


@each_divergence
@given(pq=vectors(), merge=st.data())
def test_merging_bins_loses_information(divergence, pq, merge):
    label = merge.draw(st.lists(st.integers(0, 2), min_size=len(pq[0]), max_size=len(pq[0])))
    coarse = [np.bincount(label, weights=v, minlength=3) for v in pq]
    assert divergence(*coarse) <= divergence(*pq) + 1e-12


@given(vectors())
def test_the_inequalities_between_divergences(pq):
    tv, h2, chi2 = total_variation(*pq), squared_hellinger(*pq), PEARSON(*pq)
    slack = 1e-12
    assert 2 * tv**2 <= kl(*pq) + slack  # Pinsker
    assert kl(*pq) <= np.log1p(chi2) + slack
    assert h2 <= tv + slack
    assert tv <= np.sqrt(h2 * (2 - h2)) + slack
    assert js(*pq) <= LOG_2 * tv + slack
    assert tv**2 / 2 <= js(*pq) + slack


@each_divergence
def test_disjoint_supports_cost_f_at_zero_plus_its_slope_at_infinity(divergence):
    expected = divergence.f(0.0) + divergence.derivative(np.inf)
    assert divergence([1, 0, 0], [0, 0.5, 0.5]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("divergence", "only_p", "only_q"),
    [
        (KL, np.inf, LOG_2),
        (REVERSE_KL, LOG_2, np.inf),
        (PEARSON, np.inf, 1.0),
        (TOTAL_VARIATION, 0.5, 0.5),
        (SQUARED_HELLINGER, 1 - np.sqrt(0.5), 1 - np.sqrt(0.5)),
    ],
    ids=lambda v: getattr(v, "name", None),
)
def test_where_only_one_has_mass(divergence, only_p, only_q):
    half, whole = [0.5, 0.5], [1.0, 0.0]
    assert divergence(half, whole) == pytest.approx(only_p)
    assert divergence(whole, half) == pytest.approx(only_q)


@each_divergence
def test_vectors_broadcast_over_leading_axes(divergence):
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(4), size=(3, 1)), rng.dirichlet(np.ones(4), size=5)
    result = divergence(p, q)
    assert result.shape == (3, 5)
    assert result[2, 4] == divergence(p[2, 0], q[4])


def test_vectors_that_came_from_a_float32_softmax_are_accepted():
    p = np.random.default_rng(0).dirichlet(np.ones(1000)).astype(np.float32)
    assert kl(p, np.full(1000, 1e-3, dtype=np.float32)) > 0


# The five functions of an f-divergence


ratios = st.floats(1e-3, 1e3)
reals = st.floats(-8, 8)


@each_divergence
@given(u=ratios)
def test_the_derivative_is_the_slope(divergence, u):
    assume(abs(u - 1) > 1e-2 or divergence is not TOTAL_VARIATION)
    step = 1e-5 * u
    slope = (divergence.f(u + step) - divergence.f(u - step)) / (2 * step)
    assert divergence.derivative(u) == pytest.approx(slope, rel=1e-4, abs=1e-4)


@each_divergence
@given(u=ratios, t=reals)
def test_fenchel_young(divergence, u, t):
    slack = 1e-9 * (1 + abs(u * t))
    assert divergence.f(u) + divergence.conjugate(t) >= u * t - slack
    slope = divergence.derivative(u)
    equal = divergence.f(u) + divergence.conjugate(slope)
    assert equal == pytest.approx(u * slope, rel=1e-7, abs=1e-7)


@each_divergence
@given(t=reals)
def test_the_conjugate_is_the_supremum(divergence, t):
    u = np.concatenate([[0.0], np.geomspace(1e-8, 1e8, 200_001)])
    gains = u * t - divergence.f(u)
    assert divergence.conjugate(t) >= gains.max() - 1e-12
    if gains.argmax() < len(u) - 1:  # else the maximiser lies beyond the grid
        assert divergence.conjugate(t) == pytest.approx(gains.max(), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("divergence", "t", "expected"),
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
def test_the_conjugate_by_hand(divergence, t, expected):
    assert divergence.conjugate(t) == pytest.approx(expected, abs=1e-12)


@each_divergence
def test_the_output_activation_rises_through_the_domain_of_the_conjugate(divergence):
    t = divergence.output_activation(np.linspace(-5.0, 5.0, 101))
    assert (np.diff(t) > 0).all()
    assert np.isfinite(divergence.conjugate(t)).all()


@each_divergence
def test_the_output_activation_reaches_every_slope(divergence):
    wanted = divergence.derivative(np.array([0.02, 0.5, 2.0, 50.0]))
    t = divergence.output_activation(np.linspace(-100.0, 100.0, 200_001))
    assert (t.min() <= wanted).all()
    assert (wanted <= t.max()).all()


@each_divergence
@given(pq=vectors(), data=st.data())
def test_every_test_function_gives_a_lower_bound(divergence, pq, data):
    p, q = pq
    v = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=len(p), max_size=len(p))))
    t = divergence.output_activation(v)
    bound = p @ t - q @ divergence.conjugate(t)
    assert bound <= divergence(p, q) + 1e-9 * (1 + abs(bound))


@each_divergence
def test_the_bound_is_tight_at_the_slope_of_the_ratio(divergence):
    p, q = np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.3, 0.2])
    t = divergence.derivative(p / q)
    real, fake = np.repeat(t, [1, 2, 7]), np.repeat(t, [5, 3, 2])
    exact = divergence(p, q)
    assert divergence.variational_bound(real, fake[:, None]) == pytest.approx(exact, rel=1e-12)
    assert divergence.variational_bound(real * 0.9, fake * 0.9) < exact - 1e-6


def test_outside_the_domain_the_bound_is_vacuous():
    assert JENSEN_SHANNON.variational_bound([0.0], [0.0, 1.0]) == -np.inf


@pytest.mark.parametrize(
    ("divergence", "outside", "inside"),
    [
        (KL, np.inf, 1.0),
        (REVERSE_KL, 3.0, -1.0),
        (REVERSE_KL, 1e-300, -1.0),
        (JENSEN_SHANNON, np.nextafter(0.5 * LOG_2, 1.0), 0.0),
        (PEARSON, np.inf, 0.0),
        (SQUARED_HELLINGER, np.nextafter(0.5, 1.0), 0.0),
        (TOTAL_VARIATION, 5.0, -0.5),
    ],
    ids=str,
)
def test_the_bound_is_vacuous_wherever_the_test_leaves_the_domain(divergence, outside, inside):
    assert divergence.variational_bound([inside, outside], [inside]) == -np.inf
    assert divergence.variational_bound([inside], [inside, outside]) == -np.inf
    assert divergence.variational_bound([outside], [outside]) == -np.inf
    assert np.isfinite(divergence.variational_bound([inside], [inside]))


@pytest.mark.parametrize(
    ("divergence", "end", "at_zero"),
    [
        (REVERSE_KL, 0.0, -1.0),
        (JENSEN_SHANNON, 0.5 * LOG_2, -np.inf),
        (SQUARED_HELLINGER, 0.5, -np.inf),
    ],
    ids=str,
)
def test_the_excluded_end_is_taken_where_only_p_has_mass(divergence, end, at_zero):
    assert divergence.derivative(np.inf) == end
    with np.errstate(all="raise"):
        bound = divergence.variational_bound([end], [at_zero])
    assert bound == pytest.approx(end - divergence.conjugate(at_zero))
    assert divergence.variational_bound([at_zero], [end]) == -np.inf
    if divergence in SYMMETRIC:  # disjoint supports, at the optimum
        assert bound == pytest.approx(divergence([1.0, 0.0], [0.0, 1.0]), rel=1e-12)


@pytest.mark.parametrize("divergence", [REVERSE_KL, JENSEN_SHANNON, SQUARED_HELLINGER], ids=str)
@pytest.mark.parametrize("ratio", [1e16, 1e33, 1e100, 1e308])
def test_the_optimum_of_a_huge_ratio_stays_inside_the_domain(divergence, ratio):
    optimum = divergence.derivative(ratio)
    assert optimum < divergence.derivative(np.inf)
    assert np.isfinite(divergence.variational_bound([optimum], [optimum]))


def test_a_conjugate_that_overflows_does_not_leave_the_domain():
    assert KL.variational_bound([1000.0], [1.0]) == 999.0
    assert PEARSON.variational_bound([1e200], [0.0]) == 1e200


@each_divergence
def test_the_bound_is_never_nan(divergence):
    ends = [-np.inf, -1e308, 0.0, 1e308, np.inf]
    for real, fake in product(ends, ends):
        assert not np.isnan(divergence.variational_bound([real], [fake]))


@each_divergence
def test_the_output_activation_of_a_large_logit_stays_in_the_domain(divergence):
    logits = np.array([-800.0, -38.0, 36.0, 38.0, 50.0, 700.0, 750.0])
    t = divergence.output_activation(logits)
    assert (np.diff(t) >= 0).all()
    assert np.isfinite(t).all()
    if divergence is not KL:  # whose conjugate exp(t - 1) overflows inside its domain
        assert np.isfinite(divergence.conjugate(t)).all()


def test_the_bound_at_a_large_logit_is_finite():
    t = JENSEN_SHANNON.output_activation([38.0])
    # f*(T) = (softplus(v) - log 2) / 2 at the logit v, as far as T can tell.
    exact = LOG_2 - 0.5 * 38.0
    assert JENSEN_SHANNON.variational_bound(t, t) == pytest.approx(exact, abs=1.0)


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
    assert triangular()(p, q) == pytest.approx(0.0625 / 0.75 + 0.5 + 0.75)
    assert triangular().quadrature(gaussian(0, 1), gaussian(100, 1)) == pytest.approx(2.0)
    assert triangular().variational_bound([0.5], [0.0]) == 0.5
    assert triangular().variational_bound([1.001], [0.0]) == -np.inf


@each_divergence
@given(pq=vectors())
def test_the_fallback_agrees_with_the_stable_form_on_vectors(divergence, pq):
    plain = replace(divergence, perspective=None)
    expected = divergence(*pq)
    assert plain(*pq) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@each_divergence
def test_the_fallback_agrees_with_the_stable_form_on_densities(divergence):
    plain, p, q = replace(divergence, perspective=None), gaussian(0, 1), gaussian(1, 1.5)
    assert plain.quadrature(p, q) == pytest.approx(divergence.quadrature(p, q), rel=1e-9)


@pytest.mark.parametrize("divergence", [KL, REVERSE_KL, PEARSON], ids=lambda d: d.name)
def test_the_fallback_says_when_it_cannot_know(divergence):
    with pytest.raises(ArithmeticError, match="give it a `perspective`"):
        replace(divergence, perspective=None).quadrature(gaussian(0, 1), gaussian(100, 1))


def test_f_of_one_must_be_zero():
    with pytest.raises(ValueError, match=r"f: expected f\(1\) = 0, got 1"):
        FDivergence("wrong", lambda u: u**2, lambda u: 2 * u, lambda t: t**2 / 4, lambda v: v)


# Monte Carlo


PAIR = gaussian(0.0, 1.0), GaussianMixture([0.3, 0.7], [-1.0, 1.0], [0.5, 1.0])


@each_divergence
def test_monte_carlo_is_unbiased_and_its_error_bars_cover(divergence):
    runs, n = 300, 400
    exact = divergence.quadrature(*PAIR)
    estimates = np.array([divergence.monte_carlo(*PAIR, n, seed=seed) for seed in range(runs)])
    values, errors = estimates.T
    assert abs(values.mean() - exact) < 6 * values.std() / np.sqrt(runs)
    covered = (abs(values - exact) < 1.96 * errors).sum()
    # Normal theory says 95 %; weights that are skew cost a little.
    assert covered >= binom(runs, 0.92).ppf(1e-4)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)


def test_the_standard_error_falls_with_the_root_of_n():
    small, large = (
        JENSEN_SHANNON.monte_carlo(*PAIR, n, seed=0).standard_error for n in (1_000, 100_000)
    )
    assert large == pytest.approx(small / 10, rel=0.1)


def test_monte_carlo_in_two_dimensions_against_the_closed_form():
    p = Gaussian([1.0, 0.0], [[2.0, 0.8], [0.8, 1.0]])
    q = Gaussian([0.0, 0.5], [[1.0, -0.3], [-0.3, 1.5]])
    inverse, gap = np.linalg.inv(q.cov), q.mean - p.mean
    log_volumes = np.log(np.linalg.det(q.cov) / np.linalg.det(p.cov))
    exact = 0.5 * (np.trace(inverse @ p.cov) + gap @ inverse @ gap - 2 + log_volumes)
    estimate, error = KL.monte_carlo(p, q, 200_000, seed=0)
    assert abs(estimate - exact) < 6 * error
    assert error < 0.01


@pytest.mark.parametrize("divergence", SYMMETRIC, ids=lambda d: d.name)
def test_bounded_divergences_have_no_variance_between_disjoint_supports(divergence):
    estimate, error = divergence.monte_carlo(gaussian(0, 1), gaussian(1000, 1), 100, seed=0)
    assert estimate == pytest.approx(divergence.f(0.0) + divergence.derivative(np.inf))
    assert error == pytest.approx(0.0, abs=1e-12)


def test_monte_carlo_follows_the_seed_and_takes_odd_n():
    first = KL.monte_carlo(*PAIR, 101, seed=3)
    assert first == KL.monte_carlo(*PAIR, 101, seed=3)
    assert first != KL.monte_carlo(*PAIR, 101, seed=4)


@pytest.mark.parametrize("seed", [np.int64(3), [3], (3,), np.array([3])])
def test_seeds_may_be_of_numpy_or_in_sequence(seed):
    assert KL.monte_carlo(*PAIR, 101, seed=seed) == KL.monte_carlo(*PAIR, 101, seed=3)


def test_the_samples_of_p_and_of_q_are_independent():
    class Recorded(Gaussian):
        def sample(self, n, *, seed):
            seen.append((n, seed))
            return super().sample(n, seed=seed)

    seen = []
    KL.monte_carlo(Recorded(0.0, 1.0), Recorded(1.0, 1.0), 101, seed=0)
    (n_p, seed_p), (n_q, seed_q) = seen
    assert (n_p, n_q) == (51, 50)
    assert seed_p != seed_q


def test_a_sample_that_costs_infinity_makes_the_estimate_infinite():
    class Half(Uniform):
        def sample(self, n, *, seed):
            return np.random.default_rng(seed).random((n, 1))

    assert KL.monte_carlo(gaussian(0, 1), Half(), 100, seed=0) == (np.inf, np.inf)


def test_a_sample_that_rounding_carries_out_of_both_supports_weighs_nothing():
    class Narrow:
        """Uniform on an interval of some 200 distances of its float32 neighbours."""

        dim, low, high = 1, 1000.00001, 1000.01201

        def sample(self, n, *, seed):
            u = np.random.default_rng(seed).uniform(self.low, self.high, (n, 1))
            return u.astype(np.float32)

        def log_prob(self, x):
            x = np.float64(np.ravel(x))
            inside = (x >= self.low) & (x <= self.high)
            return np.where(inside, -np.log(self.high - self.low), -np.inf)

    p = Narrow()
    assert np.isneginf(p.log_prob(p.sample(5_000, seed=0))).any()
    for divergence in ALL:
        assert divergence.monte_carlo(p, p, 10_000, seed=0) == (0.0, 0.0)


class InFloat32:
    """Somebody else's distribution: a normal one that samples in float32."""

    dim = 1

    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def sample(self, n, *, seed):
        x = np.random.default_rng(seed).normal(self.mean, self.std, (n, 1))
        return x.astype(np.float32)

    def log_prob(self, x):
        return norm(self.mean, self.std).logpdf(np.ravel(x).astype(np.float64))


@pytest.mark.parametrize("divergence", [KL, JENSEN_SHANNON, TOTAL_VARIATION], ids=lambda d: d.name)
@pytest.mark.parametrize("offset", [1e7, -1e9])
def test_intervals_cover_where_float32_resolves_nothing(divergence, offset):
    p, q = gaussian(offset, 1), gaussian(offset + 1, 1)
    exact = divergence.quadrature(gaussian(0, 1), gaussian(1, 1))
    runs = 200
    values, errors = np.array([divergence.monte_carlo(p, q, 1_000, seed=i) for i in range(runs)]).T
    covered = (abs(values - exact) < 1.96 * errors).sum()
    assert covered >= binom(runs, 0.93).ppf(1e-4)
    assert abs(values.mean() - exact) < 6 * values.std() / np.sqrt(runs)


@pytest.mark.parametrize("mean", [1e7, 1e6])
def test_samples_that_are_rounded_too_coarsely_are_refused(mean):
    message = r": float32 does not resolve its samples; from one number to the next .* nats"
    with pytest.raises(ArithmeticError, match="p" + message):
        KL.monte_carlo(InFloat32(mean, 1), gaussian(mean + 1, 1), 1_000, seed=0)
    with pytest.raises(ArithmeticError, match="q" + message):
        KL.monte_carlo(gaussian(mean, 1), InFloat32(mean + 1, 1), 1_000, seed=0)
    far = gaussian(1e17, 1)
    with pytest.raises(ArithmeticError, match="p: float64 does not resolve its samples"):
        KL.monte_carlo(far, far, 1_000, seed=0)


def test_float32_samples_that_are_fine_enough_are_taken():
    p, q = InFloat32(1e4, 1), InFloat32(1e4 + 1, 1)
    value, error = KL.monte_carlo(p, q, 100_000, seed=0)
    assert abs(value - 0.5) < 6 * error


def test_a_log_density_that_is_nan_is_refused():
    class Broken(Uniform):
        def log_prob(self, x):
            return np.where(np.ravel(x) > 0.9, np.nan, super().log_prob(x))

        def sample(self, n, *, seed):
            return np.random.default_rng(seed).random((n, 1))

    for call in (
        lambda: KL.monte_carlo(Broken(), LINE, 100, seed=0),
        lambda: KL.quadrature(Broken(), LINE),
    ):
        with pytest.raises(ValueError, match=r"p\.log_prob: expected numbers, got NaN"):
            call()


@each_divergence
def test_the_integrand_keeps_nan(divergence):
    log_p = np.array([np.nan, 0.0, np.nan, np.nan])
    log_q = np.array([0.0, np.nan, -np.inf, np.nan])
    assert np.isnan(divergence.integrand(log_p, log_q)).all()
    assert np.isnan(replace(divergence, perspective=None).integrand(log_p, log_q)).all()


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
        (lambda: KL([0.5, 0.6], [0.5, 0.5]), "p: expected probabilities"),
        (lambda: KL.monte_carlo(LINE, LINE, 0, seed=0), "n: expected at least 4, got 0"),
        (lambda: KL.monte_carlo(LINE, LINE, -8, seed=0), "n: expected at least 4, got -8"),
        (lambda: KL.monte_carlo(LINE, LINE, 8, seed=-1), "seed: expected at least 0, got -1"),
        (lambda: KL.monte_carlo(LINE, LINE, 8, seed=1.5), "seed: .* whole number, got 1.5"),
        (lambda: KL.monte_carlo(LINE, LINE, 8, seed=None), "seed: .* whole number, got None"),
        (
            lambda: KL.monte_carlo(LINE, PLANE, 8, seed=0),
            "q: expected .* dimension 1 as p, got 2",
        ),
        (lambda: KL.variational_bound([np.nan], [0.0]), "test_real: expected numbers, got NaN"),
        (lambda: KL.variational_bound([0.0], []), "test_fake: expected at least one value"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
