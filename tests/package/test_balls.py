"""The four ball metrics together: exact where they decide, at any scale, in bounded memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.spatial.distance import cdist

from gan_utils import _balls, density_coverage, prdc, precision_recall


def by_definition(real, fake, k, k_precision_recall):
    """From all distances in float64, by differences."""
    real, fake = np.float64(real), np.float64(fake)
    within = [np.sort(cdist(x, x), axis=1) for x in (real, fake)]
    across = cdist(real, fake)
    small = across <= within[0][:, [k_precision_recall]]
    of_fake = across <= within[1][:, k_precision_recall]
    large = across <= within[0][:, [k]]
    return (
        small.any(axis=0).mean(),
        of_fake.any(axis=1).mean(),
        large.sum() / (k * len(fake)),
        large.any(axis=1).mean(),
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "m", "dim"), [(300, 200, 1), (2100, 700, 3), (500, 900, 300)])
def test_all_four_are_those_of_the_definition(n, m, dim, dtype):
    rng = np.random.default_rng(0)
    real = (rng.normal(size=(n, dim)) + 5).astype(dtype)
    fake = (rng.normal(size=(m, dim)) * 0.9 + 5.1).astype(dtype)
    assert prdc(real, fake, 5, 3) == pytest.approx(by_definition(real, fake, 5, 3), rel=1e-12)
    assert prdc(real, fake, 4) == pytest.approx(by_definition(real, fake, 4, 4), rel=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 4))
def test_all_four_are_those_of_the_single_calls(seed, k, small):
    rng = np.random.default_rng(seed)
    real, fake = rng.integers(-3, 4, (12, 2)), rng.integers(-3, 4, (9, 2))
    found = prdc(real, fake, k, small)
    assert found[:2] == precision_recall(real, fake, small)
    assert found[2:] == density_coverage(real, fake, k)


def test_all_four_are_those_of_the_package_prdc():
    # prdc 0.2 with NumPy 2.4.6 and scikit-learn 1.9.1: compute_prdc(real, fake, 5).
    i, j = np.ogrid[1:301, 1:9]
    real, fake = np.sin(i * np.sqrt(j)), 0.2 + 0.9 * np.sin(i * np.sqrt(j + 10.5))
    expected = (0.97, 0.8966666666666666, 0.9146666666666667, 0.9133333333333333)
    assert prdc(real, fake, 5) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("apart", [1e4, 1e8, 1e12])
def test_clusters_far_apart_keep_their_neighbours(apart):
    # Multiples of 2⁻⁸ stay exact beside the distance, so that nothing changes with it.
    rng = np.random.default_rng(0)
    near = [np.round(rng.normal(size=(200, 3)) * 256) / 256 for _ in range(4)]
    real, fake = (np.concatenate([near[i], near[i + 1] + np.round(apart)]) for i in (0, 2))
    assert prdc(real, fake, 5, 3) == by_definition(real, fake, 5, 3)
    single = [prdc(near[i], near[i + 2], 5, 3) for i in (0, 1)]
    assert prdc(real, fake, 5, 3) == pytest.approx(np.mean(single, axis=0))


@pytest.mark.parametrize("exponent", [-1000, -700, -150, 0, 150, 700, 1015])
def test_units_do_not_matter(exponent):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(60, 3)), 0.3 + rng.normal(size=(50, 3))
    assert prdc(np.ldexp(real, exponent), np.ldexp(fake, exponent)) == prdc(real, fake)


@pytest.mark.parametrize("far", [1e10, 1e100, 1e300])
def test_strays_do_not_blur_the_rest(far):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(300, 4)), rng.normal(size=(300, 4))
    real[0], fake[0] = far, -far
    # Squares overflow in the definition at 1e300, where nothing is nearer than at 1e100.
    near = (np.clip(x, -1e100, 1e100) for x in (real, fake))
    assert prdc(real, fake, 5, 3) == pytest.approx(by_definition(*near, 5, 3), rel=1e-12)


def test_the_bound_of_the_first_comparison_holds():
    # Against exact distances, the thresholds are never wrong, and decide most pairs.
    rng = np.random.default_rng(0)
    for spread in (1.0, 1e3):
        x = np.concatenate([rng.normal(size=(200, 50)), spread * rng.normal(size=(200, 50))])
        x = x.astype(np.float32)
        exponent = _balls.unit(x)
        points = _balls._Points(x, _balls._centre(exponent, x), exponent)
        rows = slice(0, len(x))
        exact = cdist(points.exact(rows), points.exact(rows), "sqeuclidean")
        scores = 2 * points.centred(rows) @ points.centred(rows).T - points.norms
        decided = 0
        for share in (0.3, 0.9, 1.0, 1.1):
            radii = share * np.median(exact, axis=1)
            outside, inside = points.thresholds(rows, radii)
            holds = exact <= radii[:, None]
            assert not (holds & (scores < outside)).any()
            assert holds[scores >= inside].all()
            decided += ((scores < outside) | (scores >= inside)).mean() / 4
        assert decided > 0.99


def test_dimensions_beyond_the_bound_are_compared_by_differences(monkeypatch):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(40, 6)), rng.normal(size=(30, 6))
    expected = prdc(real, fake)
    monkeypatch.setattr(_balls, "MAX_DIM_IN_SINGLE", 5)
    assert prdc(real, fake) == expected


@pytest.mark.slow
def test_single_precision_features_are_not_copied():
    rng = np.random.default_rng(0)
    real, fake = (rng.normal(size=(20_000, 256)).astype(np.float32) for _ in range(2))
    tracemalloc.start()
    precision_recall(real[:4000], fake)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Two tiles of products and their truth values; a copy of `fake` alone were 20 MB more.
    assert peak < 2**20 * 75
