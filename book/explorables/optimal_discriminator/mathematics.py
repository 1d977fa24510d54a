"""The best discriminator between N(0, 1) and the generator's normal distribution."""

import numpy as np

from gan_utils import JENSEN_SHANNON, Gaussian, optimal_discriminator

LINE = np.linspace(-7, 7, 281)


def discriminator_state(mean, deviation):
    """Both densities and D*, and what D* is worth in nats."""
    p, q = Gaussian(0.0, 1.0), Gaussian(mean, deviation**2)
    js = JENSEN_SHANNON.quadrature(p, q)
    curves = {
        "x": LINE,
        "p": np.exp(p.log_prob(LINE)),
        "q": np.exp(q.log_prob(LINE)),
        "d": optimal_discriminator(p, q, LINE),
    }
    numbers = {
        "mean": mean,
        "deviation": deviation,
        "js": js,
        "value": 2 * js - 2 * np.log(2),
        "share": js / np.log(2),
    }
    # A control moves by rounded steps.
    equal = np.allclose((mean, deviation), (0, 1), rtol=0, atol=1e-9)
    finding = "equal" if equal else "apart"
    return {"columns": {"curves": curves}, "numbers": numbers, "finding": finding}
