"""Every adversarial loss against expectations derived by hand, with real ≠ fake."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import (
    HINGE,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    RELATIVISTIC,
    WASSERSTEIN,
    AdversarialLoss,
    value,
)

REAL = np.array([[2.0], [0.5], [-1.0]])
FAKE = np.array([[-3.0], [0.25], [1.5]])
ALL = (MINIMAX, NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN, RELATIVISTIC)

# Written out from the papers' equations, term by term.
EXPECTED = {
    "minimax": (
        np.log1p(np.exp(-REAL)).mean() + np.log1p(np.exp(FAKE)).mean(),
        np.log(1 - 1 / (1 + np.exp(-FAKE))).mean(),
    ),
    "non_saturating": (
        np.log1p(np.exp(-REAL)).mean() + np.log1p(np.exp(FAKE)).mean(),
        -np.log(1 / (1 + np.exp(-FAKE))).mean(),
    ),
    # ½ mean(1, ¼, 4) + ½ mean(9, 1/16, 9/4) and ½ mean(16, 9/16, 1/4)
    "least_squares": (5.25 / 6 + 11.3125 / 6, 16.8125 / 6),
    # mean(0, ½, 2) + mean(0, 5/4, 5/2) and −mean(−3, ¼, 3/2)
    "hinge": (2.5 / 3 + 3.75 / 3, 1.25 / 3),
    "wasserstein": (-1.25 / 3 - 1.5 / 3, 1.25 / 3),
    # margins 5, ¼, −5/2
    "relativistic": (
        np.log1p(np.exp([-5.0, -0.25, 2.5])).mean(),
        np.log1p(np.exp([5.0, 0.25, -2.5])).mean(),
    ),
}


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_both_players_minimise_what_the_papers_say(loss):
    discriminator, generator = EXPECTED[loss.name]
    assert float(loss.discriminator(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-12)
    assert float(loss.generator(REAL, FAKE)) == pytest.approx(generator, rel=1e-12)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_far_logits_leave_value_and_gradient_finite(loss, player):
    real, fake = tf.constant([[1e4], [-1e4]]), tf.constant([[-1e4], [1e4]])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        result = getattr(loss, player)(real, fake)
    gradients = tape.gradient(result, [real, fake], unconnected_gradients="zero")
    assert np.isfinite(result)
    assert all(np.isfinite(g).all() for g in gradients)


def test_discriminator_of_the_first_two_maximises_the_value():
    for loss in (MINIMAX, NON_SATURATING):
        minus = -float(loss.discriminator(REAL, FAKE))
        assert minus == pytest.approx(value(REAL, FAKE), rel=1e-12)


def test_minimax_is_a_zero_sum_game_up_to_the_real_term():
    # V moves with G only through E log(1 − D(G(z))), which the generator minimises.
    other = FAKE[::-1] * 0.7
    change = value(REAL, other) - value(REAL, FAKE)
    same = float(MINIMAX.generator(REAL, other)) - float(MINIMAX.generator(REAL, FAKE))
    assert same == pytest.approx(change, rel=1e-12)


def test_saturation_is_where_the_discriminator_is_sure_of_a_fake():
    logits = tf.constant([[-10.0]])
    slopes = {}
    for loss in (MINIMAX, NON_SATURATING):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            result = loss.generator(logits, logits)
        slopes[loss.name] = float(tape.gradient(result, logits)[0, 0])
    sigmoid = 1 / (1 + np.exp(10.0))
    assert slopes["minimax"] == pytest.approx(-sigmoid, rel=1e-4)
    assert slopes["non_saturating"] == pytest.approx(-(1 - sigmoid), rel=1e-6)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_rank_one_logits_give_the_same(loss):
    for player in (loss.discriminator, loss.generator):
        assert float(player(REAL[:, 0], FAKE[:, 0])) == pytest.approx(float(player(REAL, FAKE)))


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_silent_broadcasting_is_an_error(loss):
    for player in (loss.discriminator, loss.generator):
        with pytest.raises(ValueError, match=r"fake_logits: expected the shape of real_logits"):
            player(REAL, FAKE[:, 0])


def test_paired_logits_must_be_equally_many():
    with pytest.raises(ValueError, match=r"fake_logits: expected as many as real_logits"):
        RELATIVISTIC.discriminator(REAL, FAKE[:2])
    assert np.isfinite(HINGE.discriminator(REAL, FAKE[:2]))


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros([3, 2]), r"real_logits: expected shape \(n, 1\) or \(n,\)"),
        (np.zeros([3, 1], int), "real_logits: expected floating-point"),
        (np.zeros([0, 1]), "real_logits: expected at least one logit"),
        (np.zeros([0]), "real_logits: expected at least one logit"),
    ],
)
def test_what_are_not_logits_is_an_error(logits, message):
    with pytest.raises(ValueError, match=message):
        NON_SATURATING.discriminator(logits, FAKE)


def test_a_loss_needs_two_functions():
    with pytest.raises(ValueError, match="generator: expected a function, got 'softplus'"):
        AdversarialLoss("mine", lambda real, fake: 0.0, "softplus")


@keras.saving.register_keras_serializable(package="tests")
def _my_loss(real_logits, fake_logits):
    return tf.reduce_mean(fake_logits)


@pytest.mark.parametrize(
    "loss", [*ALL, AdversarialLoss("mine", _my_loss, _my_loss)], ids=lambda loss: loss.name
)
def test_serialisation_gives_the_same_value_back(loss):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert again == loss
