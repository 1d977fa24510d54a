"""The statements of probability/generator_gradient, by means that the page does not use."""

from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies as st
from scipy.integrate import quad, trapezoid
from scipy.special import expit, rel_entr
from scipy.stats import norm, uniform

from book.pages import definitions
from gan_utils import MINIMAX, NON_SATURATING, js, kl, squared_hellinger, total_variation

PAGE = "probability/generator_gradient"


@pytest.fixture(scope="module")
def page():
    return definitions(PAGE)


@st.composite
def pairs(draw, size=4):
    """Two probability vectors, often with zeros."""
    weights = st.tuples(*[st.sampled_from([0.0, 0.0, 1e-6, 0.1, 0.5, 1.0, 1.0])] * size)
    return [np.array(w) / sum(w) for w in (draw(weights.filter(any)), draw(weights.filter(any)))]


@pytest.mark.theorem("lem-sample-gradient")
@pytest.mark.parametrize("theta", [0.3, 1.0, 2.0])
def test_samples_may_be_moved_along(theta):
    """Three generators in one parameter: the mean of the derivatives against SciPy's integrals."""

    def mean(function):
        return quad(lambda z: function(z) * norm.pdf(z), -12, 12, limit=200)[0]

    for generate, moves in (
        (lambda t, z: t * z, lambda t, z: z),
        (lambda t, z: np.sinh(z + t) - t, lambda t, z: np.cosh(z + t) - 1),
        (lambda t, z: np.sin(t * z), lambda t, z: z * np.cos(t * z)),
    ):
        derivative = mean(
            lambda z, g=generate, m=moves: m(theta, z) * (1 - np.tanh(g(theta, z)) ** 2)
        )
        high, low = (
            mean(lambda z, g=generate, t=t: np.tanh(g(t, z))) for t in (theta + 1e-4, theta - 1e-4)
        )
        assert derivative == pytest.approx((high - low) / 2e-4, abs=1e-6)


def test_without_the_hypothesis_samples_may_not_be_moved_along():
    """A step for h has slope zero wherever it has one, and yet its mean changes with the shift."""
    high, low = norm.cdf(0.1), norm.cdf(-0.1)
    assert (high - low) / 0.2 == pytest.approx(norm.pdf(0), abs=1e-2)


@pytest.mark.theorem("prop-saturation")
@pytest.mark.parametrize("logit", [-40.0, -9.0, -1.0, 0.0, 2.5, 30.0])
def test_the_weights_are_d_and_one_minus_d(logit):
    """Six logits in 50-digit arithmetic; a network's gradient against a sum over 1,000 samples."""
    with localcontext(prec=50):
        d = 1 / (1 + (-Decimal(logit)).exp())
    shift = tf.Variable(0.0, dtype=tf.float64)
    slopes = []
    for loss in (MINIMAX, NON_SATURATING):
        with tf.GradientTape() as tape:
            logits = tf.reshape(logit + 3.0 * shift, [1, 1])
            cost = loss.generator(logits, logits)
        slopes.append(tape.gradient(cost, shift).numpy())
    assert slopes == pytest.approx([float(-3 * d), float(-3 * (1 - d))], rel=1e-12)
    assert slopes[0] / slopes[1] == pytest.approx(np.exp(logit), rel=1e-12)


def test_each_sample_pulls_with_its_weight(page):
    """The gradients of a two-parameter generator and a network: E[w(ℓ) Jᵀ∇ℓ], sample by sample."""
    generator, discriminator = page["players"](0)
    generator.set_weights([np.array([[0.7]]), np.array([0.4])])
    z = tf.constant(np.random.default_rng(0).normal(size=(1000, 1)), tf.float32)
    x = generator(z)
    with tf.GradientTape() as tape:
        tape.watch(x)
        logits = discriminator(x)
    slope, d = tape.gradient(logits, x).numpy()[:, 0], tf.sigmoid(logits).numpy()[:, 0]
    jacobian = np.stack([z.numpy()[:, 0], np.ones(1000)])  # of a + b z in b and a
    for loss, weight in ((MINIMAX, d), (NON_SATURATING, 1 - d)):
        with tf.GradientTape() as tape:
            logits = discriminator(generator(z))
            cost = loss.generator(logits, logits)
        gradients = tape.gradient(cost, generator.trainable_variables)
        found = np.concatenate([g.numpy().ravel() for g in gradients])
        assert found == pytest.approx(-(jacobian * weight * slope).mean(axis=1), rel=1e-4)


@pytest.mark.theorem("prop-mean-weight")
@given(pairs())
def test_the_mean_weight_is_the_overlap_up_to_a_factor_of_two(pair):
    """Random pairs with zeros: the weight summed directly lies between all the bounds."""
    p, q = pair
    mean = sum(b * a / (a + b) for a, b in zip(p, q, strict=True) if b > 0)
    overlap = 1 - total_variation(p, q)
    assert overlap / 2 - 1e-12 <= mean <= overlap + 1e-12
    assert mean <= (1 - squared_hellinger(p, q)) / 2 + 1e-12


@pytest.mark.parametrize("separation", [0.0, 1.5, 5.0, 9.0])
def test_the_mean_weight_of_two_gaussians(page, separation):
    def integrand(x):
        return norm.pdf(x, separation) * expit(separation**2 / 2 - separation * x)

    cuts = np.linspace(-10, 20, 31)
    exact = sum(quad(integrand, *ends, epsabs=0)[0] for ends in pairwise(cuts))
    assert page["mean_verdict"](separation) == pytest.approx(exact, rel=1e-8)
    low, high = norm.cdf(-separation / 2), 0.5 * np.exp(-(separation**2) / 8)
    assert low * (1 - 1e-9) <= exact <= min(2 * low, high) * (1 + 1e-9)


@pytest.mark.theorem("lem-envelope")
@pytest.mark.parametrize("theta", [-1.3, 0.0, 0.4, 2.0])
def test_a_maximum_is_differentiated_as_if_its_argument_stood_still(theta):
    """A game with a known best reply: the slope of its value against that at the fixed reply."""

    def value(d, t):
        return np.sin(t) * d - np.exp(t) * d**2 + t**3

    def reply(t):
        return np.sin(t) / (2 * np.exp(t))

    h = 1e-5
    best = (value(reply(theta + h), theta + h) - value(reply(theta - h), theta - h)) / (2 * h)
    fixed = (value(reply(theta), theta + h) - value(reply(theta), theta - h)) / (2 * h)
    assert best == pytest.approx(fixed, abs=1e-8)
    # A reply that is not the best one would give another slope.
    wrong = (value(reply(theta) + 0.3, theta + h) - value(reply(theta) + 0.3, theta - h)) / (2 * h)
    assert abs(wrong - fixed) > 1e-2


@pytest.mark.theorem("def-regular-family")
def test_gaussians_are_regular_and_moving_supports_are_not():
    """A common bound over a ball of normal distributions is integrable; U(0, θ) loses mass."""
    x = np.linspace(-40, 40, 8001)
    data = np.logaddexp(norm.logpdf(x, -2, 0.7), norm.logpdf(x, 2, 1.5)) - np.log(2)
    bound = np.zeros_like(x)
    for a in np.linspace(-0.2, 0.2, 9):
        for b in np.linspace(0.8, 1.25, 9):
            y = (x - a) / b
            gradient = norm.pdf(x, a, b) / b * np.hypot(y, y**2 - 1)
            gaps = abs(data - norm.logpdf(x, a, b)) + abs(data - norm.logpdf(x))
            bound = np.maximum(bound, gradient * (1 + gaps))
    assert trapezoid(bound, x) < 50
    assert trapezoid(bound[abs(x) > 15], x[abs(x) > 15]) < 1e-6
    # The derivative of 1/θ on [0, θ] has the integral -1/θ, although the mass is always 1.
    theta, h = 2.0, 1e-6
    slope = (uniform(0, theta + h).pdf(1.0) - uniform(0, theta - h).pdf(1.0)) / (2 * h)
    assert slope * theta == pytest.approx(-1 / theta, abs=1e-6)


def softmax(theta):
    return np.exp(theta) / np.exp(theta).sum()


def slope(function, theta, h=1e-5):
    """Central differences."""
    steps = h * np.eye(len(theta))
    return np.array([(function(theta + e) - function(theta - e)) / (2 * h) for e in steps])


P_DATA = np.array([0.4, 0.3, 0.2, 0.06, 0.04])
PLACES = [np.array(t) for t in ([0, 0, 0, 0, 0.0], [2, -1, 0, 1, -3.0], [-4, 0, 5, 1, 1.0])]


def fixed_losses(theta_0):
    """L_M and L_N on five points as functions of θ, with D* fixed at θ₀."""
    best = P_DATA / (P_DATA + softmax(theta_0))
    return (
        lambda theta: softmax(theta) @ np.log(1 - best),
        lambda theta: -softmax(theta) @ np.log(best),
    )


def divergence_from_data(theta):
    return rel_entr(softmax(theta), P_DATA).sum()


def shannon(theta):
    m = (softmax(theta) + P_DATA) / 2
    return (rel_entr(softmax(theta), m).sum() + rel_entr(P_DATA, m).sum()) / 2


@pytest.mark.theorem("prop-minimax-gradient")
@pytest.mark.parametrize("theta", PLACES)
def test_the_minimax_gradient_is_that_of_two_js(theta):
    """A softmax on five points at three places, D* fixed, against 2 JS; one JS fails."""
    found = slope(fixed_losses(theta)[0], theta)
    np.testing.assert_allclose(found, slope(lambda t: 2 * shannon(t), theta), atol=1e-8)
    if theta.any():
        assert np.abs(found - slope(shannon, theta)).max() > 1e-3


@pytest.mark.theorem("thm-non-saturating-gradient")
@pytest.mark.parametrize("theta", PLACES)
def test_the_non_saturating_gradient_is_that_of_kl_less_two_js(theta):
    """A softmax on five points at three places; one JS, KL reversed or a moving D* all fail."""
    found = slope(fixed_losses(theta)[1], theta)
    right = slope(lambda t: divergence_from_data(t) - 2 * shannon(t), theta)
    np.testing.assert_allclose(found, right, atol=1e-8)
    wrong = (
        lambda t: divergence_from_data(t) - shannon(t),
        lambda t: rel_entr(P_DATA, softmax(t)).sum() - 2 * shannon(t),
        lambda t: -softmax(t) @ np.log(P_DATA / (P_DATA + softmax(t))),
    )
    for function in wrong:
        assert np.abs(found - slope(function, theta)).max() > 1e-2


@pytest.mark.parametrize("case", range(5))
def test_the_theorem_on_the_line(page, case):
    """The page's own comparison, by TensorFlow and by quadrature, to the tolerance it states."""
    differences = page["comparison"](*page["CASES"][case])
    assert max(differences[:3]) < page["AGREEMENT"]
    assert min(differences[3:]) > 1e-2


def test_the_page_differentiates_densities_that_its_generators_make(page):
    """Each family's density against the change of its distribution function along the noise."""
    for family, theta in page["CASES"]:
        z = np.linspace(-2, 2, 9)
        x = family.generate(np.array(theta), z).numpy()
        step = 1e-6
        high, low = (family.generate(np.array(theta), z + e).numpy() for e in (step, -step))
        by_noise = norm.pdf(z) * 2 * step / (high - low)
        density = np.exp(family.log_prob(np.array(theta), x).numpy())
        np.testing.assert_allclose(density, by_noise, rtol=1e-6)


@pytest.mark.theorem("cor-sum-of-losses")
@pytest.mark.parametrize("theta", PLACES)
def test_the_losses_add_up_to_kl(theta):
    """A softmax on five points at three places: the value of the sum, and its gradient."""
    minimax, non_saturating = fixed_losses(theta)
    total = minimax(theta) + non_saturating(theta)
    assert total == pytest.approx(divergence_from_data(theta), abs=1e-12)
    found = slope(lambda t: minimax(t) + non_saturating(t), theta)
    np.testing.assert_allclose(found, slope(divergence_from_data, theta), atol=1e-8)
    # Only the gradient: elsewhere the sum with the old D* is not the divergence.
    elsewhere = theta + np.array([0, 0, -2, 0, 1])
    away = minimax(elsewhere) + non_saturating(elsewhere)
    assert abs(away - divergence_from_data(elsewhere)) > 1e-3


@pytest.mark.theorem("prop-non-saturating-divergence")
@given(pairs())
def test_the_difference_is_a_divergence_of_its_own(pair):
    """Random pairs with zeros: twice the divergence of the mixture, zero for equal vectors only."""
    p_g, p_data = pair
    mixture = (p_g + p_data) / 2
    twice = 2 * rel_entr(mixture, p_data).sum()
    if np.isinf(kl(p_g, p_data)):
        assert np.isinf(twice)
        return
    assert kl(p_g, p_data) - 2 * js(p_g, p_data) == pytest.approx(twice, abs=1e-12)
    t = np.divide(p_g, p_data, out=np.ones(len(p_g)), where=p_data > 0)
    assert p_data @ ((t + 1) * np.log((t + 1) / 2)) == pytest.approx(twice, abs=1e-12)
    assert (twice < 1e-14) <= (np.abs(p_g - p_data).max() < 1e-6)
