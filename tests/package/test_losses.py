"""Every adversarial loss against expectations derived by hand, with real ≠ fake."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import (
    GAN,
    HINGE,
    JENSEN_SHANNON,
    KL,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    PEARSON,
    RELATIVISTIC,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    WASSERSTEIN,
    AdversarialLoss,
    FDivergence,
    f_gan,
    game_value,
    mlp,
)

DIVERGENCES = (
    KL,
    REVERSE_KL,
    JENSEN_SHANNON,
    PEARSON,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
)
REAL = np.array([[2.0], [0.5], [-1.0]])
FAKE = np.array([[-3.0], [0.25], [1.5]])
DUALS = tuple(f_gan(divergence) for divergence in DIVERGENCES)
ALL = (MINIMAX, NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN, RELATIVISTIC, *DUALS)

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
# E f*(T) − E T and −E f*(T), from table 2 of the f-GAN paper (its JS being twice ours), f* as a
# function of T.
TESTS = {
    "KL(p‖q)": (lambda v: v, lambda t: np.exp(t - 1)),
    "KL(q‖p)": (lambda v: -np.exp(-v), lambda t: -1 - np.log(-t)),
    "JS(p,q)": (
        lambda v: 0.5 * np.log(2 / (1 + np.exp(-v))),
        lambda t: -0.5 * np.log(2 - np.exp(2 * t)),
    ),
    "χ²(p‖q)": (lambda v: v, lambda t: np.where(t > -2, t**2 / 4 + t, -1.0)),
    "H²(p,q)": (lambda v: 0.5 * (1 - np.exp(-v)), lambda t: t / (1 - 2 * t)),
    "TV(p,q)": (lambda v: 0.5 * np.tanh(v), lambda t: t),
}
for name, (activation, conjugate) in TESTS.items():
    price = conjugate(activation(FAKE)).mean()
    EXPECTED[f"f_gan({name})"] = (price - activation(REAL).mean(), -price)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_both_players_minimise_what_the_papers_say(loss):
    discriminator, generator = EXPECTED[loss.name]
    assert float(loss.discriminator(REAL, FAKE)) == pytest.approx(discriminator, rel=1e-12)
    assert float(loss.generator(REAL, FAKE)) == pytest.approx(generator, rel=1e-12)


def losses_and_gradients(loss, real, fake):
    for player in (loss.discriminator, loss.generator):
        with tf.GradientTape() as tape:
            tape.watch([real, fake])
            result = player(real, fake)
        yield result, *tape.gradient(result, [real, fake], unconnected_gradients="zero")


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_far_logits_leave_value_and_gradient_finite(loss):
    real, fake = tf.constant([[1e4], [-1e4]]), tf.constant([[-1e4], [1e4]])
    if loss.name in ("f_gan(KL(p‖q))", "f_gan(KL(q‖p))", "f_gan(H²(p,q))"):
        real, fake = real[:1], fake[:1]  # on the other side the values are about exp(10⁴)
    for results in losses_and_gradients(loss, real, fake):
        assert all(np.isfinite(result).all() for result in results)


@pytest.mark.parametrize("loss", DUALS, ids=lambda loss: loss.name)
def test_duals_keep_the_logit_in_float32(loss):
    """Logits that saturate T, against float64 where it still resolves them."""
    logits = np.array([[-30.0], [-12.0], [8.0], [30.0]])
    exact = losses_and_gradients(loss, *2 * [tf.constant(logits)])
    single = losses_and_gradients(loss, *2 * [tf.constant(logits, tf.float32)])
    for wide, narrow in zip(exact, single, strict=True):
        # The loss sums terms of order one, each rounded by 6e-8; gradients keep relative accuracy.
        for expected, found, slack in zip(wide, narrow, (1e-7, 1e-30, 1e-30), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=slack)


@pytest.mark.parametrize("loss", DUALS, ids=lambda loss: loss.name)
def test_duals_never_make_nan(loss):
    for real in (-1e4, 0.0, 1e4):
        for fake in (-1e4, 0.0, 1e4):
            pair = tf.fill([2, 1], real), tf.fill([2, 1], fake)
            for results in losses_and_gradients(loss, *pair):
                assert not any(np.isnan(result).any() for result in results)


def test_the_dual_of_js_is_half_of_minimax():
    # T = ½ (log 2 − softplus(−v)), f*(T) = ½ (softplus(v) − log 2): F = ½ V + log 2, and V's loss
    # of D is −V, that of G the second half of V.
    dual = f_gan(JENSEN_SHANNON)
    half = 0.5 * float(MINIMAX.discriminator(REAL, FAKE)) - np.log(2)
    assert float(dual.discriminator(REAL, FAKE)) == pytest.approx(half, rel=1e-12)
    half = 0.5 * float(MINIMAX.generator(REAL, FAKE)) + 0.5 * np.log(2)
    assert float(dual.generator(REAL, FAKE)) == pytest.approx(half, rel=1e-12)


P, Q = np.array([0.1, 0.2, 0.7]), np.array([0.5, 0.3, 0.2])


@pytest.mark.parametrize("divergence", DIVERGENCES, ids=lambda d: d.name)
def test_the_dual_is_a_bound_that_the_optimal_logit_reaches(divergence):
    discriminator, exact = f_gan(divergence).discriminator, float(divergence(P, Q))

    def bound(logits):
        real, fake = (np.repeat(logits, np.rint(10 * v).astype(int)) for v in (P, Q))
        return -float(discriminator(real, fake))

    for logits in np.random.default_rng(0).uniform(-4, 4, (200, 3)):
        assert bound(logits) <= exact + 1e-12
    # The logit at which the output activation is f'(p/q), by bisection; infinite for TV.
    wanted = divergence.derivative(P / Q)
    low, high = np.full(3, -50.0), np.full(3, 50.0)
    for _ in range(100):
        middle = (low + high) / 2
        below = divergence.output_activation(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    assert bound(low) == pytest.approx(exact, rel=1e-12)


def test_the_optimal_logit_of_the_dual_of_js_is_the_log_ratio():
    bound = -float(f_gan(JENSEN_SHANNON).discriminator([0.25], [0.25]))
    reached = JENSEN_SHANNON.derivative(np.exp(0.25))
    expected = JENSEN_SHANNON.variational_bound([reached], [reached])
    assert bound == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_averaged_in_float32(loss, dtype):
    n = 70_000  # more than the largest float16, and beyond what bfloat16 can count to
    real, fake = (tf.cast(tf.fill([n, 1], x), dtype) for x in (2.5, -1.5))
    for player in ("discriminator", "generator"):
        result = getattr(loss, player)(real, fake)
        assert result.dtype == tf.float32
        one = getattr(loss, player)(np.array([[2.5]]), np.array([[-1.5]]))
        assert float(result) == pytest.approx(float(one), rel=1e-5)


def test_the_gradient_of_half_precision_has_its_type():
    real, fake = tf.cast(REAL, tf.float16), tf.cast(FAKE, tf.float16)
    for _, of_real, of_fake in losses_and_gradients(NON_SATURATING, real, fake):
        assert of_real.dtype == of_fake.dtype == tf.float16


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: loss.name)
def test_nan_stays_nan(loss):
    broken = np.array([[np.nan], [0.0], [0.0]])
    assert np.isnan(loss.discriminator(broken, broken))
    assert np.isnan(loss.generator(broken, broken))


def test_logits_of_two_types_are_named():
    for loss in (HINGE, RELATIVISTIC, DUALS[0]):
        with pytest.raises(ValueError, match="fake_logits: expected the type of real_logits, flo"):
            loss.discriminator(tf.constant(REAL), tf.constant(FAKE, tf.float32))
    assert HINGE.discriminator(tf.zeros([3, 1], tf.float16), tf.zeros([3, 1])).dtype == tf.float32


def test_discriminator_of_the_first_two_maximises_the_value():
    for loss in (MINIMAX, NON_SATURATING):
        minus = -float(loss.discriminator(REAL, FAKE))
        assert minus == pytest.approx(game_value(REAL, FAKE), rel=1e-12)


def test_minimax_is_a_zero_sum_game_up_to_the_real_term():
    # V moves with G only through E log(1 − D(G(z))), which the generator minimises.
    other = FAKE[::-1] * 0.7
    change = game_value(REAL, other) - game_value(REAL, FAKE)
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


OWN = FDivergence(
    "Neyman",
    lambda u: (u - 1) ** 2 / u,
    lambda u: 1 - u**-2.0,
    lambda t: 2 - 2 * (1 - t) ** 0.5,
    lambda v: 1 - keras.ops.exp(-v),
)


def test_a_divergence_of_ones_own_has_a_dual():
    test_real, test_fake = 1 - np.exp(-REAL), 1 - np.exp(-FAKE)
    bound = test_real.mean() - (2 - 2 * np.sqrt(1 - test_fake)).mean()
    assert float(f_gan(OWN).discriminator(REAL, FAKE)) == pytest.approx(-bound, rel=1e-12)
    with pytest.raises(ValueError, match="divergence: expected an FDivergence, got 'KL'"):
        f_gan("KL")


def test_ones_own_is_saved_once_it_is_registered():
    with pytest.raises(ValueError, match="expected 'Neyman' to be registered"):
        keras.saving.serialize_keras_object(f_gan(OWN))
    with keras.saving.custom_object_scope({"Neyman": OWN}):
        saved = keras.saving.serialize_keras_object(f_gan(OWN))
        assert keras.saving.deserialize_keras_object(saved) == f_gan(OWN)
    with pytest.raises(ValueError, match="expected 'Neyman' to be registered"):
        keras.saving.deserialize_keras_object(saved)


@pytest.mark.parametrize("divergence", [*DIVERGENCES, OWN], ids=lambda d: d.name)
def test_a_model_is_saved_with_its_dual(divergence, tmp_path):
    gan = GAN(mlp(2, 1, hidden=(4,), seed=0), mlp(1, 1, hidden=(4,), seed=1), f_gan(divergence))
    with keras.saving.custom_object_scope({"Neyman": OWN}):
        gan.save(tmp_path / "gan.keras")
        again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.adversarial_loss == gan.adversarial_loss
