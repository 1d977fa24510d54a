"""The statements of probability/jensen_shannon, each against something that does not know it."""

from fractions import Fraction
from itertools import pairwise, product
from math import exp, log

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit, rel_entr
from scipy.stats import cauchy, entropy, norm, t as t_distribution

from book.pages import definitions
from gan_utils import Gaussian, GaussianMixture, js, optimal_logit
from gan_utils.divergences import JENSEN_SHANNON

LOG_2, LOG_4 = np.log(2), np.log(4)


@pytest.fixture(scope="module")
def page():
    return definitions("probability/jensen_shannon")


@st.composite
def distributions(draw, k=4):
    """A probability vector, often with zeros."""
    weights = np.array(draw(st.lists(st.integers(0, 20), min_size=k, max_size=k)), float)
    assume(weights.sum() > 0)
    return weights / weights.sum()


def value(p, q, d):
    """V(D) on a finite set, term by term; a zero probability takes its term away."""
    real = sum(a * np.log(s) if s > 0 else -np.inf for a, s in zip(p, d, strict=True) if a > 0)
    fake = sum(b * np.log1p(-s) if s < 1 else -np.inf for b, s in zip(q, d, strict=True) if b > 0)
    return real + fake


def best(p, q):
    """D* on a finite set, and 1/2 where there is nothing."""
    return np.divide(p, p + q, out=np.full(len(p), 0.5), where=p + q > 0)


@pytest.mark.theorem("thm-value-js")
@given(p=distributions(), q=distributions(), seed=st.integers(0, 2**32 - 1))
def test_the_best_value_is_twice_js_less_log_4(p, q, seed):
    """Random pairs with zeros: D* attains the formula, and 75 rivals of each do not exceed it."""
    assert value(p, q, best(p, q)) == pytest.approx(2 * js(p, q) - LOG_4, abs=1e-12)
    rivals = np.random.default_rng(seed).uniform(size=(50, len(p)))
    near = np.clip(best(p, q) + 0.02 * (rivals[:25] - 0.5), 0, 1)
    assert max(value(p, q, d) for d in [*rivals, *near]) <= 2 * js(p, q) - LOG_4 + 1e-12


PAIRS = [
    (Gaussian(0.0, 1.0), Gaussian(0.7, 1.0)),
    (Gaussian(0.0, 1.0), Gaussian(2.0, 2.25)),
    (Gaussian(-1.0, 0.09), Gaussian(1.0, 4.0)),
    (Gaussian(0.5, 4.0), GaussianMixture([0.3, 0.7], [-2.0, 2.0], [0.25, 0.5])),
]


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_the_best_value_of_densities(page, p, q):
    """The same on the line: the page's integral, SciPy's on D* as a probability, and the JS."""

    def integrand(x):
        a, b = (float(np.exp(d.log_prob([x])[0])) for d in (p, q))
        return (a * np.log(a / (a + b)) if a else 0) + (b * np.log(b / (a + b)) if b else 0)

    by_scipy = sum(
        quad(integrand, low, low + 2, epsabs=1e-11, limit=200)[0] for low in range(-24, 24, 2)
    )
    exact = 2 * JENSEN_SHANNON.quadrature(p, q) - LOG_4
    assert by_scipy == pytest.approx(exact, abs=1e-6)
    if isinstance(q, Gaussian) and p.cov[0, 0] > 0.1:  # the page's panels are one unit wide
        assert page["exact_value"](page["best_logit"](p, q), p, q) == pytest.approx(exact, abs=1e-6)


@pytest.mark.theorem("thm-global-optimum")
@given(p=distributions(k=3), q=distributions(k=3))
def test_only_the_data_reach_minus_log_4(p, q):
    """Random pairs with zeros: the value is at its minimum exactly where the two are equal."""
    least_seen = value(p, q, best(p, q))
    assert least_seen >= -LOG_4 - 1e-12
    assert (least_seen < -LOG_4 + 1e-9) == (np.abs(p - q).max() < 1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_minimising_the_best_value_finds_the_data(seed):
    """From a random generator on five points, downhill in V(D*), without being told the answer."""
    rng = np.random.default_rng(seed)
    p_data = np.array([0.4, 0.3, 0.2, 0.06, 0.04])

    def generated(theta):
        return np.exp(theta) / np.exp(theta).sum()

    def best_reply(theta):
        return value(p_data, generated(theta), best(p_data, generated(theta)))

    result = minimize(best_reply, rng.normal(size=5), tol=1e-10)
    assert result.fun == pytest.approx(-LOG_4, abs=1e-9)
    np.testing.assert_allclose(generated(result.x), p_data, atol=1e-4)


@pytest.mark.theorem("prop-lower-bound")
@given(
    p=distributions(),
    q=distributions(),
    d=st.lists(st.sampled_from(np.arange(11) / 10), min_size=4, max_size=4),
)
def test_the_gap_is_the_mean_divergence_of_the_verdicts(p, q, d):
    """Random p, q and D, sure and wrong ones too: the gap equals the mean divergence."""
    d, d_star, m = np.array(d), best(p, q), (p + q) / 2
    reading = (value(p, q, d) + LOG_4) / 2
    verdicts = rel_entr(d_star, d) + rel_entr(1 - d_star, 1 - d)
    gap = verdicts[m > 0] @ m[m > 0]
    assert gap >= -1e-15
    if np.isfinite(gap):
        assert js(p, q) - reading == pytest.approx(gap, abs=1e-12)
    else:
        assert reading == -np.inf
    if np.all(np.isclose(d, d_star) | (m == 0)):
        assert reading == pytest.approx(js(p, q), abs=1e-12)
    else:
        assert reading < js(p, q)


@pytest.mark.parametrize("logit", [np.sin, lambda x: 3 * x, lambda x: np.where(x < 1, 2.0, -0.5)])
def test_the_page_measures_gap_and_regret(page, logit):
    """Against SciPy's quadrature on densities from scipy.stats."""
    p, q = page["gaussian_pair"](2.0)

    def terms(x):
        a, b, s = norm.pdf(x), norm.pdf(x, 2), expit(logit(x))
        return np.array([a, b, s, a / (a + b)])

    def value_at(x):
        a, b, s, _ = terms(x)
        return a * np.log(s) + b * np.log1p(-s)

    def regret_at(x):
        a, b, s, t = terms(x)
        verdicts = rel_entr(t, s) + rel_entr(1 - t, 1 - s)
        return (a + b) / 2 * verdicts

    def scipy_integral(f):
        return sum(quad(f, low, low + 1, epsabs=1e-12)[0] for low in range(-9, 11))

    assert page["exact_value"](logit, p, q) == pytest.approx(scipy_integral(value_at), abs=1e-8)
    assert page["half_regret"](logit, p, q) == pytest.approx(scipy_integral(regret_at), abs=1e-8)
    gap = page["exact_js"](2.0) - page["lower_bound"](logit, p, q)
    assert gap == pytest.approx(page["half_regret"](logit, p, q), abs=1e-9)


@pytest.mark.theorem("prop-log-loss")
@given(p=distributions(), q=distributions())
def test_log_loss_is_what_is_left_of_the_label(p, q):
    """Random pairs: the loss against the conditional entropy of the joint table, by SciPy."""
    joint = np.stack([q, p]) / 2  # rows: Y = 0, Y = 1
    remaining = entropy(joint.ravel()) - entropy(joint.sum(axis=0))
    independent = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    information = rel_entr(joint, independent).sum()
    assert -value(p, q, best(p, q)) / 2 == pytest.approx(remaining, abs=1e-12)
    assert LOG_2 - js(p, q) == pytest.approx(remaining, abs=1e-12)
    assert js(p, q) == pytest.approx(information, abs=1e-12)


@pytest.mark.theorem("prop-js-slope")
@pytest.mark.parametrize("delta", [0.0, 0.3, 1.0, 2.5, 6.0, 9.0])
def test_the_slope_is_half_delta_times_the_mean_verdict(page, delta):
    """Six separations: both forms against central differences of SciPy's integrals; the limit."""

    def js_by_scipy(d):
        def integrand(x):
            a, b = norm.logpdf(x), norm.logpdf(x, d)
            m = np.logaddexp(a, b) - LOG_2
            return (np.exp(a) * (a - m) + np.exp(b) * (b - m)) / 2

        return sum(quad(integrand, low, low + 1, epsabs=1e-13)[0] for low in range(-9, 20))

    step = 1e-3
    difference = (js_by_scipy(delta + step) - js_by_scipy(delta - step)) / (2 * step)
    slope = delta / 2 * page["mean_verdict"](*page["gaussian_pair"](delta))
    # The central difference errs by step² / 6 times a third derivative of order one.
    assert slope == pytest.approx(difference, abs=1e-6)

    def secant(z):
        return norm.pdf(z) / np.cosh(delta * z / 2)

    second = delta / 4 * np.exp(-(delta**2) / 8) * quad(secant, -12, 12, points=[0.0])[0]
    assert slope == pytest.approx(second, rel=1e-8, abs=1e-15)
    bound = np.sqrt(np.pi / 8) * np.exp(-(delta**2) / 8)
    assert 0 <= slope <= min(delta / 4 * np.exp(-(delta**2) / 8), bound)
    if delta > 5:
        assert slope > (1 - 6 / delta**2) * bound  # E sech(u/2) loses (π/δ)²/2 at the most


@pytest.mark.theorem("prop-one-move-behind")
@given(p=distributions(), q=distributions(), moved=distributions())
def test_a_late_discriminator_loses_at_most_the_length_of_the_move(p, q, moved):
    """Random triples of distributions with zeros: the bound, and the formula for the difference."""
    length = rel_entr(moved, q).sum()
    late = value(p, moved, best(p, q))
    regret = value(p, moved, best(p, moved)) - late
    assert regret >= -1e-12
    if np.isfinite(length):
        in_the_mixture = rel_entr((p + moved) / 2, (p + q) / 2).sum()
        assert regret == pytest.approx(length - 2 * in_the_mixture, abs=1e-12)
        assert regret <= length + 1e-12


def moved_by_hand(p, q, step_size):
    """The theorem's step one point at a time, with 1 − D* = q / (p + q) free of cancellation."""
    grown = [b * (b / (a + b)) ** -step_size if b > 0 else 0.0 for a, b in zip(p, q, strict=True)]
    return np.array(grown) / sum(grown), sum(grown)


@pytest.mark.theorem("thm-convergence")
@given(
    p=distributions(k=5),
    q=distributions(k=5),
    crumbs=st.sampled_from([1e-9, 1e-3, 0.2]),
    step_sizes=st.lists(st.floats(0.01, 1), min_size=1, max_size=8),
)
def test_each_step_goes_downhill_and_comes_closer(page, p, q, crumbs, step_sizes):
    """Random data, starts and step sizes: what a step gains, and every inequality, step by step."""
    q = (1 - crumbs) * q + crumbs * p  # mass wherever there are data
    first, rate = rel_entr(p, q).sum(), 1.0
    for step_size in step_sizes:
        moved, total = moved_by_hand(p, q, step_size)
        np.testing.assert_allclose(page["density_step"](p, q, step_size), moved, atol=1e-12)
        assert 1 - 1e-12 <= total <= 2**step_size + 1e-12
        descent = rel_entr(q, moved).sum() / step_size
        descent += (1 / step_size - 1) * rel_entr(moved, q).sum()
        descent += 2 * rel_entr((p + moved) / 2, (p + q) / 2).sum()
        assert 2 * (js(p, q) - js(p, moved)) == pytest.approx(descent, abs=1e-9, rel=1e-9)
        if np.abs(p - q).max() > 1e-3:
            assert descent > 0
        assert rel_entr(p, moved).sum() <= (1 - step_size / 2) * rel_entr(p, q).sum() + 1e-12
        q, rate = moved, rate * (1 - step_size / 2)
        assert js(p, q) <= rel_entr(p, q).sum() / 2 + 1e-12 <= rate * first / 2 + 2e-12
    np.testing.assert_allclose(moved_by_hand(p, q, 1)[0], (p + q) / 2, atol=1e-12)


@pytest.mark.theorem("prop-who-gets-home")
@given(p=distributions(k=5), q=distributions(k=5), step_size=st.floats(0.2, 1))
def test_mass_wherever_there_are_data_is_enough(page, p, q, step_size):
    """Tails so light that the divergence grows without end do not slow the walk; a hole stops it.

    The excess of the proof's divergence shrinks by the factor claimed at every step.
    """
    taken = []
    for size in (5, 15, 26):
        k = np.arange(1.0, size + 1)
        data, start = 1 / k**2, np.exp(-(k**2))
        data, start = data / data.sum(), start / start.sum()
        inside = data <= 1e3 * start
        share = data[inside].sum()
        part = np.where(inside, data, 0) / share
        now, steps = start, 0
        while js(data, now) > 1e-3:
            before = rel_entr(part, now).sum() - log(1 / share)
            now, steps = page["density_step"](data, now, step_size), steps + 1
            after = rel_entr(part, now).sum() - log(1 / share)
            assert after <= (1 - step_size / 2) * before + 1e-9
        taken.append((rel_entr(data, start).sum(), steps))
    assert taken[2][0] > 4 * taken[0][0]
    assert taken[2][1] < 2 * taken[0][1] + 12
    # A hole: what the generator never makes it cannot learn to make.
    missed = p[q == 0].sum()
    floor = js([missed, 1 - missed], [0.0, 1.0])
    for _ in range(40):
        q = page["density_step"](p, q, step_size)
        assert js(p, q) >= floor - 1e-12
    assert missed == 0 or floor > 0


@pytest.mark.parametrize("step_size", [0.3, 1.0])
@pytest.mark.parametrize(
    ("start", "end"), [(cauchy, np.inf), (t_distribution(2, -1), np.inf), (norm(0.5, 0.7), 16)]
)
def test_a_step_of_densities_on_the_line(start, end, step_size):
    """Tails of q far heavier than those of p, and so light that p/q is unbounded, by SciPy."""

    def integral(f):
        cuts = [-end, *range(-12, 13, 2), end]
        return sum(quad(f, low, high, epsabs=1e-11)[0] for low, high in pairwise(cuts))

    def divergence(a, b):
        return integral(lambda x: rel_entr(a(x), b(x)))

    p, q = norm.pdf, start.pdf
    total = integral(lambda x: q(x) ** (1 - step_size) * (p(x) + q(x)) ** step_size)

    def moved(x):
        return q(x) ** (1 - step_size) * (p(x) + q(x)) ** step_size / total

    def twice_js(a, b):
        return sum(divergence(c, lambda x: (a(x) + b(x)) / 2) for c in (a, b))

    assert 1 <= total <= 2**step_size + 1e-9
    assert divergence(p, moved) <= (1 - step_size / 2) * divergence(p, q)
    assert twice_js(p, moved) <= twice_js(p, q) - divergence(q, moved) / step_size
    assert twice_js(p, moved) <= divergence(p, moved)


def test_without_mass_where_the_data_are_the_walk_ends_elsewhere(page):
    """The hypothesis of the theorem is needed: what q never makes it never learns to make."""
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.0, 0.2, 0.8])
    for _ in range(200):
        q = page["density_step"](p, q, 1.0)
    np.testing.assert_allclose(q, [0, 0.75, 0.25], atol=1e-9)
    assert js(p, q) > 0.1


def test_improvement_alone_does_not_converge():
    """Every term improves on the one before, and the limit is half way."""
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.7, 0.2, 0.1])
    readings = [js(p, p + (0.5 + 2.0 ** -(t + 1)) * (q - p)) for t in range(40)]
    assert np.all(np.diff(readings) < 0)
    assert readings[-1] > js(p, (p + q) / 2) > 0.01


def js_of_parts(theta, a):
    """JS of 0.3 N(−a, 1) + 0.7 N(a, 1) and 0.3 N(θ₁, 1) + 0.7 N(θ₂, 1), by SciPy."""

    def integrand(x):
        real, fake = (
            sum(w * exp(-((x - c) ** 2) / 2) for w, c in zip((0.3, 0.7), centres, strict=True))
            for centres in ((-a, a), theta)
        )
        mixture = (real + fake) / 2
        return real * log(real / mixture) + fake * log(fake / mixture)

    edge = int(2 * a + 9)
    total = sum(quad(integrand, low, low + 1, epsabs=1e-12)[0] for low in range(-edge, edge))
    return total / 2 / np.sqrt(2 * np.pi)


@pytest.mark.theorem("prop-parameter-trap")
@pytest.mark.parametrize("a", [5.0, 6.5])
def test_the_exchanged_shares_are_a_trap(a):
    """SciPy's integrals on the walls of the box and inside, a descent, the proof's constants."""
    floor = LOG_2 - entropy([0.3, 0.7])
    assert js_of_parts((a, -a), a) <= floor + 1e-9
    # The walls, at random and at their lowest: the other part at home, or where the data are.
    rng = np.random.default_rng(0)
    along = [*rng.uniform(0, 2 * a, 6), 0.0, a, 2 * a]
    walls = [(x, y) for x in along for y in (0.0, -2 * a)]
    walls += [(x, -y) for x in (0.0, 2 * a) for y in along]
    assert min(js_of_parts(theta, a) for theta in walls) > 0.092
    found = minimize(js_of_parts, (a, -a), args=(a,), method="Nelder-Mead")
    assert 0 < found.x[0] < 2 * a
    assert -2 * a < found.x[1] < 0
    assert 0.01 < found.fun <= floor + 1e-9 < 0.083
    # The constants of the proof.
    epsilon = 2 * norm.cdf(-a / 2)
    assert epsilon < 0.0125
    for e in (epsilon, 0.0125):
        mass_p, mass_q = 1 - e, 0.7 + 0.3 * e
        by_test = mass_p * log(0.58) + e * log(0.04) + mass_q * log(0.42)
        assert by_test + (1 - mass_q) * log(0.96) > -1.201
    assert (LOG_4 - 1.201) / 2 > 0.092
    assert 0.7 * norm.cdf(5) > 0.69


def test_the_page_descends_on_the_exact_gradient(page):
    thetas = np.array([[5.0, -5.0], [1.0, -3.0], [4.0, 6.0], [-7.0, 7.0], [2.0, 2.0]])
    on_the_grid = js(page["generated"](page["PLACES"]), page["generated"](thetas))
    for theta, value_on_grid in zip(thetas, on_the_grid, strict=True):
        assert value_on_grid == pytest.approx(js_of_parts(theta, 5.0), abs=1e-9)
        step = 1e-4
        for k, unit in enumerate(np.eye(2)):
            up, down = (js_of_parts(theta + sign * step * unit, 5.0) for sign in (1, -1))
            difference = (up - down) / (2 * step)
            # step² / 6 times a third derivative of order one, and rounding of 1e-13 / step
            assert page["js_gradient"](theta)[k] == pytest.approx(difference, abs=2e-8)


@pytest.mark.theorem("prop-training-set-optimism")
@pytest.mark.parametrize(("a", "b"), [(1, 1), (1, 3), (0, 2), (4, 1)])
def test_a_training_set_flatters_its_discriminator(a, b):
    """Every pair of samples of two coins, n = 3, with exact probabilities; and no atoms."""
    n, p, q = 3, Fraction(a, 5), Fraction(b, 5)
    fixed = np.array([0.3, 0.8])
    mean_fixed = mean_best = 0.0
    for tosses in product([0, 1], repeat=2 * n):
        heads = sum(tosses[:n]), sum(tosses[n:])
        probability = float(
            np.prod(
                [
                    coin if toss else 1 - coin
                    for coin, toss in zip([p] * n + [q] * n, tosses, strict=True)
                ]
            )
        )
        p_hat, q_hat = (np.array([n - k, k]) / n for k in heads)
        attained = value(p_hat, q_hat, best(p_hat, q_hat))
        assert attained == pytest.approx(2 * js(p_hat, q_hat) - LOG_4, abs=1e-12)
        mean_best += probability * attained
        mean_fixed += probability * value(p_hat, q_hat, fixed)
    true_p, true_q = (np.array([1 - float(s), float(s)]) for s in (p, q))
    assert mean_fixed == pytest.approx(value(true_p, true_q, fixed), abs=1e-12)
    assert mean_fixed <= 2 * js(true_p, true_q) - LOG_4
    assert mean_best > 2 * js(true_p, true_q) - LOG_4

    points = Gaussian(0.0, 1.0).sample(40, seed=a + 10 * b)[:, 0]
    real, fake = points[:20], points[20:]
    remembered = np.isin(points, real).astype(float)
    assert value(np.isin(points, real) / 20, np.isin(points, fake) / 20, remembered) == 0


def test_the_stacked_networks_do_not_hear_of_each_other(page):
    """The value of network k depends on the weights and the points of network k only."""
    import tensorflow as tf

    discriminator = page["stacked_discriminator"](3, seed=5)
    x = tf.random.stateless_normal((7, 3, 1), seed=[1, 2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(discriminator(x)[:, 1])
    gradients = tape.gradient(total, [x, *discriminator.trainable_variables])
    by_network = [gradients[0].numpy().swapaxes(0, 1), *(g.numpy() for g in gradients[1:])]
    for gradient in by_network:
        assert np.any(gradient[1] != 0)
        assert np.all(gradient[[0, 2]] == 0)
    kernels = [w.numpy() for w in discriminator.trainable_variables if w.shape.rank == 3]
    assert all(not np.array_equal(kernel[0], kernel[1]) for kernel in kernels)
    # Variance 1 / fan-in, whatever the number of neighbours; 768 weights, so 5 % of sampling error.
    assert kernels[1].var() == pytest.approx(1 / page["WIDTH"], rel=0.3)


def test_the_page_integrates_trained_networks_as_it_samples_them(page):
    """The estimate from samples and the integral of one and the same network agree."""
    separations = (0.5, 2.0)
    discriminator = page["train_on_fresh_samples"](separations, seed=3, steps=50)
    fresh = page["sample_pairs"](separations, 100_000, seed=[3, 50])
    estimate, error = page["estimate_value"](discriminator, *fresh)
    for k, separation in enumerate(separations):
        p, q = page["gaussian_pair"](separation)
        integral = page["exact_value"](page["network_logit"](discriminator, k), p, q)
        assert abs(estimate[k] - integral) < 4 * error[k]
        assert integral < page["exact_value"](lambda x, p=p, q=q: optimal_logit(p, q, x), p, q)
