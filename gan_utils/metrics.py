"""How far generated samples are from real ones (NumPy)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import lapack, qr, svd
from scipy.special import chdtr, stdtrit

from gan_utils import _balls, _checks
from gan_utils._report import Report, ReportRow
from gan_utils._two_sample import TwoSampleTest, classifier_two_sample_test
from gan_utils.distributions import GaussianMixture
from gan_utils.divergences import kl

__all__ = [
    "PRDC",
    "DensityCoverage",
    "ModeCoverage",
    "PrecisionRecall",
    "Report",
    "ReportRow",
    "TwoSampleTest",
    "bures_wasserstein",
    "classifier_two_sample_test",
    "density_coverage",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "mode_coverage",
    "prdc",
    "precision_recall",
    "report",
    "sliced_wasserstein",
    "wasserstein_1d",
]


def frechet_distance(real: ArrayLike, fake: ArrayLike) -> float:
    r"""Fréchet distance of two samples: `bures_wasserstein` of their means and covariances.

    .. math:: \lVert \hat\mu_x - \hat\mu_y \rVert^2
              + \mathrm{tr}\bigl(\hat\Sigma_x + \hat\Sigma_y
              - 2 (\hat\Sigma_x^{1/2} \hat\Sigma_y \hat\Sigma_x^{1/2})^{1/2}\bigr)

    with unbiased covariances, divided by n − 1, in float64. On features of the Inception network it
    is known as FID.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays, n and m at least 2
        Features, or (n, ...) arrays, which are flattened.

    Returns
    -------
    float, in squared units of the features. Biased upwards: where both samples come from one
    normal distribution N(0, I), of n each, the expectation is not 0 but about

    .. math:: \frac{2 \, \text{dim}}{n} + \frac{\text{dim}^2 + \text{dim}}{2 (n - 1)}

    for n much larger than dim. Compare only values from equally many samples.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, or a sample has fewer than two
        points.
    ArithmeticError
        If the distance exceeds the largest float.

    References
    ----------
    .. [1] Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter (2017), "GANs trained by a two
       time-scale update rule converge to a local Nash equilibrium", equation (6).

    Examples
    --------
    >>> frechet_distance([[0.0], [2.0]], [[3.0], [5.0]])   # equal variances, means 1 and 4
    9.0
    """
    real = _checks.samples("real", real, at_least=2, check=_checks.features)
    fake = _checks.samples("fake", fake, real.shape[1], at_least=2, check=_checks.features)
    exponent = _balls.unit(real, fake)
    (mean_x, factor_x), (mean_y, factor_y) = (_moments(x, exponent) for x in (real, fake))
    distance = _squared_distance(mean_x, factor_x, mean_y, factor_y)
    return _representable("frechet_distance", _times_power_of_two(distance, 2 * exponent))


def _moments(x: np.ndarray, exponent: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and a factor of the unbiased covariance, of x divided by that power of two."""

    def scaled(rows: slice) -> np.ndarray:
        return np.ldexp(x[rows].astype(np.float64), -exponent)

    n, dim = x.shape
    mean = sum(scaled(rows).sum(axis=0) for rows in _blocks(n, dim)) / n
    if n <= dim:
        # The samples are a factor already, and smaller than the covariance.
        return mean, _graded((scaled(slice(n)) - mean) / np.sqrt(n - 1))
    products = np.zeros((dim, dim))
    for rows in _blocks(n, dim):
        deviations = scaled(rows) - mean
        products += deviations.T @ deviations
    return mean, _factor("cov", (products / 2 + products.T / 2) / (n - 1))


def _graded(rows: np.ndarray) -> np.ndarray:
    """A with A Aᵀ = rowsᵀ rows, of descending columns: that of `_factor`, without the product."""
    triangle, order = qr(rows, mode="r", pivoting=True, check_finite=False)
    factor = np.empty(triangle.T.shape)
    factor[order] = triangle.T
    return factor


def bures_wasserstein(
    mean_x: ArrayLike, cov_x: ArrayLike, mean_y: ArrayLike, cov_y: ArrayLike
) -> float:
    r"""Squared Bures–Wasserstein distance: the squared 2-Wasserstein distance of two Gaussians.

    .. math:: \lVert \mu_x - \mu_y \rVert^2
              + \mathrm{tr}\bigl(\Sigma_x + \Sigma_y
              - 2 (\Sigma_x^{1/2} \Sigma_y \Sigma_x^{1/2})^{1/2}\bigr)

    The trace of the root is the sum of the singular values of Aᵀ B, with A Aᵀ = Σ_x and
    B Bᵀ = Σ_y: no matrix square root of a product, so that singular covariances do no harm. Where
    the traces nearly cancel, their difference is computed as the smallest ‖A − B Q‖² over
    rotations Q, so that small distances keep their digits. What a covariance has below 2e-16 dim
    times its largest entry is taken for rounding noise and left out: bring coordinates of very
    different scale to one unit first. The unit itself does not matter.

    Parameters
    ----------
    mean_x, mean_y : (dim,) arrays
    cov_x, cov_y : (dim, dim) arrays

    Returns
    -------
    float, in squared units of x.

    Raises
    ------
    ValueError
        If the shapes disagree, the dimension is 0, anything is NaN or infinite, or a covariance is
        not symmetric and positive semi-definite.
    ArithmeticError
        If the distance exceeds the largest float.

    References
    ----------
    .. [1] Dowson, Landau (1982), "The Fréchet distance between multivariate normal distributions",
       equation (4).
    .. [2] Bhatia, Jain, Lim (2019), "On the Bures-Wasserstein distance between positive definite
       matrices", theorem 1, for the form with a rotation.

    Examples
    --------
    >>> bures_wasserstein([0, 0], [[1, 0], [0, 4]], [3, 0], [[4, 0], [0, 4]])
    10.0
    """
    mean_x = _checks.shape("mean_x", _checks.filled("mean_x", mean_x), (None,))
    dim = len(mean_x)
    mean_y = _checks.shape("mean_y", _checks.finite("mean_y", mean_y), (dim,))
    cov_x = _checks.symmetric("cov_x", cov_x, dim)
    cov_y = _checks.symmetric("cov_y", cov_y, dim)
    # Multiplication by powers of two rounds nothing.
    squares = -(-_balls.unit(cov_x, cov_y) // 2)
    exponent = max(_balls.unit(mean_x, mean_y), squares)
    mean_x, mean_y = (np.ldexp(mean, -exponent) for mean in (mean_x, mean_y))
    cov_x, cov_y = (np.ldexp(cov, -2 * exponent) for cov in (cov_x, cov_y))
    factors = _factor("cov_x", cov_x), _factor("cov_y", cov_y)
    distance = _squared_distance(mean_x, factors[0], mean_y, factors[1])
    return _representable("bures_wasserstein", _times_power_of_two(distance, 2 * exponent))


def _squared_distance(
    mean_x: np.ndarray, factor_x: np.ndarray, mean_y: np.ndarray, factor_y: np.ndarray
) -> float:
    """Squared Bures–Wasserstein distance from factors of the covariances."""
    a, b = sorted((factor_x, factor_y), key=lambda factor: factor.shape[1], reverse=True)
    return np.square(mean_x - mean_y).sum() + _trace_distance(a, b)


def _times_power_of_two(number: float, exponent: int) -> float:
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(number, exponent)


# Differences of the traces below this share of their sum are computed without subtraction.
CANCELLATION = 1e-3


def _trace_distance(a: np.ndarray, b: np.ndarray) -> float:
    """tr(A Aᵀ) + tr(B Bᵀ) − 2 ‖Aᵀ B‖₁, where A has no fewer columns than B."""
    overlap = a.T @ b
    # The columns of B descend, and so do the rows of the triangle: in a matrix so graded the small
    # eigenvalues keep their digits, which they would not beside large ones in any order.
    triangle = np.linalg.qr(overlap, mode="r")
    # NumPy's stub has it that every mode returns a pair.
    squares = np.linalg.eigvalsh(triangle @ triangle.T)  # type: ignore[attr-defined]
    traces = np.square(a).sum() + np.square(b).sum()
    distance = traces - 2 * np.sqrt(np.maximum(squares, 0.0)).sum()
    if distance >= CANCELLATION * traces:
        return distance
    u, _, v = svd(overlap, full_matrices=False)
    return np.square(a - b @ (u @ v).T).sum()


def _factor(name: str, cov: np.ndarray) -> np.ndarray:
    """A with A Aᵀ = cov, of descending columns, as many as cov has rank beyond rounding."""
    dim = len(cov)
    noise = dim * np.finfo(float).eps * np.abs(cov).max()
    lower, order, rank, _ = lapack.dpstrf(cov, tol=noise, lower=1)
    factor = np.empty((dim, rank))
    factor[order - 1] = np.tril(lower)[:, :rank]
    if rank < dim and np.abs(cov - factor @ factor.T).max() > 2 * noise:
        return _factor_by_eigenvectors(name, cov, noise)
    if rank < dim and np.diag(cov).min() * _checks.COVARIANCE_TOLERANCE < dim * noise:
        # Among variances so small a negative eigenvalue would be taken for noise.
        _checks.semi_definite(name, cov)
    return factor


def _factor_by_eigenvectors(name: str, cov: np.ndarray, noise: float) -> np.ndarray:
    """A with A Aᵀ = cov for a matrix with eigenvalues that are negative, if only by rounding."""
    _checks.semi_definite(name, cov)
    eigenvalues, eigenvectors = np.linalg.eigh(cov)
    kept = eigenvalues > noise
    return (eigenvectors[:, kept] * np.sqrt(eigenvalues[kept]))[:, ::-1]


def kernel_distance(real: ArrayLike, fake: ArrayLike) -> float:
    r"""Kernel distance: squared maximum mean discrepancy (MMD) of a cubic kernel, without bias.

    .. math:: & \frac{1}{n(n-1)} \sum_{i \ne j} k(x_i, x_j)
              + \frac{1}{m(m-1)} \sum_{i \ne j} k(y_i, y_j) - \frac{2}{nm} \sum_{i, j} k(x_i, y_j),
              \\ & k(a, b) = (a^\top b / \text{dim} + 1)^3

    with real samples x and fake samples y. On features of the Inception network it is known as KID,
    the kernel Inception distance. Its expectation is zero exactly where
    the moments of orders one, two and three agree: what differs only beyond them is not seen.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays, n and m at least 2
        Features, or (n, ...) arrays, which are flattened.

    Returns
    -------
    float, in units of the kernel. Unbiased at every n and m, and therefore at times negative.
    All pairs are used: there are no random subsets, whose mean has the same expectation.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, or a sample has fewer than two
        points.
    ArithmeticError
        If the kernel, of the sixth degree in the features, overflows: from entries of 1e51 on.

    References
    ----------
    .. [1] Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs", section 4, for
       the kernel; Gretton et al. (2012), "A kernel two-sample test", lemma 6, for the estimator.

    Examples
    --------
    >>> kernel_distance([[0.0], [0.0]], [[1.0], [1.0]])   # 1 + 2³ − 2
    7.0
    """
    real = _checks.samples("real", real, at_least=2)
    fake = _checks.samples("fake", fake, real.shape[1], at_least=2)
    with np.errstate(over="ignore", invalid="ignore"):
        within = _mean_kernel_within(real) + _mean_kernel_within(fake)
        distance = within - 2 * _mean_kernel(real, fake)
    return _representable("kernel_distance", distance)


def _cubic_kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base = x @ y.T / x.shape[1] + 1
    return base * base * base


def _mean_kernel(x: np.ndarray, y: np.ndarray) -> float:
    total = sum(_cubic_kernel(x[rows], y).sum() for rows in _blocks(len(x), len(y)))
    return float(total / (len(x) * len(y)))


def _mean_kernel_within(x: np.ndarray) -> float:
    total, n = 0.0, len(x)
    for rows in _blocks(n, n):
        kernel = _cubic_kernel(x[rows], x)
        np.fill_diagonal(kernel[:, rows], 0.0)
        total += kernel.sum()
    return float(total / (n * (n - 1)))


class PrecisionRecall(NamedTuple):
    """Improved precision and recall: shares of the fake near real ones, of the real near fake."""

    precision: float
    recall: float


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    r"""Improved precision and recall: the share of fake samples near real ones, and the reverse.

    Around each sample lies a closed ball that reaches to its k-th nearest neighbour among its own
    kind.

    .. math:: \text{precision} &= \frac1m \sum_j \mathbf 1\bigl[\exists i:
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr], \\
              \text{recall} &= \frac1n \sum_i \mathbf 1\bigl[\exists j:
              \lVert x_i - y_j \rVert \le r_k(y_j)\bigr]

    with real samples x and fake samples y. One outlier has a large ball and lets in whatever falls
    there; `density_coverage` is less easily fooled, and `prdc` gives all four at once.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays of more than k samples each
        Features, or (n, ...) arrays, which are flattened.
    k : int >= 1
        A sample is not its own neighbour, but a duplicate of it is. Distances count as equal if
        they agree to the rounding of float64, 2e-16 dim of their size, whatever else lies far away.

    Returns
    -------
    PrecisionRecall
        `precision` and `recall`, fractions in [0, 1]. Between equal continuous distributions both
        have expectations below one, which depend on n, m, k and the dimension: compare only values
        that share them.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, `k` < 1, or there are not more
        than `k` samples of either kind.

    References
    ----------
    .. [1] Kynkäänniemi, Karras, Laine, Lehtinen, Aila (2019), "Improved precision and recall
       metric for assessing generative models", equations (1) and (2).

    Examples
    --------
    >>> precision_recall([[0.0], [1.0], [2.0], [3.0]], [[0.5], [1.5], [6.0], [7.0]], k=1)
    PrecisionRecall(precision=0.5, recall=0.75)
    """
    k = _checks.count("k", k)
    real, fake = _ball_samples(real, fake, k + 1, k + 1)
    (of_real,), (of_fake,) = _memberships(real, fake, [k], [k])
    return PrecisionRecall(float(of_real.held.mean()), float(of_fake.held.mean()))


class DensityCoverage(NamedTuple):
    """Density and coverage: real balls around a fake sample over k; share of real balls in use."""

    density: float
    coverage: float


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> DensityCoverage:
    r"""Density and coverage: how many real balls hold a fake sample, and how many hold any.

    Around each real sample lies a closed ball that reaches to its k-th nearest real neighbour.

    .. math:: \text{density} &= \frac{1}{km} \sum_{i, j} \mathbf 1\bigl[
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr], \\
              \text{coverage} &= \frac1n \sum_i \mathbf 1\bigl[\exists j:
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr]

    with real samples x and fake samples y. No ball is drawn around a fake sample.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays, n more than k
        Features, or (n, ...) arrays, which are flattened.
    k : int >= 1
        A sample is not its own neighbour, but a duplicate of it is. Distances count as equal if
        they agree to the rounding of float64, 2e-16 dim of their size, whatever else lies far away.
        (The authors' program leaves the boundary out, which matters only for fake samples that
        repeat real ones.)

    Returns
    -------
    DensityCoverage
        `density`, at most n / k, and `coverage`, a fraction. Where both distributions are equal
        and continuous their expectations are, in any dimension,

        .. math:: 1 \quad\text{and}\quad 1 - \prod_{i=1}^{k} \frac{n - i}{n + m - i}

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, `k` < 1, there are not more than
        `k` real samples, or no fake ones.

    References
    ----------
    .. [1] Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
       models", section 3.2.

    Examples
    --------
    >>> density_coverage([[0.0], [1.0], [2.0], [3.0]], [[0.5], [1.5], [6.0], [7.0]], k=1)
    DensityCoverage(density=1.0, coverage=0.75)
    """
    k = _checks.count("k", k)
    real, fake = _ball_samples(real, fake, k + 1, 1)
    (balls,), _ = _memberships(real, fake, [k], [])
    return DensityCoverage(balls.pairs / (k * len(fake)), float(balls.occupied.mean()))


class PRDC(NamedTuple):
    """Precision, recall, density and coverage."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(
    real: ArrayLike, fake: ArrayLike, k: int = 5, k_precision_recall: int | None = None
) -> PRDC:
    """Precision, recall, density and coverage, all four from one set of distances.

    In less time than `precision_recall` and `density_coverage` one after the other, with the same
    values. The memory beyond the inputs does not grow with their number: float32 features are not
    copied, and tiles of distances take some 100 MB.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays of more than k samples each
        Features, or (n, ...) arrays, which are flattened.
    k : int >= 1
        Number of neighbours to which the balls reach.
    k_precision_recall : int >= 1, optional
        Another number for precision and recall, whose authors take 3; `k` by default, as in the
        program of the authors of density and coverage.

    Returns
    -------
    PRDC
        `precision`, `recall` and `coverage`, fractions in [0, 1], and `density`, at most n / k.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, a `k` < 1, or there are not more
        than that many samples of either kind.

    References
    ----------
    .. [1] Naeem, Oh, Uh, Choi, Yoo (2020), "Reliable fidelity and diversity metrics for generative
       models", section 3; see `precision_recall` and `density_coverage`.

    Examples
    --------
    >>> prdc([[0.0], [1.0], [2.0], [3.0]], [[0.5], [1.5], [6.0], [7.0]], k=1)
    PRDC(precision=0.5, recall=0.75, density=1.0, coverage=0.75)
    """
    k = _checks.count("k", k)
    if k_precision_recall is None:
        k_precision_recall = k
    small = _checks.count("k_precision_recall", k_precision_recall)
    real, fake = _ball_samples(real, fake, max(k, small) + 1, small + 1)
    of_real, (of_fake,) = _memberships(real, fake, sorted({k, small}), [small])
    by_k = dict(zip(sorted({k, small}), of_real, strict=True))
    return PRDC(
        precision=float(by_k[small].held.mean()),
        recall=float(of_fake.held.mean()),
        density=by_k[k].pairs / (k * len(fake)),
        coverage=float(by_k[k].occupied.mean()),
    )


def _ball_samples(
    real: ArrayLike, fake: ArrayLike, least_real: int, least_fake: int
) -> tuple[np.ndarray, np.ndarray]:
    """Both as float32 or float64 arrays, with at least so many samples."""
    real = _checks.samples("real", real, at_least=least_real, check=_checks.features)
    return real, _checks.samples("fake", fake, real.shape[1], least_fake, check=_checks.features)


def _memberships(
    real: np.ndarray, fake: np.ndarray, ks_real: list[int], ks_fake: list[int]
) -> tuple[list[_balls.Memberships], list[_balls.Memberships]]:
    """Which balls around real samples hold fake ones and the reverse, for each wanted k."""
    exponent = _balls.unit(real, fake)

    def radii(x: np.ndarray, ks: list[int]) -> list[np.ndarray]:
        if not ks:
            return []
        nearest = _balls.nearest_distances(x, max(ks), exponent)
        return [nearest[:, k - 1] for k in ks]

    return _balls.memberships(real, fake, radii(real, ks_real), radii(fake, ks_fake), exponent)


class ModeCoverage(NamedTuple):
    """Mode coverage: modes found, share of high quality, reverse KL over the modes (nats)."""

    modes: int
    high_quality: float
    reverse_kl: float


HIGH_QUALITY_RADIUS = 3.0
SAMPLES_PER_MODE, SAMPLES_DRAWN = 20, 10_000


def mode_coverage(samples: ArrayLike, mixture: GaussianMixture) -> ModeCoverage:
    r"""Mode coverage: how many modes of a known mixture the samples find, and how faithfully.

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
        If there are no samples, they have NaN or the wrong dimension, a covariance is singular, or
        `mixture` is not a mixture.

    References
    ----------
    .. [1] Lin, Khetan, Fanti, Oh (2018), "PacGAN", section 4.1.

    Examples
    --------
    >>> from gan_utils import ring
    >>> mode_coverage([[1.0, 0.0], [0.5, 0.5]], ring()).modes
    1
    """
    if not (hasattr(mixture, "components") and hasattr(mixture, "weights")):
        kind = type(mixture).__name__
        raise ValueError(f"mixture: expected a GaussianMixture, got an instance of {kind}")
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


def wasserstein_1d(x: ArrayLike, y: ArrayLike, order: float = 1) -> float:
    r"""Wasserstein distance of two samples on the line, exactly.

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
        If a sample is empty, has NaN or infinities or more than one dimension, or `order` is not
        a number of at least 1.
    ArithmeticError
        If a difference of x and y overflows.

    References
    ----------
    .. [1] Villani (2003), "Topics in optimal transportation", theorem 2.18.

    Examples
    --------
    >>> wasserstein_1d([0.0, 1.0], [2.0, 3.0, 2.0, 3.0])
    2.0
    """
    x = _checks.points("x", x, 1, _checks.filled)[:, 0]
    y = _checks.points("y", y, 1, _checks.filled)[:, 0]
    number = np.asarray(order)
    if number.ndim or number.dtype.kind not in "iuf" or not number >= 1:
        raise ValueError(f"order: expected a number of at least 1, got {order}")
    with np.errstate(over="ignore"):
        lengths, gaps = _transport(x, y)
    largest = _representable("wasserstein_1d", gaps.max())
    if largest == 0:
        return 0.0
    return float(largest * (lengths @ (gaps / largest) ** order) ** (1 / order))


def _transport(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pieces of [0, 1] where both quantile functions are constant: lengths and gaps.

    Samples (n, ...) and (m, ...) on the first axis; lengths (l,), gaps (l, ...).
    """
    n, m = len(x), len(y)
    # The functions are constant between the levels i/n and j/m, here times n m.
    levels = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    of_x, of_y = np.sort(x, axis=0)[levels[:-1] // m], np.sort(y, axis=0)[levels[:-1] // n]
    return np.diff(levels) / (n * m), np.abs(of_x - of_y)


def sliced_wasserstein(
    x: ArrayLike, y: ArrayLike, n_projections: int = 128, *, seed: int | Sequence[int]
) -> float:
    r"""Sliced Wasserstein distance of order 2: the root mean square of W₂ over random lines.

    .. math:: \Bigl(\frac1L \sum_{l=1}^{L} W_2(\theta_l^\top x, \theta_l^\top y)^2\Bigr)^{1/2},
              \qquad \theta_l \text{ uniform on the unit sphere}

    Against W₂ itself it is at most W₂ / √dim, up to the error of the projections: a shift by a
    vector of length s has the value s / √dim.

    Parameters
    ----------
    x, y : (n, dim) and (m, dim) arrays
        Features, or (n, ...) arrays, which are flattened.
    n_projections : int >= 1
        Number L of lines. In one dimension one is enough.
    seed : int >= 0, or a sequence of them
        Of the lines; the same seed gives the same lines, on which this is a metric of samples.

    Returns
    -------
    float, in units of x. Its square is unbiased for the mean over all lines; for a shift its
    relative standard error is below √(2 / L). As an estimate for the distributions behind the
    samples it is biased upwards.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, a sample is empty,
        `n_projections` < 1, or `seed` is neither.
    ArithmeticError
        If the squares of the differences overflow.

    References
    ----------
    .. [1] Bonneel, Rabin, Peyré, Pfister (2015), "Sliced and Radon Wasserstein barycenters of
       measures", section 2.

    Examples
    --------
    >>> sliced_wasserstein([[0.0], [1.0]], [[2.0], [3.0]], seed=0)
    2.0
    """
    x = _checks.samples("x", x)
    y = _checks.samples("y", y, x.shape[1])
    lines = _checks.count("n_projections", n_projections)
    rng = np.random.default_rng(_checks.seed("seed", seed))
    directions = rng.standard_normal((lines, x.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _blocks(lines, len(x) + len(y)):
            lengths, gaps = _transport(x @ directions[rows].T, y @ directions[rows].T)
            total += (lengths @ np.square(gaps)).sum()
    return _representable("sliced_wasserstein", np.sqrt(total / lines))


def inception_score(probabilities: ArrayLike) -> float:
    r"""Inception score: the exponential of the mutual information of image and class.

    .. math:: \exp\Bigl(\frac1n \sum_i \mathrm{KL}(p(\cdot \mid x_i) \,\Vert\, \bar p)\Bigr),
              \qquad \bar p = \frac1n \sum_i p(\cdot \mid x_i)

    It is 1 where every image gets the same probabilities, and k where each of k classes is named
    equally often and with certainty. Real images do not enter: one image of each class has the
    best score.

    Parameters
    ----------
    probabilities : (n, k) array
        One row of class probabilities for each generated image.

    Returns
    -------
    float in [1, k], without unit. Its logarithm is biased downwards, the more so the fewer images:
    compare only values from equally many. There are no splits: all the images share one mean.

    Raises
    ------
    ValueError
        If the rows are not probabilities, there are none, or anything is NaN or infinite.

    References
    ----------
    .. [1] Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen (2016), "Improved techniques for
       training GANs", section 4.

    Examples
    --------
    >>> inception_score([[1.0, 0.0], [0.0, 1.0]])
    2.0
    """
    rows = _checks.probabilities("probabilities", probabilities)
    _checks.shape("probabilities", _checks.filled("probabilities", rows), ("n", "k"))
    return float(np.exp(kl(rows, rows.mean(axis=0)).mean()))


SUBSETS = 10
SAMPLES_OF_A_REPORT = 100


def report(
    real: ArrayLike,
    fake: ArrayLike,
    *,
    held_out: ArrayLike | None = None,
    seed: int | Sequence[int] = 0,
) -> Report:
    r"""Evaluation report: every metric of two samples, with 95 % intervals and the floor beside it.

    The metrics are `frechet_distance`, `kernel_distance`, `prdc` (k = 3 for precision and recall, 5
    for density and coverage), `sliced_wasserstein`, and the accuracy and the bound on JS of
    `classifier_two_sample_test`. Most are biased by an amount that depends on the number of
    samples, so that as many are compared of each kind: n, the smallest number given, drawn without
    replacement. The floor is the same metric of real against held-out real samples.

    The intervals are for what new samples of this size would give on average. Real and fake samples
    are divided at random into 10 disjoint subsets of n / 10. Where a metric's variance falls as
    1/n, the values v on the subsets have ten times that on all, and

    .. math:: v_n \pm t_{9,\,0.975} \, \frac{\mathrm{sd}(v_1, \dots, v_{10})}{\sqrt{10}}

    (Politis, Romano, Wolf (1999), "Subsampling", chapter 2). Their bias, that of a smaller size, is
    in all of them and leaves the deviation alone. Where real and fake agree, the Fréchet and the
    kernel distance vary less than that, and their intervals are too wide. A bootstrap would repeat
    samples: a duplicate is a neighbour at distance zero and a pair of equal points in the kernel.
    They are rough: on 400 pairs of samples of 200 from two normal distributions of the plane they
    covered between 0.91 (coverage) and 0.98 (recall). The lines of the sliced distance are the same
    in all subsets: its interval is for these lines.
    The two rows of the classifier have intervals of ±1.96 standard errors on held-out samples.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays of at least 100 samples each
        Features, or (n, ...) arrays, which are flattened.
    held_out : (l, dim) array of at least 100 samples, optional
        Real samples that are not among the others.
    seed : int >= 0, or a sequence of them
        Of the subsets, the lines and the classifier.

    Returns
    -------
    Report
        With a `ReportRow` for each metric, to be read by its name.

    Raises
    ------
    ValueError
        If the dimensions disagree, anything is NaN or infinite, a sample has fewer than 100 points,
        or `seed` is neither.
    ArithmeticError
        If a metric exceeds the largest float.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> x, y = Gaussian(0.0, 1.0).sample(200, seed=0), Gaussian(9.0, 1.0).sample(300, seed=1)
    >>> report(x, y).coverage.value, report(x, y).n
    (0.0, 200)
    """
    seeds = [int(s) for s in np.random.SeedSequence(_checks.seed("seed", seed)).generate_state(2)]
    given = {"real": real, "fake": fake} | ({} if held_out is None else {"held_out": held_out})
    samples, dim = [], "dim"
    for name, value in given.items():
        samples.append(_checks.samples(name, value, dim, SAMPLES_OF_A_REPORT, _checks.features))
        dim = samples[0].shape[1]
    n, rng = min(map(len, samples)), np.random.default_rng(seeds[0])
    x, y, *rest = (s[rng.permutation(len(s))[:n]] for s in samples)
    floors = _report_values(x, rest[0], seeds[1]) if rest else {}
    rows = _report_rows(x, y, floors, seeds[1])
    return Report(rows, n, f"{n} samples of each kind in {x.shape[1]} dimensions")


def _report_rows(
    real: np.ndarray, fake: np.ndarray, floors: dict[str, tuple[float, float]], seed: int
) -> tuple[ReportRow, ...]:
    values = _report_values(real, fake, seed)
    subsets = [_sample_metrics(real[i::SUBSETS], fake[i::SUBSETS], seed) for i in range(SUBSETS)]
    rows = []
    for name, (value, error) in values.items():
        half = 1.96 * error
        if name in subsets[0]:
            spread = np.std([metrics[name] for metrics in subsets], ddof=1)
            half = float(stdtrit(SUBSETS - 1, 0.975) * spread / np.sqrt(SUBSETS))
        floor = floors[name][0] if floors else None
        rows.append(ReportRow(name, value, value - half, value + half, floor))
    return tuple(rows)


def _report_values(real: np.ndarray, fake: np.ndarray, seed: int) -> dict[str, tuple[float, float]]:
    """Every metric by name, with the standard error that it knows itself, or else NaN."""
    values = {name: (value, np.nan) for name, value in _sample_metrics(real, fake, seed).items()}
    test = classifier_two_sample_test(real, fake, seed=seed)
    values["classifier_accuracy"] = test.accuracy, test.standard_error
    values["js_bound"] = test.js_bound, test.js_bound_standard_error
    return values


def _sample_metrics(real: np.ndarray, fake: np.ndarray, seed: int) -> dict[str, float]:
    """The metrics that are functions of all pairs of samples, by name."""
    return {
        "frechet_distance": frechet_distance(real, fake),
        "kernel_distance": kernel_distance(real, fake),
        **prdc(real, fake, k=5, k_precision_recall=3)._asdict(),
        "sliced_wasserstein": sliced_wasserstein(real, fake, seed=seed),
    }


ENTRIES_PER_BLOCK = 2**22  # 32 MiB of float64


def _blocks(n: int, width: int) -> Iterator[slice]:
    """Slices of n rows, each of as many as fit a block of that width, at least one."""
    step = max(1, ENTRIES_PER_BLOCK // width)
    return (slice(start, start + step) for start in range(0, n, step))


def _representable(function: str, result: float) -> float:
    """The result as a float. Raise ArithmeticError if it has overflowed."""
    if not np.isfinite(result):
        raise ArithmeticError(f"{function}: float64 overflows; divide x and y by their scale")
    return float(result)
