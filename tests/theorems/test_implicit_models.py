"""Every labelled statement of the page on implicit models, checked on the page's own code."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import integrate, optimize, special, stats
from scipy.spatial import cKDTree

from book.pages import definitions

PAGE = "probability/implicit_models"

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.theorem("def-pushforward")
@given(seed=SEEDS, n=st.integers(1, 12), k=st.integers(1, 6))
def test_mass_of_a_set_is_the_mass_of_its_preimage(seed, n, k):
    """Random maps between finite sets: the mass of every subset equals that of its preimage."""
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    masses = [Fraction(int(i), 1) for i in rng.integers(0, 9, n)]
    noise = dict(enumerate(masses))
    image = rng.integers(0, k, n)
    made = page["pushforward"](noise, lambda z: int(image[z]))
    for subset in range(2**k):
        members = [x for x in range(k) if subset >> x & 1]
        preimage = [z for z in range(n) if image[z] in members]
        assert sum(made.get(x, 0) for x in members) == sum(masses[z] for z in preimage)
    # A case with a known law: the larger of two dice.
    largest = page["pushforward"](page["TWO_DICE"], max)
    assert largest == {x: Fraction(2 * x - 1, 36) for x in range(1, 7)}


@pytest.mark.theorem("prop-pushforward-expectation")
@given(seed=SEEDS, n=st.integers(1, 12))
def test_expectations_under_p_g_are_expectations_over_noise(seed, n):
    """Expectations over samples and over noise agree, exactly on finite sets and by quadrature.

    So does the law of a composition; averaging the noise first gives another number.
    """
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 9, n)
    noise = {z: Fraction(int(w), int(weights.sum())) for z, w in enumerate(weights)}
    first, second, h = rng.integers(0, 5, n), rng.integers(0, 4, 5), rng.integers(-9, 9, 5)
    made = page["pushforward"](noise, lambda z: int(first[z]))
    assert sum(made.values()) == 1
    over_samples = sum(mass * int(h[x]) for x, mass in made.items())
    assert over_samples == sum(mass * int(h[first[z]]) for z, mass in noise.items())
    twice = page["pushforward"](made, lambda x: int(second[x]))
    assert twice == page["pushforward"](noise, lambda z: int(second[first[z]]))
    # exp: N(0, 1) → log-normal, h = square root, against SciPy's law of the samples.
    over_noise = integrate.quad(lambda z: np.exp(z / 2) * stats.norm.pdf(z), -30, 30)[0]
    over_samples = integrate.quad(lambda x: np.sqrt(x) * stats.lognorm(1).pdf(x), 0, np.inf)[0]
    assert np.isclose(over_noise, over_samples, rtol=1e-7)
    assert np.isclose(over_noise, np.exp(1 / 8), rtol=1e-7)
    assert abs(np.exp(0.0) - over_noise) > 0.1  # h(G(E z)), another number


LAWS = {
    "normal": (stats.norm(1, 2), False),
    "exponential": (stats.expon(), False),
    "two far modes": (None, False),
    "binomial": (stats.binom(5, 0.3), True),
    "Poisson": (stats.poisson(2.5), True),
}


@pytest.mark.theorem("prop-inverse-transform")
@pytest.mark.parametrize("name", LAWS)
def test_monotone_generator_makes_any_law_and_no_other_monotone_map_does(name):
    """The monotone map of five laws, with atoms and gaps, is compared with SciPy's quantiles.

    Its samples and those of its mirror image pass a test against the law; a monotone map that
    differs from it on an interval fails.
    """
    page = definitions(PAGE)
    law, discrete = LAWS[name]
    if law is None:

        def cdf(x):
            return 0.35 * stats.norm.cdf(x, -9, 0.1) + 0.65 * stats.norm.cdf(x, 9, 0.1)
    else:
        cdf = law.cdf
    z = np.linspace(-4, 4, 801) + 1e-4
    made = page["monotone_generator"](cdf, z)
    assert np.all(np.diff(made) >= 0)
    if law is not None:
        assert np.allclose(made, law.ppf(stats.norm.cdf(z)), atol=1e-6)
    # F⁻¹(u) ≤ x exactly if u ≤ F(x), at random x.
    u = np.random.default_rng(0).uniform(0.001, 0.999, 500)
    x = np.random.default_rng(1).uniform(-10, 10, 500)
    quantiles = page["quantile"](cdf, u)
    assert np.array_equal(quantiles <= x, u <= cdf(x))
    # The law of 20,000 samples: the largest gap of the distribution functions (exceeded with
    # probability 1e-6, by the Dvoretzky-Kiefer-Wolfowitz inequality, beyond this bound).
    noise = np.random.default_rng(2).normal(size=20_000)
    bound = np.sqrt(np.log(2e6) / (2 * 20_000))

    def largest_gap(samples):
        grid = np.unique(np.concatenate([samples, samples + 1e-9]))
        empirical = np.searchsorted(np.sort(samples), grid, side="right") / len(samples)
        return abs(empirical - cdf(grid)).max()

    for sign in (1, -1):
        assert largest_gap(np.round(page["monotone_generator"](cdf, sign * noise), 9)) < bound
    other = np.where(noise > 0.5, noise + 1.0, noise)  # still non-decreasing
    assert largest_gap(np.round(page["monotone_generator"](cdf, other), 9)) > 2 * bound
    if discrete:
        assert set(np.round(made, 6)) <= set(range(20))


@pytest.mark.theorem("thm-change-of-variables")
def test_density_of_the_bent_plane():
    """Masses of random rectangles by the density equal those by a formula that never uses it.

    With the determinant forgotten, or on the wrong side, they do not. For a linear map and a
    normal distribution the density is SciPy's.
    """
    page = definitions(PAGE)
    z = np.random.default_rng(0).normal(size=(200, 2))
    assert np.allclose(page["inverse"](page["generator"](z)), z, atol=1e-10)
    # The determinant by differences of the map.
    columns = [
        (page["generator"](z + 1e-6 * e) - page["generator"](z - 1e-6 * e)) / 2e-6
        for e in np.eye(2)
    ]
    determinant = np.linalg.det(np.stack(columns, axis=-1))
    assert np.allclose(determinant, (1 + np.exp(z[:, 0])) / 2, rtol=1e-6)
    density = stats.norm.pdf(z).prod(axis=1) / determinant
    assert np.allclose(page["density"](page["generator"](z)), density, rtol=1e-6)
    assert not np.allclose(page["without_determinant"](page["generator"](z)), density, rtol=0.1)

    def mass(a, b, c, d):
        """P(a < x1 < b, c < x2 < d): given z1 the second coordinate is normal."""

        def given(z1):
            middle, scale = 2 * np.sinh(z1 / 2) ** 2, np.exp(z1 / 2)
            inside = special.ndtr((d - middle) / scale) - special.ndtr((c - middle) / scale)
            return stats.norm.pdf(z1) * inside

        return integrate.quad(given, 2 * np.arcsinh(a / 2), 2 * np.arcsinh(b / 2))[0]

    rng = np.random.default_rng(1)
    for _ in range(20):
        (a, b), (c, d) = np.sort(rng.uniform(-2.5, 2.5, 2)), np.sort(rng.uniform(-2, 4, 2))
        edges = np.linspace(a, b, 11), np.linspace(c, d, 11)
        exact = mass(a, b, c, d)
        assert np.isclose(page["cell_masses"](page["density"], *edges).sum(), exact, rtol=1e-6)
        wrong = page["cell_masses"](page["without_determinant"], *edges).sum()
        assert abs(wrong - exact) > 1e-3 * exact
    # The affine case in three dimensions, against SciPy.
    matrix, shift = rng.normal(size=(3, 3)), rng.normal(size=3)
    x = rng.normal(size=(50, 3))
    by_formula = stats.norm.pdf(np.linalg.solve(matrix, (x - shift).T).T).prod(axis=1)
    by_formula /= abs(np.linalg.det(matrix))
    law = stats.multivariate_normal(shift, matrix @ matrix.T)
    assert np.allclose(by_formula, law.pdf(x), rtol=1e-8)


@pytest.mark.theorem("prop-pushforward-density")
def test_preimages_add_up():
    """Folds of the line and of the plane, even one with infinitely many sheets, against known laws.

    A sum that forgets one preimage is seen to be wrong.
    """
    x = np.linspace(0.05, 6, 100)
    # z²: χ² with one degree of freedom.
    preimages = np.stack([np.sqrt(x), -np.sqrt(x)])
    terms = stats.norm.pdf(preimages) / abs(2 * preimages)
    assert np.allclose(terms.sum(0), stats.chi2(1).pdf(x))
    assert not np.allclose(terms[0], stats.chi2(1).pdf(x), rtol=0.3)
    # The complex square, (a, b) -> (a² − b², 2ab): two sheets, det J = 4(a² + b²).
    z = np.random.default_rng(0).normal(size=(400_000, 2))
    made = np.stack([z[:, 0] ** 2 - z[:, 1] ** 2, 2 * z[:, 0] * z[:, 1]], axis=1)

    def density(u, v):
        radius = np.hypot(u, v)  # of x; both preimages have the squared norm |x|
        return 2 * np.exp(-radius / 2) / (2 * np.pi) / (4 * radius)

    for low, high in [((0.5, 0.5), (1.5, 2.0)), ((-3, -1), (-1, 1))]:
        exact = integrate.dblquad(lambda v, u: density(u, v), low[0], high[0], low[1], high[1])[0]
        share = np.mean(np.all((made > low) & (made < high), axis=1))
        assert abs(share - exact) < 5 * np.sqrt(exact / len(z))
    # Countably many sheets: the fractional part of a Cauchy number, the wrapped Cauchy law.
    t = np.linspace(0.01, 0.99, 50)
    sheets = stats.cauchy.pdf(t + np.arange(-200_000, 200_001)[:, None]).sum(0)
    wrapped = stats.wrapcauchy(np.exp(-2 * np.pi)).pdf(2 * np.pi * t) * 2 * np.pi
    assert np.allclose(sheets, wrapped, atol=1e-5)
    # Rectifiers: a fold of unequal slopes.
    z = np.random.default_rng(1).normal(size=400_000)
    folded = np.where(z > 0, 2 * z, -z / 2)
    exact = stats.norm.cdf(0.5) - stats.norm.cdf(-2)
    assert abs(np.mean(folded < 1) - exact) < 5 * np.sqrt(exact * (1 - exact) / len(z))
    below = integrate.quad(lambda t: stats.norm.pdf(t / 2) / 2 + stats.norm.pdf(2 * t) * 2, 0, 1)[0]
    assert np.isclose(below, exact)


@pytest.mark.theorem("thm-no-density")
@pytest.mark.parametrize(("k", "points"), [(1, 100_001), (2, 501)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_cells_met_by_the_image_stay_within_the_bound(k, points, seed):
    """The number of cells that an image meets grows like the power k, not d, of their fineness.

    So its volume tends to zero, and uniform samples of the cube miss all but a sliver of it, for
    three random networks.
    """
    page = definitions(PAGE)
    network = page["random_network"](k, seed=seed)
    axis = np.linspace(-2, 2, points)
    z = np.stack(np.meshgrid(*[axis] * k), axis=-1).reshape(-1, k)
    image = network(z)
    counts = []
    for cells in (8, 16, 32):
        counts.append(page["occupied_share"](image, cells) * cells**3)
    exponent = np.log2(counts[-1] / counts[0]) / 2
    assert abs(exponent - k) < 0.2
    # A density is blind to the image: what it puts within a distance r falls like r^(3 - k).
    uniform = np.random.default_rng(seed).uniform(size=(20_000, 3))
    distances = cKDTree(image).query(uniform)[0]
    near = [np.mean(distances < r) for r in (0.1, 0.05, 0.025)]
    assert near[-1] < near[0] * 2.0 ** (-2 * (3 - k)) * 1.5


def test_a_curve_that_is_not_lipschitz_fills_the_square():
    """What `thm-no-density` needs its condition for: Hilbert's curve makes uniform samples."""
    page = definitions(PAGE)
    t = np.linspace(0, 1, 4**8, endpoint=False)
    curve = page["hilbert_curve"](t)
    assert page["occupied_share"](curve, 64) == 1
    # Continuity with exponent one half, and no Lipschitz constant.
    moved = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    assert moved.max() <= 4 * np.sqrt(1 / 4**8)
    assert moved.max() / (1 / 4**8) > 100
    # Length goes to area: every dyadic square gets its share.
    counts = np.histogram2d(*curve.T, bins=16, range=[[0, 1], [0, 1]])[0]
    assert np.all(counts == 4**8 / 256)


@pytest.mark.theorem("prop-noise-mixture")
@settings(max_examples=200)
@given(seed=SEEDS, dim=st.integers(1, 40), share=st.floats(1e-4, 0.999))
def test_noise_costs_at_most_the_log_of_the_share(seed, dim, share):
    """A search over mixtures finds none that loses more than log 1/a, and the bound is attained.

    The memoriser stays below its bound and falls without end as its grain shrinks, and so does
    noise on a line that is smeared into the plane.
    """
    page = definitions(PAGE)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(20, dim)) * rng.uniform(0.5, 2)
    log_p = stats.norm.logpdf(x).sum(1)
    log_noise = stats.norm(rng.normal(), rng.uniform(0.2, 3)).logpdf(x).sum(1)
    log_q = np.logaddexp(np.log(share) + log_p, np.log1p(-share) + log_noise)
    assert np.all(log_p - log_q <= np.log(1 / share) + 1e-9)
    # Where the noise cannot reach, the loss is log 1/a exactly: the bound is sharp.
    far = np.logaddexp(np.log(share) + log_p, np.log1p(-share) + log_p - 800)
    assert np.allclose(log_p - far, np.log(1 / share), atol=1e-9)
    training = rng.normal(size=(7, dim))
    values = []
    for tau in (1.0, 0.1, 0.01, 0.001):
        value, distance = page["memorised_log_prob"](x, training, tau)
        bound = -(distance**2) / (2 * tau**2) - dim / 2 * np.log(2 * np.pi * tau**2)
        assert np.all(value <= bound + 1e-6 * abs(bound))
        densities = [stats.norm(point, tau).logpdf(x).sum(1) for point in training]
        assert np.allclose(value, special.logsumexp(densities, axis=0) - np.log(7), rtol=1e-6)
        values.append(value)
    # Any closed set: noise on the first axis of the plane, against the distance from the axis.
    plane, tau = rng.normal(size=(20, 2)), rng.uniform(0.01, 2)
    smeared = stats.norm(0, np.sqrt(1 + tau**2)).logpdf(plane[:, 0])
    smeared += stats.norm(0, tau).logpdf(plane[:, 1])
    assert np.all(smeared <= -(plane[:, 1] ** 2) / (2 * tau**2) - np.log(2 * np.pi * tau**2))
    reached = distance > 0.1  # log τ wins only for points that are not close to one of the seven
    assert np.all(np.diff(np.array(values)[1:, reached], axis=0) < 0)


@pytest.mark.theorem("prop-best-accuracy")
@given(seed=SEEDS, k=st.integers(1, 8))
def test_no_classifier_beats_the_largest_difference(seed, k):
    """All classifiers on up to eight points are enumerated: the best has the accuracy claimed.

    On the line the sign of x attains it for two normal distributions.
    """
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet(np.full(k, 0.4)), rng.dirichlet(np.full(k, 0.4))
    if seed % 5 == 0:
        q = p
    sets = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
    accuracy = (sets @ p + (1 - sets) @ q) / 2
    difference = abs(sets @ (p - q)).max()
    assert np.isclose(accuracy.max(), (1 + difference) / 2, atol=1e-12)
    rule = (p > q).astype(int)
    assert np.isclose((rule @ p + (1 - rule) @ q) / 2, accuracy.max(), atol=1e-12)
    assert (accuracy.max() <= 0.5 + 1e-12) == np.allclose(p, q, atol=1e-12)
    # Intervals on the line: none does better than a half-line at the middle.
    delta = rng.uniform(0.1, 3)

    def negative_gap(ends):
        p_mass = stats.norm.cdf(ends - delta / 2)
        q_mass = stats.norm.cdf(ends + delta / 2)
        return -abs((p_mass[1] - p_mass[0]) - (q_mass[1] - q_mass[0]))

    found = -optimize.minimize(negative_gap, [0.3, 5.0], method="Nelder-Mead").fun
    assert 0.5 * (1 + found) <= stats.norm.cdf(delta / 2) + 1e-9
    assert np.isclose(0.5 * (1 + found), stats.norm.cdf(delta / 2), atol=1e-3)


@pytest.mark.theorem("prop-classifier-test")
@pytest.mark.parametrize("n", [1, 4, 5, 20, 100, 101])
@pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
def test_level_and_power_are_binomial(n, level):
    """The critical value is checked against sums of exact fractions, power for monotony and limit.

    All outcomes of small tests are enumerated, with a classifier that does not know the labels.
    """
    page = definitions(PAGE)
    critical = page["critical_value"](n, level)

    def tail(c):
        return sum(Fraction(int(special.comb(n, t, exact=True)), 2**n) for t in range(c, n + 1))

    assert tail(critical) <= level < tail(critical - 1)
    powers = [stats.binom.sf(critical - 1, n, s) for s in np.linspace(0.01, 0.99, 99)]
    assert np.all(np.diff(powers) >= 0)
    large = 20_000
    assert stats.binom.sf(page["critical_value"](large, level) - 1, large, 0.52) > 0.99
    if n > 5:
        return
    # X on three points, p = q, a classifier: every sequence of points and labels.
    masses, says = np.array([0.5, 0.3, 0.2]), np.array([1, 0, 1])
    outcomes = [(x, y, masses[x] / 2) for x in range(3) for y in (0, 1)]
    law = np.zeros(n + 1)
    for sequence in product(outcomes, repeat=n):
        right = sum(says[x] == y for x, y, _ in sequence)
        law[right] += np.prod([mass for *_, mass in sequence])
    assert np.allclose(law, stats.binom.pmf(np.arange(n + 1), n, 0.5))
    assert np.isclose(law[critical:].sum(), float(tail(critical)))


def test_rejection_rates_are_as_predicted_from_the_lines():
    """On other seeds than the page's, measured and predicted power agree."""
    page = definitions(PAGE)
    for seed, (n, delta) in enumerate([(60, 0.0), (60, 0.7), (150, 0.4)]):
        predicted, rate, _ = page["measured_power"](n, delta, seed=100 + seed)
        error = np.sqrt(predicted * (1 - predicted) / page["REPETITIONS"])
        assert abs(rate - predicted) < 4 * error
        assert predicted <= page["power"](n, stats.norm.cdf(delta / 2)) + 1e-12
    # A fitted line's exact accuracy is what fresh points find.
    rng = np.random.default_rng(5)
    line = page["fit_linear"](*page["labelled_samples"](50, 40, 0.8, rng=rng))
    answers = page["right_answers"](line, *page["labelled_samples"](50, 20_000, 0.8, rng=rng))
    exact = page["exact_accuracy"](line, 0.8)
    assert np.all(abs(answers / 20_000 - exact) < 5 * np.sqrt(0.25 / 20_000))
