"""Penalties against closed forms, above all on a linear critic w·x."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import input_gradient_norm_squared, r1, r2, wgan_gp

W = np.array([3.0, -4.0, 12.0])  # norm 13
REAL = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)
FAKE = np.random.default_rng(1).normal(size=[6, 3]).astype(np.float32) + 2


def linear(x):
    return x @ tf.constant(W[:, None], x.dtype)


def quadratic(x):
    """½‖x‖², whose gradient is x."""
    return 0.5 * tf.reduce_sum(tf.square(x), axis=1, keepdims=True)


def test_linear_critic_has_the_gradient_of_its_weight():
    assert float(r1(0.3)(linear, REAL, FAKE)) == pytest.approx(0.15 * 169, rel=1e-6)
    assert float(r2(0.3)(linear, REAL, FAKE)) == pytest.approx(0.15 * 169, rel=1e-6)
    assert float(wgan_gp(0.3)(linear, REAL, FAKE)) == pytest.approx(0.3 * 144, rel=1e-6)


def test_each_penalty_looks_where_it_says():
    assert float(r1(2.0)(quadratic, REAL, FAKE)) == pytest.approx(np.square(REAL).sum(1).mean())
    assert float(r2(2.0)(quadratic, REAL, FAKE)) == pytest.approx(np.square(FAKE).sum(1).mean())


def test_norms_are_per_sample_and_images_have_three_axes():
    images = np.random.default_rng(2).normal(size=[4, 5, 6, 1]).astype(np.float32)
    squared = input_gradient_norm_squared(lambda x: quadratic(tf.reshape(x, [-1, 30])), images)
    np.testing.assert_allclose(squared, np.square(images).sum((1, 2, 3)), rtol=1e-5)


def test_interpolated_points_lie_on_their_own_segments():
    seen = []

    def critic(x):
        seen.append(x.numpy())
        return quadratic(x)

    n = 2000
    real = np.random.default_rng(3).normal(size=[n, 2]).astype(np.float32)
    fake = real + [[4.0, -2.0]] * np.random.default_rng(4).uniform(1, 2, size=[n, 1])
    wgan_gp(1.0)(critic, real, fake.astype(np.float32))
    t = (seen[0] - real) / (fake - real)
    np.testing.assert_allclose(t[:, 0], t[:, 1], atol=1e-5)  # one weight for each pair
    assert t.min() >= -1e-6
    assert t.max() <= 1 + 1e-6
    # Uniform on [0, 1]: Kolmogorov's distance exceeds 1.95 / √n once in a thousand draws.
    distance = np.abs(np.sort(t[:, 0]) - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.95 / np.sqrt(n)


def test_gradient_of_a_flat_critic_is_finite():
    w = tf.Variable(tf.zeros([3, 1]))
    with tf.GradientTape() as tape:
        penalty = wgan_gp(10.0)(lambda x: x @ w, REAL, FAKE)
    assert float(penalty) == pytest.approx(10.0)
    np.testing.assert_array_equal(tape.gradient(penalty, w), np.zeros([3, 1]))


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("make", [r1, r2, wgan_gp], ids=lambda make: make.__name__)
def test_second_derivative_reaches_the_weights(make, jit):
    w = tf.Variable(W[:, None].astype(np.float32))

    @tf.function(jit_compile=jit)
    def gradient():
        with tf.GradientTape() as tape:
            penalty = make(0.5)(lambda x: x @ w, tf.constant(REAL), tf.constant(FAKE))
        return tape.gradient(penalty, w)

    # d/dw (γ/2)‖w‖² = γ w; d/dw λ(‖w‖ − 1)² = 2 λ (‖w‖ − 1) w/‖w‖
    expected = 0.5 * W if make is not wgan_gp else 2 * 0.5 * 12 * W / 13
    np.testing.assert_allclose(gradient()[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(("make", "name"), [(r1, "gamma"), (r2, "gamma"), (wgan_gp, "weight")])
@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "1", None])
def test_bad_coefficients_are_named(make, name, bad):
    with pytest.raises(ValueError, match=f"{name}: expected a finite number of at least 0"):
        make(bad)


def test_integers_have_no_gradient():
    with pytest.raises(ValueError, match="x: expected floating-point numbers, got int64"):
        input_gradient_norm_squared(quadratic, np.arange(6).reshape(2, 3))


@pytest.mark.parametrize(
    ("penalty", "bad"), [(r1(1.0), 0), (r2(1.0), 1), (wgan_gp(1.0), 0), (wgan_gp(1.0), 1)], ids=str
)
def test_penalties_name_the_integers(penalty, bad):
    batches = [REAL, FAKE]
    batches[bad] = batches[bad].astype(np.int32)
    name = ("real", "fake")[bad]
    with pytest.raises(ValueError, match=f"{name}: expected floating-point numbers, got int32"):
        penalty(lambda x: quadratic(tf.cast(x, tf.float32)), *batches)


@pytest.mark.parametrize(
    ("real", "fake"),
    [(REAL[:, :1], FAKE[:, 0]), (REAL, FAKE[:1]), (REAL, FAKE[:, :1])],
    ids=["rank", "batch", "width"],
)
def test_no_segment_joins_batches_of_different_shapes(real, fake):
    with pytest.raises(ValueError, match="fake: expected the shape of real"):
        wgan_gp(1.0)(quadratic, real, fake)


@pytest.mark.parametrize("penalty", [r1(0.1), r2(2.0), wgan_gp(10.0)], ids=repr)
def test_serialisation_gives_the_same_value_back(penalty):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert again == penalty
