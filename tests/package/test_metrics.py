"""The metrics against closed forms, exact enumeration and SciPy, and every refusal."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gan_utils import (
    Gaussian,
    GaussianMixture,
    frechet_distance,
    grid,
    mode_coverage,
    ring,
    wasserstein_1d,
)

seeds = st.integers(0, 10_000)
coordinates = st.floats(-100, 100).map(lambda x: round(x, 3))
samples = st.lists(coordinates, min_size=1, max_size=7)


def covariance(rng, dim, rank):
    a = rng.normal(size=(dim, rank))
    return a @ a.T


@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_frechet_is_exact_where_the_optimal_map_is_known(seed, dim, rank):
    # y = T x with T symmetric positive is the optimal map, at whatever rank of the covariance.
    rng = np.random.default_rng(seed)
    cov, shift = covariance(rng, dim, min(rank, dim)), rng.normal(size=dim)
    t = covariance(rng, dim, dim) + 0.1 * np.eye(dim)
    difference = t - np.eye(dim)
    expected = shift @ shift + np.trace(difference @ cov @ difference)
    value = frechet_distance(np.zeros(dim), cov, shift, t @ cov @ t)
    assert value == pytest.approx(expected, rel=1e-6)


def test_frechet_keeps_its_digits_where_the_covariances_almost_agree():
    cov = covariance(np.random.default_rng(0), 64, 128)
    value = frechet_distance(np.zeros(64), cov, np.zeros(64), (1 + 1e-6) ** 2 * cov)
    assert value == pytest.approx(1e-12 * np.trace(cov), rel=1e-6)


@pytest.mark.parametrize(("rank_x", "rank_y"), [(3, 80), (5, 7)])
def test_frechet_takes_no_rounding_noise_for_variance(rank_x, rank_y):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, rank_x)), rng.normal(size=(60, rank_y))
    overlap = np.linalg.svd(b.T @ a, compute_uv=False).sum()
    expected = np.square(a).sum() + np.square(b).sum() - 2 * overlap
    value = frechet_distance(np.zeros(60), a @ a.T, np.zeros(60), b @ b.T)
    assert value == pytest.approx(expected, rel=1e-12)


def test_frechet_of_samples_fewer_than_dimensions():
    # In the span of orthogonal axes the covariances commute, and the distance is a plain sum.
    cov_x, cov_y = np.diag([4.0, 1.0, 0.0, 0.0]), np.diag([1.0, 0.0, 9.0, 0.0])
    assert frechet_distance(np.zeros(4), cov_x, np.zeros(4), cov_y) == pytest.approx(1 + 1 + 9)


def test_frechet_between_parallel_and_orthogonal_lines():
    along, across = [[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]
    assert frechet_distance([0.0, 0.0], along, [0.0, 0.0], along) == 0.0
    assert frechet_distance([0.0, 0.0], along, [0.0, 0.0], across) == pytest.approx(2.0)


def test_frechet_in_one_dimension_compares_standard_deviations():
    assert frechet_distance([1.0], [[4.0]], [3.0], [[25.0]]) == pytest.approx(4 + 9)


@given(seeds)
def test_the_root_of_frechet_is_a_metric(seed):
    rng = np.random.default_rng(seed)
    a, b, c = ((rng.normal(size=3), covariance(rng, 3, rank)) for rank in (2, 3, 4))
    ab, bc, ac = (frechet_distance(*x, *y) for x, y in ((a, b), (b, c), (a, c)))
    assert ab > 0
    assert ab == pytest.approx(frechet_distance(*b, *a), rel=1e-9)
    assert np.sqrt(ac) <= np.sqrt(ab) + np.sqrt(bc) + 1e-9
    assert frechet_distance(*a, *a) < 1e-12


@given(seeds)
def test_frechet_does_not_see_a_common_rotation(seed):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    mean, cov_x, cov_y = rng.normal(size=4), covariance(rng, 4, 3), covariance(rng, 4, 5)
    plain = frechet_distance(np.zeros(4), cov_x, mean, cov_y)
    turned = frechet_distance(
        np.zeros(4), turn @ cov_x @ turn.T, turn @ mean, turn @ cov_y @ turn.T
    )
    assert turned == pytest.approx(plain, rel=1e-6)


def repeated(x, times):
    return np.repeat(np.sort(x), times)


@given(samples, samples)
def test_wasserstein_1_is_that_of_scipy(x, y):
    assert wasserstein_1d(x, y) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-9)


@given(samples, samples, st.sampled_from([1.0, 1.5, 2.0, 3.0, 10.0]))
def test_wasserstein_of_unequal_samples_is_that_of_their_copies(x, y, order):
    # m copies of x and n copies of y are the same distributions and of equal length.
    gaps = abs(repeated(x, len(y)) - repeated(y, len(x)))
    assert wasserstein_1d(x, y, order) == pytest.approx((gaps**order).mean() ** (1 / order))


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(*[st.lists(coordinates, min_size=n, max_size=n)] * 2)
    )
)
def test_wasserstein_2_is_the_best_of_all_pairings(pair):
    x, y = map(np.array, pair)
    best = min(((x - y[list(order)]) ** 2).mean() for order in permutations(range(len(x))))
    assert wasserstein_1d(x, y, 2) == pytest.approx(np.sqrt(best), abs=1e-9)


@given(samples, samples, samples, st.sampled_from([1.0, 2.0, np.inf]))
def test_wasserstein_is_a_metric(x, y, z, order):
    xy, yz, xz = (wasserstein_1d(a, b, order) for a, b in ((x, y), (y, z), (x, z)))
    assert xz <= xy + yz + 1e-9
    assert xy == wasserstein_1d(y, x, order)
    assert wasserstein_1d(x, x[::-1], order) == 0.0


@given(samples, samples)
def test_wasserstein_grows_with_its_order_up_to_the_largest_gap(x, y):
    values = [wasserstein_1d(x, y, order) for order in (1, 2, 5, 500, np.inf)]
    assert all(a <= b + 1e-9 for a, b in pairwise(values))
    largest = abs(repeated(x, len(y)) - repeated(y, len(x))).max()
    assert values[-1] == pytest.approx(largest)


def test_wasserstein_of_a_shift_is_the_shift_at_every_order_and_scale():
    x = Gaussian(0.0, 1.0).sample(101, seed=0)
    for order in (1, 2, 400):
        assert wasserstein_1d(x, x + np.float32(0.5), order) == pytest.approx(0.5, rel=1e-6)
    assert wasserstein_1d([0.0], [1e200], 3) == pytest.approx(1e200)


def test_wasserstein_between_gaussian_samples_nears_the_closed_form():
    x, y = Gaussian(0.0, 1.0).sample(20_000, seed=0), Gaussian(1.0, 4.0).sample(30_000, seed=1)
    # The sampling error of W2 is below that of the means and deviations, some 0.02 together.
    assert wasserstein_1d(x, y, 2) == pytest.approx(np.sqrt(1 + 1), abs=0.06)


@pytest.mark.parametrize("mixture", [ring(), grid()])
def test_true_samples_cover_every_mode_as_the_protocol_says(mixture):
    n = 10_000
    modes, high_quality, reverse_kl = mode_coverage(mixture.sample(n, seed=0), mixture)
    assert modes == len(mixture.weights)
    exact = 1 - np.exp(-4.5)
    assert exact == pytest.approx(0.9889, abs=1e-4)
    assert abs(high_quality - exact) < 6 * np.sqrt(exact * (1 - exact) / n)
    # 2 n KL is about chi-squared with k degrees of freedom.
    assert 0 <= reverse_kl < stats.chi2(modes).ppf(1 - 1e-6) / (2 * n)


def test_the_reverse_kl_is_that_of_the_26_bins():
    mixture = grid()
    x = np.concatenate(
        [np.tile(mixture.means[3], (30, 1)), np.tile(mixture.means[7], (60, 1)), np.ones((10, 2))]
    )
    inside = 1 - np.exp(-4.5)
    expected = 0.3 * np.log(0.3 / (inside / 25)) + 0.6 * np.log(0.6 / (inside / 25))
    expected += 0.1 * np.log(0.1 / (1 - inside))
    result = mode_coverage(x, mixture)
    assert (result.modes, result.high_quality) == (2, 0.9)
    assert result.reverse_kl == pytest.approx(expected)


@pytest.mark.parametrize(("n", "needed"), [(10_000, 20), (1_000, 2), (2_600, 6), (100, 1)])
def test_a_mode_counts_from_twenty_samples_in_ten_thousand(n, needed):
    mixture = ring()
    for found, modes in ((needed, 2), (needed - 1, 1)):
        x = np.concatenate(
            [np.tile(mixture.means[1], (found, 1)), np.tile(mixture.means[0], (n - found, 1))]
        )
        assert mode_coverage(x, mixture).modes == modes


def test_quality_ends_at_three_standard_deviations_of_that_mode():
    mixture = GaussianMixture(
        [0.5, 0.5], [[0.0, 0.0], [10.0, 0.0]], [np.eye(2), np.diag([0.01, 0.04])]
    )
    inside = [[2.99, 0.0], [10.29, 0.0], [10.0, 0.59]]
    outside = [[3.01, 0.0], [10.31, 0.0], [10.0, 0.61]]
    assert mode_coverage(inside, mixture).high_quality == 1.0
    assert mode_coverage(outside, mixture).high_quality == 0.0


@pytest.mark.parametrize("dim", [1, 3])
def test_the_true_fraction_is_that_of_the_dimension(dim):
    n = 20_000
    means = np.zeros((2, dim))
    means[1, 0] = 100.0
    mixture = GaussianMixture([0.3, 0.7], means, [np.eye(dim)] * 2)
    exact = stats.chi(dim).cdf(3.0)
    result = mode_coverage(mixture.sample(n, seed=0), mixture)
    assert abs(result.high_quality - exact) < 6 * np.sqrt(exact * (1 - exact) / n)
    assert result.reverse_kl < 10 / n


EYE, ZERO = np.eye(2), np.zeros(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: frechet_distance(ZERO, EYE, np.zeros(3), EYE),
            r"mean_y: expected shape \(2,\), got \(3,\)",
        ),
        (lambda: frechet_distance(ZERO, EYE, ZERO, np.eye(3)), r"cov_y: expected shape \(2, 2\)"),
        (
            lambda: frechet_distance(EYE, EYE, ZERO, EYE),
            r"mean_x: expected shape \(n,\), got \(2, 2\)",
        ),
        (
            lambda: frechet_distance([0.0, np.nan], EYE, ZERO, EYE),
            "mean_x: expected numbers, got NaN",
        ),
        (
            lambda: frechet_distance(ZERO, EYE * np.nan, ZERO, EYE),
            "cov_x: expected numbers, got NaN",
        ),
        (
            lambda: frechet_distance(ZERO, EYE, ZERO, [[1, 0], [1, 1]]),
            "cov_y: expected a symmetric",
        ),
        (lambda: frechet_distance(ZERO, -EYE, ZERO, EYE), "cov_x: .* positive semi-definite .* -1"),
        (lambda: mode_coverage(np.zeros((0, 2)), ring()), "samples: expected at least one value"),
        (
            lambda: mode_coverage(np.zeros((4, 3)), ring()),
            r"samples: expected shape \(n, 2\), got \(4, 3\)",
        ),
        (lambda: mode_coverage([[0.0, np.nan]], ring()), "samples: expected numbers, got NaN"),
        (
            lambda: mode_coverage([0.0], GaussianMixture([1], [0], [0])),
            "cov: expected a positive definite",
        ),
        (lambda: wasserstein_1d([], [1.0]), "x: expected at least one value"),
        (lambda: wasserstein_1d([1.0], [np.nan]), "y: expected numbers, got NaN"),
        (lambda: wasserstein_1d([1.0], [np.inf]), "y: expected finite numbers"),
        (
            lambda: wasserstein_1d(np.zeros((3, 2)), [1.0]),
            r"x: expected shape \(n, 1\), got \(3, 2\)",
        ),
        (
            lambda: wasserstein_1d([0.0], [1.0], order=0.5),
            "order: expected a number of at least 1, got 0.5",
        ),
        (
            lambda: wasserstein_1d([0.0], [1.0], order=np.nan),
            "order: expected a number of at least 1",
        ),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
