"""Every labelled statement of the page on the training engine, checked on the page's own code."""

from fractions import Fraction
from functools import partial
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from tensorflow.python.framework import op_callbacks

from book.pages import definitions
from gan_utils import mlp

PAGE = "tensorflow/training_engine"


@pytest.mark.theorem("def-multiply-adds")
@given(n=st.integers(1, 6), a=st.integers(1, 6), b=st.integers(1, 6))
@settings(max_examples=10)
def test_a_product_is_counted_by_its_scalar_products(n, a, b):
    """Products with either factor transposed, and a counter inside three loops."""
    page = definitions(PAGE)
    left, right = np.arange(1.0, n * a + 1).reshape(n, a), np.arange(2.0, a * b + 2).reshape(a, b)
    product, counted = np.zeros([n, b]), 0
    for i in range(n):
        for j in range(b):
            for k in range(a):
                product[i, j] += left[i, k] * right[k, j]
                counted += 1
    np.testing.assert_allclose(product, left @ right)
    ways = [
        (lambda x, y: tf.matmul(x, y), left, right),
        (lambda x, y: tf.matmul(x, y, transpose_a=True), left.T, right),
        (lambda x, y: tf.matmul(x, y, transpose_b=True), left, right.T),
        (lambda x, y: tf.matmul(x, y, transpose_a=True, transpose_b=True), left.T, right.T),
    ]
    for multiply, *factors in ways:
        graph = page["recorded"](multiply, *map(tf.constant, factors))
        assert page["multiply_adds"](graph.get_operations()) == counted == n * a * b
        assert page["multiply_adds"](page["needed"](graph)) == counted


class Multiplier:
    """Matrix products in NumPy that keep account of what they cost."""

    def __init__(self):
        self.cost = 0

    def __call__(self, left, right):
        self.cost += left.shape[0] * left.shape[1] * right.shape[1]
        return left @ right

    def spent(self):
        """The cost since the last time somebody asked."""
        cost, self.cost = self.cost, 0
        return cost


def backwards(layers, states, signal, multiply, *, weights, inputs):
    """Gradients by the chain rule, layer by layer, of what is wanted and no more."""
    gradients = []
    for number in reversed(range(len(layers))):
        kernel, _ = layers[number]
        if number < len(layers) - 1:
            signal = signal * (states[number + 1] > 0)
        if weights:
            gradients.append((multiply(states[number].T, signal), signal.sum(axis=0)))
        if number > 0 or inputs:
            signal = multiply(signal, kernel.T)
    return gradients[::-1], signal


@pytest.mark.theorem("prop-perceptron-passes")
@given(
    widths=st.lists(st.integers(1, 7), min_size=2, max_size=5),
    n=st.integers(1, 8),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=15)
def test_passes_by_hand_cost_what_is_said_and_give_the_tapes_gradients(widths, n, seed):
    """Backpropagation in NumPy through random perceptrons, its products counted one by one."""
    rng = np.random.default_rng(seed)
    network = mlp(widths[0], widths[-1], widths[1:-1], seed=seed)
    layers = [
        (layer.kernel.numpy(), rng.normal(size=layer.units).astype(np.float32))
        for layer in network.layers
    ]
    for layer, (_, bias) in zip(network.layers, layers, strict=True):
        layer.bias.assign(bias)
    c, a = sum(x * y for x, y in pairwise(widths)), widths[0] * widths[1]
    multiply = Multiplier()
    states = [rng.normal(size=[n, widths[0]]).astype(np.float32)]
    for number, (kernel, bias) in enumerate(layers):
        t = multiply(states[-1], kernel) + bias
        states.append(np.maximum(t, 0) if number < len(layers) - 1 else t)
    assert multiply.spent() == n * c
    signal = rng.normal(size=states[-1].shape).astype(np.float32)
    both, slope = backwards(layers, states, signal, multiply, weights=True, inputs=True)
    assert multiply.spent() == 2 * n * c
    alone, _ = backwards(layers, states, signal, multiply, weights=True, inputs=False)
    assert multiply.spent() == n * (2 * c - a)
    _, slope_alone = backwards(layers, states, signal, multiply, weights=False, inputs=True)
    assert multiply.spent() == n * c
    # The tape's gradients of the sum of signal times output.
    x = tf.constant(states[0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(network(x) * signal)
    *expected, expected_slope = tape.gradient(total, [*network.trainable_variables, x])
    for gradients in (both, alone):
        flat = [array for pair in gradients for array in pair]
        for got, wanted in zip(flat, expected, strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-4)
    for got in (slope, slope_alone):
        np.testing.assert_allclose(got, expected_slope, atol=1e-4)


def products_of_eager(action):
    """The multiply-adds of the products that TensorFlow runs during an action, as it runs them."""
    costs = []

    def listen(op_type, inputs, attrs, outputs, op_name=None, graph=None):
        if op_type == "MatMul":
            named = dict(zip(attrs[::2], attrs[1::2], strict=True))
            inner = inputs[0].shape[0 if named["transpose_a"] else 1]
            costs.append(int(np.prod(outputs[0].shape)) * int(inner))

    op_callbacks.add_op_callback(listen)
    try:
        action()
    finally:
        op_callbacks.remove_op_callback(listen)
    return sum(costs)


@pytest.mark.theorem("prop-step-cost")
@pytest.mark.parametrize("hidden", [(), (5,), (8, 3), (4, 7, 6)], ids=str)
@pytest.mark.parametrize("batch", [1, 9])
def test_tensorflows_record_adds_up_to_the_formula(hidden, batch):
    """Perceptrons of four depths: the products in TensorFlow's graph, and those run eagerly."""
    page = definitions(PAGE)
    players = page["make_players"](hidden=hidden)
    real, noise = page["draw"](batch, 1)
    widths = {
        "generator": [page["LATENT_DIM"], *hidden, page["DATA_DIM"]],
        "discriminator": [page["DATA_DIM"], *hidden, 1],
    }
    products = {name: [a * b for a, b in pairwise(w)] for name, w in widths.items()}
    c_g, a_g = sum(products["generator"]), products["generator"][0]
    c_d, a_d = sum(products["discriminator"]), products["discriminator"][0]
    of_d, of_g = batch * (c_g + 6 * c_d - 2 * a_d), batch * (3 * c_g + 2 * c_d - a_g)
    assert page["step_cost"](players, batch) == (of_d, of_g)
    steps = {
        "D": (partial(page["discriminator_step"], players), (real[0], noise[0, 0])),
        "G": (partial(page["generator_step"], players), (noise[0, 1],)),
    }
    graphs = {name: page["recorded"](step, *x) for name, (step, x) in steps.items()}
    needed = {n: page["multiply_adds"](page["needed"](graph)) for n, graph in graphs.items()}
    assert needed == {"D": of_d, "G": of_g}
    # Recorded, and run eagerly, is a pass more: gradients for D that G's step does not want.
    recorded = {n: page["multiply_adds"](g.get_operations()) for n, g in graphs.items()}
    assert recorded == {"D": of_d, "G": of_g + batch * c_d}
    assert {n: products_of_eager(partial(s, *x)) for n, (s, x) in steps.items()} == recorded


def rounded(t, p):
    """The number with p significant binary digits that is nearest to t, by exact arithmetic."""
    if t == 0:
        return Fraction(0)
    exponent = 0
    while abs(t) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    while abs(t) < Fraction(2) ** exponent:
        exponent -= 1
    unit = Fraction(2) ** (exponent - p + 1)
    return round(t / unit) * unit  # Python rounds halves to even


@pytest.mark.theorem("prop-lost-update")
def test_updates_are_lost_below_one_constant_and_never_above_the_other():
    """All significands of small formats in exact arithmetic, then bfloat16 and float32 themselves.

    The updates are exactly at both constants, a little to either side, and of either sign.
    """
    nudges = [Fraction(1), Fraction(2**20 - 1, 2**20), Fraction(2**20 + 1, 2**20)]
    for p in (2, 3, 5, 8):
        below, above = Fraction(1, 2 ** (p + 1)), Fraction(1, 2**p)
        for digits in range(2 ** (p - 1), 2**p):
            w = Fraction(digits, 2 ** (p - 1))
            for u in (s * n * c * w for s in (1, -1) for n in nudges for c in (below, above)):
                kept = rounded(w + u, p) == w
                assert kept or abs(u) > below * w
                assert not kept or abs(u) <= above * w
        # Sharp at w = 1.
        assert rounded(1 - below * nudges[2], p) != 1
        assert rounded(1 + above, p) == 1
    # The machine's own formats round like that: every bfloat16 in [1, 2), and in [1024, 2048).
    for scale in (1.0, 1024.0):
        w = tf.constant(scale * (1 + np.arange(128) / 128), tf.bfloat16)
        exact = w.numpy().astype(np.float64)
        for factor in (2.0**-9, -(2.0**-9), 2.0**-8 * (1 + 2**-6), -(2.0**-8) * (1 + 2**-6)):
            u = tf.cast(tf.constant(exact * factor), tf.bfloat16)
            relative = abs(u.numpy().astype(np.float64)) / exact
            kept = (w + u == w).numpy()
            assert kept[relative <= 2.0**-9].all()
            assert not kept[relative > 2.0**-8].any()
    assert np.float32(1) + np.float32(2.0**-25) == 1
    assert np.float32(1) - np.float32(2.0**-25) == 1
    assert np.float32(1) + np.float32(2.0**-24 * 1.001) != 1
    page = definitions(PAGE)
    assert page["added"](2.0**-9, 300, tf.bfloat16) == 1
    assert page["added"](2.0**-9, 300, tf.float32) == 1 + 300 / 512


@pytest.mark.theorem("prop-replica-average")
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=4), seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_weighted_shares_average_to_the_gradient(sizes, seed):
    """Random divisions of a random batch, weighted and plain; and the proof's counterexample."""
    page = definitions(PAGE)
    model = page["make_players"](hidden=(6,), seed=seed).discriminator
    n, k = sum(sizes), len(sizes)
    x = tf.random.stateless_normal([n, page["DATA_DIM"]], [seed, 0])
    weighted = [size / n for size in sizes]
    assert page["error_of_average"](model, x, sizes, weighted) < 1e-5
    equal = tf.concat([x] * k, axis=0)
    assert page["error_of_average"](model, equal, [n] * k, [1 / k] * k) < 1e-5
    # One coordinate for the members of one share, nothing for the others.
    psi = tf.Variable(0.0)
    with tf.GradientTape(persistent=True) as tape:
        losses = [psi if number < sizes[0] else 0.0 * psi for number in range(n)]
        whole = tf.add_n(losses) / n
        shares = [tf.add_n(part) / len(part) for part in _cut(losses, sizes)]
    plain = sum(float(tape.gradient(share, psi)) for share in shares) / k
    assert float(tape.gradient(whole, psi)) == pytest.approx(sizes[0] / n)
    assert plain == pytest.approx(1 / k)


def _cut(items, sizes):
    """Consecutive parts of these sizes."""
    ends = np.cumsum(sizes)
    return [items[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def test_batch_normalisation_is_no_mean_over_points():
    """Where the proposition's hypothesis fails, so does its conclusion, even for equal shares."""
    page = definitions(PAGE)
    x = tf.random.stateless_normal([64, page["DATA_DIM"]], [1, 2])
    model = page["normalised_discriminator"]()
    assert page["error_of_average"](model, x, [32, 32], [0.5, 0.5]) > 1e-3


@pytest.mark.parametrize("depth", [1, 3])
def test_every_way_takes_the_same_steps(depth):
    """The page's four ways end at the same weights, for networks other than the page's."""
    page = definitions(PAGE)
    real, noise = page["draw"](8, 5)
    ends = []
    for way in page["WAYS"].values():
        players = page["make_players"](hidden=(7,) * depth, seed=3)
        way(players)(real, noise)
        ends.append(page["weights_of"](players))
    for end in ends[1:]:
        assert page["largest_difference"](end, ends[0]) < page["ROUNDING"]


def test_an_adam_in_bfloat16_with_customary_settings_does_not_move():
    """β₂ = 0.999 is 1 in bfloat16, its bias correction 0, and every weight stays as it was."""
    page = definitions(PAGE)
    real, noise = page["draw"](16, 4)
    arguments = {"beta_2": 0.999, "real": real, "noise": noise}
    assert page["standing_still"]("bfloat16", **arguments) == 1
    assert page["standing_still"]("mixed_bfloat16", **arguments) < 0.5
    assert keras.config.dtype_policy().name == "float32"
