r"""f-divergences: exact on probability vectors, by quadrature, by Monte Carlo, by their dual bound.

Convention everywhere: p comes first, logarithms are natural (nats), and

.. math:: D_f(p \,\Vert\, q) = \mathbb E_q\, f(p/q), \qquad f \text{ convex},\ f(1) = 0.

`JENSEN_SHANNON` is at most log 2, `SQUARED_HELLINGER` and `TOTAL_VARIATION` at most 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gan_utils import _arrays, _checks
from gan_utils._arrays import Formula
from gan_utils.distributions import Gaussian, GaussianMixture
from gan_utils.integration import breakpoints, integrate_line

LOG_2 = float(np.log(2.0))
# exp(±200) and its cube are still floats; a density of 1e-30 adds nothing to an integral.
_LOG_RATIO = 200.0
_NEGLIGIBLE = 1e-30
# Samples whose log density changes by more than this from one float to the next, in nats, are
# rounded too coarsely. A normal density is then biased by about 1e-4 of itself.
_COARSE = 0.03
_PROBED = 200


class Estimate(NamedTuple):
    """An estimate and its standard error, in the unit of what is estimated."""

    value: float
    standard_error: float


@dataclass(frozen=True, repr=False)
class FDivergence:
    r"""An f-divergence: a convex f with f(1) = 0 and what duality makes of it.

    .. math:: D_f(p \,\Vert\, q) = \mathbb E_q f(p/q) = \sup_T\; \mathbb E_p T - \mathbb E_q f^*(T)

    `D(p, q)` is its value on probability vectors. The functions below act on single numbers: they
    take what NumPy takes and return float64, or take a TensorFlow tensor and return one of its
    shape and type, with gradients. Where the slope of f is infinite, at u = 0, the gradient of this
    module's f on tensors is 0, as in `tf.math.xlogy`.

    Parameters
    ----------
    name : str
    f : callable
        f on u >= 0; f(0) is the limit and may be infinite.
    derivative : callable
        f' on u >= 0; its limit at infinity (where that is NaN, f'(1e100)) is the price of mass
        where q has none. Where float64 would round f' of a finite ratio onto an end that the domain
        of f* excludes, those of this module give the last number before it.
    conjugate : callable
        f*(t) = sup over u >= 0 of u t - f(u), for every real t: infinite outside its domain.
    output_activation : callable
        Maps the reals increasingly into the domain of f*: the last layer of a test function T.
        At an end that the domain excludes, this module's stay inside as `derivative` does, from
        logits of about 37 on (in float32 about 17).
    perspective : callable, optional
        (log_p, log_q) -> q f(p/q), written on logarithms, so that it is accurate where the ratio
        overflows. It may differ by a multiple of p - q, which integrates to zero. Without it f
        itself is used, and an ArithmeticError is raised where ratios beyond exp(±200) matter.

    Raises
    ------
    ValueError
        If f(1) is not 0, or a function cannot be called.
    TypeError
        By the functions of a divergence of your own, if a tensor is given and they are written in
        NumPy. Written with operators and `keras.ops` they take both.

    References
    ----------
    .. [1] Nowozin, Cseke, Tomioka (2016), "f-GAN", equations (2), (4) and tables 1, 2.

    Examples
    --------
    >>> SQUARED_HELLINGER.conjugate(-1.0).round(4)   # t / (1 - 2 t)
    np.float64(-0.3333)

    Of your own, for arrays and tensors alike:

    >>> import tensorflow as tf
    >>> from keras import ops
    >>> NEYMAN = FDivergence(
    ...     "Neyman", f=lambda u: (u - 1) ** 2 / u, derivative=lambda u: 1 - u**-2,
    ...     conjugate=lambda t: ops.where(t > 1, np.inf, 2 - 2 * (1 - t) ** 0.5),
    ...     output_activation=lambda v: 1 - ops.exp(-v))
    >>> float(NEYMAN([0.5, 0.5], [0.25, 0.75]))   # the sum of (p - q)² / p
    0.25
    >>> NEYMAN.conjugate(tf.constant([0.75])).numpy()
    array([1.], dtype=float32)
    """

    name: str
    f: Callable[[Any], Any]
    derivative: Callable[[Any], Any]
    conjugate: Callable[[Any], Any]
    output_activation: Callable[[Any], Any]
    perspective: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    _slope_at_infinity: float = field(init=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("f", "derivative", "conjugate", "output_activation"):
            function = getattr(self, name)
            if not isinstance(function, _arrays.Elementwise):
                object.__setattr__(self, name, _arrays.Given(f"{self.name}.{name}", function))
        at_one = float(self.f(1.0))
        if not abs(at_one) < 1e-12:
            raise ValueError(f"f: expected f(1) = 0, got {at_one:g}")
        slope = self.derivative(np.inf)
        slope = self.derivative(1e100) if np.isnan(slope) else slope
        object.__setattr__(self, "_slope_at_infinity", float(slope))

    def __repr__(self) -> str:
        return f"FDivergence({self.name!r})"

    def __call__(self, p: ArrayLike, q: ArrayLike) -> np.ndarray:
        r"""The f-divergence of probability vectors, summed exactly over the last axis.

        .. math:: D_f(p \,\Vert\, q) = \sum_i q_i f(p_i / q_i)

        Parameters
        ----------
        p, q : (..., k) arrays of probabilities, broadcast against each other

        Returns
        -------
        (...) array in nats (f itself sets the unit of divergences without a logarithm); infinite
        where p has mass, q has none and f'(infinity) is infinite.

        Raises
        ------
        ValueError
            If a vector has negative entries or NaN, does not sum to 1 (within 1e-6), k disagrees,
            or the leading axes do not broadcast.

        References
        ----------
        .. [1] Nowozin, Cseke, Tomioka (2016), "f-GAN", equation (2).

        Examples
        --------
        >>> float(PEARSON([1.0, 0.0], [0.5, 0.5]))
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
        return self.integrand(log_p, log_q).sum(axis=-1)

    def quadrature(self, p: Any, q: Any) -> float:
        r"""Quadrature of the f-divergence of two densities on the line: absolute error < 1e-6.

        .. math:: D_f(p \,\Vert\, q) = \int q(x) \, f\!\left(\frac{p(x)}{q(x)}\right) dx

        The line is cut at 0, 1, 2, 4, ... standard deviations from every mode, and each piece is
        halved until 16-point Gauss-Legendre sums agree (`gan_utils.integration`).

        Parameters
        ----------
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
            If p or q is not one-dimensional, or a log density is NaN.
        ArithmeticError
            If the error estimate exceeds the promise, or a standard deviation is below 10⁴ times
            the distance of neighbouring floats at its mean: the density falls between them.

        Examples
        --------
        >>> from gan_utils import Gaussian
        >>> round(KL.quadrature(Gaussian(0.0, 1.0), Gaussian(2.0, 2.25)), 6)
        1.016576
        """
        edges = breakpoints(p=p, q=q)
        value, error = integrate_line(lambda x: self.integrand(*_log_probs(p, q, x)), edges)
        if np.isposinf(value):
            return np.inf
        if not error <= 1e-6 * max(1.0, abs(value)):
            raise ArithmeticError(
                f"quadrature of {self.name}: {value:g} with estimated error {error:g}"
            )
        return value

    def monte_carlo(self, p: Any, q: Any, n: int, *, seed: int | Sequence[int]) -> Estimate:
        r"""Monte Carlo estimate of the f-divergence, without bias, in any dimension.

        .. math:: D_f(p \,\Vert\, q) = \mathbb E_m\!\left[\frac{q\, f(p/q)}{m}\right],
                  \qquad m = \tfrac12 (p + q)

        Half of the samples come from p and half from q, so that no region where either has mass is
        missed and the weights are bounded for JS, TV and H². Where KL or χ² is infinite, or its
        integrand heavy-tailed, the standard error is too optimistic.

        Parameters
        ----------
        p, q : distributions with `sample(n, seed=...)` and `log_prob` on the same space
            `Gaussian` and `GaussianMixture` are sampled in float64, others as they are.
        n : int
            Number of samples from both together, at least 4.
        seed : int >= 0, or a sequence of them

        Returns
        -------
        Estimate
            `value` and `standard_error`, in nats. Unbiased, up to the rounding of samples; one that
            it carries out of both supports counts as zero. Both are infinite where a sample of p
            falls where q has no mass and f charges infinity.

        Raises
        ------
        ValueError
            If n < 4, the dimensions differ, `seed` is neither, or a log density is NaN.
        ArithmeticError
            If the samples' type does not resolve the density they come from: from one number to
            the next its logarithm changes by more than 0.03 nats on average.

        References
        ----------
        .. [1] Veach, Guibas (1995), "Optimally combining sampling techniques", the balance
           heuristic.

        Examples
        --------
        >>> from gan_utils import Gaussian
        >>> KL.monte_carlo(Gaussian(0.0, 1.0), Gaussian(0.0, 1.0), 100, seed=0)
        Estimate(value=0.0, standard_error=0.0)
        """
        n = _checks.count("n", n, at_least=4)
        _checks.one_space(p, q)
        seeds = np.random.SeedSequence(_checks.seed("seed", seed)).generate_state(2)
        samples = (
            _resolved_samples("p", p, n - n // 2, seed=int(seeds[0])),
            _resolved_samples("q", q, n // 2, seed=int(seeds[1])),
        )
        strata = [self._mixture_weights(*_log_probs(p, q, x)) for x in samples]
        with np.errstate(invalid="ignore", over="ignore"):
            variance = sum(np.var(w, ddof=1) / len(w) for w in strata) / 4
            value = sum(w.mean() for w in strata) / 2
        standard_error = np.nan_to_num(np.sqrt(variance), nan=np.inf)
        return Estimate(float(value), float(standard_error))

    def _mixture_weights(self, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        """The integrand over m = (p + q)/2, which is that of p/m and q/m: it is homogeneous."""
        log_m = np.logaddexp(log_p, log_q) - LOG_2
        # Rounding may carry a sample out of both supports, where it weighs nothing.
        log_m = np.where(np.isneginf(log_m), 0.0, log_m)
        return self.integrand(log_p - log_m, log_q - log_m)

    def variational_bound(self, test_real: Any, test_fake: Any) -> Any:
        r"""Variational lower bound on the f-divergence: from any test function's values on samples.

        .. math:: D_f(p \,\Vert\, q) \ge \mathbb E_p T - \mathbb E_q f^*(T),
                  \qquad \text{with equality at } T = f'(p/q)

        Parameters
        ----------
        test_real, test_fake : arrays or tensors of any shape
            T at samples of p and of q, in the domain of f*: the last layer is `output_activation`.

        Returns
        -------
        float in nats; a scalar tensor with gradients (float32 for half precision) if either is a
        tensor. An unbiased estimate of the bound. Minus infinity if T leaves the domain of f*,
        whether on samples of p or of q. On samples of p it may take the upper end f'(infinity),
        even one that the domain excludes: that is where q has no mass.

        Raises
        ------
        ValueError
            If an array is empty or has NaN. NaN in a tensor makes the bound NaN.

        References
        ----------
        .. [1] Nguyen, Wainwright, Jordan (2010), "Estimating divergence functionals", lemma 1;
           Nowozin et al. (2016), equation (4).

        Examples
        --------
        >>> TOTAL_VARIATION.variational_bound([0.5, 0.5], [-0.5, -0.5])   # disjoint supports
        1.0
        """
        if _arrays.is_tensor(test_real) or _arrays.is_tensor(test_fake):
            real, fake = _arrays.float_tensors(test_real=test_real, test_fake=test_fake)
            return self._bound(_arrays.tensors(), real, fake)
        real = _checks.filled("test_real", test_real, _checks.numbers)
        fake = _checks.filled("test_fake", test_fake, _checks.numbers)
        with np.errstate(over="ignore", invalid="ignore"):
            return float(self._bound(_arrays.NUMPY, real, fake))

    def _bound(self, xp: SimpleNamespace, real: Any, fake: Any) -> Any:
        bound = xp.mean(real) - xp.mean(self.conjugate(fake))
        no_number = xp.any(xp.isnan(real)) | xp.any(xp.isnan(fake))
        # Infinity minus infinity: a bound that says nothing.
        vacuous = xp.any(self._beyond_domain(xp, real)) | (xp.isnan(bound) & ~no_number)
        return xp.where(vacuous & ~no_number, -np.inf, bound)

    def _beyond_domain(self, xp: SimpleNamespace, t: Any) -> Any:
        """Where t lies above the domain of f*, whose upper end is f'(infinity): a bool per entry.

        That f* is infinite does not suffice: it may have overflowed.
        """
        beyond = (t > self._slope_at_infinity) | (t == np.inf)
        return beyond & (self.conjugate(t) == np.inf)

    def integrand(self, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        """The integrand q f(p/q) >= 0 from log densities, up to a multiple of p - q.

        Both arguments broadcast; minus infinity is a density of zero, with 0 f(0/0) = 0 and
        0 f(p/0) = p f'(infinity). NaN gives NaN.
        """
        rule = self.perspective or self._generic_perspective
        with np.errstate(all="ignore"):
            result = rule(log_p, log_q)
            no_number = np.isnan(log_p) | np.isnan(log_q)
        return np.where(
            no_number, np.nan, np.where(np.isneginf(np.maximum(log_p, log_q)), 0.0, result)
        )

    def _generic_perspective(self, log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
        """The tangent of f beyond |log u| = 200, as long as the limits leave no doubt about it."""
        p, q, log_u = np.exp(log_p), np.exp(log_q), log_p - log_q
        # f(u) - f'(1)(u - 1) is non-negative and has the same divergence.
        slope = self.derivative(1.0)
        u = np.exp(np.clip(log_u, -_LOG_RATIO, _LOG_RATIO))
        beyond = np.abs(log_u) > _LOG_RATIO
        tangent = np.where(beyond, (self.derivative(u) - slope) * (p - q * u), 0.0)
        result = _times(q, self.f(u) - slope * (u - 1)) + tangent
        at_zero = _times(q, self.f(0.0) + slope)
        limit = np.where(log_u > 0, _times(p, self._slope_at_infinity - slope), at_zero)
        doubt = beyond & (result > _NEGLIGIBLE) & (limit - result > 1e-9 * result)
        if (doubt & np.isfinite(log_u)).any():
            raise ArithmeticError(f"{self.name}: p/q leaves exp(±200); give it a `perspective`")
        return np.where(np.isinf(log_u), limit, result)


def _times(weight: np.ndarray, x: ArrayLike) -> np.ndarray:
    return np.where(weight == 0, 0.0, weight * x)


def _log_probs(p: Any, q: Any, x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Both log densities at points of a line, (n,), or of any space, (n, dim)."""
    points = x if x.ndim == 2 else x[:, None]
    return tuple(
        _checks.numbers(f"{name}.log_prob", distribution.log_prob(points))
        for name, distribution in (("p", p), ("q", q))
    )


def _resolved_samples(name: str, distribution: Any, n: int, *, seed: int) -> np.ndarray:
    """Samples whose rounding moves the density they come from too little to matter."""
    ours = getattr(type(distribution), "sample", None) in (Gaussian.sample, GaussianMixture.sample)
    x = np.asarray((distribution._draw if ours else distribution.sample)(n, seed=seed))
    if not np.issubdtype(x.dtype, np.floating):
        return x
    some = x[:_PROBED]
    away = np.random.default_rng(0).choice([-np.inf, np.inf], size=some.shape)
    neighbours = np.nextafter(some, away.astype(x.dtype)).astype(np.float64)
    here = distribution.log_prob(some.astype(np.float64))
    with np.errstate(invalid="ignore"):
        change = np.abs(here - distribution.log_prob(neighbours))
    mean_change = np.nan_to_num(np.minimum(change, 1.0)).mean()
    if mean_change > _COARSE:
        raise ArithmeticError(
            f"{name}: {x.dtype} does not resolve its samples; from one number to the next the log "
            f"density changes by {mean_change:.2g} nats"
        )
    return x


def _kl_perspective(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    p, q = np.exp(log_p), np.exp(log_q)
    return np.maximum(_times(p, log_p - log_q) - p + q, 0.0)


def _js_perspective(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    log_u = log_p - log_q
    p_part = _times(np.exp(log_p), LOG_2 - np.logaddexp(0.0, -log_u))
    q_part = _times(np.exp(log_q), LOG_2 - np.logaddexp(0.0, log_u))
    return np.maximum(0.5 * (p_part + q_part), 0.0)


def _pearson_perspective(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    # q expm1(log u)², with log|expm1(a)| = max(a, 0) + log(1 - exp(-|a|)).
    log_u = log_p - log_q
    log_distance = np.maximum(log_u, 0.0) + np.log(-np.expm1(-np.abs(log_u)))
    finite = np.exp(log_q + 2 * log_distance)
    return np.where(np.isneginf(log_q), np.inf, finite)


def _js_f(xp: SimpleNamespace, u: Any) -> Any:
    """½ (u log(u/m) - log m) with m = ½ (u + 1): no cancellation about u = 1."""
    positive = xp.where(u == 0, 1.0, u)
    p_part = positive * xp.log1p((1 - positive) / (2 * positive))
    return xp.where(u == 0, 0.5 * LOG_2, -0.5 * (p_part + xp.log1p((positive - 1) / 2)))


def _js_conjugate(xp: SimpleNamespace, t: Any) -> Any:
    outside = 2 * t >= LOG_2
    inside = xp.where(outside, 0.0, t)
    return xp.where(outside, np.inf, -0.5 * (LOG_2 + xp.log(-xp.expm1(2 * inside - LOG_2))))


def _reverse_kl_conjugate(xp: SimpleNamespace, t: Any) -> Any:
    inside = xp.where(t >= 0, -1.0, t)
    return xp.where(t >= 0, np.inf, -1 - xp.log(-inside))


def _pearson_conjugate(xp: SimpleNamespace, t: Any) -> Any:
    t = xp.maximum(t, -2.0)
    return t * (1 + t / 4)


def _hellinger_conjugate(xp: SimpleNamespace, t: Any) -> Any:
    """Below -1 it is ½ (1/(1 - 2 t) - 1), since t / (1 - 2 t) might overflow there."""
    near = xp.where(t >= 0.5, 0.0, xp.maximum(t, -1.0))
    inside = xp.where(t < -1, 0.5 * (1 / (1 - 2 * xp.where(t < -1, t, -1.0)) - 1), 0.0)
    return xp.where(t >= 0.5, np.inf, xp.where(t < -1, inside, near / (1 - 2 * near)))


def _of_f(
    f: Callable[[SimpleNamespace, Any], Any],
    derivative: Callable[[SimpleNamespace, Any], Any],
    *,
    open_end: float | None = None,
) -> dict[str, Any]:
    """Formulas of f and f', the second being the gradient of the first."""
    slope = Formula(derivative, open_end=open_end)
    return {"f": Formula(f, slope=slope), "derivative": slope}


KL = FDivergence(
    name="KL(p‖q)",
    **_of_f(lambda xp, u: xp.xlogy(u, u), lambda xp, u: 1 + xp.log(u)),
    conjugate=Formula(lambda xp, t: xp.exp(t - 1)),
    output_activation=Formula(lambda xp, v: v),
    perspective=_kl_perspective,
)
"""E_p log(p/q): infinite where p has mass and q has none, so it forbids q to miss anything."""

REVERSE_KL = FDivergence(
    name="KL(q‖p)",
    **_of_f(lambda xp, u: -xp.log(u), lambda xp, u: -1 / u, open_end=0.0),
    conjugate=Formula(_reverse_kl_conjugate),
    output_activation=Formula(lambda xp, v: -xp.saturating_exp(-v), open_end=0.0),
    perspective=lambda log_p, log_q: _kl_perspective(log_q, log_p),
)
"""E_q log(q/p): infinite where q has mass and p has none, so it forbids q to invent anything."""

JENSEN_SHANNON = FDivergence(
    name="JS(p,q)",
    **_of_f(_js_f, lambda xp, u: 0.5 * (LOG_2 - xp.softplus(-xp.log(u))), open_end=0.5 * LOG_2),
    conjugate=Formula(_js_conjugate),
    output_activation=Formula(lambda xp, v: 0.5 * (LOG_2 - xp.softplus(-v)), open_end=0.5 * LOG_2),
    perspective=_js_perspective,
)
"""½ KL(p‖m) + ½ KL(q‖m) with m = ½ (p + q): at most log 2.

The "JS" of the f-GAN paper is twice this.
"""

PEARSON = FDivergence(
    name="χ²(p‖q)",
    **_of_f(lambda xp, u: (u - 1) ** 2, lambda xp, u: 2 * (u - 1)),
    conjugate=Formula(_pearson_conjugate),
    output_activation=Formula(lambda xp, v: v),
    perspective=_pearson_perspective,
)
"""E_q (p/q − 1)²: the variance of the density ratio under q."""

SQUARED_HELLINGER = FDivergence(
    name="H²(p,q)",
    **_of_f(
        lambda xp, u: 0.5 * (xp.sqrt(u) - 1) ** 2,
        lambda xp, u: 0.5 * (1 - 1 / xp.sqrt(u)),
        open_end=0.5,
    ),
    conjugate=Formula(_hellinger_conjugate),
    output_activation=Formula(lambda xp, v: -0.5 * xp.saturating_expm1(-v), open_end=0.5),
    perspective=lambda log_p, log_q: 0.5 * (np.exp(log_p / 2) - np.exp(log_q / 2)) ** 2,
)
"""½ ∫ (√p − √q)²: at most 1."""

TOTAL_VARIATION = FDivergence(
    name="TV(p,q)",
    **_of_f(lambda xp, u: 0.5 * xp.abs(u - 1), lambda xp, u: 0.5 * xp.sign(u - 1)),
    conjugate=Formula(lambda xp, t: xp.where(t > 0.5, np.inf, xp.maximum(t, -0.5))),
    output_activation=Formula(
        lambda xp, v: 0.5 * xp.tanh(v),
        # 1 - tanh² would be rounding from |v| = 8 on in float32.
        slope=Formula(lambda xp, v: 2 * xp.exp(-xp.softplus(2 * v) - xp.softplus(-2 * v))),
    ),
    perspective=lambda log_p, log_q: 0.5 * np.abs(np.exp(log_p) - np.exp(log_q)),
)
"""The largest difference that p and q make to the probability of one event: at most 1."""


def kl(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    r"""KL divergence of probability vectors in nats, infinite unless q > 0 wherever p > 0.

    .. math:: \mathrm{KL}(p \,\Vert\, q) = \sum_i p_i \log(p_i / q_i)

    Shapes and errors are those of `FDivergence.__call__`: (..., k), (..., k) -> (...).

    >>> float(kl([1.0, 0.0], [0.25, 0.75]).round(4))   # log 4
    1.3863
    """
    return KL(p, q)


def js(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    r"""Jensen-Shannon divergence of probability vectors in nats, symmetric, between 0 and log 2.

    .. math:: \mathrm{JS}(p, q) = \tfrac12 \mathrm{KL}(p \Vert m) + \tfrac12 \mathrm{KL}(q \Vert m),
              \qquad m = \tfrac12 (p + q)

    Shapes and errors are those of `FDivergence.__call__`: (..., k), (..., k) -> (...).

    >>> float(js([1.0, 0.0], [0.0, 1.0]).round(4))   # log 2
    0.6931
    """
    return JENSEN_SHANNON(p, q)


def total_variation(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    r"""Total variation distance of probability vectors, between 0 and 1.

    .. math:: \mathrm{TV}(p, q) = \tfrac12 \sum_i |p_i - q_i| = \max_A |p(A) - q(A)|

    Shapes and errors are those of `FDivergence.__call__`: (..., k), (..., k) -> (...).

    >>> float(total_variation([0.5, 0.5], [1.0, 0.0]))
    0.5
    """
    return TOTAL_VARIATION(p, q)


def squared_hellinger(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    r"""Squared Hellinger distance of probability vectors, between 0 and 1.

    .. math:: H^2(p, q) = \tfrac12 \sum_i (\sqrt{p_i} - \sqrt{q_i})^2

    Shapes and errors are those of `FDivergence.__call__`: (..., k), (..., k) -> (...).

    >>> float(squared_hellinger([1.0, 0.0], [0.25, 0.75]).round(12))   # 1 - sqrt(1/4)
    0.5
    """
    return SQUARED_HELLINGER(p, q)
