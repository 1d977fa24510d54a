"""Known targets: Gaussians and their mixtures, with exact log densities (NumPy, float64 inside)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, ndtr

from gan_utils import _checks


@dataclass(frozen=True, eq=False)
class Gaussian:
    r"""Normal distribution N(mean, cov) in any dimension.

    .. math:: \log p(x) = -\tfrac12 (x-\mu)^\top \Sigma^{-1} (x-\mu) - \tfrac12 \log\det(2\pi\Sigma)

    Parameters
    ----------
    mean : (dim,) array, or a scalar in one dimension
    cov : (dim, dim) array, or in one dimension a scalar: the variance, not the standard deviation.
        It may be singular: `sample` works, `log_prob` does not.

    Raises
    ------
    ValueError
        If anything is NaN or infinite, the dimension is 0, or `cov` is not a symmetric, positive
        semi-definite matrix of the dimension of `mean`. Its symmetry and its eigenvalues are
        judged in units of the standard deviations, within 1e-6.

    Examples
    --------
    >>> Gaussian(0.0, 4.0).cdf([0.0, 2.0]).round(4)
    array([0.5   , 0.8413])
    """

    mean: np.ndarray
    cov: np.ndarray

    if TYPE_CHECKING:  # what comes in may be less than an array

        def __init__(self, mean: ArrayLike, cov: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        mean = np.atleast_1d(_checks.filled("mean", self.mean))
        _checks.shape("mean", mean, (None,))
        _freeze(self, mean=mean, cov=_one_covariance("cov", self.cov, len(mean)))

    @property
    def dim(self) -> int:
        """Dimension of the space."""
        return len(self.mean)

    @cached_property
    def _factors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # The eigenvalues are those of the correlations: coordinates of very different scale
        # do not make a covariance singular.
        scale = np.sqrt(np.where(np.diag(self.cov) > 0, np.diag(self.cov), 1.0))
        eigenvalues, eigenvectors = np.linalg.eigh(self.cov / np.outer(scale, scale))
        return scale, np.maximum(eigenvalues, 0.0), eigenvectors

    def _from_standard(self, z: np.ndarray) -> np.ndarray:
        scale, eigenvalues, eigenvectors = self._factors
        root = (eigenvectors * np.sqrt(eigenvalues)) @ eigenvectors.T
        return self.mean + scale * (z @ root)

    def _standardise(self, x: np.ndarray) -> np.ndarray:
        scale, eigenvalues, eigenvectors = self._factors
        if eigenvalues[0] <= self.dim * np.finfo(float).eps * eigenvalues[-1]:
            raise ValueError(
                "cov: expected a positive definite matrix, got a singular one, which has no density"
            )
        return ((x - self.mean) / scale) @ eigenvectors / np.sqrt(eigenvalues)

    def sample(self, n: int, *, seed: int | Sequence[int]) -> np.ndarray:
        """Independent samples, (n, dim) float32; the same seed gives the same samples.

        The seed is an int of at least 0 or a sequence of such; anything else is a ValueError.
        Raises ArithmeticError where a sample exceeds the largest float32, about 3.4e38.
        Two distributions sampled with the same seed use the same underlying noise: give them
        different seeds where the samples must be independent.

        >>> Gaussian([3.0, 4.0], [[0.0, 0.0], [0.0, 0.0]]).sample(1, seed=0)
        array([[3., 4.]], dtype=float32)
        """
        return _as_float32(self._draw(n, seed=seed))

    def _draw(self, n: int, *, seed: int | Sequence[int]) -> np.ndarray:
        """The samples before they are rounded to float32."""
        n, rng = _checks.count("n", n), _generator(seed)
        return self._from_standard(rng.standard_normal((n, self.dim)))

    def log_prob(self, x: ArrayLike) -> np.ndarray:
        """Log density in nats: (n, dim) -> (n,) float64.

        In one dimension x may be (n,). Raises ValueError where `cov` is singular.

        >>> Gaussian(0.0, 1.0).log_prob([0.0]).round(4)   # -log sqrt(2 pi)
        array([-0.9189])
        """
        z = self._standardise(_checks.points("x", x, self.dim))
        scale, eigenvalues, _ = self._factors
        log_volume = np.log(scale).sum() + 0.5 * np.log(2 * np.pi * eigenvalues).sum()
        return -0.5 * np.square(z).sum(axis=-1) - log_volume

    def mahalanobis(self, x: ArrayLike) -> np.ndarray:
        """Mahalanobis distance, from the mean in standard deviations: (n, dim) -> (n,) float64.

        Raises ValueError where `cov` is singular.

        >>> Gaussian(0.0, 4.0).mahalanobis([6.0])
        array([3.])
        """
        return np.linalg.norm(self._standardise(_checks.points("x", x, self.dim)), axis=-1)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Distribution function P(X <= x) in one dimension: (n,) or (n, 1) -> (n,) float64.

        Raises ValueError in any other dimension.
        """
        _require_one_dimension(self)
        return ndtr(self._standardise(_checks.points("x", x, 1, _checks.numbers))[:, 0])


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    r"""Gaussian mixture in any dimension.

    .. math:: p(x) = \sum_i w_i \, \mathcal N(x; \mu_i, \Sigma_i)

    Parameters
    ----------
    weights : (k,) array of probabilities
    means : (k, dim) array, or (k,) in one dimension
    covs : (k, dim, dim) array, or in one dimension (k,): variances

    Raises
    ------
    ValueError
        If `weights` are not probabilities, the shapes disagree, the dimension is 0, anything is
        NaN or infinite, or a covariance is not symmetric and positive semi-definite.

    Examples
    --------
    >>> GaussianMixture([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0]).cdf([0.0])
    array([0.5])
    """

    weights: np.ndarray
    means: np.ndarray
    covs: np.ndarray

    if TYPE_CHECKING:  # what comes in may be less than an array

        def __init__(self, weights: ArrayLike, means: ArrayLike, covs: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        weights = _checks.shape("weights", _checks.probabilities("weights", self.weights), (None,))
        k = len(weights)
        means = _checks.filled("means", self.means)
        means = _checks.shape("means", means[:, None] if means.ndim == 1 else means, (k, None))
        covs = _checks.finite("covs", self.covs)
        if covs.shape[:1] != (k,):
            raise ValueError(f"covs: expected {k} covariances, got shape {covs.shape}")
        each = [_one_covariance(f"covs[{i}]", c, means.shape[1]) for i, c in enumerate(covs)]
        _freeze(self, weights=weights / weights.sum(), means=means, covs=np.stack(each))

    @property
    def dim(self) -> int:
        """Dimension of the space."""
        return self.means.shape[1]

    @cached_property
    def components(self) -> tuple[Gaussian, ...]:
        """The Gaussians that are mixed, in order."""
        return tuple(Gaussian(*both) for both in zip(self.means, self.covs, strict=True))

    def sample(self, n: int, *, seed: int | Sequence[int]) -> np.ndarray:
        """Independent samples, (n, dim) float32; the same seed gives the same samples.

        See `Gaussian.sample` about the seed, and about two distributions with one.
        """
        return _as_float32(self._draw(n, seed=seed))

    def _draw(self, n: int, *, seed: int | Sequence[int]) -> np.ndarray:
        """The samples before they are rounded to float32."""
        n, rng = _checks.count("n", n), _generator(seed)
        label = rng.choice(len(self.weights), size=n, p=self.weights)
        x = rng.standard_normal((len(label), self.dim))
        for i, component in enumerate(self.components):
            x[label == i] = component._from_standard(x[label == i])
        return x

    def log_prob(self, x: ArrayLike) -> np.ndarray:
        """Log density in nats: (n, dim) -> (n,) float64.

        In one dimension x may be (n,). Raises ValueError where a covariance is singular.

        >>> GaussianMixture([0.5, 0.5], [0.0, 0.0], [1.0, 1.0]).log_prob([0.0]).round(4)
        array([-0.9189])
        """
        each = np.stack([c.log_prob(x) for c in self.components], axis=-1)
        return logsumexp(each, b=self.weights, axis=-1)

    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Distribution function P(X <= x) in one dimension: (n,) or (n, 1) -> (n,) float64.

        Raises ValueError in any other dimension.
        """
        _require_one_dimension(self)
        return np.stack([c.cdf(x) for c in self.components], axis=-1) @ self.weights


def ring(n_modes: int = 8, radius: float = 1.0, std: float = 0.01) -> GaussianMixture:
    """Ring of Gaussians, equal and isotropic: evenly on a circle about 0, one on the x-axis.

    The defaults are those of the PacGAN protocol [1]_.

    Parameters
    ----------
    n_modes : int
    radius, std : float
        Radius of the circle, and standard deviation of every mode in each coordinate.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    .. [1] Lin, Khetan, Fanti, Oh (2018), "PacGAN", section 4.1.

    Examples
    --------
    >>> ring(4).means.round(2) + 0.0
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1.,  0.],
           [ 0., -1.]])
    """
    angle = 2 * np.pi * np.arange(_checks.count("n_modes", n_modes)) / n_modes
    means = _checks.positive("radius", radius) * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return _equal_isotropic(means, std)


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> GaussianMixture:
    """Grid of Gaussians, equal and isotropic: a square in the plane, centred at the origin.

    The defaults are those of the PacGAN protocol [1]_: means in {-4, -2, 0, 2, 4}².

    Parameters
    ----------
    side : int
        Modes along one side: there are side² of them.
    spacing, std : float
        Distance between neighbours, and standard deviation of every mode in each coordinate.

    Raises
    ------
    ValueError
        If an argument is not positive.

    References
    ----------
    .. [1] Lin, Khetan, Fanti, Oh (2018), "PacGAN", section 4.1.

    Examples
    --------
    >>> grid(2).means
    array([[-1., -1.],
           [-1.,  1.],
           [ 1., -1.],
           [ 1.,  1.]])
    """
    line = np.arange(_checks.count("side", side)) - (side - 1) / 2
    x, y = np.meshgrid(line, line, indexing="ij")
    means = _checks.positive("spacing", spacing) * np.stack([x.ravel(), y.ravel()], axis=-1)
    return _equal_isotropic(means, std)


def _equal_isotropic(means: np.ndarray, std: float) -> GaussianMixture:
    k, dim = means.shape
    cov = _checks.positive("std", std) ** 2 * np.eye(dim)
    return GaussianMixture(np.full(k, 1 / k), means, np.tile(cov, (k, 1, 1)))


def _one_covariance(name: str, value: ArrayLike, dim: int) -> np.ndarray:
    array = _checks.finite(name, value)
    if dim == 1 and array.size == 1:
        array = array.reshape(1, 1)
    return _checks.covariance(name, array, dim)


def _as_float32(x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        result = x.astype(np.float32)
    if not np.isfinite(result).all():
        raise ArithmeticError(f"sample: {np.abs(x).max():g} exceeds the largest float32, 3.4e38")
    return result


def _generator(seed: int | Sequence[int]) -> np.random.Generator:
    return np.random.default_rng(_checks.seed("seed", seed))


def _freeze(instance: object, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        array = array.copy()
        array.setflags(write=False)
        object.__setattr__(instance, name, array)


def _require_one_dimension(distribution: Gaussian | GaussianMixture) -> None:
    if distribution.dim != 1:
        raise ValueError(f"cdf: expected a distribution of dimension 1, got {distribution.dim}")
