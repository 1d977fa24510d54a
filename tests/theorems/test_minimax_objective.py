"""Every labelled statement of the page on the minimax objective, checked on the page's own code."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from scipy import integrate, optimize, special, stats

from book.pages import definitions
from gan_utils.game import game_value

PAGE = "probability/minimax_objective"


def simplex(rng, k):
    """A random probability vector without zeros."""
    return rng.dirichlet(np.ones(k))


@pytest.mark.theorem("def-value")
def test_value_is_the_sum_of_two_expectations():
    """On a finite set with zeros by hand, and on the line: samples against two SciPy integrals."""
    page = definitions(PAGE)
    # On a finite set: written out by hand, with a zero of p where D = 0 and of q where D = 1.
    p, q, d = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.25, 0.75]), np.array([1.0, 0.4, 0.0])
    by_hand = 0.5 * np.log(1.0) + 0.5 * np.log(0.4) + 0.25 * np.log(0.6) + 0.75 * np.log(1.0)
    assert np.isclose(page["value_on_points"](p, q, d), by_hand, rtol=1e-14)
    # Sure and wrong costs everything, on either side.
    assert page["value_on_points"](p, q, np.array([0.0, 0.4, 0.0])) == -np.inf
    assert page["value_on_points"](p, q, np.array([1.0, 0.4, 1.0])) == -np.inf
    # On the line: the package's estimate on 10^6 samples against the two integrals.
    p, q = stats.norm(0, 1), stats.norm(1, 2)
    integrals = [
        integrate.quad(lambda x: p.pdf(x) * special.log_expit(1 - 2 * x), -12, 12)[0],
        integrate.quad(lambda x: q.pdf(x) * special.log_expit(2 * x - 1), -25, 25)[0],
    ]
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 1, 10**6), rng.normal(1, 2, 10**6)
    terms = special.log_expit(1 - 2 * real), special.log_expit(2 * fake - 1)
    standard_error = np.sqrt(sum(term.var() for term in terms) / 10**6)
    estimate = float(game_value(1 - 2 * real, 1 - 2 * fake))
    assert abs(estimate - sum(integrals)) < 6 * standard_error


@pytest.mark.theorem("prop-bernoulli-likelihood")
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 6), n=st.integers(1, 20))
def test_value_is_twice_the_log_likelihood_of_the_label(seed, k, n):
    """Random triples p, q, D and random batches: SciPy's Bernoulli likelihood is half the value."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    p, q, d = simplex(rng, k), simplex(rng, k), rng.uniform(0.01, 0.99, k)
    likelihood = page["expected_log_likelihood"](p, q, d)
    assert np.isclose(page["value_on_points"](p, q, d), 2 * likelihood, rtol=1e-12)
    # The joint law of (X, Y), and SciPy's Bernoulli as the likelihood of a label.
    joint = np.stack([q, p]) / 2
    scipy_likelihood = stats.bernoulli(d).logpmf(np.array([[0], [1]]))
    assert np.isclose(likelihood, (joint * scipy_likelihood).sum(), rtol=1e-12)
    # The batch: as many labels of either kind.
    real, fake = rng.normal(1, 3, n), rng.normal(-2, 1, n)
    labels = np.concatenate([np.ones(n), np.zeros(n)])
    given_d = special.expit(np.concatenate([real, fake]))
    mean = stats.bernoulli(given_d).logpmf(labels).mean()
    assert np.isclose(float(game_value(real, fake)), 2 * mean, rtol=1e-9, atol=1e-9)


@pytest.mark.theorem("prop-two-point-saddle")
@given(share=st.floats(0.05, 0.95), t=st.floats(0, 1), a=st.floats(-6, 6))
def test_two_point_game_has_one_saddle(share, t, a):
    """Random games and moves: best replies by a numerical maximiser, the saddle by search."""
    page = definitions(PAGE)
    game, reply = page["two_point_value"], page["best_reply"]
    # The formula is the value on two points.
    p, q = np.array([1 - share, share]), np.array([1 - t, t])
    d = special.expit(np.array([-a, a]))
    assert np.isclose(game(a, t, share), page["value_on_points"](p, q, d), rtol=1e-9)
    # The best reply, by a numerical maximiser.
    found = optimize.minimize_scalar(
        lambda x: -game(x, t, share), bounds=(-9, 9), method="bounded", options={"xatol": 1e-9}
    )
    assert abs(found.x - reply(t, share)) < 1e-5
    # The saddle: V(a, π) ≤ −log 4 = V(0, t).
    assert game(a, share, share) <= -np.log(4) + 1e-12
    assert np.isclose(game(0.0, t, share), -np.log(4), rtol=1e-12)
    # The generator's reply is an end of [0, 1], on the side of the sign of a.
    best_t = min([0.0, t, 1.0], key=lambda x: game(a, x, share))
    if abs(a) > 1e-3 and 1e-3 < t < 1 - 1e-3:
        assert best_t == float(a > 0)
    # No other saddle: at either end the discriminator answers with the opposite sign.
    assert reply(1.0, share) < 0 < reply(0.0, share)
    # max min = min max = −log 4, by search on a grid.
    t_grid, a_grid = np.linspace(0, 1, 201), np.linspace(-4, 4, 2001)
    max_min = max(game(a_grid, 0.0, share).clip(max=game(a_grid, 1.0, share)))
    min_max = min(game(reply(t_grid, share), t_grid, share))
    assert max_min <= -np.log(4) + 1e-12
    assert min_max >= -np.log(4) - 1e-12
    assert max_min > -np.log(4) - 1e-9
    assert min_max < -np.log(4) + 2e-5


@pytest.mark.theorem("prop-two-point-spiral")
@given(share=st.floats(0.05, 0.95), t=st.floats(0, 1), a=st.floats(-4, 4))
@settings(max_examples=30)
def test_the_spiral_closes_from_everywhere(share, t, a):
    """Random games and starts: the page's own path never leads away, and ends at the saddle.

    Without the hyperbolic tangent it stays at its distance.
    """
    path = definitions(PAGE)["play"](a, t, share=share, step=0.01, turns=8_000)
    a_path, off = path[:, 0], path[:, 1] - share
    energy = (a_path**2 + off**2) / 2
    # One step of length 0.01 adds at most half the square of the speed to what the flow does.
    speed = np.hypot(off + np.tanh(a_path / 2), a_path)
    flow = -0.01 * a_path * np.tanh(a_path / 2)
    assert np.all(np.diff(energy) <= (flow + 0.5 * (0.01 * speed) ** 2)[:-1] + 1e-12)
    assert energy[-1] < 1e-4 + 1e-4 * energy[0]
    # The last term of the value alone: a circle, up to what the finite steps add.
    x, y = a, t - share
    for _ in range(2_000):
        x, y = x - 0.001 * y, y + 0.001 * x
    assert np.isclose(np.hypot(x, y), np.hypot(a, t - share), rtol=2e-3)


@pytest.mark.theorem("prop-logit-losses")
def test_losses_on_logits_and_their_slopes():
    """TensorFlow's losses and gradients in float32 against SciPy in float64, to logits of ±80."""
    page = definitions(PAGE)
    logits = np.array([-80.0, -17.0, -2.0, 0.0, 0.3, 17.0, 80.0])
    losses, slopes = page["with_gradient"](page["real_loss"], logits)
    # 1 and 2: float64 SciPy is the oracle, for the real loss and (through −ℓ) for the fake one.
    assert np.allclose(losses, -special.log_expit(logits), rtol=1e-6, atol=1e-30)
    assert np.allclose(slopes, -special.expit(-logits), rtol=1e-5, atol=1e-30)
    fake_losses, fake_slopes = page["with_gradient"](tf.math.softplus, logits)
    assert np.allclose(fake_losses, -special.log_expit(-logits), rtol=1e-6, atol=1e-30)
    assert np.allclose(fake_slopes, special.expit(logits), rtol=1e-5, atol=1e-30)
    # 3: the remainder beside max(t, 0).
    remainder = np.log1p(np.exp(-abs(logits)))
    assert np.all((remainder > 0) & (remainder <= np.log(2)))
    assert np.allclose(np.logaddexp(0, logits), np.maximum(logits, 0) + remainder, rtol=1e-14)
    # The naive loss has lost its slope where the true one is steepest.
    naive_losses, naive_slopes = page["with_gradient"](page["naive_real_loss"], logits)
    assert slopes[0] < -0.999
    assert naive_slopes[0] > -1e-6
    assert naive_losses[0] < 16.2


@pytest.mark.theorem("prop-shared-loss")
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 5))
def test_shared_loss_has_no_minimum_but_minus_infinity(seed, k):
    """Random p and q: the loss of constants has no floor, and every slope is negative."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    p, q = simplex(rng, k), simplex(rng, k)

    def loss(d):
        return -p @ np.log(d) + q @ np.log1p(-d)

    # 1: constants 1 − ε give −log(1 − ε) + log ε, whatever p and q.
    for epsilon in (1e-2, 1e-6, 1e-12):
        limit = -np.log1p(-epsilon) + np.log(epsilon)
        assert np.isclose(loss(np.full(k, 1 - epsilon)), limit, rtol=1e-4)
    # At D = 1 the loss is −∞, and the same for every generator.
    for fakes in (q, simplex(rng, k)):
        with np.errstate(divide="ignore"):
            assert (
                -p @ np.log(np.ones(k)) + fakes[fakes > 0] @ np.log(np.zeros((fakes > 0).sum()))
                == -np.inf
            )

    # A bias moves every logit at once, and its slope is negative whatever the logits are.
    def biased(bias):
        return loss(special.expit(start + bias))

    start = rng.normal(0, 2, k)
    d = special.expit(start)
    in_bias = (biased(1e-6) - biased(-1e-6)) / 2e-6
    assert np.isclose(in_bias, -np.sum(p * (1 - d) + q * d), rtol=1e-4)
    assert in_bias < 0
    # 2: the gradient in each logit, from the page's own loss by automatic differentiation.
    logits = tf.Variable(rng.normal(0, 2, k))
    with tf.GradientTape() as tape:
        per_point = [page["shared_loss"](x[None], x[None]) for x in tf.unstack(logits)]
    # p = q = 1 at every point: −(1 − D) − D = −1.
    assert np.allclose(tape.gradient(per_point, logits), -np.ones(k), rtol=1e-10)
    d = special.expit(logits.numpy())
    step = 1e-6
    for i in range(k):
        shift = step * np.eye(k)[i]
        up, down = special.expit(logits.numpy() + shift), special.expit(logits.numpy() - shift)
        slope = (loss(up) - loss(down)) / (2 * step)
        assert np.isclose(slope, -p[i] * (1 - d[i]) - q[i] * d[i], rtol=1e-4, atol=1e-8)
        assert slope < 0
    # The page's two means are the two halves, each with its own logits: no swap goes unnoticed.
    real, fake = tf.constant([2.0, -1.0], tf.float64), tf.constant([0.5], tf.float64)
    by_hand = -special.log_expit([2.0, -1.0]).mean() + special.log_expit(-0.5)
    assert np.isclose(float(page["shared_loss"](real, fake)), by_hand, rtol=1e-12)
    true = -special.log_expit([2.0, -1.0]).mean() - special.log_expit(-0.5)
    assert np.isclose(float(page["true_loss"](real, fake)), true, rtol=1e-12)
