"""The metrics against closed forms, enumeration, SciPy and scikit-learn, and every refusal."""

import tracemalloc
from itertools import combinations, pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.linalg import sqrtm
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from gan_utils import (
    Gaussian,
    GaussianMixture,
    _balls,
    bures_wasserstein,
    density_coverage,
    frechet_distance,
    grid,
    inception_score,
    kernel_distance,
    metrics,
    mode_coverage,
    precision_recall,
    ring,
    sliced_wasserstein,
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
    value = bures_wasserstein(np.zeros(dim), cov, shift, t @ cov @ t)
    assert value == pytest.approx(expected, rel=1e-6)


def test_frechet_keeps_its_digits_where_the_covariances_almost_agree():
    cov = covariance(np.random.default_rng(0), 64, 128)
    value = bures_wasserstein(np.zeros(64), cov, np.zeros(64), (1 + 1e-6) ** 2 * cov)
    assert value == pytest.approx(1e-12 * np.trace(cov), rel=1e-6)


@pytest.mark.parametrize(("rank_x", "rank_y"), [(3, 80), (5, 7)])
def test_frechet_takes_no_rounding_noise_for_variance(rank_x, rank_y):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, rank_x)), rng.normal(size=(60, rank_y))
    overlap = np.linalg.svd(b.T @ a, compute_uv=False).sum()
    expected = np.square(a).sum() + np.square(b).sum() - 2 * overlap
    value = bures_wasserstein(np.zeros(60), a @ a.T, np.zeros(60), b @ b.T)
    assert value == pytest.approx(expected, rel=1e-12)


def conjugated(values, turn):
    """The covariance with these eigenvalues along the columns of a rotation."""
    cov = (turn * values) @ turn.T
    return (cov + cov.T) / 2


AXES = np.arange(1, 301.0)
EVEN = AXES % 2 == 0


@pytest.mark.parametrize(
    ("variances_x", "variances_y"),
    [
        (1 / AXES, 1.05 / AXES),  # below the limit of cancellation
        (1 / AXES, 1.5 / AXES),
        (AXES**-4, AXES**-3),  # over ten orders of magnitude
        (AXES**-2, AXES[::-1] ** -2),
        (np.where(AXES < 200, 1 / AXES, 0), np.where(AXES > 100, 1 / AXES, 0)),
        # One axis in common outweighs all else, which lies on axes that the other does not have.
        (np.where(EVEN, 1e-5, 0) + (AXES == 1), np.where(EVEN, 0, 1e-5) + (AXES == 1)),
        (np.where(EVEN, 1e-8, 0) + (AXES == 1), np.where(EVEN, 0, 1e-8) + (AXES == 1)),
    ],
)
def test_frechet_of_commuting_covariances_compares_standard_deviations(variances_x, variances_y):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(300, 300)))[0]
    zero = np.zeros(300)
    x, y = conjugated(variances_x, turn), conjugated(variances_y, turn)
    expected = np.square(np.sqrt(variances_x) - np.sqrt(variances_y)).sum()
    assert bures_wasserstein(zero, x, zero, y) == pytest.approx(expected, rel=1e-7)
    assert bures_wasserstein(zero, y, zero, x) == pytest.approx(expected, rel=1e-7)


def test_small_overlaps_keep_their_digits_beside_a_large_one(monkeypatch):
    # Eigenvalues of Aᵀ B Bᵀ A in any order would cost half the digits here: an error of 5e-7.
    monkeypatch.setattr(metrics, "CANCELLATION", 0.0)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(300, 300)))[0]
    x, y = (np.where(side, 1e-4, 0) + (AXES == 1) for side in (EVEN, ~EVEN))
    zero, expected = np.zeros(300), np.square(np.sqrt(x) - np.sqrt(y)).sum()
    value = bures_wasserstein(zero, conjugated(x, turn), zero, conjugated(y, turn))
    assert value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(400, 300), (400, 60), (40, 60)])
def test_frechet_is_the_formula_with_the_root_of_the_product(n, m):
    # Along decaying axes, as features have them; fewer samples than axes make singular moments.
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 100)) / np.sqrt(AXES[:100])
    y = 1 + 1.2 * rng.normal(size=(m, 100)) / np.sqrt(AXES[:100])
    mean_x, cov_x, mean_y, cov_y = x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T)
    # A ridge far below the tolerance, since the matrix root fails for singular matrices.
    ridge = 1e-14 * np.eye(100)
    root = sqrtm(cov_x + ridge)
    cross = sqrtm(root @ (cov_y + ridge) @ root)
    expected = np.square(mean_x - mean_y).sum() + np.trace(cov_x + cov_y - 2 * cross).real
    assert bures_wasserstein(mean_x, cov_x, mean_y, cov_y) == pytest.approx(expected, rel=1e-5)


@given(seeds, st.integers(1, 5), st.integers(1, 5))
def test_both_ways_to_the_trace_agree(seed, rank_x, rank_y):
    rng = np.random.default_rng(seed)
    b, a = (rng.normal(size=(5, rank)) for rank in sorted((rank_x, rank_y)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "CANCELLATION", 0.0)
        subtracted = metrics._trace_distance(a, b)
        patch.setattr(metrics, "CANCELLATION", np.inf)
        assert metrics._trace_distance(a, b) == pytest.approx(subtracted, rel=1e-9)


def test_frechet_of_units_that_differ_within_the_limit_of_its_docstring():
    # 2e-16 dim times the largest entry is 4e-4 here.
    x, y = np.diag([1e12, 1.0]), np.diag([1e12, 4.0])
    assert bures_wasserstein([0.0, 0.0], x, [0.0, 0.0], y) == pytest.approx(1.0)


@pytest.mark.parametrize("exponent", [-280, -200, 200, 280])
def test_frechet_does_not_depend_on_the_unit(exponent):
    # 2²⁸⁰ is 2e84; its square, and that of covariances, is still a float.
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 6)), 1 + 2 * rng.normal(size=(40, 6))
    value = frechet_distance(x, y)
    scaled = frechet_distance(np.ldexp(x, exponent), np.ldexp(y, exponent))
    assert np.ldexp(scaled, -2 * exponent) == value
    moments = x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T)
    units = [exponent, 2 * exponent] * 2
    scaled = bures_wasserstein(*map(np.ldexp, moments, units))
    assert np.ldexp(scaled, -2 * exponent) == bures_wasserstein(*moments)
    assert value == pytest.approx(bures_wasserstein(*moments), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-155, 1e85, 1e150])
def test_frechet_of_extreme_scales_scales(scale):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 6)), 1 + 2 * rng.normal(size=(40, 6))
    value = frechet_distance(x, y)
    # At 1e-155 the distance is subnormal: its unit is 5e-324.
    assert frechet_distance(scale * x, scale * y) == pytest.approx(
        scale * (scale * value), rel=1e-9, abs=5e-324
    )


def test_frechet_at_a_scale_whose_square_overflows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 6))
    y = x + 2.0**-20
    far = frechet_distance(np.ldexp(x, 515), np.ldexp(y, 515))
    assert far == pytest.approx(6 * 2.0**990, rel=1e-6)
    with pytest.raises(ArithmeticError, match="frechet_distance: float64 overflows"):
        frechet_distance(np.ldexp(x, 515), np.ldexp(x + 9, 515))


def test_frechet_of_samples_of_one_law_has_the_bias_of_its_docstring():
    n, dim = 1000, 64
    rng = np.random.default_rng(0)
    values = [frechet_distance(features(rng, n, dim), features(rng, n, dim)) for _ in range(8)]
    assert np.mean(values) == pytest.approx(2 * dim / n + dim * (dim + 1) / (2 * (n - 1)), rel=0.05)


def test_frechet_bears_the_rounding_of_float32():
    a = np.random.default_rng(0).normal(size=(60, 20))
    rounded = np.float32(a @ a.T)
    assert np.linalg.eigvalsh(np.float64(rounded))[0] < 0
    value = bures_wasserstein(np.zeros(60), rounded, np.zeros(60), 4 * a @ a.T)
    # The false variance on each of 40 axes, about 1e-7 of the largest, stands beside none.
    assert value == pytest.approx(np.square(a).sum(), rel=1e-5)


def test_frechet_takes_no_rounding_noise_for_variance_where_an_eigenvalue_is_negative():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, 5)), rng.normal(size=(60, 60))
    across = np.linalg.svd(a)[0][:, -1]
    negative = a @ a.T - 1e-6 * np.outer(across, across)
    exact = bures_wasserstein(np.zeros(60), a @ a.T, np.zeros(60), b @ b.T)
    value = bures_wasserstein(np.zeros(60), negative, np.zeros(60), b @ b.T)
    assert value == pytest.approx(exact, rel=1e-12)


def test_frechet_to_a_point_is_the_trace():
    cov = covariance(np.random.default_rng(0), 4, 3)
    zero, none = np.zeros(4), np.zeros((4, 4))
    assert bures_wasserstein(zero, cov, zero, none) == pytest.approx(np.trace(cov))
    assert bures_wasserstein(zero, none, zero, cov) == pytest.approx(np.trace(cov))
    assert bures_wasserstein(zero, none, zero, none) == 0.0


def test_frechet_of_samples_fewer_than_dimensions():
    # In the span of orthogonal axes the covariances commute, and the distance is a plain sum.
    cov_x, cov_y = np.diag([4.0, 1.0, 0.0, 0.0]), np.diag([1.0, 0.0, 9.0, 0.0])
    assert bures_wasserstein(np.zeros(4), cov_x, np.zeros(4), cov_y) == pytest.approx(1 + 1 + 9)


def test_frechet_between_parallel_and_orthogonal_lines():
    along, across = [[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]
    assert bures_wasserstein([0.0, 0.0], along, [0.0, 0.0], along) == 0.0
    assert bures_wasserstein([0.0, 0.0], along, [0.0, 0.0], across) == pytest.approx(2.0)


def test_frechet_in_one_dimension_compares_standard_deviations():
    assert bures_wasserstein([1.0], [[4.0]], [3.0], [[25.0]]) == pytest.approx(4 + 9)


@given(seeds)
def test_the_root_of_frechet_is_a_metric(seed):
    rng = np.random.default_rng(seed)
    a, b, c = ((rng.normal(size=3), covariance(rng, 3, rank)) for rank in (2, 3, 4))
    ab, bc, ac = (bures_wasserstein(*x, *y) for x, y in ((a, b), (b, c), (a, c)))
    assert ab > 0
    assert ab == pytest.approx(bures_wasserstein(*b, *a), rel=1e-9)
    assert np.sqrt(ac) <= np.sqrt(ab) + np.sqrt(bc) + 1e-9
    assert bures_wasserstein(*a, *a) < 1e-12


@given(seeds)
def test_frechet_does_not_see_a_common_rotation(seed):
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    mean, cov_x, cov_y = rng.normal(size=4), covariance(rng, 4, 3), covariance(rng, 4, 5)
    plain = bures_wasserstein(np.zeros(4), cov_x, mean, cov_y)
    turned = bures_wasserstein(
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


def features(rng, n, dim):
    return rng.normal(size=(n, dim))


def unbiased_in_one_dimension(x, y):
    """(xy + 1)³ is a sum over powers r of x and y; the sums over i ≠ j leave the squares out."""
    value = 0.0
    for r, weight in ((1, 3), (2, 3), (3, 1)):
        within = [
            (np.sum(s**r) ** 2 - np.sum(s ** (2 * r))) / (len(s) * (len(s) - 1)) for s in (x, y)
        ]
        value += weight * (sum(within) - 2 * np.mean(x**r) * np.mean(y**r))
    return value


small = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=6).map(np.array)


@given(small, small)
def test_the_kernel_distance_compares_three_moments(x, y):
    expected = unbiased_in_one_dimension(x, y)
    assert kernel_distance(x[:, None], y[:, None]) == pytest.approx(expected, abs=1e-9)


@given(seeds, st.integers(2, 9), st.integers(2, 9), st.integers(1, 5))
def test_the_kernel_distance_is_that_of_the_kernel_matrices(seed, n, m, dim):
    rng = np.random.default_rng(seed)
    x, y = features(rng, n, dim), 1 + 2 * features(rng, m, dim)
    xx, yy, xy = (polynomial_kernel(a, b, degree=3) for a, b in ((x, x), (y, y), (x, y)))
    within = [k[~np.eye(len(k), dtype=bool)].mean() for k in (xx, yy)]
    assert kernel_distance(x, y) == pytest.approx(sum(within) - 2 * xy.mean(), abs=1e-9)


def mean_over_samples(p, q, points, sizes):
    """The exact expectation, over all samples of these sizes with their probabilities."""
    n, m = sizes
    total = 0.0
    for drawn in product(range(len(points)), repeat=n + m):
        chance = p[list(drawn[:n])].prod() * q[list(drawn[n:])].prod()
        x, y = points[list(drawn[:n])], points[list(drawn[n:])]
        total += chance * kernel_distance(x, y) if chance else 0.0
    return total


def test_the_kernel_distance_is_unbiased():
    points = np.array([[0.0, 1.0], [2.0, -1.0], [1.0, 1.0]])
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.3, 0.1])
    exact = (p - q) @ polynomial_kernel(points, degree=3) @ (p - q)
    assert exact > 0.1
    assert mean_over_samples(p, q, points, (2, 3)) == pytest.approx(exact)


def test_the_kernel_distance_does_not_see_the_fourth_moment():
    # −1 and 1, against −√2, 0 and √2 with half the weight at 0: the moments 0, 1, 0 agree.
    points = np.sqrt([2.0, 1.0, 0.0, 1.0, 2.0])[:, None] * np.sign([-2, -1, 0, 1, 2])[:, None]
    p, q = np.array([0, 0.5, 0, 0.5, 0]), np.array([0.25, 0, 0.5, 0, 0.25])
    assert mean_over_samples(p, q, points, (2, 2)) == pytest.approx(0.0, abs=1e-12)


def splits(pool, n):
    """All ways to call n of the points real and the others fake."""
    for chosen in combinations(range(len(pool)), n):
        real = np.isin(np.arange(len(pool)), chosen)
        yield pool[real], pool[~real]


@given(seeds, st.integers(1, 4))
def test_over_all_splits_of_one_sample_the_kernel_distance_is_zero(seed, dim):
    pool = features(np.random.default_rng(seed), 7, dim)
    values = [kernel_distance(x, y) for x, y in splits(pool, 3)]
    assert np.mean(values) == pytest.approx(0.0, abs=1e-12 * max(map(abs, values)))
    assert min(values) < 0 < max(values)


@given(seeds)
def test_the_kernel_distance_does_not_see_a_rotation_but_sees_a_shift(seed):
    rng = np.random.default_rng(seed)
    x, y = features(rng, 6, 3), features(rng, 4, 3)
    turn = np.linalg.qr(features(rng, 3, 3))[0]
    value = kernel_distance(x, y)
    assert kernel_distance(x @ turn, y @ turn) == pytest.approx(value, abs=1e-9)
    assert kernel_distance(y, x) == pytest.approx(value, abs=1e-9)
    assert kernel_distance(x + 1, y + 1) != pytest.approx(value, rel=1e-6)


def balls_by_definition(centres, points, k):
    """Which ball holds which point, (n, m), from the definition and exact for integers."""
    among = np.sort(cdist(centres, centres, "sqeuclidean"), axis=1)
    return cdist(centres, points, "sqeuclidean") <= among[:, [k]]


def lattice(n):
    """Few points with integer coordinates: many ties and duplicates."""
    return arrays(float, st.tuples(n, st.just(2)), elements=st.integers(-3, 3).map(float))


@given(lattice(st.integers(4, 7)), lattice(st.integers(4, 7)), st.integers(1, 3))
def test_neighbours_are_those_of_the_definition_with_ties_and_duplicates(real, fake, k):
    real_balls = balls_by_definition(real, fake, k)
    fake_balls = balls_by_definition(fake, real, k)
    expected = (real_balls.any(axis=0).mean(), fake_balls.any(axis=0).mean())
    assert precision_recall(real, fake, k) == pytest.approx(expected)
    expected = (real_balls.sum() / (k * len(fake)), real_balls.any(axis=1).mean())
    assert density_coverage(real, fake, k) == pytest.approx(expected)
    # A common shift that keeps the integers exact changes nothing.
    far = 2.0**40
    assert precision_recall(real + far, fake + far, k) == precision_recall(real, fake, k)
    assert density_coverage(real - far, fake - far, k) == density_coverage(real, fake, k)


@pytest.mark.parametrize(
    ("n", "m", "dim", "k"), [(80, 50, 2, 3), (40, 90, 30, 5), (60, 60, 300, 1)]
)
def test_neighbours_are_those_of_scikit_learn(n, m, dim, k):
    rng = np.random.default_rng(0)
    real, fake = features(rng, n, dim), 0.3 + 0.8 * features(rng, m, dim)
    radii = [
        NearestNeighbors(n_neighbors=k, algorithm="brute").fit(s).kneighbors()[0][:, -1]
        for s in (real, fake)
    ]
    distances = cdist(real, fake)
    in_real, in_fake = distances <= radii[0][:, None], distances <= radii[1]
    result = precision_recall(real, fake, k)
    assert result == (in_real.any(axis=0).mean(), in_fake.any(axis=1).mean())
    result = density_coverage(real, fake, k)
    assert result == pytest.approx((in_real.sum() / (k * m), in_real.any(axis=1).mean()))


@given(seeds, st.integers(1, 4))
def test_precision_and_recall_swap_with_their_arguments(seed, k):
    rng = np.random.default_rng(seed)
    real, fake = features(rng, 8, 2), 0.5 * features(rng, 6, 2)
    precision, recall = precision_recall(real, fake, k)
    assert precision_recall(fake, real, k) == (recall, precision)
    assert precision >= precision_recall(real, fake, 1).precision


def test_a_lost_mode_costs_recall_and_a_false_one_precision():
    left, right = np.array([[0.0], [1.0], [2.0]]), np.array([[50.0], [51.0], [52.0]])
    both = np.concatenate([left, right])
    assert precision_recall(both, left + 0.25, k=1) == (1.0, 0.5)
    assert precision_recall(left, both + 0.25, k=1) == (0.5, 1.0)
    assert density_coverage(both, left + 0.25, k=1) == pytest.approx((5 / 3, 0.5))


def test_one_outlier_lets_in_what_it_likes_but_adds_little_density():
    real, fake = [[0.0], [1.0], [2.0], [3.0], [100.0]], [[60.0], [70.0], [80.0]]
    assert precision_recall(real, fake, k=2).precision == 1.0
    assert density_coverage(real, fake, k=2) == pytest.approx((0.5, 0.2))


@pytest.mark.parametrize("dim", [1, 2, 100, 2048])
def test_what_repeats_the_real_samples_is_precise(dim):
    real = np.random.default_rng(0).normal(size=(12, dim)) + 1e3
    assert precision_recall(real, real[::-1]) == (1.0, 1.0)
    # A ball holds its centre and k neighbours, the last of them on its edge.
    assert density_coverage(real, real[::-1], k=4) == pytest.approx((5 / 4, 1.0))
    copies = np.repeat(real, 3, axis=0)
    # With two duplicates of everything the nearest two are at distance zero: no ball is left.
    assert precision_recall(copies, real, k=2).precision == 1.0
    assert precision_recall(copies, real + 1e-2, k=2).precision == 0.0


def test_one_far_sample_does_not_blur_the_distances_between_the_others():
    rng = np.random.default_rng(0)
    real, fake = features(rng, 500, 2), features(rng, 500, 2)
    without = density_coverage(real, fake[1:]), precision_recall(real, fake[1:])
    fake[0] = [0.0, 1e7]
    share = 499 / 500
    expected = (share * without[0].density, without[0].coverage)
    assert density_coverage(real, fake) == pytest.approx(expected)
    assert precision_recall(real, fake).precision == pytest.approx(share * without[1].precision)
    apart = 30 + features(rng, 500, 2)
    for far in (1e9, 1e150):
        apart[0] = [0.0, far]
        assert precision_recall(real, apart).precision == 0.0
        assert density_coverage(real, apart) == (0.0, 0.0)
        assert precision_recall(apart, real).recall == 0.0


@pytest.mark.parametrize("scale", [2.0**-700, 2.0**1000])
def test_neighbours_do_not_depend_on_the_unit(scale):
    rng = np.random.default_rng(0)
    real, fake = features(rng, 60, 3), 0.3 + features(rng, 50, 3)
    assert precision_recall(scale * real, scale * fake) == precision_recall(real, fake)
    assert density_coverage(scale * real, scale * fake) == density_coverage(real, fake)


@given(seeds, st.integers(1, 3), st.integers(1, 3))
def test_over_all_splits_of_one_sample_density_and_coverage_are_what_they_should_be(seed, dim, k):
    n, m = 4, 3
    pool = features(np.random.default_rng(seed), n + m, dim)
    density, coverage = np.mean([density_coverage(*pair, k) for pair in splits(pool, n)], axis=0)
    assert density == pytest.approx(1.0)
    i = np.arange(1, k + 1)
    assert coverage == pytest.approx(1 - np.prod((n - i) / (n + m - i)))


def test_the_densest_fake_lies_in_every_ball():
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    real = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    assert density_coverage(real, np.zeros((3, 2)), k=6) == (12 / 6, 1.0)


@given(samples, samples, st.integers(1, 5))
def test_in_one_dimension_slices_are_the_whole(x, y, n_projections):
    value = sliced_wasserstein(np.c_[x], np.c_[y], n_projections, seed=0)
    assert value == pytest.approx(wasserstein_1d(x, y, order=2), abs=1e-9)


@given(seeds, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_sliced_distance_is_a_metric_that_scales(seed, scale, shift):
    rng = np.random.default_rng(seed)
    x, y, z = features(rng, 5, 3), features(rng, 4, 3) + 1, features(rng, 6, 3)

    def distance(a, b):
        return sliced_wasserstein(a, b, 10, seed=seed)

    assert distance(x, z) <= distance(x, y) + distance(y, z) + 1e-9
    assert distance(x, y) == distance(y, x) > 0
    assert distance(x, np.tile(x, (2, 1))) == pytest.approx(0.0, abs=1e-12)
    moved = distance(scale * x + shift, scale * y + shift)
    assert moved == pytest.approx(scale * distance(x, y))


LINES = 4_000


def standard_error_of_slices(second_moment):
    """Standard error of the mean of θᵀ S θ over uniform unit vectors θ, from its two moments."""
    dim, trace = len(second_moment), np.trace(second_moment)
    mean = trace / dim
    square = (trace**2 + 2 * np.trace(second_moment @ second_moment)) / (dim * (dim + 2))
    return np.sqrt((square - mean**2) / LINES)


@pytest.mark.parametrize("dim", [2, 10])
def test_sliced_shifts_and_stretches_have_a_closed_form(dim):
    rng = np.random.default_rng(0)
    x, shift = features(rng, 30, dim), features(rng, 1, dim)
    for y, difference in ((x + shift, shift), (1.5 * x, 0.5 * x)):
        second_moment = difference.T @ difference / len(difference)
        value = sliced_wasserstein(x, y, LINES, seed=0) ** 2
        error = standard_error_of_slices(second_moment)
        assert abs(value - np.trace(second_moment) / dim) < 6 * error


def test_slices_are_never_longer_than_the_best_pairing_seen_from_the_side():
    rng = np.random.default_rng(0)
    x, y = features(rng, 30, 3), features(rng, 30, 3) * [1, 2, 3] + 1
    pairs = linear_sum_assignment(cdist(x, y, "sqeuclidean"))
    difference = x[pairs[0]] - y[pairs[1]]
    second_moment = difference.T @ difference / len(x)
    value = sliced_wasserstein(x, y, LINES, seed=0) ** 2
    limit = np.trace(second_moment) / 3
    assert 0.5 * limit < value < limit + 6 * standard_error_of_slices(second_moment)


def test_the_lines_are_uniform_on_the_sphere():
    # From the origin to a unit vector along one axis, each slice is one coordinate of its line.
    dim, to = 50, np.eye(50)[:1]
    slices = [sliced_wasserstein(0 * to, to, 1, seed=seed) for seed in range(4_000)]
    exact = stats.beta(0.5, (dim - 1) / 2)
    assert stats.kstest(np.square(slices), exact.cdf).pvalue > 1e-6


def test_the_seed_decides_the_lines():
    rng = np.random.default_rng(0)
    x, y = features(rng, 9, 3), 1 + features(rng, 8, 3)
    first = sliced_wasserstein(x, y, 5, seed=1)
    assert first == sliced_wasserstein(x, y, 5, seed=1)
    assert first != sliced_wasserstein(x, y, 5, seed=2)


def random_rows(rng, n, k):
    return rng.dirichlet(np.full(k, 0.3), size=n)


@given(seeds, st.integers(1, 8), st.integers(1, 6))
def test_the_inception_score_is_the_entropy_that_the_image_takes_away(seed, n, k):
    rows = random_rows(np.random.default_rng(seed), n, k)
    information = stats.entropy(rows.mean(axis=0)) - stats.entropy(rows, axis=1).mean()
    score = inception_score(rows)
    assert score == pytest.approx(np.exp(information))
    assert 1 - 1e-12 <= score <= k + 1e-12
    assert score == pytest.approx(inception_score(np.repeat(rows[::-1, ::-1], 2, axis=0)))


def test_the_inception_score_counts_classes_that_are_sure_and_even():
    assert inception_score(np.eye(10)) == pytest.approx(10)
    assert inception_score(np.eye(10)[[0, 1, 1, 0]]) == pytest.approx(2)
    assert inception_score(np.tile([0.7, 0.2, 0.1], (5, 1))) == pytest.approx(1)
    # Four of one class and one of another: the exponential of the entropy of (0.8, 0.2).
    uneven = inception_score(np.eye(2)[[0, 0, 0, 0, 1]])
    assert uneven == pytest.approx(0.8**-0.8 * 0.2**-0.2)


@given(seeds, st.integers(1, 4))
def test_the_logarithm_of_the_inception_score_is_low_for_few_images(seed, n):
    rows = random_rows(np.random.default_rng(seed), 5, 3)
    few = [np.log(inception_score(rows[list(some)])) for some in combinations(range(5), n)]
    assert np.mean(few) <= np.log(inception_score(rows)) + 1e-12


CALLS = [
    lambda x, y: kernel_distance(x, y),
    lambda x, y: precision_recall(x, y),
    lambda x, y: density_coverage(x, y),
    lambda x, y: sliced_wasserstein(x, y, 50, seed=0),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("entries", [1, 70, 1000])
def test_blocks_change_nothing(monkeypatch, call, entries):
    rng = np.random.default_rng(0)
    x, y = features(rng, 31, 4), 0.5 + features(rng, 23, 4)
    whole = call(x, y)
    monkeypatch.setattr(metrics, "ENTRIES_PER_BLOCK", entries)
    monkeypatch.setattr(_balls, "ROWS_PER_TILE", max(1, entries // 8))
    monkeypatch.setattr(_balls, "NUMBERS_PER_GATHER", entries)
    assert call(x, y) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize("call", CALLS[:3])
def test_no_matrix_of_all_pairs_is_held(monkeypatch, call):
    rng = np.random.default_rng(0)
    x, y = features(rng, 2_000, 4), features(rng, 1_900, 4)
    monkeypatch.setattr(metrics, "ENTRIES_PER_BLOCK", 2**15)
    monkeypatch.setattr(_balls, "ROWS_PER_TILE", 128)
    tracemalloc.start()
    call(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.1 * 8 * len(x) * len(y)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernel_distance([[1e60], [1e60]], [[1e60], [1e60]]),
        lambda: kernel_distance([[1e200], [-1e200]], [[1.0], [1.0]]),
        lambda: bures_wasserstein([1e200], [[1.0]], [0.0], [[1.0]]),
        lambda: wasserstein_1d([1e308], [-1e308]),
        lambda: sliced_wasserstein([[1e200]], [[-1e200]], seed=0),
        lambda: sliced_wasserstein([[1e308]], [[-1e308]], seed=0),
    ],
)
def test_what_overflows_is_refused(call):
    with pytest.raises(ArithmeticError, match="float64 overflows; divide x and y"):
        call()


@pytest.mark.parametrize("call", CALLS)
def test_float32_features_give_what_their_doubles_give(call):
    rng = np.random.default_rng(0)
    x, y = (features(rng, n, 4).astype(np.float32) for n in (31, 23))
    assert call(x, y) == call(x.astype(float), y.astype(float))


EYE, ZERO = np.eye(2), np.zeros(2)
# Two coordinates with a correlation of 2, beside a third whose rounding error is larger than both.
HIDDEN = np.array([[1e18, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.0]])
TWO, SEVEN = np.zeros((2, 3)), np.zeros((7, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: bures_wasserstein(ZERO, EYE, np.zeros(3), EYE),
            r"mean_y: expected shape \(2,\), got \(3,\)",
        ),
        (lambda: bures_wasserstein(ZERO, EYE, ZERO, np.eye(3)), r"cov_y: expected shape \(2, 2\)"),
        (
            lambda: bures_wasserstein(EYE, EYE, ZERO, EYE),
            r"mean_x: expected shape \(n,\), got \(2, 2\)",
        ),
        (
            lambda: bures_wasserstein([0.0, np.nan], EYE, ZERO, EYE),
            "mean_x: expected numbers, got NaN",
        ),
        (
            lambda: bures_wasserstein(ZERO, EYE * np.nan, ZERO, EYE),
            "cov_x: expected numbers, got NaN",
        ),
        (
            lambda: bures_wasserstein(ZERO, EYE, ZERO, [[1, 0], [1, 1]]),
            "cov_y: expected a symmetric",
        ),
        (
            lambda: bures_wasserstein(ZERO, -EYE, ZERO, EYE),
            "cov_x: .* positive semi-definite .* -1",
        ),
        (
            lambda: bures_wasserstein(ZERO, EYE, ZERO, [[1.0, 2.0], [2.0, 1.0]]),
            "cov_y: .* positive semi-definite .* -1",
        ),
        (
            lambda: bures_wasserstein(ZERO, [[0.0, 1.0], [1.0, 0.0]], ZERO, EYE),
            "cov_x: .* positive semi-definite .* -1",
        ),
        (
            lambda: bures_wasserstein([], np.zeros((0, 0)), [], np.zeros((0, 0))),
            "mean_x: expected at least one value",
        ),
        (
            lambda: bures_wasserstein(ZERO, np.diag([1e18, -1.0]), ZERO, EYE),
            "cov_x: .* positive semi-definite .* variance -1",
        ),
        (
            lambda: bures_wasserstein(ZERO, EYE, ZERO, [[1e6, 1], [0, 1]]),
            "cov_y: expected a symmetric matrix, got asymmetry 1",
        ),
        (
            lambda: bures_wasserstein(np.zeros(3), HIDDEN * 1e3, np.zeros(3), np.eye(3)),
            "cov_x: .* positive semi-definite .* eigenvalue -1",
        ),
        (
            lambda: bures_wasserstein(np.zeros(3), np.eye(3), np.zeros(3), HIDDEN),
            "cov_y: .* positive semi-definite .* eigenvalue -1",
        ),
        (
            lambda: bures_wasserstein(np.array([1j, 0]), EYE, ZERO, EYE),
            "mean_x: expected real numbers, got the type complex128",
        ),
        (lambda: mode_coverage([0.0], Gaussian(0, 1)), "mixture: .* got an instance of Gaussian"),
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
        (lambda: wasserstein_1d([0.0], [1.0], order="a"), "order: expected a number .* got a"),
        (lambda: wasserstein_1d([0.0], [1.0], order=None), "order: expected a number .* got None"),
        (lambda: wasserstein_1d([0.0], [1.0], order=[1, 2]), r"order: .* got \[1, 2\]"),
        (lambda: wasserstein_1d([0.0], [1.0], order=2j), "order: expected a number .* got 2j"),
        (lambda: kernel_distance([0.0], SEVEN), r"real: expected shape \(n, dim\), got \(1,\)"),
        (lambda: kernel_distance(SEVEN, EYE), r"fake: expected shape \(n, 3\), got \(2, 2\)"),
        (lambda: kernel_distance(SEVEN[:1], SEVEN), "real: expected at least 2 samples, got 1"),
        (lambda: kernel_distance(SEVEN, SEVEN[:1]), "fake: expected at least 2 samples, got 1"),
        (lambda: kernel_distance(SEVEN, SEVEN + np.nan), "fake: expected numbers, got NaN"),
        (lambda: kernel_distance(np.zeros((3, 0)), SEVEN), "real: expected at least one value"),
        (lambda: precision_recall(SEVEN, EYE, k=1), r"fake: expected shape \(n, 3\), got"),
        (lambda: precision_recall(SEVEN[:3], SEVEN), "real: expected at least 4 samples, got 3"),
        (lambda: precision_recall(SEVEN, TWO, k=2), "fake: expected at least 3 samples, got 2"),
        (lambda: precision_recall(SEVEN, SEVEN, k=0), "k: expected at least 1, got 0"),
        (lambda: precision_recall(SEVEN, SEVEN, k=1.5), "k: expected a whole number, got 1.5"),
        (lambda: precision_recall(SEVEN * np.nan, SEVEN), "real: expected numbers, got NaN"),
        (lambda: density_coverage(SEVEN[:5], TWO), "real: expected at least 6 samples, got 5"),
        (lambda: density_coverage(SEVEN, TWO[:0]), "fake: expected at least one value"),
        (lambda: density_coverage(SEVEN, TWO[0]), r"fake: expected shape \(n, 3\), got \(3,\)"),
        (lambda: density_coverage(SEVEN, TWO, k=-1), "k: expected at least 1, got -1"),
        (lambda: sliced_wasserstein(SEVEN, EYE, seed=0), r"y: expected shape \(n, 3\)"),
        (lambda: sliced_wasserstein(TWO[:0], TWO, seed=0), "x: expected at least one value"),
        (lambda: sliced_wasserstein(TWO, TWO + np.inf, seed=0), "y: expected finite numbers"),
        (
            lambda: sliced_wasserstein(TWO, TWO, 0, seed=0),
            "n_projections: expected at least 1, got 0",
        ),
        (lambda: sliced_wasserstein(TWO, TWO, seed=-1), "seed: expected at least 0, got -1"),
        (lambda: sliced_wasserstein(TWO, TWO, seed=0.5), "seed: expected a whole number, got 0.5"),
        (lambda: sliced_wasserstein(TWO, TWO, seed=None), "seed: expected a whole number, got"),
        (lambda: inception_score([0.5, 0.5]), r"probabilities: expected shape \(n, k\), got"),
        (lambda: inception_score([[0.5, 0.6]]), "probabilities: .* sum to 1, got a sum of 1.1"),
        (lambda: inception_score([[1.5, -0.5]]), "probabilities: .* negative -0.5"),
        (lambda: inception_score(np.zeros((0, 3))), "probabilities: expected at least one value"),
        (lambda: inception_score([[np.nan, 1.0]]), "probabilities: expected numbers, got NaN"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
