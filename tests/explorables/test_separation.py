"""Four measures of one distance: each is what it is called, and the slope of JS grows and dies."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, wasserstein_distance

from book.explorables.separation.figure import EXPLORABLE
from book.explorables.separation.mathematics import js_slope, separation_state
from gan_utils import JENSEN_SHANNON, KL, TOTAL_VARIATION, Gaussian, optimal_logit


@pytest.mark.parametrize("values", EXPLORABLE.checks, ids=str)
def test_measures_are_those_of_the_two_distributions(values: dict):
    distance, deviation = values["distance"], values["deviation"]
    p, q = Gaussian(0.0, deviation**2), Gaussian(distance, deviation**2)
    numbers = separation_state(distance, deviation)["numbers"]
    for measure, divergence in {"kl": KL, "js": JENSEN_SHANNON, "tv": TOTAL_VARIATION}.items():
        assert numbers[measure] == pytest.approx(divergence.quadrature(p, q), rel=1e-6, abs=1e-6)
    levels = norm.ppf((np.arange(200) + 0.5) / 200, scale=deviation)
    way = wasserstein_distance(levels, levels + distance)
    assert numbers["w1"] == pytest.approx(way, abs=1e-9)


@pytest.mark.parametrize("values", EXPLORABLE.checks, ids=str)
def test_slope_of_js_is_the_derivative_under_the_integral_sign(values: dict):
    """Half the mean under q of the score times log(1 - D*)."""
    distance, deviation = values["distance"], values["deviation"]
    p, q = Gaussian(0.0, deviation**2), Gaussian(distance, deviation**2)

    def integrand(x):
        softplus = np.logaddexp(0, optimal_logit(p, q, [x])[0])
        score = (x - distance) / deviation**2
        return -0.5 * np.exp(q.log_prob([x])[0]) * score * softplus

    middle, reach = distance / 2, distance / 2 + 12 * deviation
    slope = quad(integrand, middle - reach, middle + reach, points=[0, middle, distance], limit=400)
    assert js_slope(distance, deviation) == pytest.approx(slope[0], abs=1e-8)


def test_slope_of_js_is_the_slope_of_the_curve():
    curves = separation_state(2.0, 1.0)["columns"]["curves"]
    slope = np.gradient(curves["js"], curves["distance"])[1:-1]
    exact = [js_slope(each, 1.0) for each in curves["distance"][1:-1]]
    # Central differences of step 0.1 err by at most 0.01 / 6 of the third derivative.
    assert np.allclose(slope, exact, atol=1e-3)


def test_slope_of_js_first_grows_and_then_dies():
    slopes = [js_slope(2.0, deviation) for deviation in (1.0, 0.8, 0.2)]
    assert slopes[1] > slopes[0] > slopes[2]
