"""How far generated samples are from real ones (NumPy)."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import lapack, svd
from scipy.special import chdtr

from gan_utils import _checks
from gan_utils.divergences import kl


def frechet_distance(mean_x, cov_x, mean_y, cov_y):
    r"""The Fréchet distance, the squared 2-Wasserstein distance between two Gaussians.

    .. math:: \lVert \mu_x - \mu_y \rVert^2
              + \mathrm{tr}\bigl(\Sigma_x + \Sigma_y
              - 2 (\Sigma_x^{1/2} \Sigma_y \Sigma_x^{1/2})^{1/2}\bigr)

    The trace of the root is the sum of the singular values of Aᵀ B, with A Aᵀ = Σ_x and
    B Bᵀ = Σ_y: no matrix square root of a product, so that singular covariances do no harm. Where
    the traces nearly cancel, their difference is computed as the smallest ‖A − B Q‖² over
    rotations Q, so that small distances keep their digits. What a covariance has below 2e-16 dim
    times its largest entry is taken for rounding noise and left out: bring coordinates of very
    different scale to one unit first.

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
        If the shapes disagree, the dimension is 0, anything is NaN or infinite, or a covariance is
        not symmetric and positive semi-definite.
    ArithmeticError
        If the distance exceeds the largest float.

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
    mean_x = _checks.shape("mean_x", _checks.filled("mean_x", mean_x), (None,))
    dim = len(mean_x)
    mean_y = _checks.shape("mean_y", _checks.finite("mean_y", mean_y), (dim,))
    factors = _factor("cov_x", cov_x, dim), _factor("cov_y", cov_y, dim)
    a, b = sorted(factors, key=lambda factor: factor.shape[1], reverse=True)
    with np.errstate(over="ignore"):
        distance = np.square(mean_x - mean_y).sum() + _trace_distance(a, b)
    return _representable("frechet_distance", distance)


# Differences of the traces below this share of their sum are computed without subtraction.
CANCELLATION = 1e-3


def _trace_distance(a, b):
    """tr(A Aᵀ) + tr(B Bᵀ) − 2 ‖Aᵀ B‖₁, where A has no fewer columns than B."""
    overlap = a.T @ b
    # The columns of B descend, and so do the rows of the triangle: in a matrix so graded the small
    # eigenvalues keep their digits, which they would not beside large ones in any order.
    triangle = np.linalg.qr(overlap, mode="r")
    squares = np.linalg.eigvalsh(triangle @ triangle.T)
    traces = np.square(a).sum() + np.square(b).sum()
    distance = traces - 2 * np.sqrt(np.maximum(squares, 0.0)).sum()
    if distance >= CANCELLATION * traces:
        return distance
    u, _, v = svd(overlap, full_matrices=False)
    return np.square(a - b @ (u @ v).T).sum()


def _factor(name, cov, dim):
    """A with A Aᵀ = cov, of descending columns, as many as cov has rank beyond rounding."""
    cov = _checks.symmetric(name, cov, dim)
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


def _factor_by_eigenvectors(name, cov, noise):
    """The same for a matrix with eigenvalues that are negative, if only by rounding."""
    _checks.semi_definite(name, cov)
    eigenvalues, eigenvectors = np.linalg.eigh(cov)
    kept = eigenvalues > noise
    return (eigenvectors[:, kept] * np.sqrt(eigenvalues[kept]))[:, ::-1]


def kernel_distance(x, y):
    r"""The kernel distance, the squared maximum mean discrepancy under a cubic kernel, unbiased.

    .. math:: & \frac{1}{n(n-1)} \sum_{i \ne j} k(x_i, x_j)
              + \frac{1}{m(m-1)} \sum_{i \ne j} k(y_i, y_j) - \frac{2}{nm} \sum_{i, j} k(x_i, y_j),
              \\ & k(a, b) = (a^\top b / \text{dim} + 1)^3

    On features of the Inception network it is known as KID. Its expectation is zero exactly where
    the moments of orders one, two and three agree: what differs only beyond them is not seen.

    Parameters
    ----------
    x, y : (n, dim) and (m, dim) arrays, n and m at least 2

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
        If the kernel, of the sixth degree in x and y, overflows: from entries of about 1e51 on.

    References
    ----------
    .. [1] Bińkowski, Sutherland, Arbel, Gretton (2018), "Demystifying MMD GANs", section 4, for
       the kernel; Gretton et al. (2012), "A kernel two-sample test", lemma 6, for the estimator.

    Examples
    --------
    >>> kernel_distance([[0.0], [0.0]], [[1.0], [1.0]])   # 1 + 2³ − 2
    7.0
    """
    x = _samples("x", x, at_least=2)
    y = _samples("y", y, x.shape[1], at_least=2)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = _mean_kernel_within(x) + _mean_kernel_within(y) - 2 * _mean_kernel(x, y)
    return _representable("kernel_distance", distance)


def _cubic_kernel(x, y):
    base = x @ y.T / x.shape[1] + 1
    return base * base * base


def _mean_kernel(x, y):
    total = sum(_cubic_kernel(x[rows], y).sum() for rows in _blocks(len(x), len(y)))
    return float(total / (len(x) * len(y)))


def _mean_kernel_within(x):
    total, n = 0.0, len(x)
    for rows in _blocks(n, n):
        kernel = _cubic_kernel(x[rows], x)
        np.fill_diagonal(kernel[:, rows], 0.0)
        total += kernel.sum()
    return float(total / (n * (n - 1)))


class PrecisionRecall(NamedTuple):
    """Fractions of the fake samples near real ones, and of the real samples near fake ones."""

    precision: float
    recall: float


def precision_recall(real, fake, k=3):
    r"""How much of the fake lies where the real is, and how much of the real where the fake is.

    Around each sample lies a ball that reaches to its k-th nearest neighbour among its own kind.

    .. math:: \text{precision} &= \frac1m \sum_j \mathbf 1\bigl[\exists i:
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr], \\
              \text{recall} &= \frac1n \sum_i \mathbf 1\bigl[\exists j:
              \lVert x_i - y_j \rVert \le r_k(y_j)\bigr]

    with real samples x and fake samples y. One outlier has a large ball and lets in whatever falls
    there; `density_coverage` is less easily fooled.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays of more than k samples each
    k : int >= 1
        A sample is not its own neighbour, but a duplicate of it is. Balls are closed. Squared
        distances count as equal if they differ by less than their rounding error: about 2e-15 dim
        times the squared distances of the two samples from the median of those with the balls.

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
    real = _samples("real", real, at_least=k + 1)
    fake = _samples("fake", fake, real.shape[1], at_least=k + 1)
    (real_balls, _), (fake_balls, _) = _ball_counts(real, fake, k), _ball_counts(fake, real, k)
    return PrecisionRecall(float((real_balls > 0).mean()), float((fake_balls > 0).mean()))


class DensityCoverage(NamedTuple):
    """Mean number of real balls around a fake sample over k; fraction of real balls not empty."""

    density: float
    coverage: float


def density_coverage(real, fake, k=5):
    r"""How densely the fake lies where the real is, and how much of the real has fake nearby.

    Around each real sample lies a ball that reaches to its k-th nearest real neighbour.

    .. math:: \text{density} &= \frac{1}{km} \sum_{i, j} \mathbf 1\bigl[
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr], \\
              \text{coverage} &= \frac1n \sum_i \mathbf 1\bigl[\exists j:
              \lVert y_j - x_i \rVert \le r_k(x_i)\bigr]

    with real samples x and fake samples y. No ball is drawn around a fake sample.

    Parameters
    ----------
    real, fake : (n, dim) and (m, dim) arrays, n more than k
    k : int >= 1
        A sample is not its own neighbour, but a duplicate of it is. Balls are closed. Squared
        distances count as equal if they differ by less than their rounding error: about 2e-15 dim
        times the squared distances of the two samples from the real median. (The authors' program
        leaves the boundary out, which matters only for fake samples that repeat real ones.)

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
    real = _samples("real", real, at_least=k + 1)
    fake = _samples("fake", fake, real.shape[1])
    balls, members = _ball_counts(real, fake, k)
    return DensityCoverage(float(balls.mean() / k), float((members > 0).mean()))


def _ball_counts(centres, points, k):
    """How many balls hold each point, and how many points each ball holds: (m,) and (n,)."""
    centres, points = _centred(centres, points)
    # The error of |x − y|² from inner products is at most (dim + 2) eps (|x|² + |y|²). The radius
    # errs by as much with |x'|² for |y|², where at a tie |x'|² ≤ 6 |x|² + 4 |y|².
    share = 8 * (centres.shape[1] + 2) * np.finfo(float).eps
    of_centres, of_points = _squares(centres), _squares(points)
    balls, members = np.zeros(len(points), dtype=int), []
    for rows in _blocks(len(centres), max(len(centres), len(points))):
        radii = np.partition(_squared_distances(centres[rows], centres), k, axis=1)[:, k, None]
        rounding = share * np.add.outer(of_centres[rows], of_points)
        inside = _squared_distances(centres[rows], points) <= radii + rounding
        balls += inside.sum(axis=0)
        members.append(inside.sum(axis=1))
    return balls, np.concatenate(members)


def _centred(centres, points):
    """Both about the median of the centres, in units that no square overflows."""
    # The median, unlike a mean or a sample, lies in the midst of the data whatever strays. Powers
    # of two rescale without rounding.
    _, exponent = np.frexp(max(np.abs(centres).max(), np.abs(points).max()))
    centres, points = np.ldexp(centres, -exponent), np.ldexp(points, -exponent)
    middle = np.median(centres, axis=0)
    return centres - middle, points - middle


def _squares(x):
    return np.square(x).sum(axis=1)


def _squared_distances(x, y):
    inner = x @ y.T
    inner *= -2
    inner += _squares(x)[:, None]
    inner += _squares(y)
    return inner


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
    if number.ndim or number.dtype.kind not in "biuf" or not number >= 1:
        raise ValueError(f"order: expected a number of at least 1, got {order}")
    with np.errstate(over="ignore"):
        lengths, gaps = _transport(x, y)
    largest = _representable("wasserstein_1d", gaps.max())
    if largest == 0:
        return 0.0
    return float(largest * (lengths @ (gaps / largest) ** order) ** (1 / order))


def _transport(x, y):
    """The pieces of [0, 1] where both quantile functions are constant: lengths and gaps.

    Samples (n, ...) and (m, ...) on the first axis; lengths (l,), gaps (l, ...).
    """
    n, m = len(x), len(y)
    # The functions are constant between the levels i/n and j/m, here times n m.
    levels = np.union1d(np.arange(n + 1) * m, np.arange(m + 1) * n)
    of_x, of_y = np.sort(x, axis=0)[levels[:-1] // m], np.sort(y, axis=0)[levels[:-1] // n]
    return np.diff(levels) / (n * m), np.abs(of_x - of_y)


def sliced_wasserstein(x, y, n_projections=128, *, seed):
    r"""The sliced Wasserstein distance of order 2: the root mean square of W₂ over random lines.

    .. math:: \Bigl(\frac1L \sum_{l=1}^{L} W_2(\theta_l^\top x, \theta_l^\top y)^2\Bigr)^{1/2},
              \qquad \theta_l \text{ uniform on the unit sphere}

    Against W₂ itself it is at most W₂ / √dim, up to the error of the projections: a shift by a
    vector of length s has the value s / √dim.

    Parameters
    ----------
    x, y : (n, dim) and (m, dim) arrays
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
    x = _samples("x", x)
    y = _samples("y", y, x.shape[1])
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


def inception_score(probabilities):
    r"""The inception score, the exponential of the mutual information of image and class.

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
    rows = _samples("probabilities", rows, dim="k")
    return float(np.exp(kl(rows, rows.mean(axis=0)).mean()))


ENTRIES_PER_BLOCK = 2**22  # 32 MiB of float64


def _blocks(n, width):
    """Slices of n rows, each of as many as fit a block of that width, at least one."""
    step = max(1, ENTRIES_PER_BLOCK // width)
    return (slice(start, start + step) for start in range(0, n, step))


def _representable(function, result):
    """The result as a float, unless it has overflowed."""
    if not np.isfinite(result):
        raise ArithmeticError(f"{function}: float64 overflows; divide x and y by their scale")
    return float(result)


def _samples(name, value, dim="dim", at_least=1):
    """`value` as an (n, dim) float64 array with n at least that."""
    array = _checks.shape(name, _checks.filled(name, value), ("n", dim))
    if len(array) < at_least:
        raise ValueError(f"{name}: expected at least {at_least} samples, got {len(array)}")
    return array
