"""Densities against SciPy, samples against densities, and every refusal."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from scipy.integrate import quad

from gan_utils import Gaussian, GaussianMixture, grid, ring

seeds = st.integers(0, 10_000)
dims = st.integers(1, 5)

BIMODAL = GaussianMixture([0.25, 0.75], [-1.0, 2.0], [0.25, 1.0])
TILTED = Gaussian([1.0, -2.0], [[2.0, 0.6], [0.6, 0.5]])


def random_gaussian(seed, dim):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(dim, dim + 1))
    return Gaussian(rng.normal(size=dim), a @ a.T)


@given(seeds, dims)
def test_the_log_density_of_a_gaussian_is_that_of_scipy(seed, dim):
    p = random_gaussian(seed, dim)
    x = np.random.default_rng(seed + 1).normal(scale=3.0, size=(7, dim))
    expected = stats.multivariate_normal(p.mean, p.cov).logpdf(x)
    np.testing.assert_allclose(p.log_prob(x), expected, rtol=1e-9, atol=1e-9)


@given(seeds, dims)
def test_the_density_of_a_mixture_is_the_weighted_sum(seed, dim):
    parts = [random_gaussian(seed + i, dim) for i in range(3)]
    weights = np.array([0.2, 0.5, 0.3])
    p = GaussianMixture(weights, [g.mean for g in parts], [g.cov for g in parts])
    x = np.random.default_rng(seed).normal(scale=3.0, size=(7, dim))
    expected = sum(
        w * stats.multivariate_normal(g.mean, g.cov).pdf(x)
        for w, g in zip(weights, parts, strict=True)
    )
    np.testing.assert_allclose(np.exp(p.log_prob(x)), expected, rtol=1e-9)


def test_coordinates_of_very_different_scale_are_not_a_singular_covariance():
    p = Gaussian([0.0, 0.0], np.diag([1e12, 1e-12]))
    assert p.log_prob([[0.0, 0.0]]) == pytest.approx(-np.log(2 * np.pi), abs=1e-12)


@pytest.mark.parametrize(
    ("cov", "message"),
    [
        ([[1e7, 0.0], [0.0, -1.0]], "semi-definite matrix, got the variance -1"),
        ([[1e7, 0.0], [0.0, -1e-20]], "semi-definite matrix, got the variance -1e-20"),
        ([[1e6, 1.0], [0.0, 1.0]], "symmetric matrix, got asymmetry 1$"),
        ([[1e7, 0, 0], [0, 1, 2], [0, 2, 1]], "semi-definite matrix, got the eigenvalue -1 of its"),
        (
            [[1e20, 0, 0], [0, 0, 1], [0, 1, 0]],
            "semi-definite matrix, got the eigenvalue -1 of its",
        ),
        ([[1e12, 2.0], [2.0, 1e-12]], "semi-definite matrix, got the eigenvalue -1 of its"),
    ],
)
def test_a_large_variance_does_not_hide_the_fault_of_a_small_one(cov, message):
    with pytest.raises(ValueError, match=f"cov: expected a (positive )?{message}"):
        Gaussian(np.zeros(len(cov)), cov)


def test_units_decide_nothing_about_a_covariance():
    cov, units = np.array([[2.0, 0.6], [0.6 + 1e-9, 0.5]]), np.array([1e150, 1e-150])
    np.testing.assert_allclose(
        Gaussian([0.0, 0.0], cov * np.outer(units, units)).cov / np.outer(units, units),
        TILTED.cov,
        rtol=1e-8,
    )


@pytest.mark.parametrize(
    "p", [Gaussian(0.0, 1e80), Gaussian(1e39, 1.0), GaussianMixture([1.0], [0.0], [1e80])]
)
def test_samples_that_float32_cannot_hold_are_refused(p):
    with pytest.raises(ArithmeticError, match=r"sample: .*e\+\d+ exceeds the largest float32"):
        p.sample(100, seed=0)


def test_weights_in_float32_are_accepted_and_sum_to_one():
    p = GaussianMixture(np.full(7, 1 / 7, dtype=np.float32), np.arange(7), np.ones(7))
    assert p.weights.sum() == pytest.approx(1.0, abs=1e-15)
    assert len(p.sample(10, seed=0)) == 10


def test_far_away_the_log_density_of_a_mixture_stays_finite():
    expected = np.log(0.75) + stats.norm(2.0, 1.0).logpdf(1e4)
    np.testing.assert_allclose(BIMODAL.log_prob([1e4]), expected)


def test_a_component_of_weight_zero_changes_nothing():
    p = GaussianMixture([0.0, 1.0], [0.0, 1.0], [1.0, 4.0])
    x = np.linspace(-3.0, 3.0, 7)
    np.testing.assert_allclose(p.log_prob(x), Gaussian(1.0, 4.0).log_prob(x))


@pytest.mark.parametrize("p", [Gaussian(0.5, 4.0), BIMODAL])
def test_the_distribution_function_is_the_integral_of_the_density(p):
    for x in (-1.5, 0.0, 2.5):
        area, _ = quad(
            lambda t: np.exp(p.log_prob([t])[0]), -30.0, x, points=[-1.0, 2.0], limit=200
        )
        assert p.cdf([x])[0] == pytest.approx(area, abs=1e-9)


def test_the_distribution_function_reaches_both_ends():
    np.testing.assert_array_equal(BIMODAL.cdf([-np.inf, np.inf]), [0.0, 1.0])


def test_one_dimension_takes_scalars_and_flat_arrays():
    flat, full = Gaussian(1.0, 4.0), Gaussian([1.0], [[4.0]])
    x = np.array([0.0, 3.0])
    np.testing.assert_array_equal(flat.log_prob(x), full.log_prob(x[:, None]))
    assert flat.log_prob(0.0).shape == (1,)
    assert flat.cov.shape == (1, 1)
    assert (BIMODAL.means.shape, BIMODAL.covs.shape) == ((2, 1), (2, 1, 1))


def test_the_scalar_is_a_variance():
    spread = Gaussian(0.0, 4.0).sample(40_000, seed=0).std()
    assert spread == pytest.approx(2.0, abs=6 * 2.0 / np.sqrt(2 * 40_000))


@pytest.mark.parametrize("p", [Gaussian(0.0, 1.0), TILTED, BIMODAL, ring(), grid(side=3)])
def test_samples_are_float32_of_shape_n_dim_and_follow_the_seed(p):
    first = p.sample(50, seed=1)
    assert first.dtype == np.float32
    assert first.shape == (50, p.dim)
    np.testing.assert_array_equal(first, p.sample(50, seed=1))
    assert not np.array_equal(first, p.sample(50, seed=2))


@pytest.mark.parametrize("p", [TILTED, BIMODAL])
def test_a_seed_is_what_numpy_makes_of_it(p):
    same = [p.sample(5, seed=seed) for seed in (7, np.int32(7), [7], (np.uint8(7),))]
    assert all(np.array_equal(same[0], x) for x in same)
    assert not np.array_equal(p.sample(5, seed=[7, 1]), same[0])


@pytest.mark.parametrize("p", [Gaussian(0.5, 4.0), BIMODAL])
def test_samples_follow_the_distribution_function(p):
    x = p.sample(20_000, seed=3)[:, 0]
    assert stats.kstest(x, p.cdf).pvalue > 1e-4


def test_sample_moments_are_mean_and_covariance_within_six_standard_errors():
    n = 100_000
    x = TILTED.sample(n, seed=0).astype(float)
    spread = np.sqrt(np.diag(TILTED.cov))
    assert (abs(x.mean(axis=0) - TILTED.mean) < 6 * spread / np.sqrt(n)).all()
    error = np.sqrt((TILTED.cov**2 + np.outer(spread, spread) ** 2) / n)
    assert (abs(np.cov(x.T) - TILTED.cov) < 6 * error).all()


def test_samples_of_a_mixture_divide_by_its_weights():
    n = 10_000
    p = GaussianMixture([0.1, 0.6, 0.3], [-100.0, 0.0, 100.0], [1.0, 1.0, 1.0])
    counts = np.bincount(np.digitize(p.sample(n, seed=0)[:, 0], [-50.0, 50.0]), minlength=3)
    assert (abs(counts - n * p.weights) < 6 * np.sqrt(n * p.weights * (1 - p.weights))).all()


def test_a_singular_gaussian_can_be_sampled_but_has_no_density():
    p = Gaussian([0.0, 1.0], [[1.0, 2.0], [2.0, 4.0]])
    x = p.sample(1000, seed=0)
    np.testing.assert_allclose(x[:, 1], 1 + 2 * x[:, 0], atol=1e-5)
    assert x[:, 0].std() == pytest.approx(1.0, abs=0.15)
    with pytest.raises(ValueError, match="cov: expected a positive definite matrix"):
        p.log_prob([[0.0, 1.0]])


@given(seeds)
def test_the_mahalanobis_distance_is_scipys(seed):
    p = random_gaussian(seed, 3)
    x = np.random.default_rng(seed).normal(size=(5, 3))
    inverse = np.linalg.inv(p.cov)
    expected = [np.sqrt((y - p.mean) @ inverse @ (y - p.mean)) for y in x]
    np.testing.assert_allclose(p.mahalanobis(x), expected, rtol=1e-6)


def test_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        BIMODAL.weights[0] = 1.0
    with pytest.raises(AttributeError):
        TILTED.mean = np.zeros(2)


def test_rounding_that_breaks_the_symmetry_is_taken_away():
    cov = Gaussian([0.0, 0.0], [[1.0, 0.5], [0.5 + 1e-9, 1.0]]).cov
    np.testing.assert_array_equal(cov, cov.T)


def test_the_callers_array_is_neither_kept_nor_frozen():
    mean = np.zeros(2)
    p = Gaussian(mean, np.eye(2))
    mean[0] = 5.0
    assert p.mean[0] == 0.0


def test_the_ring_is_that_of_the_protocol():
    p = ring()
    np.testing.assert_allclose(np.linalg.norm(p.means, axis=1), 1.0)
    np.testing.assert_allclose(np.arctan2(*p.means[:3, ::-1].T), [0.0, np.pi / 4, np.pi / 2])
    np.testing.assert_allclose(p.covs, np.tile(1e-4 * np.eye(2), (8, 1, 1)))
    np.testing.assert_array_equal(p.weights, np.full(8, 1 / 8))


def test_the_grid_is_that_of_the_protocol():
    p = grid()
    side = (-4.0, -2.0, 0.0, 2.0, 4.0)
    assert {tuple(mean) for mean in p.means} == {(x, y) for x in side for y in side}
    np.testing.assert_allclose(p.covs, np.tile(0.0025 * np.eye(2), (25, 1, 1)))
    assert p.means.std() == pytest.approx(np.sqrt(8.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaussian([0.0, np.nan], np.eye(2)), "mean: expected numbers, got NaN"),
        (lambda: Gaussian([0.0, np.inf], np.eye(2)), "mean: expected finite numbers"),
        (lambda: Gaussian("zero", 1.0), "mean: expected an array of numbers, got 'zero'"),
        (
            lambda: Gaussian(np.zeros((2, 2)), np.eye(2)),
            r"mean: expected shape \(n,\), got \(2, 2\)",
        ),
        (lambda: Gaussian([0.0, 0.0], 1.0), r"cov: expected shape \(2, 2\), got \(\)"),
        (lambda: Gaussian([0.0, 0.0], np.eye(3)), r"cov: expected shape \(2, 2\), got \(3, 3\)"),
        (
            lambda: Gaussian([0.0, 0.0], [[1.0, 0.5], [0.0, 1.0]]),
            "cov: expected a symmetric matrix",
        ),
        (lambda: Gaussian([0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]]), "cov: .* semi-definite .* -1"),
        (lambda: Gaussian(0.0, -1.0), "cov: expected a positive semi-definite matrix"),
        (lambda: Gaussian(0.0, np.nan), "cov: expected numbers, got NaN"),
        (lambda: Gaussian([], np.zeros((0, 0))), "mean: expected at least one value"),
        (
            lambda: GaussianMixture([1.0], np.zeros((1, 0)), np.zeros((1, 0, 0))),
            "means: expected at least one value",
        ),
        (lambda: Gaussian(1 + 2j, 1.0), "mean: expected real numbers, got the type complex128"),
        (lambda: Gaussian(0.0, np.array([[1 + 0j]])), "cov: expected real numbers, got .* complex"),
        (lambda: TILTED.log_prob(np.zeros((1, 2), complex)), "x: expected real numbers"),
        (
            lambda: GaussianMixture([0.5, 0.6], [0, 1], [1, 1]),
            "weights: .* sum to 1, got a sum of 1.1",
        ),
        (lambda: GaussianMixture([1.5, -0.5], [0, 1], [1, 1]), "weights: .* the negative -0.5"),
        (
            lambda: GaussianMixture([np.nan, 1], [0, 1], [1, 1]),
            "weights: expected numbers, got NaN",
        ),
        (lambda: GaussianMixture([0.5, 0.5], [0, 1, 2], [1, 1]), r"means: expected shape \(2, n\)"),
        (lambda: GaussianMixture([0.5, 0.5], [0, 1], [1, 1, 1]), "covs: expected 2 covariances"),
        (lambda: GaussianMixture([0.5, 0.5], [0, 1], [1, -1]), r"covs\[1\]: .* semi-definite"),
        (
            lambda: GaussianMixture([0.5, 0.5], np.zeros((2, 2)), [1, 1]),
            r"covs\[0\]: expected shape",
        ),
        (lambda: TILTED.sample(0, seed=0), "n: expected at least 1, got 0"),
        (lambda: BIMODAL.sample(-3, seed=0), "n: expected at least 1, got -3"),
        (lambda: BIMODAL.sample(2.5, seed=0), "n: expected a whole number, got 2.5"),
        (lambda: TILTED.sample(3, seed=-1), "seed: expected at least 0, got -1"),
        (lambda: TILTED.sample(3, seed=1.5), "seed: expected a whole number, got 1.5"),
        (lambda: TILTED.sample(3, seed=None), "seed: expected a whole number, got None"),
        (lambda: BIMODAL.sample(3, seed=-1), "seed: expected at least 0, got -1"),
        (lambda: BIMODAL.sample(3, seed=[0, -1]), "seed: expected at least 0, got -1"),
        (lambda: BIMODAL.sample(3, seed=[0, 0.5]), "seed: expected a whole number, got 0.5"),
        (lambda: BIMODAL.sample(3, seed=[]), r"seed: expected at least one whole number, got \[\]"),
        (lambda: TILTED.log_prob([0.0, 1.0]), r"x: expected shape \(n, 2\), got \(2,\)"),
        (lambda: TILTED.log_prob(np.zeros((3, 1))), r"x: expected shape \(n, 2\), got \(3, 1\)"),
        (lambda: BIMODAL.log_prob([np.nan]), "x: expected numbers, got NaN"),
        (lambda: TILTED.cdf([0.0]), "cdf: expected a distribution of dimension 1, got 2"),
        (lambda: ring().cdf([0.0]), "cdf: expected a distribution of dimension 1, got 2"),
        (lambda: Gaussian(0.0, 0.0).cdf([0.0]), "cov: expected a positive definite matrix"),
        (lambda: ring(n_modes=0), "n_modes: expected at least 1, got 0"),
        (lambda: ring(radius=-1.0), "radius: expected one positive number, got -1.0"),
        (lambda: grid(side=2.5), "side: expected a whole number"),
        (lambda: grid(spacing=np.nan), "spacing: expected numbers, got NaN"),
        (lambda: grid(std=0.0), "std: expected one positive number, got 0.0"),
    ],
)
def test_wrong_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
