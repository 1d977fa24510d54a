"""How far generated samples are from real ones (NumPy)."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import svd
from scipy.special import chdtr

from gan_utils import _checks
from gan_utils.divergences import kl


def frechet_distance(mean_x, cov_x, mean_y, cov_y):
    r"""The Fréchet distance, the squared 2-Wasserstein distance between two Gaussians.

    .. math:: \lVert \mu_x - \mu_y \rVert^2
              + \mathrm{tr}\bigl(\Sigma_x + \Sigma_y
              - 2 (\Sigma_x^{1/2} \Sigma_y \Sigma_x^{1/2})^{1/2}\bigr)

    The trace is computed as the smallest ‖A − B Q‖² over rotations Q, with A Aᵀ = Σ_x and
    B Bᵀ = Σ_y: no matrix square root of a product, so that singular covariances do no harm, and
    no difference of large traces, so that small distances keep their digits.

    Parameters
    ----------
    mean_x, mean_y : (dim,) arrays
    cov_x, cov_y : (dim, dim) arrays

    Returns
    -------
    float, in squared units of x. From estimated moments it is biased upwards, the more so the
    fewer samples: compare only values from equally many.

    Raises
    ------
    ValueError
        If the shapes disagree, anything is NaN or infinite, or a covariance is not symmetric and
        positive semi-definite.

    References
    ----------
    .. [1] Dowson, Landau (1982), "The Fréchet distance between multivariate normal distributions",
       equation (4); Heusel et al. (2017), equation (6), for its use on features of images.
    .. [2] Bhatia, Jain, Lim (2019), "On the Bures-Wasserstein distance between positive definite
       matrices", theorem 1, for the form with a rotation.

    Examples
    --------
    >>> frechet_distance([0.0, 0.0], [[1.0, 0.0], [0.0, 4.0]], [3.0, 0.0], [[4.0, 0.0], [0.0, 4.0]])
    10.0
    """
    mean_x = _checks.shape("mean_x", _checks.finite("mean_x", mean_x), (None,))
    dim = len(mean_x)
    mean_y = _checks.shape("mean_y", _checks.finite("mean_y", mean_y), (dim,))
    a, b = _square_root("cov_x", cov_x, dim), _square_root("cov_y", cov_y, dim)
    u, _, v = svd(b.T @ a)
    return float(np.square(mean_x - mean_y).sum() + np.square(a - b @ (u @ v)).sum())


def _square_root(name, cov, dim):
    """A with A Aᵀ = cov, free of the rounding noise that stands where an eigenvalue is zero."""
    eigenvalues, eigenvectors = np.linalg.eigh(_checks.symmetric(name, cov, dim))
    _checks.semi_definite(name, eigenvalues)
    noise = dim * np.finfo(float).eps * eigenvalues[-1]
    return eigenvectors * np.sqrt(np.where(eigenvalues > noise, eigenvalues, 0.0))


class ModeCoverage(NamedTuple):
    """Number of modes found, fraction of high-quality samples, reverse KL over the modes (nats)."""

    modes: int
    high_quality: float
    reverse_kl: float


HIGH_QUALITY_RADIUS = 3.0
SAMPLES_PER_MODE, SAMPLES_DRAWN = 20, 10_000


def mode_coverage(samples, mixture):
    r"""How many modes of a known mixture the samples find, and how faithfully.

    A sample belongs to its nearest mode and is of high quality within three standard deviations
    of it, in Mahalanobis distance: for isotropic modes within 3 σ. A mode counts when it has 20
    high-quality samples per 10,000 drawn, rounded up: a stray sample does not count. (The
    protocol of [1]_ demands one.) The reverse KL compares k + 1 bins, high-quality samples by mode
    and all the rest, with their true probabilities:

    .. math:: \sum_i \hat p_i \log(\hat p_i / w_i), \qquad
              w_i = \pi_i \, P(\chi_d \le 3), \quad w_{\text{rest}} = P(\chi_d > 3)

    in two dimensions with 25 equal modes 0.9889/25 each and 0.0111. These are exact for modes that
    are six standard deviations apart or more.

    Parameters
    ----------
    samples : (n, dim) array
    mixture : GaussianMixture
        (k modes, none of them singular.)

    Returns
    -------
    ModeCoverage
        `modes`, an int of at most k; `high_quality`, a fraction of the n samples; `reverse_kl` in
        nats, biased upwards by about k / 2n.

    Raises
    ------
    ValueError
        If there are no samples, they have NaN or the wrong dimension, or a covariance is singular.

    References
    ----------
    .. [1] Lin, Khetan, Fanti, Oh (2018), "PacGAN", section 4.1.

    Examples
    --------
    >>> from gan_utils import ring
    >>> mode_coverage([[1.0, 0.0], [0.5, 0.5]], ring()).modes
    1
    """
    samples = _checks.points("samples", samples, mixture.dim, _checks.filled)
    n, k = len(samples), len(mixture.weights)
    distances = np.stack([c.mahalanobis(samples) for c in mixture.components], axis=-1)
    good = distances.min(axis=-1) <= HIGH_QUALITY_RADIUS
    counts = np.bincount(distances.argmin(axis=-1)[good], minlength=k)
    inside = chdtr(mixture.dim, HIGH_QUALITY_RADIUS**2)
    true = np.append(mixture.weights * inside, 1 - inside)
    return ModeCoverage(
        modes=int((counts * SAMPLES_DRAWN >= SAMPLES_PER_MODE * n).sum()),
        high_quality=float(good.mean()),
        reverse_kl=float(kl(np.append(counts, n - good.sum()) / n, true)),
    )


def wasserstein_1d(x, y, order=1):
    r"""The Wasserstein distance of two samples on the line, exactly.

    .. math:: W_r(x, y) = \Bigl(\int_0^1 |F_x^{-1}(u) - F_y^{-1}(u)|^r \, du\Bigr)^{1/r}

    Parameters
    ----------
    x, y : (n,) and (m,) arrays, or (n, 1) and (m, 1)
    order : float >= 1, infinity included

    Returns
    -------
    float, in units of x. As an estimate for the distributions behind the samples it is biased
    upwards.

    Raises
    ------
    ValueError
        If a sample is empty, has NaN or infinities or more than one dimension, or `order` < 1.

    References
    ----------
    .. [1] Villani (2003), "Topics in optimal transportation", theorem 2.18.

    Examples
    --------
    >>> wasserstein_1d([0.0, 1.0], [2.0, 3.0, 2.0, 3.0])
    2.0
    """
    x = np.sort(_checks.points("x", x, 1, _checks.filled)[:, 0])
    y = np.sort(_checks.points("y", y, 1, _checks.filled)[:, 0])
    if not order >= 1:
        raise ValueError(f"order: expected a number of at least 1, got {order}")
    n, m = len(x), len(y)
    # Both quantile functions are constant between the levels i/n and j/m, here times n m.
    levels = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    distance = np.abs(x[levels[:-1] // m] - y[levels[:-1] // n])
    largest = distance.max()
    if largest == 0:
        return 0.0
    moment = np.diff(levels) / (n * m) @ (distance / largest) ** order
    return float(largest * moment ** (1 / order))
