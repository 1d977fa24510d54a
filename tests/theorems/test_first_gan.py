"""Every labelled statement of the page on the first GAN, checked on the page's own code."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies as st
from scipy import integrate, optimize, special, stats

from book.pages import definitions
from gan_utils.distributions import Gaussian
from gan_utils.divergences import JENSEN_SHANNON, js

PAGE = "tensorflow/first_gan"


def test_monotone_optimum_makes_the_data():
    """The page's bisection finds the map of prop-inverse-transform for the page's data."""
    page = definitions(PAGE)
    z = np.linspace(-4, 4, 801)
    x = page["monotone_optimum"](z)
    assert np.all(np.diff(x) > 0)
    # P(G*(Z) ≤ G*(z)) = Φ(z) must be F(G*(z)); F from its definition, by SciPy.
    modes = zip(page["WEIGHTS"], page["MEANS"], page["STDS"], strict=True)
    cdf = sum(w * stats.norm(m, s).cdf(x) for w, m, s in modes)
    assert np.allclose(cdf, stats.norm.cdf(z), atol=1e-9)
    # A root finder agrees, so the inverse is the inverse.
    for point, found in zip(z[::100], x[::100], strict=True):
        target = stats.norm.cdf(point)
        root = optimize.brentq(lambda t, u=target: page["P_DATA"].cdf(np.array([t]))[0] - u, -9, 9)
        assert abs(root - found) < 1e-6
    # Samples through it have the data's law (Kolmogorov-Smirnov), and the mirror image has too.
    noise = np.random.default_rng(0).normal(size=20_000)
    for samples in (page["monotone_optimum"](noise), page["monotone_optimum"](-noise)):
        assert stats.kstest(samples, page["P_DATA"].cdf).pvalue > 1e-4
    # Uniqueness: a non-decreasing map that differs on an interval has another law.
    other = page["monotone_optimum"](np.where(abs(noise - 0.7) < 0.3, 1.0, noise))
    assert stats.kstest(other, page["P_DATA"].cdf).pvalue < 1e-10


def test_pushforward_density_against_closed_forms():
    """The page's code for the sum over preimages agrees with laws known in closed form."""
    page = definitions(PAGE)
    grid = np.linspace(-6, 6, 40_001)
    # exp: the log-normal law. One preimage.
    x = np.linspace(0.2, 5, 50)
    assert np.allclose(
        page["pushforward_density"](tf.exp, x, grid), stats.lognorm(1.0).pdf(x), rtol=2e-3
    )
    # z²: the χ² law with one degree of freedom. Two preimages, G' = 0 at 0.
    assert np.allclose(
        page["pushforward_density"](tf.square, x, grid), stats.chi2(1).pdf(x), rtol=2e-3
    )

    # A fold of unequal slopes: 2z on the right, −z/2 on the left, as rectifiers make it.
    def fold(z):
        return 2 * tf.nn.relu(z) + 0.5 * tf.nn.relu(-z)

    by_hand = stats.norm.pdf(x / 2) / 2 + stats.norm.pdf(2 * x) * 2
    assert np.allclose(page["pushforward_density"](fold, x, grid), by_hand, rtol=2e-3)
    # G*: the data's density, with slopes by differences of the map.
    z = np.linspace(-2.5, 2.5, 200)
    h = 1e-5
    slopes = (page["monotone_optimum"](z + h) - page["monotone_optimum"](z - h)) / (2 * h)
    made = stats.norm.pdf(z) / slopes
    assert np.allclose(made, page["density"](page["monotone_optimum"](z)), rtol=1e-4)
    # A network at random weights: the formula's mass over an interval is the mass in that bin.
    players = page["make_players"](4)
    generator = players.generator
    kernel = generator.layers[-2].kernel
    kernel.assign(0.3 * tf.random.stateless_normal(kernel.shape, [4, 4]))
    values = page["generated"](generator)
    low, high = np.quantile(values, [0.2, 0.8])
    x = np.linspace(low, high, 4001)
    mass = integrate.trapezoid(page["pushforward_density"](generator, x, grid), x)
    assert abs(mass - np.mean((values >= low) & (values < high))) < 5e-3


@pytest.mark.theorem("prop-alternating-step")
def test_gradients_of_either_player_by_the_chain_rule():
    """The tapes' gradients against per-sample Jacobians, weighted in NumPy as the formula says."""
    page = definitions(PAGE)
    players = page["make_players"](2)
    generator, discriminator = players.generator, players.discriminator
    # Away from the start, so that no gradient vanishes by construction.
    kernel = generator.layers[-2].kernel
    kernel.assign(0.2 * tf.random.stateless_normal(kernel.shape, [1, 2]))
    real, z = page["sample_real"](2, 0)[:16], page["sample_noise"](2, 0, 1)[:16]
    fake = generator(z)
    # The hand-made formulas: per-sample Jacobians, weighted in NumPy.
    psi = discriminator.trainable_variables

    def logit_jacobians(x):
        with tf.GradientTape() as tape:
            logits = discriminator(x)[:, 0]
        return special.expit(logits.numpy()), tape.jacobian(logits, psi)

    d_real, jacobians_real = logit_jacobians(real)
    d_fake, jacobians_fake = logit_jacobians(fake)
    expected_psi = [
        np.tensordot(-(1 - d_real), a, 1) / 16 + np.tensordot(d_fake, b, 1) / 16
        for a, b in zip(jacobians_real, jacobians_fake, strict=True)
    ]
    with tf.GradientTape() as tape:
        tape.watch(fake)
        logits = discriminator(fake)
    slope = tape.gradient(logits, fake).numpy()[:, 0]
    theta = generator.trainable_variables
    with tf.GradientTape() as tape:
        made = generator(z)[:, 0]
    expected_theta = [
        np.tensordot(-(1 - d_fake) * slope, jacobian, 1) / 16
        for jacobian in tape.jacobian(made, theta)
    ]
    # The page's steps, with an optimiser that writes down what it is given.
    seen = []

    class Recorder:
        def apply(self, gradients, variables):
            seen.append((gradients, variables))

    recorded = page["Players"](generator, discriminator, Recorder(), Recorder())
    before = [v.numpy() for v in generator.weights + discriminator.weights]
    page["discriminator_step"](recorded, real, z)
    page["generator_step"](recorded, z)
    (psi_gradients, psi_moved), (theta_gradients, theta_moved) = seen
    assert [v is w for v, w in zip(psi_moved, psi, strict=True)] == [True] * len(psi)
    assert [v is w for v, w in zip(theta_moved, theta, strict=True)] == [True] * len(theta)
    for got, expected in zip(psi_gradients, expected_psi, strict=True):
        assert np.allclose(got, expected, atol=1e-6, rtol=1e-4)
    for got, expected in zip(theta_gradients, expected_theta, strict=True):
        assert np.allclose(got, expected, atol=1e-6, rtol=1e-4)
    assert max(abs(g.numpy()).max() for g in theta_gradients) > 1e-3
    after = [v.numpy() for v in generator.weights + discriminator.weights]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.theorem("prop-binned-js")
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 12))
def test_merging_bins_never_raises_js(seed, k):
    """Random histograms: merging bins at random never raises JS; densities stay above bins."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(k, 0.3)), rng.dirichlet(np.full(k, 0.3))
    label = rng.integers(0, k, k)
    merged = [np.bincount(label, v, k) for v in (p, q)]
    assert js(*merged) <= js(p, q) + 1e-12
    # On the line, with the page's bins: never above the integral, and close to it.
    mean, std = rng.uniform(-1, 1), rng.uniform(0.8, 1.6)
    exact = JENSEN_SHANNON.quadrature(page["P_DATA"], Gaussian(mean, std**2))
    values = mean + std * page["noise_quantiles"](50_000)[:, 0].astype(np.float64)
    coarse, fine = (page["binned_js"](values, bins=bins) for bins in (20, 200))
    assert coarse <= fine + 1e-4
    assert fine <= exact + 1e-4
    assert exact - fine < 5e-4
