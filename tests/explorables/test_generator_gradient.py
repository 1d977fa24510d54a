"""Two losses for the generator: their slopes are derivatives, and share one unit of pull."""

import numpy as np
import pytest

from book.explorables.generator_gradient.mathematics import gradient_state

CURVES = gradient_state(0.0)["columns"]["curves"]


@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_slope_is_the_slope_of_the_loss(loss: str):
    slope = np.gradient(CURVES[loss], CURVES["logit"])[1:-1]
    # Central differences of step 0.1 err by at most 0.01 / 6 of the third derivative.
    assert np.allclose(slope, CURVES[f"{loss}_slope"][1:-1], atol=0.01 / 6)


def test_the_slopes_sum_to_minus_one_and_are_equal_at_zero_alone():
    slopes = CURVES["minimax_slope"], CURVES["non_saturating_slope"]
    assert np.allclose(np.sum(slopes, axis=0), -1, rtol=0, atol=1e-15)
    equal = np.isclose(*slopes)
    assert CURVES["logit"][equal] == pytest.approx([0], abs=1e-9)


@pytest.mark.parametrize("logit", [-8.0, -3.9, 0.5])
def test_ratio_is_that_of_the_slopes(logit: float):
    numbers = gradient_state(logit)["numbers"]
    slopes = sorted(abs(numbers[f"{loss}_slope"]) for loss in ("minimax", "non_saturating"))
    assert numbers["ratio"] == pytest.approx(slopes[1] / slopes[0], rel=1e-9)
