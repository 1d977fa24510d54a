"""The statements of tensorflow/digits_gan, tried against oracles."""

import math

import numpy as np
import pytest
import scipy.linalg
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from tests.pages import definitions

PAGE = "tensorflow/digits_gan"

LENGTHS = st.integers(1, 7)
STRIDES = st.integers(1, 4)
SEEDS = st.integers(0, 2**32 - 1)


def same_window_matrix(kernel: np.ndarray, stride: int, length: int) -> np.ndarray:
    """The matrix of the convolution, from the definition of padding "same", window by window."""
    starts = range(0, length, stride)
    missing = max((len(starts) - 1) * stride + len(kernel) - length, 0)
    matrix = np.zeros((len(starts), length))
    for row, start in enumerate(starts):
        for offset, weight in enumerate(kernel):
            column = start - missing // 2 + offset
            if 0 <= column < length:
                matrix[row, column] += weight
    return matrix


@pytest.mark.theorem("prop-transposed-size")
@given(n=LENGTHS, k=st.integers(1, 6), stride=STRIDES, seed=SEEDS)
def test_transposed_layer_is_the_transpose_for_the_largest_input(n, k, stride, seed):
    """Keras layers with random kernels, sizes and strides, turned into matrices and transposed."""
    page = definitions(PAGE)
    kernel = np.random.default_rng(seed).integers(-9, 10, size=k).astype(np.float32)
    down = page["same_kernel"](layers.Conv1D, kernel, stride)
    up = page["same_kernel"](layers.Conv1DTranspose, kernel, stride)

    # 1: the size of a strided convolution, for every input length with this n and the two beside.
    for length in range(max((n - 1) * stride, 1), n * stride + 2):
        matrix = page["matrix_of"](down, length)
        assert matrix.shape == (math.ceil(length / stride), length)
        np.testing.assert_array_equal(matrix, same_window_matrix(kernel, stride, length))
        # 2: exactly the lengths (n-1)s+1 to ns give n.
        assert (len(matrix) == n) == ((n - 1) * stride < length <= n * stride)

    transposed = page["matrix_of"](up, n)
    assert transposed.shape == (n * stride, n)
    np.testing.assert_array_equal(transposed, page["matrix_of"](down, n * stride).T)

    # 3: in two dimensions, axis by axis: a product kernel has the product of the matrices.
    image = layers.Conv2DTranspose(1, (k, 2), strides=(stride, 3), padding="same", use_bias=False)
    image.build((None, None, None, 1))
    other = np.array([2.0, -5.0], dtype=np.float32)
    image.set_weights([np.multiply.outer(kernel, other)[..., None, None]])
    x = np.random.default_rng(seed).integers(-3, 4, size=(n, 2)).astype(np.float32)
    rows = same_window_matrix(kernel, stride, n * stride).T
    columns = same_window_matrix(other, 3, 6).T
    result = np.array(image(tf.constant(x[None, ..., None])))[0, ..., 0]
    np.testing.assert_array_equal(result, rows @ x @ columns.T)


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
    frechet_distance = definitions(PAGE)["frechet_distance"]
    rng = np.random.default_rng(seed)
    mean, cov = random_fit(rng, dim, rank)
    other_mean, other_cov = random_fit(rng, dim, dim)
    scale = 1 + np.trace(cov) + np.trace(other_cov)

    assert 0 <= frechet_distance(mean, cov, mean, cov) <= 1e-10 * scale
    # Along one axis everything has a closed form, so that neither part can hide the other.
    shift = other_mean - mean
    assert frechet_distance(mean, cov, other_mean, cov) == pytest.approx(
        shift @ shift, abs=1e-6 * scale
    )
    stretched = 4 * cov
    assert frechet_distance(mean, cov, mean, stretched) == pytest.approx(
        np.trace(cov), abs=1e-6 * scale
    )
    # The form of the proof, ‖A − BQ‖², is never below it, and meets it at Q = W Uᵀ.
    a, b = positive_root(cov), positive_root(other_cov)
    u, _, w = np.linalg.svd(a @ b)
    least = frechet_distance(mean, cov, mean, other_cov)
    assert np.square(a - b @ (w.T @ u.T)).sum() == pytest.approx(least, abs=1e-6 * scale)
    q = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    assert np.square(a - b @ q).sum() >= least - 1e-6 * scale
    if rank < dim:
        assert least > 0
