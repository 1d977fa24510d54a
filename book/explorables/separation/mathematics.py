"""Four measures of how far apart two normal distributions are that differ by a shift."""

import numpy as np
from scipy.integrate import quad
from scipy.special import ndtr

from gan_utils import JENSEN_SHANNON, Gaussian

DISTANCES = np.linspace(0, 6, 61)


def shift_js(delta):
    """JS of two normal distributions that differ by a shift of delta standard deviations."""
    return JENSEN_SHANNON.quadrature(Gaussian(0.0, 1.0), Gaussian(delta, 1.0))


def js_slope(distance, deviation):
    """The derivative of JS in the distance of the means, nats per unit, by adaptive quadrature."""
    delta = distance / deviation

    def integrand(z):
        return np.exp(-(z**2) / 2) / np.cosh(delta * z / 2)

    mean = quad(integrand, 0, 12, epsabs=1e-12, limit=200)[0] * np.sqrt(2 / np.pi)
    return delta / 4 * np.exp(-(delta**2) / 8) * mean / deviation


def measures_over(distances, deviation):
    """KL and JS in nats, TV, and W₁."""
    delta = distances / deviation
    return {
        "distance": distances,
        "kl": delta**2 / 2,
        "js": np.array([shift_js(each) for each in delta]),
        "tv": 2 * ndtr(delta / 2) - 1,
        "w1": distances,
    }


def separation_state(distance, deviation):
    """The four measures over the distance, and at one."""
    marker = measures_over(np.array([distance]), deviation)
    share = marker["js"][0] / np.log(2)
    numbers = {
        **{name: column[0] for name, column in marker.items()},
        "deviation": deviation,
        "slope": js_slope(distance, deviation),
        "share": share,
    }
    # A control moves by rounded steps.
    equal = abs(distance) < 1e-9
    finding = "equal" if equal else "ceiling" if share > 0.99 else "apart"
    columns = {"curves": measures_over(DISTANCES, deviation), "marker": marker}
    return {"columns": columns, "numbers": numbers, "finding": finding}
