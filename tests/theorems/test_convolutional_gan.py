"""The statements of tensorflow/convolutional_gan, tried against enumeration and closed forms."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies as st
from keras import layers

from book.pages import definitions

PAGE = "tensorflow/convolutional_gan"

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
    # The formula of the page for it: y_j = Σ w_{j+a-si} x_i.
    before = max(k - stride, 0) // 2
    for j, i in itertools.product(range(n * stride), range(n)):
        m = j + before - stride * i
        assert transposed[j, i] == (kernel[m] if 0 <= m < k else 0)

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


@st.composite
def plans(draw) -> list[tuple[int, int]]:
    """Up to three layers, each a kernel length and a stride that does not exceed it."""
    kernels = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    return [(k, draw(st.integers(1, min(k, 3)))) for k in kernels]


@pytest.mark.theorem("prop-receptive-field")
@given(plan=plans(), length=st.integers(1, 30), seed=SEEDS)
def test_window_holds_what_a_unit_depends_on_and_nothing_else(plan, length, seed):
    """Random stacks of positive layers: where the product of their matrices is not zero."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    # For positive weights and increasing functions the Jacobian is this product, with positive
    # factors between: it is zero where the product is zero, and positive elsewhere.
    jacobian = np.eye(length)
    for k, s in plan:
        jacobian = same_window_matrix(rng.uniform(0.1, 1, k), s, len(jacobian)) @ jacobian
        jacobian *= rng.uniform(0.1, 1, size=(len(jacobian), 1))
    for unit, row in enumerate(jacobian):
        seen = np.flatnonzero(row)
        first, last = page["window"](plan, length, unit)
        assert seen.tolist() == list(range(first, last + 1))
    # With weights of any sign the field can only be smaller.
    signed = np.eye(length)
    for k, s in plan:
        signed = same_window_matrix(rng.integers(-1, 2, k), s, len(signed)) @ signed
    assert not signed[jacobian == 0].any()


@pytest.mark.theorem("cor-windows-add")
@given(seed=SEEDS)
def test_no_mixed_difference_without_a_common_window(seed):
    """Random functions of random windows in float64; then all rows of the page's discriminator."""
    rng = np.random.default_rng(seed)
    size = 12
    windows = [np.arange(a, min(a + rng.integers(1, 6), size)) for a in rng.integers(0, size, 6)]
    weights = [rng.normal(size=(len(w), 3)) for w in windows]

    def logit(x: np.ndarray) -> float:
        parts = (np.tanh(x[w] @ m) @ [1, -2, 3] for w, m in zip(windows, weights, strict=True))
        return 0.7 + sum(parts)

    def mixed(u: np.ndarray, v: np.ndarray) -> float:
        return logit(x + u + v) - logit(x + u) - logit(x + v) + logit(x)

    x = rng.normal(size=size)
    units = np.eye(size)
    for i, j in itertools.combinations(range(size), 2):
        together = any(i in w and j in w for w in windows)
        assert (abs(mixed(units[i], units[j])) > 1e-12) == together


def test_rows_of_the_discriminator_meet_where_the_windows_say():
    """The mixed difference of the page's network is zero exactly for rows without a window."""
    page = definitions(PAGE)
    model = page["dcgan_discriminator"](8, seed=5)
    image = np.random.default_rng(5).uniform(-1, 1, size=(28, 28, 1)).astype(np.float32)
    frames = [page["window"](page["DOWN"], 28, unit) for unit in range(4)]
    for first, second in itertools.product((0, 5, 13, 27), (1, 14, 15, 22, 23)):
        size = abs(page["mixed_difference"](model, image, (first, 9), (second, 9)))
        meet = any(low <= min(first, second) and max(first, second) <= high for low, high in frames)
        assert (size > 1e-5) == meet, (first, second, size)


def sign_patterns(k: int, channels: int) -> np.ndarray:
    """All kernels (k, k, filters, channels) of plus and minus ones, one a filter."""
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=k * k * channels)))
    return signs.T.reshape(k, k, channels, -1).swapaxes(2, 3)


def apply_all(kernels: np.ndarray, stride: int, x: np.ndarray) -> np.ndarray:
    """What a transposed layer with each of the kernels makes of one image: (h, w, filters)."""
    k = len(kernels)
    layer = layers.Conv2DTranspose(
        kernels.shape[2], k, strides=stride, padding="same", use_bias=False
    )
    layer.build((None, None, None, x.shape[-1]))
    layer.set_weights([kernels.astype(np.float32)])
    return np.array(layer(x[None].astype(np.float32)), np.float64)[0]


SMALL_KERNELS = [(1, 1, 3), (2, 1, 2), (2, 2, 2), (2, 3, 1), (3, 1, 1), (3, 2, 1), (3, 3, 1)]
"""Kernel length, stride and channels, so few that all their sign patterns can be tried."""


@pytest.mark.theorem("prop-he-leaky")
@pytest.mark.parametrize(("k", "stride", "channels"), SMALL_KERNELS)
def test_second_moments_by_enumeration(k, stride, channels):
    """The mean over every kernel of signs, exactly; then the counts, and the variance they give."""
    page = definitions(PAGE)
    rng = np.random.default_rng(10 * k + stride)
    x = rng.normal(size=(5, 5, channels))
    variance, alpha = 0.7, page["SLOPE"]
    y = np.sqrt(variance) * apply_all(sign_patterns(k, channels), stride, x)
    squares = np.square(y).mean(axis=-1)

    # 1: variance times the squares of the inputs that reach an output, by the page's own map.
    plan = [(page["UP"], k, stride, 1, variance)]
    (expected,) = page["moments"](np.square(x).sum(axis=-1), plan)
    np.testing.assert_allclose(squares, expected, rtol=1e-5, atol=1e-6)
    # 2: the rectifier.
    rectified = np.square(np.maximum(y, alpha * y)).mean(axis=-1)
    np.testing.assert_allclose(rectified, (1 + alpha**2) / 2 * squares, rtol=1e-5, atol=1e-6)
    # 3 and 4: with equal moments of the inputs an inner pixel keeps them at the variance for its F.
    before, inner = max(k - stride, 0) // 2, range(k - 1, 5 * stride - k)
    taps = np.array([len(range(r, k, stride)) for r in range(stride)])
    equal = page["moments"](np.ones((5, 5)) * channels, [(page["UP"], k, stride, 1, 1.0)])[0]
    for i, j in itertools.product(inner, inner):
        fan_in = taps[(i + before) % stride] * taps[(j + before) % stride] * channels
        assert equal[i, j] == pytest.approx(fan_in)
        if fan_in:
            assert 2 / ((1 + alpha**2) * fan_in) * equal[i, j] * (
                1 + alpha**2
            ) / 2 == pytest.approx(1)
    assert np.outer(taps, taps).mean() == pytest.approx((k / stride) ** 2)
    assert (len(set(np.outer(taps, taps).ravel())) == 1) == (k % stride == 0)


def phase_sums(kernel: np.ndarray, stride: int, u: np.ndarray) -> np.ndarray:
    """The phase sums of a kernel (k, k, filters, channels): (s, s, filters)."""
    weighted = kernel @ u
    return np.array(
        [
            [weighted[r::stride, q::stride].sum(axis=(0, 1)) for q in range(stride)]
            for r in range(stride)
        ]
    )


@pytest.mark.theorem("thm-checkerboard")
@given(k=st.integers(1, 6), stride=STRIDES, seed=SEEDS)
def test_constant_image_becomes_its_phase_sums(k, stride, seed):
    """Constant images through Keras layers, their spectra, and energies over all sign kernels."""
    rng = np.random.default_rng(seed)
    kernel = rng.integers(-4, 5, size=(k, k, 2, 3)).astype(np.float64)
    u = rng.integers(-3, 4, size=3).astype(np.float64)
    n = 8 + -(-k // stride)
    y = apply_all(kernel, stride, np.ones((n, n, 3)) * u)
    sums = phase_sums(kernel, stride, u)

    # 1: the inner region, pixel by pixel.
    before = max(k - stride, 0) // 2
    inner = np.arange(k - 1 - before, n * stride - before)
    phase = (inner + before) % stride
    np.testing.assert_array_equal(y[np.ix_(inner, inner)], sums[np.ix_(phase, phase)])
    for filter_ in range(2):
        part, phases = y[np.ix_(inner, inner)][..., filter_], sums[..., filter_]
        assert (np.ptp(part) == 0) == (np.ptp(phases) == 0)

    # 2: the spectrum of whole periods.
    whole = inner[: len(inner) // stride * stride]
    block = y[np.ix_(whole, whole)]
    energy = np.square(abs(np.fft.fft2(block, axes=(0, 1)) / len(whole) ** 2))
    lines = np.arange(stride) * (len(whole) // stride)
    found = energy[np.ix_(lines, lines)]
    scale = 1 + np.square(sums).max()
    assert energy.sum() - found.sum() == pytest.approx(0, abs=1e-9 * scale)
    expected = np.square(abs(np.fft.fft2(sums, axes=(0, 1)) / stride**2))
    np.testing.assert_allclose(found, expected, atol=1e-9 * scale)
    assert found.sum() == pytest.approx(np.square(sums).mean(axis=(0, 1)).sum())
    off = found.sum(axis=(0, 1)) - found[0, 0]
    np.testing.assert_allclose(off, sums.var(axis=(0, 1)), atol=1e-9 * scale)


@pytest.mark.parametrize(("k", "stride", "channels"), SMALL_KERNELS)
def test_energies_over_all_kernels_of_signs(k, stride, channels):
    """The third part of thm-checkerboard, the expectation taken by enumeration."""
    mean, deviation = 0.6, 1.3
    u = np.array([1.0, -2.0, 0.5])[:channels]
    kernels = mean + deviation * sign_patterns(k, channels)
    sums = phase_sums(kernels, stride, u)
    taps = np.array([len(range(r, k, stride)) for r in range(stride)], dtype=float)
    by_mean, by_chance = (mean * u.sum()) ** 2, deviation**2 * np.square(u).sum()

    both = np.outer(taps, taps)
    np.testing.assert_allclose(
        np.square(sums).mean(axis=-1), by_mean * both**2 + by_chance * both, rtol=1e-9
    )
    energy = np.square(abs(np.fft.fft2(sums, axes=(0, 1)) / stride**2)).mean(axis=-1)
    lines = np.square(abs(np.fft.fft(taps) / stride))
    expected = by_mean * np.outer(lines, lines) + by_chance * k**2 / stride**4
    np.testing.assert_allclose(energy, expected, rtol=1e-9, atol=1e-12)
    off = np.outer(lines, lines).ravel()[1:]
    assert (off.max(initial=0) < 1e-12) == (k % stride == 0)


def same_convolution(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Stride 1, padding "same"."""
    return same_window_matrix(weights, 1, len(x)) @ x


@pytest.mark.theorem("prop-resize-convolution")
@given(stride=st.integers(1, 4), extra=st.integers(0, 5), n=st.integers(1, 8), seed=SEEDS)
def test_equal_phase_sums_are_enlarging_and_convolving(stride, extra, n, seed):
    """Random kernels with and without equal phase sums, against repeating and convolving."""
    rng = np.random.default_rng(seed)
    k = stride + extra
    g = rng.integers(-5, 6, size=extra + 1).astype(float)
    x = rng.integers(-5, 6, size=n).astype(float)
    before = max(k - stride, 0) // 2

    # From 2: equal sums, the formula of 3, and "same" if k - s is even.
    w = np.convolve(g, np.ones(stride))
    sums = np.array([w[r::stride].sum() for r in range(stride)])
    assert np.ptp(sums) == 0
    y = same_window_matrix(w, stride, n * stride).T @ x
    where = (np.arange(n * stride)[:, None] + before - np.arange(extra + 1)) // stride
    inside = (where >= 0) & (where < n)
    np.testing.assert_allclose(y, np.where(inside, x[where * inside], 0) @ g)
    if extra % 2 == 0:
        np.testing.assert_allclose(y, same_convolution(g[::-1], np.repeat(x, stride)))

    # From 1: make the sums of a random kernel equal; the proof's g gives it back.
    w = rng.normal(size=k)
    for r in range(stride):
        w[r] += 1 - w[r::stride].sum()
    steps = np.diff(w, prepend=0.0, append=0.0)
    made = np.array([steps[m::-stride].sum() for m in range(k + 1)])
    np.testing.assert_allclose(made[extra + 1 :], 0, atol=1e-12)
    np.testing.assert_allclose(np.convolve(made[: extra + 1], np.ones(stride)), w, atol=1e-12)

    # Without 1 there is no such g: the nearest one leaves a rest.
    w = rng.normal(size=k)
    columns = np.array([np.convolve(row, np.ones(stride)) for row in np.eye(extra + 1)]).T
    rest = w - columns @ np.linalg.lstsq(columns, w)[0]
    unequal = np.ptp([w[r::stride].sum() for r in range(stride)])
    assert (np.linalg.norm(rest) > 1e-9) == (unequal > 1e-9)


def test_doubled_kernel_is_the_enlarging_layer():
    """On images, with channels, from the page's own function: the two layers agree everywhere."""
    page = definitions(PAGE)
    short = np.random.default_rng(0).normal(size=(3, 3, 4, 2)).astype(np.float32)
    conv = layers.Conv2D(2, 3, padding="same", use_bias=False)
    conv.build((None, None, None, 4))
    conv.set_weights([short])
    x = np.random.default_rng(1).normal(size=(5, 6, 4))
    enlarged = np.repeat(np.repeat(x, 2, axis=0), 2, axis=1)
    expected = np.array(conv(enlarged[None].astype(np.float32)))[0]
    np.testing.assert_allclose(apply_all(page["doubled"](short), 2, x), expected, atol=1e-5)


@pytest.mark.theorem("prop-batchnorm-logit")
@given(n=st.integers(2, 8), epsilon=st.sampled_from([0.0, 1e-3, 1.0]), seed=SEEDS)
def test_batch_normalised_logits(n, epsilon, seed):
    """The formula by automatic differentiation; sums, penalties and stretched batches in Keras."""
    rng = np.random.default_rng(seed)
    y = tf.constant(rng.normal(size=n))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(y)
        deviation = y - tf.reduce_mean(y)
        tau = tf.sqrt(tf.reduce_mean(deviation**2) + epsilon)
        normalised = deviation / tau
    jacobian = np.array(tape.jacobian(normalised, y, experimental_use_pfor=False))
    outer = np.outer(normalised, normalised)
    # 1: the formula, and where it vanishes.
    expected = (np.eye(n) - (1 + outer) / n) / float(tau)
    np.testing.assert_allclose(jacobian, expected, atol=1e-9)
    off = ~np.eye(n, dtype=bool)
    assert ((abs(jacobian) < 1e-12) == (abs(1 + outer) < 1e-12))[off].all()
    # 2: the sum, and its gradient.
    assert abs(float(tf.reduce_sum(normalised))) < 1e-12 * n
    np.testing.assert_allclose(jacobian.sum(axis=0), 0, atol=1e-9)
    # 3: a stretched batch is the same batch, without epsilon.
    stretched = 2 * np.array(y) + rng.normal()
    scaled = (stretched - stretched.mean()) / np.sqrt(stretched.var() + epsilon)
    assert np.allclose(scaled, normalised, atol=1e-9) == (epsilon == 0)


def test_a_penalty_sees_a_flat_discriminator():
    """Keras' own layer under an affine logit: constant mean logits, no penalty, a steep logit."""
    page = definitions(PAGE)
    steep = page["dense_with_batch_norm"](3)
    rng = np.random.default_rng(3)
    real, fake = (rng.normal(m, 1, size=(16, 28, 28, 1)).astype(np.float32) for m in (0, 2))
    assert float(tf.reduce_mean(steep(real))) == pytest.approx(0, abs=1e-5)
    assert float(tf.reduce_mean(steep(fake))) == pytest.approx(0, abs=1e-5)
    seed = (0, 0)
    assert float(page["r1"](1.0)(steep, real, fake, seed)) < 1e-6
    assert float(page["wgan_gp"](10.0)(steep, real, fake, seed)) == pytest.approx(10, abs=0.05)
    table = page["gradients_of_each"](steep, real)
    assert np.trace(table) / 16 > 1e-3
    # A flat one is seen to be flat, and a steep one without normalisation to be steep.
    plain = keras.Sequential([keras.Input([28, 28, 1]), layers.Flatten(), layers.Dense(1)])
    assert float(page["r1"](1.0)(plain, real, fake, seed)) > 1e-3
