"""What the shared checks refuse, and that they name the argument."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from gan_utils import (
    Gaussian,
    _checks,
    frechet_distance,
    kernel_distance,
    prdc,
    sliced_wasserstein,
)

CALLS = [
    frechet_distance,
    kernel_distance,
    lambda x, y: prdc(x, y, k=1),
    lambda x, y: sliced_wasserstein(x, y, seed=0),
]
GOOD = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ma.masked_array(GOOD, GOOD > 3), "without a mask, got a masked array"),
        (GOOD.astype("datetime64[D]"), r"got dates or times of the type datetime64\[D\]"),
        (GOOD.astype("timedelta64[s]"), "got dates or times of the type timedelta64"),
        ([["1", "2"], ["3", "4"]], r"expected an array of numbers, got \[\['1', '2'\]"),
        ([[1, "2"], [3, 4]], "expected an array of numbers, got"),
        (np.array([[1.0, "2"], [3.0, 4.0]], dtype=object), "got an entry of type str"),
        ([[1.0, date(2000, 1, 1)], [2.0, 3.0]], "got an entry of type date"),
        ([[1.0, None], [2.0, 3.0]], "got an entry of type NoneType"),
        ([[1, 2**53 + 1], [3, 4]], "float64 can represent, got 9007199254740993"),
        (np.array([[1, 2**64 - 1]], np.uint64), "float64 can represent, got 18446744073709551615"),
        ([[1, 3**50], [3, 4]], "float64 can represent"),
        ([[1, 10**400], [3, 4]], "expected an array of numbers"),
        ([[1.0, 2.0], [3.0]], "expected an array of numbers"),
        (np.zeros(2, dtype=[("a", float), ("b", int)]), "expected an array of numbers"),
        (np.zeros((0, 2)), "expected at least one value"),
        (GOOD * 1j, "expected real numbers, got the type complex128"),
        (np.float32([[np.inf, 1.0], [0.0, 1.0]]), "expected finite numbers"),
        (np.float32([[np.nan, 1.0], [0.0, 1.0]]), "expected numbers, got NaN"),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_array_of_numbers_is_named(call, value, message):
    for first, arguments in (("(real|x)", (value, GOOD)), ("(fake|y)", (GOOD, value))):
        with pytest.raises(ValueError, match=f"{first}: .*{message}"):
            call(*arguments)


@pytest.mark.parametrize(
    "value",
    [[1, 2**53], [2**60, -(2**60)], [Fraction(1, 3), Decimal("0.25")], np.float16([1, 2]), [True]],
)
def test_what_float64_can_represent_passes(value):
    np.testing.assert_array_equal(_checks.numbers("x", value), [float(v) for v in value])


@pytest.mark.parametrize("value", [True, False, np.True_, 1.0, "3", None])
def test_truth_values_and_floats_are_no_counts(value):
    with pytest.raises(ValueError, match=r"n: expected a whole number, got"):
        Gaussian(0.0, 1.0).sample(value, seed=0)
    with pytest.raises(ValueError, match="seed: expected a whole number, got"):
        Gaussian(0.0, 1.0).sample(3, seed=value)


def test_seeds_of_tensors_are_below_two_to_the_63():
    assert _checks.tensor_seed("seed", 2**63 - 1) == 2**63 - 1
    assert _checks.seed("seed", 2**63) == 2**63
    with pytest.raises(ValueError, match=r"seed: expected a whole number below 2\*\*63, got 9223"):
        _checks.tensor_seed("seed", 2**63)
    with pytest.raises(ValueError, match="seed: expected at least 0, got -1"):
        _checks.tensor_seed("seed", -1)


def test_images_are_flattened_with_a_warning_that_points_here():
    x, y = (np.random.default_rng(s).uniform(size=(9, 4, 4, 1)) for s in (0, 1))
    with pytest.warns(UserWarning, match=r"real: images of shape .* digit_features") as caught:
        value = kernel_distance(x, y)
    assert [str(w.message)[:5] for w in caught] == ["real:", "fake:"]
    assert {w.filename for w in caught} == {__file__}
    assert value == kernel_distance(x.reshape(9, 16), y.reshape(9, 16))


@pytest.mark.filterwarnings("error")
def test_sequences_are_flattened_in_silence():
    x, y = (np.random.default_rng(s).uniform(size=(9, 4, 3)) for s in (0, 1))
    assert frechet_distance(x, y) == frechet_distance(x.reshape(9, 12), y.reshape(9, 12))


@pytest.mark.parametrize("call", CALLS)
def test_half_precision_features_do_not_overflow(call):
    x, y = (np.float16(np.random.default_rng(s).uniform(3e4, 6e4, (40, 8))) for s in (0, 1))
    assert call(x, y) == call(x.astype(float), y.astype(float))
