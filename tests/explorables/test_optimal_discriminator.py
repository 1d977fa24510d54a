"""The optimal discriminator: its value by the definition, and what its text says of two widths."""

import numpy as np
import pytest

from book.explorables.optimal_discriminator import mathematics
from book.explorables.optimal_discriminator.figure import EXPLORABLE
from gan_utils import Gaussian, optimal_logit


@pytest.mark.parametrize("values", EXPLORABLE.checks, ids=str)
def test_value_is_that_of_the_definition(values: dict):
    """The mean of log D* under p, and of log(1 - D*) under q."""
    p, q = Gaussian(0.0, 1.0), Gaussian(values["mean"], values["deviation"] ** 2)
    x = np.linspace(-60, 60, 240_001)
    logit = optimal_logit(p, q, x)
    terms = -np.exp(p.log_prob(x)) * np.logaddexp(0, -logit)
    terms -= np.exp(q.log_prob(x)) * np.logaddexp(0, logit)
    best = terms.sum() * (x[1] - x[0])
    numbers = mathematics.discriminator_state(**values)["numbers"]
    assert numbers["value"] == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("values", EXPLORABLE.checks, ids=str)
def test_discriminator_is_the_share_of_the_data(values: dict):
    curves = mathematics.discriminator_state(**values)["columns"]["curves"]
    total = curves["p"] + curves["q"]
    assert np.allclose(curves["d"] * total, curves["p"], rtol=1e-9, atol=0)


def test_two_widths_are_equally_hard_to_tell():
    states = [mathematics.discriminator_state(0.0, deviation) for deviation in (0.5, 2.0)]
    narrow, wide = (state["numbers"]["js"] for state in states)
    assert narrow == pytest.approx(wide, rel=1e-9)


def test_a_wide_generator_leaves_a_hill_and_a_narrow_one_a_valley():
    states = [mathematics.discriminator_state(0.0, deviation) for deviation in (0.5, 2.0)]
    narrow, wide = (state["columns"]["curves"]["d"] for state in states)
    middle, side = len(mathematics.LINE) // 2, 20
    assert narrow[middle] < narrow[side]
    assert wide[middle] > wide[side]
