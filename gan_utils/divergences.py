r"""f-divergences, exactly, by quadrature and by Monte Carlo; the optimal discriminator (NumPy).

Convention everywhere: p comes first, logarithms are natural (nats), and

.. math:: D_f(p \,\Vert\, q) = \mathbb E_q\, f(p/q), \qquad f \text{ convex},\ f(1) = 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit, xlogy

from gan_utils import _checks

LOG_2 = np.log(2.0)
# exp(±200) and its cube are still floats; a density of 1e-30 adds nothing to an integral.
_LOG_RATIO = 200.0
_NEGLIGIBLE = 1e-30


@dataclass(frozen=True, repr=False)
class FDivergence:
    r"""An f-divergence: a convex f with f(1) = 0 and what duality makes of it.

    .. math:: D_f(p \,\Vert\, q) = \mathbb E_q f(p/q) = \sup_T\; \mathbb E_p T - \mathbb E_q f^*(T)

    Parameters
    ----------
    name : str
    generator_function : callable
        f on u >= 0, array to array; f(0) is the limit and may be infinite.
    derivative : callable
        f' on u >= 0; its limit at infinity (where that is NaN, f'(1e100)) is the price of mass
        where q has none.
    conjugate : callable
        f*(t) = sup over u >= 0 of u t - f(u), for every real t: infinite outside its domain.
    output_activation : callable
        Maps the reals increasingly into the domain of f*: the last layer of a test function T.
        Where float64 would round onto an end that the domain excludes, those of this module give
        the last number before it, from logits of about 37 on (745 for `REVERSE_KL`).
    perspective : callable, optional
        (log_p, log_q) -> q f(p/q), written on logarithms, so that it is accurate where the ratio
        overflows. It may differ by a multiple of p - q, which integrates to zero. Without it f
        itself is used, and an ArithmeticError is raised where ratios beyond exp(±200) matter.

    Raises
    ------
    ValueError
        If f(1) is not 0.

    References
    ----------
    .. [1] Nowozin, Cseke, Tomioka (2016), "f-GAN", equations (2), (4) and tables 1, 2.

    Examples
    --------
    >>> SQUARED_HELLINGER.conjugate(-1.0).round(4)   # t / (1 - 2 t)
    np.float64(-0.3333)
    """

    name: str
    generator_function: Callable
    derivative: Callable
    conjugate: Callable
    output_activation: Callable
    perspective: Callable | None = None

    def __post_init__(self):
        at_one = float(self.generator_function(np.float64(1.0)))
        if not abs(at_one) < 1e-12:
            raise ValueError(f"generator_function: expected f(1) = 0, got {at_one:g}")

    def __repr__(self):
        return f"FDivergence({self.name!r})"

    def integrand(self, log_p, log_q):
        """The integrand q f(p/q) >= 0 from log densities, up to a multiple of p - q.

        Both arguments broadcast; minus infinity is a density of zero, with 0 f(0/0) = 0 and
        0 f(p/0) = p f'(infinity).
        """
        rule = self.perspective or self._generic_perspective
        with np.errstate(all="ignore"):
            result = rule(log_p, log_q)
        return np.where(np.isneginf(np.maximum(log_p, log_q)), 0.0, result)

    def _generic_perspective(self, log_p, log_q):
        """The tangent of f beyond |log u| = 200, as long as the limits leave no doubt about it."""
        p, q, log_u = np.exp(log_p), np.exp(log_q), log_p - log_q
        # f(u) - f'(1)(u - 1) is non-negative and has the same divergence.
        slope = self.derivative(np.float64(1.0))
        u = np.exp(np.clip(log_u, -_LOG_RATIO, _LOG_RATIO))
        beyond = np.abs(log_u) > _LOG_RATIO
        tangent = np.where(beyond, (self.derivative(u) - slope) * (p - q * u), 0.0)
        result = _times(q, self.generator_function(u) - slope * (u - 1)) + tangent
        at_zero = _times(q, self.generator_function(np.float64(0.0)) + slope)
        limit = np.where(log_u > 0, _times(p, self._slope_at_infinity() - slope), at_zero)
        doubt = beyond & (result > _NEGLIGIBLE) & (limit - result > 1e-9 * result)
        if (doubt & np.isfinite(log_u)).any():
            raise ArithmeticError(f"{self.name}: p/q leaves exp(±200); give it a `perspective`")
        return np.where(np.isinf(log_u), limit, result)

    def _leaves_domain(self, t):
        """Where t lies beyond the domain of f*, whose upper end is f'(infinity): a bool per entry.

        That f* is infinite does not suffice: it may have overflowed.
        """
        with np.errstate(all="ignore"):
            return np.isposinf(self.conjugate(t)) & (t >= self._slope_at_infinity())

    def _slope_at_infinity(self):
        slope = self.derivative(np.float64(np.inf))
        return self.derivative(np.float64(1e100)) if np.isnan(slope) else slope


def _times(weight, x):
    return np.where(weight > 0, weight * x, 0.0)


def _quiet(function):
    """`function` on float64 arrays, its limits at 0 and infinity taken without warnings."""

    def on_arrays(x):
        with np.errstate(all="ignore"):
            return function(np.asarray(x, dtype=np.float64))[()]

    return on_arrays


def _below(end, t):
    """t, where rounding took it onto the end of an open domain or to infinity, back inside."""
    return np.clip(t, -np.finfo(np.float64).max, np.nextafter(end, -np.inf))


def _kl_perspective(log_p, log_q):
    p, q = np.exp(log_p), np.exp(log_q)
    return np.maximum(_times(p, log_p - log_q) - p + q, 0.0)


def _js_perspective(log_p, log_q):
    log_u = log_p - log_q
    p_part = _times(np.exp(log_p), LOG_2 - np.logaddexp(0.0, -log_u))
    q_part = _times(np.exp(log_q), LOG_2 - np.logaddexp(0.0, log_u))
    return np.maximum(0.5 * (p_part + q_part), 0.0)


def _pearson_perspective(log_p, log_q):
    # q expm1(log u)², with log|expm1(a)| = max(a, 0) + log(1 - exp(-|a|)).
    log_u = log_p - log_q
    log_distance = np.maximum(log_u, 0.0) + np.log(-np.expm1(-np.abs(log_u)))
    finite = np.exp(log_q + 2 * log_distance)
    return np.where(np.isneginf(log_q), np.inf, finite)


def _hellinger_conjugate(t):
    t = np.maximum(t, -1e300)  # where it is -1/2, so that neither side of the quotient overflows
    return np.where(t < 0.5, t / (1 - 2 * t), np.inf)


KL = FDivergence(
    name="KL(p‖q)",
    generator_function=_quiet(lambda u: xlogy(u, u)),
    derivative=_quiet(lambda u: 1 + np.log(u)),
    conjugate=_quiet(lambda t: np.exp(t - 1)),
    output_activation=_quiet(lambda v: v),
    perspective=_kl_perspective,
)
"""E_p log(p/q): infinite where p has mass and q has none, so it forbids q to miss anything."""

REVERSE_KL = FDivergence(
    name="KL(q‖p)",
    generator_function=_quiet(lambda u: -np.log(u)),
    derivative=_quiet(lambda u: -1 / u),
    conjugate=_quiet(lambda t: np.where(t < 0, -1 - np.log(-t), np.inf)),
    output_activation=_quiet(lambda v: _below(0.0, -np.exp(-v))),
    perspective=lambda log_p, log_q: _kl_perspective(log_q, log_p),
)
"""E_q log(q/p): infinite where q has mass and p has none, so it forbids q to invent anything."""

JENSEN_SHANNON = FDivergence(
    name="JS(p,q)",
    generator_function=_quiet(lambda u: 0.5 * (xlogy(u, u) - xlogy(u + 1, (u + 1) / 2))),
    derivative=_quiet(lambda u: 0.5 * (LOG_2 - np.log1p(1 / u))),
    conjugate=_quiet(
        lambda t: np.where(2 * t < LOG_2, -0.5 * (LOG_2 + np.log(-np.expm1(2 * t - LOG_2))), np.inf)
    ),
    output_activation=_quiet(lambda v: _below(0.5 * LOG_2, 0.5 * (LOG_2 - np.logaddexp(0.0, -v)))),
    perspective=_js_perspective,
)
"""½ KL(p‖m) + ½ KL(q‖m) with m = ½ (p + q): at most log 2.

The "JS" of the f-GAN paper is twice this.
"""

PEARSON = FDivergence(
    name="χ²(p‖q)",
    generator_function=_quiet(lambda u: (u - 1) ** 2),
    derivative=_quiet(lambda u: 2 * (u - 1)),
    conjugate=_quiet(lambda t: np.where(t > -2, t + t**2 / 4, -1.0)),
    output_activation=_quiet(lambda v: v),
    perspective=_pearson_perspective,
)
"""E_q (p/q − 1)²: the variance of the density ratio under q."""

SQUARED_HELLINGER = FDivergence(
    name="H²(p,q)",
    generator_function=_quiet(lambda u: 0.5 * (np.sqrt(u) - 1) ** 2),
    derivative=_quiet(lambda u: 0.5 * (1 - 1 / np.sqrt(u))),
    conjugate=_quiet(_hellinger_conjugate),
    output_activation=_quiet(lambda v: _below(0.5, 0.5 * (1 - np.exp(-v)))),
    perspective=lambda log_p, log_q: 0.5 * (np.exp(log_p / 2) - np.exp(log_q / 2)) ** 2,
)
"""½ ∫ (√p − √q)²: at most 1."""

TOTAL_VARIATION = FDivergence(
    name="TV(p,q)",
    generator_function=_quiet(lambda u: 0.5 * np.abs(u - 1)),
    derivative=_quiet(lambda u: 0.5 * np.sign(u - 1)),
    conjugate=_quiet(lambda t: np.where(t <= 0.5, np.maximum(t, -0.5), np.inf)),
    output_activation=_quiet(lambda v: 0.5 * np.tanh(v)),
    perspective=lambda log_p, log_q: 0.5 * np.abs(np.exp(log_p) - np.exp(log_q)),
)
"""The largest difference that p and q make to the probability of one event: at most 1."""


def f_divergence(f, p, q):
    r"""The f-divergence of probability vectors, summed exactly over the last axis.

    .. math:: D_f(p \,\Vert\, q) = \sum_i q_i f(p_i / q_i)

    Parameters
    ----------
    f : FDivergence
    p, q : (..., k) arrays of probabilities, broadcast against each other

    Returns
    -------
    (...) array in nats (f itself sets the unit of divergences without a logarithm); infinite where
    p has mass, q has none and f'(infinity) is infinite.

    Raises
    ------
    ValueError
        If a vector has negative entries or NaN, does not sum to 1 (within 1e-6), k disagrees, or
        the leading axes do not broadcast.

    References
    ----------
    .. [1] Nowozin, Cseke, Tomioka (2016), "f-GAN", equation (2).

    Examples
    --------
    >>> float(f_divergence(PEARSON, [1.0, 0.0], [0.5, 0.5]))
    1.0
    """
    p, q = _checks.probabilities("p", p), _checks.probabilities("q", q)
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(f"q: expected {p.shape[-1]} probabilities as in p, got {q.shape[-1]}")
    try:
        np.broadcast_shapes(p.shape, q.shape)
    except ValueError:
        raise ValueError(
            f"q: expected a shape that broadcasts with {p.shape} of p, got {q.shape}"
        ) from None
    with np.errstate(divide="ignore"):
        log_p, log_q = np.log(p), np.log(q)
    return f.integrand(log_p, log_q).sum(axis=-1)


def kl(p, q):
    r"""KL divergence of probability vectors in nats, infinite unless q > 0 wherever p > 0.

    .. math:: \mathrm{KL}(p \,\Vert\, q) = \sum_i p_i \log(p_i / q_i)

    Shapes and errors are those of `f_divergence`: (..., k), (..., k) -> (...).

    >>> float(kl([1.0, 0.0], [0.25, 0.75]).round(4))   # log 4
    1.3863
    """
    return f_divergence(KL, p, q)


def js(p, q):
    r"""Jensen-Shannon divergence of probability vectors in nats, symmetric, between 0 and log 2.

    .. math:: \mathrm{JS}(p, q) = \tfrac12 \mathrm{KL}(p \Vert m) + \tfrac12 \mathrm{KL}(q \Vert m),
              \qquad m = \tfrac12 (p + q)

    Shapes and errors are those of `f_divergence`: (..., k), (..., k) -> (...).

    >>> float(js([1.0, 0.0], [0.0, 1.0]).round(4))   # log 2
    0.6931
    """
    return f_divergence(JENSEN_SHANNON, p, q)


def total_variation(p, q):
    r"""Total variation distance of probability vectors, between 0 and 1.

    .. math:: \mathrm{TV}(p, q) = \tfrac12 \sum_i |p_i - q_i| = \max_A |p(A) - q(A)|

    Shapes and errors are those of `f_divergence`: (..., k), (..., k) -> (...).

    >>> float(total_variation([0.5, 0.5], [1.0, 0.0]))
    0.5
    """
    return f_divergence(TOTAL_VARIATION, p, q)


def squared_hellinger(p, q):
    r"""Squared Hellinger distance of probability vectors, between 0 and 1.

    .. math:: H^2(p, q) = \tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2

    Shapes and errors are those of `f_divergence`: (..., k), (..., k) -> (...).

    >>> float(squared_hellinger([1.0, 0.0], [0.25, 0.75]).round(12))   # 1 - sqrt(1/4)
    0.5
    """
    return f_divergence(SQUARED_HELLINGER, p, q)


def quadrature(f, p, q):
    r"""The f-divergence of two one-dimensional densities, integrated to an absolute error < 1e-6.

    .. math:: D_f(p \,\Vert\, q) = \int q(x) \, f\!\left(\frac{p(x)}{q(x)}\right) dx

    The line is cut at multiples of every standard deviation and at powers of two far beyond;
    each piece is halved until 16-point Gauss-Legendre sums agree.

    Parameters
    ----------
    f : FDivergence
    p, q : one-dimensional distributions
        `Gaussian`, `GaussianMixture`, or anything with `log_prob: (n, 1) -> (n,)` in nats and,
        to say where its mass is, `mean` and `cov` or `means` and `covs`.

    Returns
    -------
    float in nats. Above 1 the error is relative: < 1e-6 times the value. Infinite where the
    integral is, which shows in an integrand that overflows or has not died out where the cuts
    end, and where it exceeds the largest float.

    Raises
    ------
    ValueError
        If p or q is not one-dimensional.
    ArithmeticError
        If the error estimate exceeds the promise, or a standard deviation is below 10⁴ times the
        distance of neighbouring floats at its mean: the density falls between them.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> round(quadrature(KL, Gaussian(0.0, 1.0), Gaussian(2.0, 2.25)), 6)
    1.016576
    """
    edges = _edges(p, q)

    def integrand(x):
        return f.integrand(p.log_prob(x[:, None]), q.log_prob(x[:, None]))

    tail = _gauss_legendre(integrand, edges[[0, -2]], edges[[1, -1]]).sum()
    value, error = _integrate(integrand, edges[:-1], edges[1:])
    if np.isposinf(value) or tail > 1e-6 * max(1.0, value):
        return np.inf
    if not error <= 1e-6 * max(1.0, abs(value)):
        raise ArithmeticError(f"quadrature of {f.name}: {value:g} with estimated error {error:g}")
    return float(value)


_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_NEAR = np.concatenate([np.arange(0.0, 4.0, 0.5), np.arange(4.0, 42.0, 2.0)])
_FAR = 2.0 ** np.arange(-1, 200)
_MAX_HALVINGS = 60
# Floats apart by this share of a standard deviation still leave an error far below the promise.
_RESOLUTION = 1e-4


def _gauss_legendre(function, low, high):
    """Integrals over each [low, high], (k,), (k,) -> (k,)."""
    half = (high - low) / 2
    x = ((low + high) / 2)[:, None] + half[:, None] * _NODES
    with np.errstate(over="ignore"):
        return half * (function(x.ravel()).reshape(x.shape) @ _NODE_WEIGHTS)


def _integrate(function, low, high):
    """The integral over all panels and an estimate of its error, by vectorised bisection."""
    whole = _gauss_legendre(function, low, high)
    value = error = 0.0
    for _ in range(_MAX_HALVINGS):
        middle = (low + high) / 2
        left = _gauss_legendre(function, low, middle)
        right = _gauss_legendre(function, middle, high)
        if not np.isfinite(both := left + right).all():
            return both.sum(), np.inf
        gap = np.abs(both - whole)
        rough = gap > 1e-11 * max(1.0, abs(value + both.sum()))
        value, error = value + both[~rough].sum(), error + gap[~rough].sum()
        if not rough.any():
            return value, error
        low, high = np.r_[low[rough], middle[rough]], np.r_[middle[rough], high[rough]]
        whole = np.r_[left[rough], right[rough]]
    return value + whole.sum(), error + gap[rough].sum()


def _edges(p, q):
    """Where to cut the line: finely near every mode, then ever wider, out to where nothing is."""
    centres, scales = map(np.concatenate, zip(_modes("p", p), _modes("q", q), strict=True))
    near = (centres[:, None] + scales[:, None] * np.r_[-_NEAR, _NEAR]).ravel()
    middle, span = (near.min() + near.max()) / 2, np.ptp(near)
    return np.unique(np.r_[near, middle + span * np.r_[-_FAR, _FAR]])


def _modes(name, distribution):
    """Centres and standard deviations of the parts of a one-dimensional distribution."""
    if hasattr(distribution, "means"):
        means, covs = distribution.means, distribution.covs
    else:
        means, covs = [distribution.mean], [distribution.cov]
    means, covs = _checks.finite(f"{name}.mean", means), _checks.finite(f"{name}.cov", covs)
    if means.size != len(means):
        raise ValueError(f"{name}: expected a distribution of dimension 1, got {means.shape[-1]}")
    centres, scales = means.ravel(), np.sqrt(covs.ravel())
    unresolved = (scales > 0) & (scales * _RESOLUTION < np.spacing(np.abs(centres)))
    if unresolved.any():
        centre, scale = centres[unresolved][0], scales[unresolved][0]
        raise ArithmeticError(
            f"{name}: float64 does not resolve a standard deviation of {scale:g} about {centre:g}"
        )
    return centres, scales


class Estimate(NamedTuple):
    """An estimate and its standard error, in the unit of what is estimated."""

    value: float
    standard_error: float


def monte_carlo(f, p, q, n, *, seed):
    r"""An unbiased estimate of an f-divergence from samples, in any dimension.

    .. math:: D_f(p \,\Vert\, q) = \mathbb E_m\!\left[\frac{q\, f(p/q)}{m}\right],
              \qquad m = \tfrac12 (p + q)

    Half of the samples come from p and half from q, so that no region where either has mass is
    missed and the weights are bounded for JS, TV and H². Where KL or χ² is infinite, or its
    integrand heavy-tailed, the standard error is too optimistic.

    Parameters
    ----------
    f : FDivergence
    p, q : distributions with `sample(n, seed=...)` and `log_prob` on the same space
    n : int
        Number of samples from both together, at least 4.
    seed : int >= 0, or a sequence of them

    Returns
    -------
    Estimate
        `value` and `standard_error`, in nats. Unbiased, up to the float32 rounding of samples; one
        that it carries out of both supports counts as zero.
        Both are infinite where a sample of p falls where q has no mass and f charges infinity.

    Raises
    ------
    ValueError
        If n < 4, the dimensions differ, or `seed` is neither.

    References
    ----------
    .. [1] Veach, Guibas (1995), "Optimally combining sampling techniques", the balance heuristic.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> monte_carlo(KL, Gaussian(0.0, 1.0), Gaussian(0.0, 1.0), 100, seed=0)
    Estimate(value=0.0, standard_error=0.0)
    """
    n = _checks.count("n", n, at_least=4)
    _require_one_space(p, q)
    seeds = np.random.SeedSequence(_checks.seed("seed", seed)).generate_state(2)
    samples = p.sample(n - n // 2, seed=int(seeds[0])), q.sample(n // 2, seed=int(seeds[1]))
    strata = [_mixture_weights(f, p, q, x) for x in samples]
    with np.errstate(invalid="ignore"):
        variance = sum(np.var(w, ddof=1) / len(w) for w in strata) / 4
    standard_error = np.nan_to_num(np.sqrt(variance), nan=np.inf)
    return Estimate(float(sum(w.mean() for w in strata) / 2), float(standard_error))


def _require_one_space(p, q):
    dim_p, dim_q = getattr(p, "dim", None), getattr(q, "dim", None)
    if None not in (dim_p, dim_q) and dim_p != dim_q:
        raise ValueError(f"q: expected a distribution of dimension {dim_p} as p, got {dim_q}")


def _mixture_weights(f, p, q, x):
    """The integrand q f(p/q) over m, which is the integrand at p/m and q/m: it is homogeneous."""
    log_p, log_q = p.log_prob(x), q.log_prob(x)
    log_m = np.logaddexp(log_p, log_q) - LOG_2
    # Rounding to float32 may carry a sample out of both supports, where it weighs nothing.
    log_m = np.where(np.isneginf(log_m), 0.0, log_m)
    return f.integrand(log_p - log_m, log_q - log_m)


def variational_bound(f, test_real, test_fake):
    r"""A lower bound on an f-divergence from the values of any test function T on samples.

    .. math:: D_f(p \,\Vert\, q) \ge \mathbb E_p T - \mathbb E_q f^*(T),
              \qquad \text{with equality at } T = f'(p/q)

    Parameters
    ----------
    f : FDivergence
    test_real, test_fake : arrays of any shape
        T at samples of p and of q, in the domain of f*: the last layer is `f.output_activation`.

    Returns
    -------
    float in nats; an unbiased estimate of the bound. Minus infinity if T leaves the domain of f*,
    whether on samples of p or of q.

    Raises
    ------
    ValueError
        If an array is empty or has NaN.

    References
    ----------
    .. [1] Nguyen, Wainwright, Jordan (2010), "Estimating divergence functionals", lemma 1;
       Nowozin et al. (2016), equation (4).

    Examples
    --------
    >>> variational_bound(TOTAL_VARIATION, [0.5, 0.5], [-0.5, -0.5])   # disjoint supports
    1.0
    """
    test_real = _checks.filled("test_real", test_real, _checks.numbers)
    test_fake = _checks.filled("test_fake", test_fake, _checks.numbers)
    if f._leaves_domain(test_real).any() or f._leaves_domain(test_fake).any():
        return -np.inf
    with np.errstate(over="ignore", invalid="ignore"):
        bound = test_real.mean() - f.conjugate(test_fake).mean()
    # Infinity minus infinity: a bound that says nothing.
    return -np.inf if np.isnan(bound) else float(bound)


def optimal_logit(p, q, x):
    r"""Logit of the optimal discriminator between p (real) and q (fake): the log density ratio.

    .. math:: \ell^*(x) = \log p(x) - \log q(x)

    Parameters
    ----------
    p, q : distributions with `log_prob`
    x : (n, dim) array, or (n,) in one dimension

    Returns
    -------
    (n,) float64. Where both densities vanish every value is optimal, and this returns 0.

    Raises
    ------
    ValueError
        If x has NaN or does not have the dimension of p and q.

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", proposition 1.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> optimal_logit(Gaussian(0.0, 1.0), Gaussian(1.0, 1.0), [0.0, 0.5, 2.0])   # 1/2 - x
    array([ 0.5,  0. , -1.5])
    """
    _require_one_space(p, q)
    log_p, log_q = p.log_prob(x), q.log_prob(x)
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(np.maximum(log_p, log_q)), 0.0, log_p - log_q)


def optimal_discriminator(p, q, x):
    r"""The discriminator that maximises V(D, G) between p (real) and q (fake): the posterior.

    .. math:: D^*(x) = \frac{p(x)}{p(x) + q(x)} = \sigma(\ell^*(x))

    Arguments, shapes and errors are those of `optimal_logit`; returns (n,) float64 in [0, 1].

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", proposition 1.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> optimal_discriminator(Gaussian(0.0, 1.0), Gaussian(1.0, 1.0), [0.5])
    array([0.5])
    """
    return expit(optimal_logit(p, q, x))


def value(logits_real, logits_fake):
    r"""The value V(D, G) of the game, estimated from logits: maximised by D, at most 0.

    .. math:: V(D, G) &= \mathbb E_{p_{\text{data}}} \log D(x) + \mathbb E_{p_g} \log(1 - D(x)) \\
                      &= -\mathbb E\,\mathrm{softplus}(-\ell_{\text{real}})
                        - \mathbb E\,\mathrm{softplus}(\ell_{\text{fake}})

    Parameters
    ----------
    logits_real, logits_fake : (n,) or (n, 1) arrays, not necessarily of the same n

    Returns
    -------
    float in nats; an unbiased estimate of V(D, G) for the given D.

    Raises
    ------
    ValueError
        If an array is empty or has NaN.

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", equation (1).

    Examples
    --------
    >>> round(value([0.0, 0.0], [0.0]), 4)   # D = 1/2: -log 4
    -1.3863
    """
    logits_real = _checks.filled("logits_real", logits_real, _checks.numbers)
    logits_fake = _checks.filled("logits_fake", logits_fake, _checks.numbers)
    return float(-np.logaddexp(0, -logits_real).mean() - np.logaddexp(0, logits_fake).mean())
