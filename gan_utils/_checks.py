"""Validation shared by the package: errors name the argument, what came and what was expected."""

import operator
import reprlib
import sys
import warnings
from collections.abc import Callable, Sequence
from numbers import Integral, Number
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

# Integers up to this one are all represented in float64; the next one is rounded to it.
EXACT_INTEGERS = 2.0**53
# Seeds of TensorFlow's stateless generators are int64.
TENSOR_SEEDS = 2**63
# float32 softmax outputs over a thousand classes miss one by about 1e-7.
SUM_TOLERANCE = 1e-6
# Rounding in float32 takes pixels out of [−1, 1] by some 1e-7, in long sums by 1e-5; one grey level
# of 256 is 8e-3.
# A covariance estimated in float32 is symmetric and semi-definite only to about this, where the
# standard deviations are the units.
COVARIANCE_TOLERANCE = 1e-6


def numbers(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a float64 array without NaN; infinities pass.

    Raise ValueError for what NumPy would convert in silence: masked arrays, whose mask would be
    lost, dates, text, complex numbers, and integers that float64 cannot represent.
    """
    array = _real_array(name, value)
    try:
        converted = np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise _not_numbers(name, value) from error
    if array.dtype.kind in "iuO":
        _represented(name, array, converted)
    if np.isnan(converted).any():
        raise ValueError(f"{name}: expected numbers, got NaN at {np.isnan(converted).sum()} places")
    return converted


def _real_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as an array of real numbers of whatever type; objects are looked into."""
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name}: expected an array without a mask, got a masked array")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _not_numbers(name, value) from error
    if array.dtype.kind == "c":  # or else the imaginary part would be lost
        raise ValueError(f"{name}: expected real numbers, got the type {array.dtype}")
    if array.dtype.kind in "mM":
        raise ValueError(f"{name}: expected numbers, got dates or times of the type {array.dtype}")
    if array.dtype.kind in "SUT":
        raise _not_numbers(name, value)
    entries = array.flat if array.dtype.kind == "O" else ()
    odd = [type(entry).__name__ for entry in entries if not isinstance(entry, Number | np.bool_)]
    if odd:
        raise ValueError(f"{name}: expected numbers, got an entry of type {odd[0]}")
    return array


def _not_numbers(name: str, value: object) -> ValueError:
    return ValueError(f"{name}: expected an array of numbers, got {reprlib.repr(value)}")


def _represented(name: str, array: np.ndarray, converted: np.ndarray) -> None:
    """Raise ValueError unless every integer beyond 2⁵³ survives the conversion to float64."""
    large = np.abs(converted) >= EXACT_INTEGERS
    if not large.any():
        return
    for entry, number in zip(array[large].tolist(), converted[large].tolist(), strict=True):
        if isinstance(entry, Integral) and int(entry) != int(number):
            raise ValueError(f"{name}: expected integers that float64 can represent, got {entry}")


def features(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a finite float32 or float64 array, not copied if it is one of them already."""
    if isinstance(value, np.ndarray) and not isinstance(value, np.ma.MaskedArray):
        if value.dtype == np.float16:
            value = value.astype(np.float32)
        # The sum of the extremes is finite just if everything is: no array of truth values.
        small = value.dtype in (np.float32, np.float64) and value.size
        if small and np.isfinite(value.min()) and np.isfinite(value.max()):
            return value
    return filled(name, value)


def finite(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a float64 array without NaN or infinities."""
    array = numbers(name, value)
    if not np.isfinite(array).all():
        infinite = int(np.isinf(array).sum())
        raise ValueError(f"{name}: expected finite numbers, got infinity at {infinite} places")
    return array


def filled(
    name: str, value: ArrayLike, check: Callable[[str, ArrayLike], np.ndarray] = finite
) -> np.ndarray:
    """`value` as a float64 array with at least one entry."""
    array = check(name, value)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one value, got shape {array.shape}")
    return array


def count(name: str, value: int, at_least: int = 1) -> int:
    """`value` as an int that is at least `at_least`; True and False are no counts."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name}: expected a whole number, got {reprlib.repr(value)}") from None
    if number < at_least:
        raise ValueError(f"{name}: expected at least {at_least}, got {number}")
    return number


def seed(name: str, value: int | Sequence[int]) -> int | list[int]:
    """`value` as an int of at least 0, or as a list of such, as NumPy's generators take them."""
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim == 1):
        if len(value) == 0:
            raise ValueError(f"{name}: expected at least one whole number, got {value!r}")
        return [count(name, part, at_least=0) for part in value]
    return count(name, cast("int", value), at_least=0)  # which refuses what is none


def tensor_seed(name: str, value: int) -> int:
    """`value` as an int of at least 0 and below 2⁶³, which TensorFlow's int64 can hold."""
    number = count(name, value, at_least=0)
    if number >= TENSOR_SEEDS:
        raise ValueError(f"{name}: expected a whole number below 2**63, got {number}")
    return number


def positive(name: str, value: float) -> float:
    """`value` as a finite float above zero."""
    number = finite(name, value)
    if number.ndim or number <= 0:
        raise ValueError(f"{name}: expected one positive number, got {value!r}")
    return float(number)


def shape(name: str, array: np.ndarray, expected: Sequence[int | str | None]) -> np.ndarray:
    """Raise ValueError unless the shape of `array`, which is returned, is `expected`.

    A name stands for any length, and None for "n".
    """
    expected = tuple("n" if k is None else k for k in expected)
    same = len(array.shape) == len(expected) and all(
        isinstance(wanted, str) or wanted == length
        for wanted, length in zip(expected, array.shape, strict=True)
    )
    if not same:
        wanted = str(expected).replace("'", "")
        raise ValueError(f"{name}: expected shape {wanted}, got {array.shape}")
    return array


def samples(
    name: str,
    value: ArrayLike,
    dim: int | str = "dim",
    at_least: int = 1,
    check: Callable[[str, ArrayLike], np.ndarray] = filled,
) -> np.ndarray:
    """`value` as an (n, dim) array with n at least that; further axes are flattened into one.

    Images, (n, height, width, channels), are warned of: metrics want features of them.
    """
    array = check(name, value)
    if array.ndim == 4:
        warnings.warn(
            f"{name}: images of shape {array.shape} are compared pixel by pixel; metrics of images "
            "want features, (n, dim): those of digit_features or of another network",
            UserWarning,
            stacklevel=_frames_within_the_package(),
        )
    if array.ndim > 2:
        array = array.reshape(len(array), -1)
    shape(name, array, ("n", dim))
    if len(array) < at_least:
        raise ValueError(f"{name}: expected at least {at_least} samples, got {len(array)}")
    return array


def _frames_within_the_package() -> int:
    """The `stacklevel` of a warning in the caller that points at whoever called the package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("gan_utils"):
        frame, level = frame.f_back, level + 1
    return level


def probabilities(name: str, value: ArrayLike) -> np.ndarray:
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


def points(
    name: str,
    value: ArrayLike,
    dim: int,
    check: Callable[[str, ArrayLike], np.ndarray] = finite,
) -> np.ndarray:
    """`value` as an (n, dim) float64 array; where dim is 1, (n,) and scalars do as well."""
    array = check(name, value)
    if dim == 1 and array.ndim < 2:
        array = array.reshape(-1, 1)
    return shape(name, array, (None, dim))


def one_space(p: Any, q: Any) -> None:
    """Raise ValueError unless two distributions have the same dimension, where they say it."""
    dim_p, dim_q = getattr(p, "dim", None), getattr(q, "dim", None)
    if None not in (dim_p, dim_q) and dim_p != dim_q:
        raise ValueError(f"q: expected a distribution of dimension {dim_p} as p, got {dim_q}")


def covariance(name: str, value: ArrayLike, dim: int) -> np.ndarray:
    """`value` as a symmetric, positive semi-definite (dim, dim) float64 array."""
    array = symmetric(name, value, dim)
    semi_definite(name, array)
    return array


def symmetric(name: str, value: ArrayLike, dim: int) -> np.ndarray:
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


def semi_definite(name: str, array: np.ndarray) -> None:
    """Raise ValueError if an eigenvalue of the correlations is negative beyond rounding."""
    eigenvalues = np.linalg.eigvalsh(_in_standard_deviations(array))
    smallest = eigenvalues[0]
    if smallest < -COVARIANCE_TOLERANCE * eigenvalues[-1]:
        raise ValueError(
            f"{name}: expected a positive semi-definite matrix, got the eigenvalue {smallest:g} "
            "of its correlations"
        )


def _in_standard_deviations(cov: np.ndarray) -> np.ndarray:
    """The correlations, in which no large variance hides the faults of small ones."""
    # Without a variance the largest covariance is the unit, so that no unit of length matters.
    largest = np.abs(cov).max(axis=1, initial=0.0)
    squares = np.where(np.diag(cov) > 0, np.diag(cov), largest)
    units = np.sqrt(np.where(squares > 0, squares, 1.0))
    return cov / units / units[:, None]
