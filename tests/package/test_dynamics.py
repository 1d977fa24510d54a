"""Two-player dynamics: closed forms of Mescheder et al. (2018), and TensorFlow's own gradients."""

import math
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from gan_utils import dynamics
from gan_utils.dynamics import (
    HINGE,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    WASSERSTEIN,
    alternating,
    alternating_matrix,
    bilinear,
    consensus,
    dirac_gan,
    eigenvalues,
    r1,
    r2,
    simultaneous,
    simultaneous_matrix,
    spectral_radius,
    wgan_gp,
)

LOSSES = (MINIMAX, NON_SATURATING, WASSERSTEIN, HINGE, LEAST_SQUARES)
LOGISTIC = (MINIMAX, NON_SATURATING)

by_name = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
logistic = pytest.mark.parametrize("loss", LOGISTIC, ids=lambda loss: loss.name)

points = arrays(float, 2, elements=st.floats(-3, 3))
step_sizes = st.floats(0.01, 1.0)
gammas = st.floats(0.0, 3.0)


def gp(weight: float) -> dynamics.Game:
    return dirac_gan(WASSERSTEIN, wgan_gp(weight))


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        (dirac_gan(MINIMAX), (3.097, 1.421, 1.845)),
        (dirac_gan(NON_SATURATING), (0.640, 0.284, 0.139)),
        (dirac_gan(WASSERSTEIN, clip=1.0), (1.002, 1.024, 0.917)),
        (gp(0.7 / 2), (1.802, 1.221, 0.716)),  # the table has Mescheder's λ/2
        (dirac_gan(MINIMAX, r1(0.3)), (0, 0, 0)),
        (dirac_gan(MINIMAX, r1(1.0)), (0, 0, 0)),
        (dirac_gan(NON_SATURATING, r1(0.3)), (0, 0, 0)),
        (consensus(dirac_gan(NON_SATURATING), 1.0), (0, 0, 0)),
        # Five steps of D leave the equilibrium's basin: ‖v‖ also vanishes where ψ is large.
        (consensus(dirac_gan(MINIMAX), 1.0), (0, 0, 10.969)),
    ],
    ids=lambda value: value.name if isinstance(value, dynamics.Game) else "",
)
def test_distances_after_500_steps(game, expected):
    """Step size 0.2, start (1, 1): computed beforehand by two other programs."""
    runs = [
        simultaneous(game, (1, 1), 0.2, 500),
        alternating(game, (1, 1), 0.2, 500),
        alternating(game, (1, 1), 0.2, 500, discriminator_steps=5),
    ]
    assert [run.shape for run in runs] == 3 * [(501, 2)]
    assert np.hypot(*np.array([run[-1] for run in runs]).T) == pytest.approx(expected, abs=5e-4)


GAMES = {
    **{loss.name: dirac_gan(loss) for loss in LOSSES},
    **{f"{loss.name}, penalties": dirac_gan(loss, r1(0.3), r2(0.4)) for loss in LOSSES},
    **{f"{loss.name}, noise": dirac_gan(loss, noise_std=0.5) for loss in LOSSES if loss.smooth},
    "wgan_gp": gp(0.7),
    "bilinear": bilinear(1.7),
    **{f"{loss.name}, consensus": consensus(dirac_gan(loss, r1(0.2)), 0.6) for loss in LOGISTIC},
    "noise, consensus": consensus(dirac_gan(MINIMAX, noise_std=0.4), 0.6),
    "bilinear, consensus": consensus(bilinear(1.7), 0.6),
}


def near_a_kink(name: str, point: np.ndarray) -> bool:
    theta, psi = point
    return ("hinge" in name and abs(theta * psi - 1) < 1e-3) or ("gp" in name and abs(psi) < 1e-3)


def differences(function, point: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences, the direction on the last axis."""
    ways = step * np.eye(2)
    slopes = [(function(point + way) - function(point - way)) / (2 * step) for way in ways]
    return np.stack(slopes, axis=-1)


@pytest.mark.parametrize("name", GAMES)
@given(point=points)
def test_jacobian_is_the_derivative_of_the_field(name, point):
    game = GAMES[name]
    if near_a_kink(name, point):
        return
    # Central differences err by h²/6 of the third derivatives (below 10³ here, so below 2e-8), and
    # by rounding, 1e-16 / h of values below 10³, so below 1e-8.
    np.testing.assert_allclose(game.jacobian(point), differences(game.field, point), atol=1e-7)
    if game.hessian is not None:
        np.testing.assert_allclose(
            game.hessian(point), differences(game.jacobian, point), atol=1e-7
        )


@pytest.mark.parametrize("name", GAMES)
def test_many_points_are_as_one_by_one(name):
    game, several = GAMES[name], np.random.default_rng(0).normal(size=[3, 4, 2])
    rows = several.reshape(-1, 2)
    for function in (game.field, game.jacobian):
        single = np.array([function(row) for row in rows])
        np.testing.assert_allclose(
            function(several).reshape(single.shape), single, rtol=1e-12, atol=1e-14
        )


@by_name
@given(point=points)
def test_field_follows_the_losses_of_the_package(loss, point):
    """Minus TensorFlow's gradients, with −ψx as the logit for *real*."""
    import tensorflow as tf

    from gan_utils import losses

    pair = losses._LOSSES[loss.name]
    if near_a_kink(loss.name, point):
        return
    theta, psi = (tf.Variable(x, dtype=tf.float64) for x in point)
    with tf.GradientTape(persistent=True) as tape:
        real, fake = tf.zeros([1, 1], tf.float64) * -psi, tf.reshape(-psi * theta, [1, 1])
        of_d, of_g = pair.discriminator(real, fake), pair.generator(real, fake)
    expected = [-float(tape.gradient(of_g, theta)), -float(tape.gradient(of_d, psi))]
    np.testing.assert_allclose(dirac_gan(loss).field(point), expected, atol=1e-12)


def test_the_pairing_loss_is_the_non_saturating_one_where_all_data_are_a_point():
    import tensorflow as tf

    from gan_utils import NON_SATURATING as PLAIN, RELATIVISTIC

    real, fake = tf.zeros([1, 1], tf.float64), tf.constant([[0.7]], tf.float64)
    for player in ("discriminator", "generator"):
        slopes = []
        for loss in (PLAIN, RELATIVISTIC):
            with tf.GradientTape() as tape:
                tape.watch(fake)
                value = getattr(loss, player)(real, fake)
            slopes.append(float(tape.gradient(value, fake)))
        assert slopes[0] == pytest.approx(slopes[1], rel=1e-12)


@pytest.mark.parametrize("name", ["r1", "r2", "wgan_gp"])
@pytest.mark.parametrize("psi", [-2.0, -0.3, 0.4, 1.0, 2.5])
def test_penalties_are_those_of_the_package_on_a_linear_logit(name, psi):
    import tensorflow as tf

    from gan_utils import penalties

    weight = tf.Variable(psi, dtype=tf.float64)
    at = [tf.constant([[x]], tf.float64) for x in (0.0, 1.3)]
    with tf.GradientTape() as tape:
        value = getattr(penalties, name)(0.7)(lambda x: weight * x, *at, seed=(0, 0))
    slope = float(tape.gradient(value, weight))
    assert float(getattr(dynamics, name)(0.7).slope(np.array(psi))) == pytest.approx(slope)


@logistic
@given(step_size=step_sizes)
def test_simultaneous_steps_repel_at_every_step_size(loss, step_size):
    radius = spectral_radius(simultaneous_matrix(dirac_gan(loss), step_size))
    assert radius == pytest.approx(math.sqrt(1 + step_size**2 / 4), rel=1e-12)


@given(step_size=step_sizes, coupling=st.floats(0.1, 3.0), first=st.booleans())
def test_alternating_steps_of_the_bilinear_game_keep_areas(step_size, coupling, first):
    game = bilinear(coupling)
    matrix = alternating_matrix(game, step_size, discriminator_first=first)
    assert np.linalg.det(matrix) == pytest.approx(1, rel=1e-12)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    moved = alternating(game, corners, step_size, 3, discriminator_first=first)[-1]
    assert np.linalg.det(moved[1:] - moved[0]) == pytest.approx(1, rel=1e-9)


@given(gamma=gammas)
def test_eigenvalues_under_r1(gamma):
    for loss in LOGISTIC:
        root = np.emath.sqrt(gamma**2 / 4 - 1 / 4)
        expected = [-gamma / 2 - root, -gamma / 2 + root]
        np.testing.assert_allclose(eigenvalues(dirac_gan(loss, r1(gamma))), expected, atol=1e-12)


@logistic
def test_r1_damps_critically_at_twice_the_slope_of_the_loss(loss):
    under, critical, over = (eigenvalues(dirac_gan(loss, r1(g))) for g in (0.99, 1.0, 1.01))
    assert under.imag.all()
    np.testing.assert_array_equal(critical, [-0.5, -0.5])
    assert not over.imag.any()
    # The slower of two real modes is slower than both of the critical pair.
    assert over.real.max() > -0.5


@given(noise_std=st.floats(0.05, 1.5))
def test_eigenvalues_under_instance_noise(noise_std):
    """Mescheder et al. (2018), lemma 3.2: f″(0)σ² ± √(f″(0)²σ⁴ − f′(0)²), f″(0) = −1/4."""
    half = -(noise_std**2) / 4
    root = np.emath.sqrt(half**2 - 1 / 4)
    got = eigenvalues(dirac_gan(MINIMAX, noise_std=noise_std))
    np.testing.assert_allclose(got, [half - root, half + root], atol=1e-9)


@given(gamma=gammas, coupling=st.floats(0.1, 3.0))
def test_eigenvalues_under_consensus(gamma, coupling):
    """They move to the left by γ f′(0)², which is the coupling squared."""
    expected = -gamma * coupling**2 + coupling * np.array([-1j, 1j])
    np.testing.assert_allclose(eigenvalues(consensus(bilinear(coupling), gamma)), expected)


@pytest.mark.parametrize("loss", LOGISTIC, ids=lambda loss: loss.name)
@pytest.mark.parametrize(("theta", "psi"), [(0.5, 4.0), (-2.0, 4.0), (3.0, -1.0)])
def test_quadrature_over_instance_noise(loss, theta, psi):
    """Against the trapezium rule, which converges faster than any power here; std · |ψ| <= 2."""
    std, x = 0.5, np.linspace(-6, 6, 4001)  # beyond 12 standard deviations nothing is left
    weight = np.exp(-((x / std) ** 2) / 2)
    weight /= weight.sum()
    t = psi * (theta + x)
    velocity = [
        -(weight * loss.generator.first(t)).sum() * psi,
        -(weight * (loss.fake.first(t) * (theta + x) + loss.real.first(psi * x) * x)).sum(),
    ]
    got = dirac_gan(loss, noise_std=std).field(np.array([theta, psi]))
    np.testing.assert_allclose(got, velocity, atol=1e-6)


@by_name
@pytest.mark.parametrize("first", [False, True], ids=["generator first", "discriminator first"])
@pytest.mark.parametrize("discriminator_steps", [1, 3])
def test_matrices_are_the_derivatives_of_the_steps(loss, first, discriminator_steps):
    game, options = dirac_gan(loss, r1(0.4)), {"discriminator_first": first}

    def stepped(start):
        return alternating(game, start, 0.3, 1, discriminator_steps, **options)[-1]

    matrix = alternating_matrix(game, 0.3, discriminator_steps, **options)
    np.testing.assert_allclose(differences(stepped, np.zeros(2)), matrix, atol=1e-9)
    both = differences(lambda start: simultaneous(game, start, 0.3, 1)[-1], np.zeros(2))
    np.testing.assert_allclose(both, simultaneous_matrix(game, 0.3), atol=1e-9)


def test_who_begins_is_a_matter_of_half_a_step():
    """The same moves in the same order, cut at another place."""
    game, eta, (theta, psi) = dirac_gan(MINIMAX), 0.3, (1.0, 0.5)
    after_g = theta + eta * game.field(np.array([theta, psi]))[0]
    generator_first = alternating(game, (theta, psi), eta, 20)
    discriminator_first = alternating(game, (after_g, psi), eta, 20, discriminator_first=True)
    np.testing.assert_allclose(generator_first[1:, 1], discriminator_first[1:, 1], rtol=1e-12)
    np.testing.assert_allclose(generator_first[1:, 0], discriminator_first[:-1, 0], rtol=1e-12)


def test_clipping_holds_psi_only():
    path = simultaneous(dirac_gan(WASSERSTEIN, clip=0.1), (2.0, 0.05), 0.2, 50)
    assert np.abs(path[:, 1]).max() == 0.1
    assert np.abs(path[:, 0]).max() > 1


def test_a_diverging_run_ends_without_a_warning():
    path = simultaneous(consensus(dirac_gan(LEAST_SQUARES), 3.0), (3.0, 3.0), 1.0, 50)
    assert not np.isfinite(path[-1]).all()


GAME = bilinear()


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: dirac_gan("minimax"), "loss: expected a LogitLoss"),
        (lambda: dirac_gan(MINIMAX, 0.3), "penalties: expected such as dynamics.r1(1.0), got 0.3"),
        (lambda: dirac_gan(WASSERSTEIN, clip=0), "clip: expected one positive number"),
        (lambda: dirac_gan(MINIMAX, noise_std=-1), "noise_std: expected at least 0"),
        (lambda: dirac_gan(HINGE, noise_std=1), "noise_std: expected 0 with the loss hinge"),
        (lambda: r1(-1), "gamma: expected at least 0"),
        (lambda: r2(math.nan), "gamma: expected numbers, got NaN"),
        (lambda: wgan_gp(math.inf), "weight: expected finite numbers"),
        (lambda: wgan_gp(1, target=[1, 2]), "target: expected one number"),
        (lambda: consensus(consensus(GAME, 1), 1), "game: expected one with second derivatives"),
        (lambda: consensus(GAME, -1), "gamma: expected at least 0"),
        (lambda: simultaneous(GAME, (1, 2, 3), 0.1, 5), "start: expected points (theta, psi)"),
        (lambda: simultaneous(GAME, (1, math.nan), 0.1, 5), "start: expected numbers, got NaN"),
        (lambda: simultaneous(GAME, (1, 1), 0, 5), "step_size: expected one positive number"),
        (lambda: alternating(GAME, (1, 1), 0.1, -1), "n: expected at least 0"),
        (lambda: alternating(GAME, (1, 1), 0.1, 5, 0), "discriminator_steps: expected at least 1"),
        (lambda: simultaneous_matrix(GAME, 0.1, [[1, 1]]), "point: expected shape (2,)"),
        (
            lambda: alternating_matrix(GAME, 0.1, equilibrium=(1, 0)),
            "equilibrium: expected a zero of the field, got [0. 1.]",
        ),
        (lambda: spectral_radius(np.eye(3)), "matrix: expected shape (2, 2)"),
        (lambda: eigenvalues(GAME, 3), "point: expected points (theta, psi)"),
        (lambda: bilinear("strong"), "coupling: expected an array of numbers"),
    ],
)
def test_wrong_input_is_named(call, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        call()


def test_it_does_not_load_tensorflow():
    code = "import sys, gan_utils.dynamics; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
