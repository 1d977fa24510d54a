"""Validation shared by the package: errors name the argument, what came and what was expected."""

import operator

import numpy as np

# float32 softmax outputs over a thousand classes miss one by about 1e-7.
SUM_TOLERANCE = 1e-6
# A covariance estimated in float32 is symmetric and semi-definite only to about this, where the
# standard deviations are the units.
COVARIANCE_TOLERANCE = 1e-6


def numbers(name, value):
    """`value` as a float64 array without NaN; infinities pass."""
    try:
        array = np.asarray(value)
        if not np.iscomplexobj(array):  # or else the imaginary part would be lost
            array = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected an array of numbers, got {value!r}") from error
    if np.iscomplexobj(array):
        raise ValueError(f"{name}: expected real numbers, got the type {array.dtype}")
    if np.isnan(array).any():
        raise ValueError(f"{name}: expected numbers, got NaN at {np.isnan(array).sum()} places")
    return array


def finite(name, value):
    """`value` as a float64 array without NaN or infinities."""
    array = numbers(name, value)
    if not np.isfinite(array).all():
        infinite = int(np.isinf(array).sum())
        raise ValueError(f"{name}: expected finite numbers, got infinity at {infinite} places")
    return array


def filled(name, value, check=finite):
    """`value` as a float64 array with at least one entry."""
    array = check(name, value)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one value, got shape {array.shape}")
    return array


def count(name, value, at_least=1):
    """`value` as an int that is at least `at_least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name}: expected a whole number, got {value!r}") from None
    if number < at_least:
        raise ValueError(f"{name}: expected at least {at_least}, got {number}")
    return number


def seed(name, value):
    """`value` as an int of at least 0, or as a list of such, as NumPy's generators take them."""
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim == 1):
        if len(value) == 0:
            raise ValueError(f"{name}: expected at least one whole number, got {value!r}")
        return [count(name, part, at_least=0) for part in value]
    return count(name, value, at_least=0)


def positive(name, value):
    """`value` as a finite float above zero."""
    number = finite(name, value)
    if number.ndim or number <= 0:
        raise ValueError(f"{name}: expected one positive number, got {value!r}")
    return float(number)


def shape(name, array, expected):
    """`array` itself, if its shape matches `expected`, in which a name stands for any length."""
    expected = tuple("n" if k is None else k for k in expected)
    same = len(array.shape) == len(expected) and all(
        isinstance(wanted, str) or wanted == length
        for wanted, length in zip(expected, array.shape, strict=True)
    )
    if not same:
        wanted = str(expected).replace("'", "")
        raise ValueError(f"{name}: expected shape {wanted}, got {array.shape}")
    return array


def probabilities(name, value):
    """`value` as float64 vectors of probabilities on the last axis, (..., k)."""
    array = finite(name, value)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError(f"{name}: expected shape (..., k) with k > 0, got {array.shape}")
    if (array < 0).any():
        raise ValueError(f"{name}: expected probabilities, got the negative {array.min():g}")
    total = array.sum(axis=-1)
    worst = total.flat[np.abs(total - 1).argmax()] if total.size else 1.0
    if abs(worst - 1) > SUM_TOLERANCE:
        raise ValueError(f"{name}: expected probabilities that sum to 1, got a sum of {worst:.8g}")
    return array


def points(name, value, dim, check=finite):
    """`value` as an (n, dim) float64 array; where dim is 1, (n,) and scalars do as well."""
    array = check(name, value)
    if dim == 1 and array.ndim < 2:
        array = array.reshape(-1, 1)
    return shape(name, array, (None, dim))


def one_space(p, q):
    """Raise ValueError unless two distributions have the same dimension, where they say it."""
    dim_p, dim_q = getattr(p, "dim", None), getattr(q, "dim", None)
    if None not in (dim_p, dim_q) and dim_p != dim_q:
        raise ValueError(f"q: expected a distribution of dimension {dim_p} as p, got {dim_q}")


def covariance(name, value, dim):
    """`value` as a symmetric, positive semi-definite (dim, dim) float64 array."""
    array = symmetric(name, value, dim)
    semi_definite(name, array)
    return array


def symmetric(name, value, dim):
    """`value` as a symmetric (dim, dim) float64 array without negative variances."""
    array = shape(name, finite(name, value), (dim, dim))
    smallest = np.diag(array).min()
    if smallest < 0:
        raise ValueError(
            f"{name}: expected a positive semi-definite matrix, got the variance {smallest:g}"
        )
    if np.array_equal(array, array.T):
        return array.copy()
    scaled = _in_standard_deviations(array)
    asymmetry = np.abs(scaled - scaled.T)
    if asymmetry.max() > COVARIANCE_TOLERANCE:
        worst = np.abs(array - array.T).flat[asymmetry.argmax()]
        raise ValueError(f"{name}: expected a symmetric matrix, got asymmetry {worst:g}")
    return array / 2 + array.T / 2


def semi_definite(name, array):
    """Nothing, if no eigenvalue of the correlations is negative beyond rounding."""
    eigenvalues = np.linalg.eigvalsh(_in_standard_deviations(array))
    smallest = eigenvalues[0]
    if smallest < -COVARIANCE_TOLERANCE * eigenvalues[-1]:
        raise ValueError(
            f"{name}: expected a positive semi-definite matrix, got the eigenvalue {smallest:g} "
            "of its correlations"
        )


def _in_standard_deviations(cov):
    """The correlations, in which no large variance hides the faults of small ones."""
    units = np.sqrt(np.where(np.diag(cov) > 0, np.diag(cov), 1.0))
    return cov / units / units[:, None]
