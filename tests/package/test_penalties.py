"""Penalties against closed forms, above all on a linear critic w·x."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import GAN, HINGE, input_gradient_norm_squared, mlp, r1, r2, wgan_gp

W = np.array([3.0, -4.0, 12.0])  # norm 13
REAL = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)
FAKE = np.random.default_rng(1).normal(size=[6, 3]).astype(np.float32) + 2
SEED = (7, 3)


def linear(x):
    return x @ tf.constant(W[:, None], x.dtype)


def quadratic(x):
    """½‖x‖², whose gradient is x."""
    return 0.5 * tf.reduce_sum(tf.square(x), axis=1, keepdims=True)


def test_linear_critic_has_the_gradient_of_its_weight():
    assert float(r1(0.3)(linear, REAL, FAKE, SEED)) == pytest.approx(0.15 * 169, rel=1e-6)
    assert float(r2(0.3)(linear, REAL, FAKE, SEED)) == pytest.approx(0.15 * 169, rel=1e-6)
    assert float(wgan_gp(0.3)(linear, REAL, FAKE, SEED)) == pytest.approx(0.3 * 144, rel=1e-6)


def test_each_penalty_looks_where_it_says():
    at_real, at_fake = (np.square(x).sum(axis=1).mean() for x in (REAL, FAKE))
    assert float(r1(2.0)(quadratic, REAL, FAKE, SEED)) == pytest.approx(at_real)
    assert float(r2(2.0)(quadratic, REAL, FAKE, SEED)) == pytest.approx(at_fake)


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
    wgan_gp(1.0)(critic, real, fake.astype(np.float32), SEED)
    t = (seen[0] - real) / (fake - real)
    np.testing.assert_allclose(t[:, 0], t[:, 1], atol=1e-5)  # one weight for each pair
    assert t.min() >= -1e-6
    assert t.max() <= 1 + 1e-6
    # Uniform on [0, 1]: Kolmogorov's distance exceeds 1.95 / √n once in a thousand draws.
    distance = np.abs(np.sort(t[:, 0]) - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.95 / np.sqrt(n)


def points_seen(real, fake, seed, jit=False):
    """Where `wgan_gp` evaluates the critic: of a linear one its logits tell, in one dimension."""

    @tf.function(jit_compile=jit)
    def seen(real, fake, seed):
        at = []
        wgan_gp(1.0)(lambda x: at.append(x) or x, real, fake, seed)
        return at[0]

    return seen(tf.constant(real), tf.constant(fake), tf.constant(seed, tf.int64)).numpy()


ENDS = np.zeros([50, 1], np.float32), np.ones([50, 1], np.float32)


def test_interpolation_depends_on_the_seed_and_on_nothing_else():
    again, other, later = (points_seen(*ENDS, seed) for seed in [(7, 3), (8, 3), (7, 4)])
    np.testing.assert_array_equal(again, points_seen(*ENDS, (7, 3)))
    np.testing.assert_allclose(again, points_seen(ENDS[0] + 1, ENDS[1] + 1, (7, 3)) - 1, atol=1e-6)
    # Of 50 independent pairs of uniform numbers none is equal to 24 bits, but for one run in 10⁵.
    assert not np.isin(other, again).any()
    assert not np.isin(later, again).any()


def test_interpolation_is_the_same_under_xla():
    np.testing.assert_array_equal(points_seen(*ENDS, (7, 3)), points_seen(*ENDS, (7, 3), jit=True))


def test_interpolation_is_not_made_of_the_bits_of_the_noise():
    """`GAN` draws noise and penalties from one seed: the counters must never meet."""
    keys = []

    def penalty(discriminator, real, fake, seed):
        keys.append(seed.numpy().tolist())
        return tf.constant(0.0)

    gan = GAN(mlp(2, 3, hidden=()), mlp(3, 1, hidden=()), HINGE, penalties=[penalty], seed=11)
    gan.compile(generator_optimizer="sgd", discriminator_optimizer="sgd", run_eagerly=True)
    gan.fit(np.tile(REAL, [2, 1]), batch_size=3, verbose=0)
    steps = len(keys)
    assert steps == 4
    of_noise = [[11, counter] for counter in range(-1, 2 * steps)]
    assert len({tuple(key) for key in keys}) == steps
    assert not [key for key in keys if key in of_noise]


def test_gradient_of_a_flat_critic_is_finite():
    w = tf.Variable(tf.zeros([3, 1]))
    with tf.GradientTape() as tape:
        penalty = wgan_gp(10.0)(lambda x: x @ w, REAL, FAKE, SEED)
    assert float(penalty) == pytest.approx(10.0)
    np.testing.assert_array_equal(tape.gradient(penalty, w), np.zeros([3, 1]))


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize("make", [r1, r2, wgan_gp], ids=lambda make: make.__name__)
def test_second_derivative_reaches_the_weights(make, jit):
    w = tf.Variable(W[:, None].astype(np.float32))

    @tf.function(jit_compile=jit)
    def gradient():
        with tf.GradientTape() as tape:
            penalty = make(0.5)(lambda x: x @ w, tf.constant(REAL), tf.constant(FAKE), SEED)
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
        penalty(lambda x: quadratic(tf.cast(x, tf.float32)), *batches, SEED)


@pytest.mark.parametrize(
    ("real", "fake"),
    [(REAL[:, :1], FAKE[:, 0]), (REAL, FAKE[:1]), (REAL, FAKE[:, :1])],
    ids=["rank", "batch", "width"],
)
def test_no_segment_joins_batches_of_different_shapes(real, fake):
    with pytest.raises(ValueError, match="fake: expected the shape of real"):
        wgan_gp(1.0)(quadratic, real, fake, SEED)


EVERY = pytest.mark.parametrize("penalty", [r1(1.0), r2(1.0), wgan_gp(1.0)], ids=repr)


@EVERY
def test_nan_stays_nan(penalty):
    assert np.isnan(penalty(quadratic, np.nan * REAL, np.nan * FAKE, SEED))
    w = tf.Variable([[np.nan], [1.0], [1.0]])
    with tf.GradientTape() as tape:
        value = penalty(lambda x: x @ w, REAL, FAKE, SEED)
    assert np.isnan(value)
    assert np.isnan(tape.gradient(value, w)).any()


@EVERY
@pytest.mark.parametrize(
    "critic",
    [lambda x: x, lambda x: x[:, 0], lambda x: tf.reduce_mean(x), lambda x: x[:2, :1]],
    ids=["as wide as x", "flat", "scalar", "fewer"],
)
def test_logits_of_another_shape_are_named(penalty, critic):
    with pytest.raises(ValueError, match=r"discriminator: expected logits of shape \(6, 1\)"):
        penalty(critic, REAL, FAKE, SEED)


def test_logits_of_another_shape_are_named_where_the_batch_is_not_known():
    @tf.function(input_signature=[tf.TensorSpec([None, 3])])
    def traced(x):
        return input_gradient_norm_squared(lambda x: x, x)

    with pytest.raises(ValueError, match=r"discriminator: expected logits of shape \(n, 1\)"):
        traced(REAL)


@pytest.mark.parametrize(
    ("penalty", "bad"), [(r1(1.0), 0), (r2(1.0), 1), (wgan_gp(1.0), 0), (wgan_gp(1.0), 1)], ids=str
)
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda x: x[:0], r"at least one sample \(n, ...\), got shape \(0, 3\)"),
        (lambda x: x[0, 0], r"at least one sample \(n, ...\), got shape \(\)"),
        (lambda x: np.ma.masked_less(x, 0), "an array without a mask"),
    ],
    ids=["empty", "scalar", "masked"],
)
def test_penalties_name_the_batch_that_is_none(penalty, bad, spoil, complaint):
    batches = [REAL, FAKE]
    batches[bad] = spoil(batches[bad])
    with pytest.raises(ValueError, match=f"{('real', 'fake')[bad]}: expected {complaint}"):
        penalty(quadratic, *batches, SEED)


def test_no_segment_joins_batches_of_different_types():
    with pytest.raises(ValueError, match="fake: expected the type of real, float32, got float64"):
        wgan_gp(1.0)(quadratic, REAL, FAKE.astype(np.float64), SEED)


@pytest.mark.parametrize("seed", [(1.0, 2.0), 3, (1, 2, 3), ("a", "b"), None], ids=str)
def test_a_seed_of_another_kind_is_named(seed):
    with pytest.raises(ValueError, match="seed: expected two integers, got"):
        wgan_gp(1.0)(quadratic, REAL, FAKE, seed)


@EVERY
def test_squares_do_not_overflow_in_half_precision(penalty):
    # Each gradient has 3 · 300² > 65504, the largest float16; sums of 6 such overflow the sooner.
    real, fake = (np.full([6, 3], x, np.float16) for x in (-4e4, 4e4))
    squared = 3 * 300.0**2
    value = penalty(lambda x: 300 * tf.reduce_sum(x, axis=1, keepdims=True), real, fake, SEED)
    assert value.dtype == tf.float32
    expected = np.square(np.sqrt(squared) - 1) if penalty == wgan_gp(1.0) else squared / 2
    assert float(value) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("penalty", [r1(0.1), r2(2.0), wgan_gp(10.0)], ids=repr)
def test_serialisation_gives_the_same_value_back(penalty):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(penalty))
    assert again == penalty
