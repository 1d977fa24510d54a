"""The statements of probability/divergences, against searches that try hard to break them."""

import heapq
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, find, given, settings, strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import linear_sum_assignment, linprog
from scipy.spatial.distance import cdist, jensenshannon
from scipy.special import rel_entr

from gan_utils import Gaussian, GaussianMixture, js, kl, squared_hellinger, total_variation
from gan_utils.divergences import (
    JENSEN_SHANNON,
    KL,
    PEARSON,
    REVERSE_KL,
    SQUARED_HELLINGER,
    TOTAL_VARIATION,
    FDivergence,
)
from gan_utils.metrics import wasserstein_1d

SIX = (KL, REVERSE_KL, JENSEN_SHANNON, TOTAL_VARIATION, SQUARED_HELLINGER, PEARSON)
LOG_2 = np.log(2)
ROUNDING = 1e-9

WEIGHTS = (0.0, 0.0, 1e-12, 1e-5, 0.05, 0.1, 0.3, 0.5, 0.7, 1.0, 1.0, 1.0)
FACTORS = (0.9, 0.97, 0.999, 1.0, 1.01, 1.05, 1.1)

thousands = settings(max_examples=2000)


def masses(size):
    """Weights of that number of points: zeros, minute ones and ordinary ones."""
    return st.tuples(*[st.sampled_from(WEIGHTS)] * size).map(np.array).filter(np.any)


def normalised(weights):
    return weights / weights.sum()


def vectors(size):
    """A probability vector, often with zeros."""
    return masses(size).map(normalised)


@st.composite
def pairs(draw, size=None):
    """Two probability vectors: unrelated, nearly equal, equal, or with nothing in common."""
    size = size or draw(st.integers(2, 5))
    p = draw(vectors(size))
    kind = draw(st.sampled_from(["unrelated", "near", "equal", "disjoint"]))
    if kind == "near":
        factors = draw(st.tuples(*[st.sampled_from(FACTORS)] * size))
        return p, normalised(p * factors)
    if kind == "disjoint":
        weights = np.where(p > 0, 0.0, draw(masses(size)))
        assume(weights.any())
        return p, normalised(weights)
    return p, p if kind == "equal" else draw(vectors(size))


@st.composite
def convex_functions(draw):
    """One of the six, or the maximum of a few lines, shifted so that it is 0 at 1."""
    if draw(st.booleans()):
        return draw(st.sampled_from(SIX))
    number = st.integers(-12, 12).map(lambda i: i / 4)
    lines = draw(st.lists(st.tuples(number, number), min_size=1, max_size=4))
    slopes, offsets = np.array(lines).T
    offsets = offsets - (slopes + offsets).max()

    def function(u):
        return (slopes * np.asarray(u)[..., None] + offsets).max(axis=-1)

    def derivative(u):
        at = np.minimum(u, 1e100)[..., None]
        return slopes[(slopes * at + offsets).argmax(axis=-1)]

    unused = (KL.conjugate, KL.output_activation)
    return FDivergence("lines", function, derivative, *unused)


def at_most(small, large):
    """Small <= large up to rounding, which is relative where numbers are large."""
    return small <= large + ROUNDING * max(1.0, abs(large)) or large == np.inf


def refuted(strategy, claim):
    """Whether the same kind of search finds a case that breaks a claim."""
    broken = find(strategy, lambda case: not claim(case), settings=thousands)
    return not claim(broken)


def shortest_code(p):
    """Mean length in bits of Huffman's code, which no prefix code beats."""
    heap, total = sorted(p), 0.0
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        total += joined
        heapq.heappush(heap, joined)
    return total


@pytest.mark.theorem("def-entropy")
@given(p=vectors(5), q=vectors(3))
def test_entropy_is_what_a_code_must_spend(p, q):
    """Huffman's code for random vectors spends between H and H + 1 bits, as Shannon proved."""

    def entropy(x):
        return -sum(a * np.log(a) for a in np.ravel(x) if a > 0)

    bits = entropy(p) / LOG_2
    assert bits - 1e-9 <= shortest_code(p[p > 0]) < bits + 1 or np.count_nonzero(p) == 1
    assert entropy(np.outer(p, q)) == pytest.approx(entropy(p) + entropy(q), abs=1e-12)
    for law in (stats.uniform(0, 0.5), stats.norm(1, 3)):
        by_definition = quad(lambda x, law=law: -law.pdf(x) * law.logpdf(x), *law.support())[0]
        assert by_definition == pytest.approx(law.entropy(), abs=1e-8)


@pytest.mark.theorem("def-kl")
@given(pairs())
def test_kl_is_the_mean_surprise_too_much(pair):
    """Random pairs with zeros, term by term and by SciPy; infinite exactly where q misses mass."""
    p, q = pair
    missed = ((p > 0) & (q == 0)).any()
    assert (kl(p, q) == np.inf) == missed
    assert kl(p, q) == pytest.approx(rel_entr(p, q).sum(), abs=1e-12)
    if not missed:
        used = p > 0
        surprise = -(p[used] @ np.log(q[used])) + p[used] @ np.log(p[used])
        assert kl(p, q) == pytest.approx(surprise, abs=1e-9)


@pytest.mark.theorem("prop-gibbs")
@thousands
@given(pairs())
def test_kl_is_zero_for_equal_vectors_only(pair):
    """In 2000 pairs, most of them alike, KL is never negative and small for close vectors only."""
    p, q = pair
    assert kl(p, q) >= 0
    # Where they differ by d anywhere, KL is at least d²/2: a weak form of Pinsker's bound.
    assert kl(p, q) >= 0.5 * np.abs(p - q).max() ** 2 - 1e-15
    if np.array_equal(p, q):
        assert kl(p, q) == 0
    base = np.arange(1.0, len(p) + 1)  # densities with respect to masses 1, 2, ...
    assert rel_entr(p / base, q / base) @ base == pytest.approx(kl(p, q), abs=1e-12)


@pytest.mark.theorem("def-f-divergence")
@given(pairs(), st.floats(-5, 5))
def test_every_f_divergence_is_its_sum(pair, c):
    """Random pairs: six sums by hand, zeros included; adding c (t - 1) to f changes nothing."""
    p, q = pair
    r = np.divide(p, q, out=np.zeros(len(p)), where=q > 0)
    only_p = p[q == 0].sum()
    by_hand = {
        KL: rel_entr(p, q).sum(),
        REVERSE_KL: rel_entr(q, p).sum(),
        JENSEN_SHANNON: sum(rel_entr(x, (p + q) / 2).sum() for x in (p, q)) / 2,
        TOTAL_VARIATION: 0.5 * (q @ np.abs(r - 1)) + 0.5 * only_p,
        SQUARED_HELLINGER: 1 - np.sqrt(p * q).sum(),
        PEARSON: q @ (r - 1) ** 2 if only_p == 0 else np.inf,
    }
    for divergence, expected in by_hand.items():
        assert divergence(p, q) == pytest.approx(expected, abs=1e-7, rel=1e-9)
        tilted = FDivergence(
            "tilted",
            lambda u, divergence=divergence: divergence.f(u) + c * (u - 1),
            lambda u, divergence=divergence: divergence.derivative(u) + c,
            KL.conjugate,  # not used here
            KL.output_activation,
        )
        assert tilted(p, q) == pytest.approx(expected, abs=1e-7, rel=1e-9)


def limits(divergence):
    """f(0) and f'(infinity)."""
    return divergence.f(np.float64(0.0)), divergence.derivative(np.float64(np.inf))


@pytest.mark.theorem("prop-f-divergence-nonnegative")
@thousands
@given(pair=pairs(), divergence=convex_functions())
def test_an_f_divergence_keeps_between_its_bounds(pair, divergence):
    """2000 random pairs and convex functions stay within the bounds; disjoint pairs reach one."""
    p, q = pair
    found, highest = divergence(p, q), sum(limits(divergence))
    assert found >= -1e-12
    if divergence not in (KL, REVERSE_KL, PEARSON):
        assert at_most(found, highest)
        if not (p * q).any():
            assert found == pytest.approx(highest, abs=1e-9)
    elif not (p * q).any():
        assert found == np.inf
    if divergence in SIX:
        assert found > 0 or np.abs(p - q).max() < 1e-7
        assert found < 1e-12 or not np.array_equal(p, q)


@pytest.mark.theorem("prop-total-variation")
@given(pairs(size=5))
def test_total_variation_is_the_largest_difference_over_all_sets(pair):
    """Random pairs on five points: all 32 sets are tried, and {p > q} is the best of them."""
    p, q = pair
    differences = [abs((p - q) @ np.array(chosen)) for chosen in product([0, 1], repeat=5)]
    assert total_variation(p, q) == pytest.approx(max(differences), abs=1e-12)
    assert total_variation(p, q) == pytest.approx((p - q)[p > q].sum(), abs=1e-12)
    assert total_variation(p, q) == pytest.approx(1 - np.minimum(p, q).sum(), abs=1e-12)


@pytest.mark.theorem("def-jensen-shannon")
@given(pairs())
def test_js_is_the_mean_divergence_from_the_mixture(pair):
    """Random pairs with zeros, against the definition in SciPy and SciPy's own distance squared."""
    p, q = pair
    m = (p + q) / 2
    by_definition = rel_entr(p, m).sum() / 2 + rel_entr(q, m).sum() / 2
    assert js(p, q) == pytest.approx(by_definition, abs=1e-12)
    # SciPy's function is the square root, which is NaN where rounding makes it imaginary.
    with np.errstate(invalid="ignore"):
        assert js(p, q) == pytest.approx(np.nan_to_num(jensenshannon(p, q)) ** 2, abs=1e-7)
    assert js(p, q) == pytest.approx(js(q, p), abs=1e-15)


@pytest.mark.theorem("prop-js-bounded")
@thousands
@given(pairs(size=5))
def test_log_2_is_reached_by_mutually_singular_pairs_only(pair):
    """2000 pairs: log 2 exactly if one of all 32 sets separates the two; 0.69 is soon refuted."""
    p, q = pair
    assert 0 <= js(p, q) <= LOG_2 + 1e-15
    subsets = (np.array(chosen, bool) for chosen in product([False, True], repeat=5))
    singular = any(not p[~a].any() and not q[a].any() for a in subsets)
    assert singular <= (js(p, q) > LOG_2 - 1e-12)
    overlap = np.minimum(p, q).sum()
    assert singular or js(p, q) < LOG_2 - 0.25 * overlap


def test_the_search_for_log_2_bites():
    assert refuted(pairs(size=2), lambda case: js(*case) <= 0.69)


def joint_table(p, q):
    """Rows: Y = 0, Y = 1; columns: the points."""
    return np.stack([q, p]) / 2


def information(joint):
    """KL from the product of the margins, by SciPy."""
    return rel_entr(joint, np.outer(joint.sum(axis=1), joint.sum(axis=0))).sum()


@pytest.mark.theorem("prop-js-mutual-information")
@thousands
@given(pairs())
def test_js_is_the_information_in_the_joint_table(pair):
    """2000 pairs: information and remaining entropy of the joint table of sample and label."""
    joint = joint_table(*pair)
    assert js(*pair) == pytest.approx(information(joint), abs=1e-12)
    remaining = stats.entropy(joint.ravel()) - stats.entropy(joint.sum(axis=0))
    assert js(*pair) == pytest.approx(LOG_2 - remaining, abs=1e-9)


def test_the_search_for_information_bites():
    assert refuted(pairs(), lambda case: js(*case) <= 0.98 * information(joint_table(*case)))


def perspective(divergence, a, b):
    """B f(a/b), with the limits where a or b is zero."""
    if b > 0:
        return b * divergence.f(np.float64(a / b))
    return a * limits(divergence)[1] if a > 0 else 0.0


@pytest.mark.theorem("lem-perspective")
@pytest.mark.parametrize("divergence", SIX, ids=lambda divergence: divergence.name)
@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 1.0, 3.0]), min_size=4, max_size=4))
def test_the_perspective_is_the_upper_edge_of_its_lines(divergence, numbers):
    """Thousands of tangents stay below it and come within 0.001, or pass any bound if infinite."""
    a, b, a2, b2 = numbers
    at = np.exp(np.linspace(-20, 20, 4001))
    slope, height = divergence.derivative(at), divergence.f(at)
    highest = (slope * a + (height - slope * at) * b).max()
    exact = perspective(divergence, a, b)
    assert at_most(highest, exact)
    assert highest > exact - 1e-3 if np.isfinite(exact) else highest > 2 * max(a, b)
    assert perspective(divergence, 3 * a, 3 * b) == pytest.approx(3 * exact, abs=1e-12)
    assert at_most(perspective(divergence, a + a2, b + b2), exact + perspective(divergence, a2, b2))


@pytest.mark.theorem("prop-joint-convexity")
@thousands
@given(
    first=pairs(size=4), second=pairs(size=4), share=st.floats(0, 1), divergence=convex_functions()
)
def test_mixing_brings_nearer(first, second, share, divergence):
    """2000 random mixtures and convex functions keep it; the reverse is soon refuted."""

    def mixed(share):
        return [share * x + (1 - share) * y for x, y in zip(first, second, strict=True)]

    parts = [w * divergence(*pair) for w, pair in ((share, first), (1 - share, second)) if w]
    assert at_most(divergence(*mixed(share)), sum(parts))


def test_the_search_for_convexity_bites():
    cases = st.tuples(pairs(size=2), pairs(size=2))
    assert refuted(cases, lambda c: js(*np.mean(c, axis=0)) >= np.mean([js(*pair) for pair in c]))


@st.composite
def kernels(draw, inputs=4):
    """A stochastic matrix: a random one with zeros, a map, or a permutation."""
    kind = draw(st.sampled_from(["random", "map", "permutation"]))
    if kind == "permutation":
        return np.eye(inputs)[draw(st.permutations(range(inputs)))]
    outputs = draw(st.integers(1, 5))
    if kind == "map":
        targets = st.lists(st.integers(0, outputs - 1), min_size=inputs, max_size=inputs)
        return np.eye(outputs)[draw(targets)]
    return np.stack([draw(vectors(outputs)) for _ in range(inputs)])


@pytest.mark.theorem("thm-data-processing")
@thousands
@given(pair=pairs(size=4), kernel=kernels(), divergence=convex_functions())
def test_no_processing_raises_a_divergence(pair, kernel, divergence):
    """2000 random pairs, kernels and convex functions keep it; a factor of 0.99 is refuted."""
    p, q = pair
    before, after = divergence(p, q), divergence(p @ kernel, q @ kernel)
    assert at_most(after, before)
    if kernel.shape == (4, 4) and np.allclose(kernel @ kernel.T, np.eye(4)):
        assert at_most(before, after)


def test_the_search_for_data_processing_bites():
    cases = st.tuples(pairs(size=2), kernels(inputs=2))
    assert refuted(cases, lambda c: js(c[0][0] @ c[1], c[0][1] @ c[1]) <= 0.99 * js(*c[0]))


@pytest.mark.theorem("thm-pinsker")
@thousands
@given(pairs())
def test_pinsker(pair):
    """2000 random pairs, many nearly equal, keep the bound; 2.05 for 2 is refuted."""
    assert at_most(2 * total_variation(*pair) ** 2, kl(*pair))


def test_the_search_for_pinsker_bites():
    assert refuted(pairs(size=2), lambda case: 2.05 * total_variation(*case) ** 2 <= kl(*case))


@pytest.mark.theorem("prop-divergence-bounds")
@thousands
@given(pair=pairs(), divergence=convex_functions())
def test_what_total_variation_promises(pair, divergence):
    """2000 random pairs keep the bounds; each is soon broken if made two per cent tighter."""
    tv, h2, chi2 = total_variation(*pair), squared_hellinger(*pair), PEARSON(*pair)
    if divergence not in (KL, REVERSE_KL, PEARSON):
        assert at_most(divergence(*pair), sum(limits(divergence)) * tv)
    assert at_most(js(*pair), LOG_2 * tv)
    assert at_most(h2, tv)
    assert at_most(tv**2, h2 * (2 - h2))
    assert at_most(kl(*pair), np.log1p(chi2))


@pytest.mark.parametrize(
    "claim",
    [
        lambda p, q: js(p, q) <= 0.98 * LOG_2 * total_variation(p, q),
        lambda p, q: squared_hellinger(p, q) <= 0.98 * total_variation(p, q),
        lambda p, q: total_variation(p, q) ** 2 <= 0.98 * (1 - (1 - squared_hellinger(p, q)) ** 2),
        lambda p, q: kl(p, q) <= 0.98 * np.log1p(PEARSON(p, q)),
    ],
)
def test_the_search_for_bounds_bites(claim):
    assert refuted(pairs(), lambda case: claim(*case))


@pytest.mark.theorem("prop-disjoint-supports")
@pytest.mark.parametrize("gap", [0.001, 1.0, 50.0])
@given(p=vectors(4), q=vectors(3))
def test_what_never_meets_looks_the_same_at_any_distance(gap, p, q):
    """Random vectors side by side, and densities at three distances: all values stay the same."""
    left, right = np.r_[p, np.zeros(3)], np.r_[np.zeros(4), q]
    assert js(left, right) == pytest.approx(LOG_2, abs=1e-12)
    assert total_variation(left, right) == pytest.approx(1)
    assert squared_hellinger(left, right) == pytest.approx(1)
    for divergence in (KL, REVERSE_KL, PEARSON):
        assert divergence(left, right) == np.inf
    a, b = stats.uniform(0, 1), stats.uniform(1 + gap, 1)
    for divergence in (JENSEN_SHANNON, TOTAL_VARIATION, SQUARED_HELLINGER):

        def integrand(x, divergence=divergence):
            with np.errstate(divide="ignore"):
                return float(divergence.integrand(a.logpdf(x), b.logpdf(x)))

        pieces = ((0, 1), (1 + gap, 2 + gap))
        assert sum(quad(integrand, *ends)[0] for ends in pieces) == pytest.approx(
            sum(limits(divergence))
        )
    x = np.linspace(0, 1, 50)
    assert wasserstein_1d(x, x + 1 + gap) == pytest.approx(1 + gap)


def cheapest_plan(x, p, y, q):
    """The least mean distance over all joint tables with margins p and q: a linear program."""
    n, m = len(p), len(q)
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    cost = np.abs(np.subtract.outer(x, y)).ravel()
    return linprog(cost, A_eq=np.vstack([rows, columns]), b_eq=np.r_[p, q]).fun


@pytest.mark.theorem("def-wasserstein")
@pytest.mark.parametrize("seed", range(5))
def test_wasserstein_is_the_cheapest_plan(seed):
    """Random points on the line: the package's formula against a linear program over all plans."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=6), rng.normal(1, 2, size=4)
    cheapest = cheapest_plan(x, np.full(6, 1 / 6), y, np.full(4, 1 / 4))
    assert wasserstein_1d(x, y) == pytest.approx(cheapest, abs=1e-9)


@pytest.mark.theorem("prop-wasserstein-shift")
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_no_plan_beats_the_shift(dim):
    """Forty points and their shift in 1, 2 and 5 dimensions: no assignment is shorter."""
    rng = np.random.default_rng(dim)
    x = rng.normal(size=(40, dim))
    for shift in rng.normal(size=(10, dim)) * np.linspace(0.01, 5, 10)[:, None]:
        cost = cdist(x, x + shift)
        best = cost[linear_sum_assignment(cost)].mean()
        assert best == pytest.approx(np.linalg.norm(shift), abs=1e-9)


def kl_of_gaussians(mean, variance, other_mean, other_variance):
    """The closed form."""
    ratio = variance / other_variance
    return 0.5 * (ratio - 1 - np.log(ratio) + (mean - other_mean) ** 2 / other_variance)


@pytest.mark.theorem("prop-moment-matching")
@pytest.mark.parametrize("law", [stats.laplace(1, 0.7), stats.uniform(-2, 5), stats.gamma(3)])
def test_kl_splits_at_the_moments(law):
    """Three shapes with 36 rivals each, a mixture with one: integrals against the second term."""
    mean, variance = law.stats("mv")

    def divergence(c, v):
        def integrand(x):
            return law.pdf(x) * (law.logpdf(x) - stats.norm.logpdf(x, c, np.sqrt(v)))

        low, high = law.ppf([1e-15, 1 - 1e-15])
        return quad(integrand, low, high, points=[float(mean)], limit=200)[0]

    least = divergence(mean, variance)
    for c, v in product(mean + np.linspace(-2, 2, 6), variance * np.linspace(0.3, 3, 6)):
        extra = kl_of_gaussians(mean, variance, c, v)
        assert divergence(c, v) == pytest.approx(least + extra, abs=1e-6)
    mixture = GaussianMixture([0.3, 0.7], [[-2.0], [1.0]], [0.25, 1.0])
    c, v = -0.6 + 0.7, 0.3 * 0.25 + 0.7 + 0.21 * 9
    split = KL.quadrature(mixture, Gaussian(c, v)) + kl_of_gaussians(c, v, 0.5, 4.0)
    assert KL.quadrature(mixture, Gaussian(0.5, 4.0)) == pytest.approx(split, abs=1e-6)
