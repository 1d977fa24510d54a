"""What a divergence does to tensors: NumPy's values, the right gradients, no overflow."""

import numpy as np
import pytest
import tensorflow as tf

from gan_utils import (
    JENSEN_SHANNON,
    KL,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    FDivergence,
)
from tests.package.cases import ALL, LOG_2, each_divergence

RATIOS = np.concatenate([np.geomspace(1e-30, 1e30, 61), np.linspace(0.05, 3.0, 60)])
LOGITS = np.concatenate([np.linspace(-80.0, 80.0, 33), np.linspace(-3.0, 3.0, 31)])
FUNCTIONS = ("f", "derivative", "conjugate", "output_activation")
each_function = pytest.mark.parametrize("function", FUNCTIONS)


def arguments(divergence, function):
    """Points of the function's domain: for f*, the slopes of moderate ratios."""
    if function == "conjugate":
        return divergence.derivative(np.geomspace(1e-3, 1e3, 61))
    return LOGITS if function == "output_activation" else RATIOS


def gradient(function, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x)


@each_divergence
@each_function
def test_tensors_get_what_arrays_get(divergence, function):
    x = arguments(divergence, function)
    expected = getattr(divergence, function)(x)
    result = getattr(divergence, function)(tf.constant(x))
    assert result.dtype == tf.float64
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-15)


@each_divergence
@each_function
def test_float32_keeps_its_own_precision(divergence, function):
    x = arguments(divergence, function).astype(np.float32)
    expected = getattr(divergence, function)(x)
    result = getattr(divergence, function)(tf.constant(x))
    assert result.dtype == tf.float32
    fits = np.abs(expected) < np.finfo(np.float32).max
    assert np.isfinite(result.numpy()[fits]).all()
    # A slope of f within a rounding of f'(infinity) is a rounding of the conjugate's pole.
    rtol = 1e-3 if function == "conjugate" else 2e-6
    np.testing.assert_allclose(result[fits], expected[fits], rtol=rtol, atol=3e-7)


@each_divergence
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_the_gradient_of_f_is_its_derivative(divergence, dtype):
    u = tf.constant(RATIOS[RATIOS != 1], dtype)
    found = gradient(divergence.f, u)
    np.testing.assert_allclose(found, divergence.derivative(u.numpy()), rtol=2e-6, atol=3e-7)


@each_divergence
def test_the_gradient_of_the_derivative_is_the_curvature(divergence):
    u = np.geomspace(1e-6, 1e6, 25)
    curvature = {
        KL: 1 / u,
        REVERSE_KL: 1 / u**2,
        JENSEN_SHANNON: 0.5 / (u * (1 + u)),
        PEARSON: 2 * np.ones_like(u),
        SQUARED_HELLINGER: 0.25 * u**-1.5,
        TOTAL_VARIATION: np.zeros_like(u),
    }[divergence]
    first = gradient(divergence.derivative, tf.constant(u))
    second = gradient(lambda x: gradient(divergence.f, x), tf.constant(u))
    np.testing.assert_allclose(first, curvature, rtol=1e-9)
    np.testing.assert_allclose(second, curvature, rtol=1e-9)


@pytest.mark.parametrize("divergence", [d for d in ALL if d is not TOTAL_VARIATION], ids=str)
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_the_gradient_of_the_conjugate_is_the_ratio(divergence, dtype):
    # (f*)' is the inverse of f'. Total variation's slopes are steps: see the next test.
    u = np.geomspace(1e-2, 1e2, 41)
    t = tf.constant(divergence.derivative(u), dtype)
    slack = 1e-9 if dtype == tf.float64 else 1e-3
    np.testing.assert_allclose(gradient(divergence.conjugate, t), u, rtol=slack, atol=slack)


def test_the_gradient_of_total_variations_conjugate_is_a_step():
    t = tf.constant([-2.0, -0.4, 0.0, 0.4])
    found = gradient(TOTAL_VARIATION.conjugate, t)
    np.testing.assert_array_equal(found, [0.0, 1.0, 1.0, 1.0])


@each_divergence
def test_the_gradient_of_the_output_activation_is_its_slope(divergence):
    v = tf.constant(np.linspace(-30.0, 30.0, 121))
    slope = {
        KL: np.ones(121),
        REVERSE_KL: np.exp(-v),
        JENSEN_SHANNON: 0.5 / (1 + np.exp(v)),
        PEARSON: np.ones(121),
        SQUARED_HELLINGER: 0.5 * np.exp(-v),
        TOTAL_VARIATION: 0.5 / np.cosh(v) ** 2,
    }[divergence]
    np.testing.assert_allclose(gradient(divergence.output_activation, v), slope, rtol=1e-9)
    # In float32 too, where T itself no longer moves: v = 20 is rounded onto the end.
    single = gradient(divergence.output_activation, tf.cast(v, tf.float32))
    np.testing.assert_allclose(single, slope, rtol=1e-4, atol=1e-7)


@each_divergence
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_far_logits_stay_in_the_domain_with_finite_gradients(divergence, dtype):
    v = tf.cast(tf.constant([-1e4, -700.0, -20.0, 0.0, 20.0, 700.0, 1e4]), dtype)
    with tf.GradientTape() as tape:
        tape.watch(v)
        t = divergence.output_activation(v)
    assert t.dtype == v.dtype
    values = tf.cast(t, tf.float64).numpy()
    assert (values[1:] >= values[:-1]).all()
    assert (values < divergence.derivative(np.inf)).all() or divergence is TOTAL_VARIATION
    if dtype in ("float32", "float64"):  # half precision holds no exp(20)
        assert np.isfinite(values).all()
        assert np.isfinite(tape.gradient(t, v)).all()
        assert np.isfinite(divergence.conjugate(t)).all() or divergence is KL


@each_divergence
def test_the_ends_of_the_line(divergence):
    u = tf.constant([0.0, np.inf])
    for function in (divergence.f, divergence.derivative):
        if function is divergence.f:
            u = u[:1]
        np.testing.assert_allclose(function(u), function(u.numpy()), rtol=1e-6)
    slope = divergence.derivative(0.0)
    expected = slope if np.isfinite(slope) else 0.0
    assert gradient(divergence.f, tf.constant([0.0])).numpy() == [expected]


@each_divergence
@each_function
def test_nan_stays_nan(divergence, function):
    x = np.array([np.nan, 0.25])
    assert np.isnan(getattr(divergence, function)(x)).tolist() == [True, False]
    result = getattr(divergence, function)(tf.constant(x, tf.float32))
    assert np.isnan(result).tolist() == [True, False]


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_a_traced_function_gives_the_same(dtype, jit_compile):
    def everything(u, v):
        return [
            result
            for divergence in ALL
            for function, x in (
                (divergence.f, u),
                (divergence.derivative, u),
                (divergence.output_activation, v),
                (lambda v, d=divergence: d.conjugate(d.output_activation(v)), v),
            )
            for result in (function(x), gradient(function, x))
        ]

    u = tf.constant(np.geomspace(1e-6, 1e6, 30), dtype)
    v = tf.constant(np.linspace(-12.0, 12.0, 30), dtype)
    traced = tf.function(everything, jit_compile=jit_compile)(u, v)
    for found, expected in zip(traced, everything(u, v), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_whole_numbers_are_no_tensors_of_ours():
    with pytest.raises(ValueError, match="expected a tensor of floating point, got int32"):
        KL.f(tf.constant([1, 2]))


# The bound


P, Q = np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.3, 0.2])


@each_divergence
@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
def test_the_bound_of_tensors_is_that_of_arrays_and_climbs(divergence, dtype):
    t = 0.8 * divergence.derivative(P / Q)
    real, fake = np.repeat(t, [1, 2, 7]), np.repeat(t, [5, 3, 2])
    expected = divergence.variational_bound(real, fake)
    real, fake = tf.constant(real, dtype), tf.constant(fake, dtype)
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        bound = divergence.variational_bound(real, fake)
    assert bound.dtype == dtype
    assert float(bound) == pytest.approx(expected, rel=1e-5)
    of_real, of_fake = tape.gradient(bound, [real, fake])
    np.testing.assert_allclose(of_real, np.full(10, 0.1), rtol=1e-6)
    # −(f*)'(t)/n, and (f*)'(t) >= 0 is the ratio whose slope t is.
    step = 1e-6
    conjugates = [divergence.conjugate(fake.numpy().astype(float) + s) for s in (step, -step)]
    slopes = (conjugates[0] - conjugates[1]) / (2 * step)
    np.testing.assert_allclose(of_fake, -slopes / 10, rtol=1e-4, atol=1e-6)


@each_divergence
def test_a_learned_bound_reaches_the_divergence_and_never_passes_it(divergence):
    exact = float(divergence(P, Q))
    real, fake = (np.repeat(range(3), np.rint(10 * v).astype(int)) for v in (P, Q))
    optimizer = tf.keras.optimizers.Adam(0.05)
    logits = tf.Variable(tf.zeros(3))
    optimizer.build([logits])

    @tf.function
    def bounds():
        found = tf.TensorArray(tf.float32, 400)
        for i in tf.range(400):
            with tf.GradientTape() as tape:
                t = divergence.output_activation(logits)
                bound = divergence.variational_bound(tf.gather(t, real), tf.gather(t, fake))
            optimizer.apply([-tape.gradient(bound, logits)])
            found = found.write(i, bound)
        return found.stack()

    climb = bounds().numpy()
    assert (climb <= exact + 1e-5).all()
    assert climb[-1] == pytest.approx(exact, abs=5e-3 * max(1, exact))


def test_tensors_outside_the_domain_make_the_bound_minus_infinity():
    end = tf.constant(0.5 * LOG_2, tf.float32)
    inside = tf.constant([0.0])
    bound = JENSEN_SHANNON.variational_bound
    assert float(bound(tf.constant([0.4]), inside)) == -np.inf
    assert float(bound(inside, tf.constant([0.4]))) == -np.inf
    assert float(bound(inside, end[None])) == -np.inf
    assert float(bound(end[None], inside)) == pytest.approx(0.5 * LOG_2)
    assert np.isnan(bound(tf.constant([np.nan, 0.0]), inside))
    assert np.isnan(bound(inside, tf.constant([np.nan, 0.0])))


def test_an_array_beside_a_tensor_takes_its_type():
    real, fake = tf.constant([0.1, 0.2]), np.array([0.1, -0.1])
    expected = JENSEN_SHANNON.variational_bound(real.numpy(), fake)
    assert float(JENSEN_SHANNON.variational_bound(real, fake)) == pytest.approx(expected)
    half = tf.fill([70_000], tf.constant(1.0, tf.float16))
    bound = PEARSON.variational_bound(half, 0 * half)
    assert (bound.dtype, float(bound)) == (tf.float32, 1.0)


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (tf.zeros([0]), tf.zeros([1]), "test_real: expected at least one value"),
        (tf.zeros([1]), tf.zeros([1, 0]), "test_fake: expected at least one value"),
        (tf.zeros([1], tf.int32), tf.zeros([1]), "test_real: expected a floating-point tensor"),
        (tf.zeros([1]), tf.zeros([1], tf.float64), "test_fake: expected the type of test_real"),
    ],
)
def test_wrong_tensors_are_named(real, fake, message):
    with pytest.raises(ValueError, match=message):
        KL.variational_bound(real, fake)


# A divergence that a reader defines


def neyman():
    """Neyman's χ²: D = Σ (p − q)²/p, written for both kinds of arrays."""
    return FDivergence(
        "Neyman",
        lambda u: (u - 1) ** 2 / u,
        lambda u: 1 - u**-2.0,
        lambda t: tf.keras.ops.where(t > 1, np.inf, 2 - 2 * (1 - t) ** 0.5),
        lambda v: 1 - 2.0 ** (-v),
    )


@each_function
def test_ones_own_works_on_arrays_and_tensors(function):
    ours, x = getattr(neyman(), function), np.array([0.25, 0.5, 0.75])
    on_arrays = ours(x)
    assert type(on_arrays) is np.ndarray
    assert on_arrays.dtype == np.float64
    np.testing.assert_allclose(ours(tf.constant(x)), on_arrays, rtol=1e-12)
    slopes = (ours(x + 1e-6) - ours(x - 1e-6)) / 2e-6
    single = tf.constant(x, tf.float32)
    assert ours(single).dtype == tf.float32
    np.testing.assert_allclose(gradient(ours, single), slopes, rtol=1e-4)
    np.testing.assert_allclose(tf.function(ours)(single), on_arrays, rtol=1e-5)


def test_ones_own_gives_bounds_in_both_kinds():
    divergence = neyman()
    t = divergence.derivative(P / Q)
    real, fake = np.repeat(t, [1, 2, 7]), np.repeat(t, [5, 3, 2])
    exact = float(divergence(P, Q))
    assert exact == pytest.approx(((P - Q) ** 2 / P).sum())
    assert divergence.variational_bound(real, fake) == pytest.approx(exact)
    assert float(divergence.variational_bound(tf.constant(real), fake)) == pytest.approx(exact)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda u: np.log(u) ** 2,
        lambda u: u * np.log(u),  # an array times a tensor is a tensor, whose gradient is false
        lambda u: np.where(u > 0, u - 1, 0.0),
        lambda u: (u - 1).astype(float),
    ],
)
def test_numpys_functions_are_refused_on_tensors(wrong):
    divergence = FDivergence("mine", wrong, *(lambda x: x,) * 3)
    assert divergence.f(np.array([1.0])) == [0.0]
    with pytest.raises(TypeError, match=r"mine\.f: tensors need a function written with operators"):
        divergence.f(tf.constant([2.0]))
    with pytest.raises(TypeError, match=r"mine\.f: tensors need"):
        tf.function(divergence.f)(tf.constant([2.0]))


def test_every_function_must_be_one():
    with pytest.raises(ValueError, match=r"mine\.conjugate: expected a function, got None"):
        FDivergence("mine", lambda u: u - 1, lambda u: u, None, lambda v: v)


def test_all_divergences_are_tried():
    assert len(ALL) == 6
