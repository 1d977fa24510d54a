"""The Dirac-GAN: its steps, their linearisation, and what its text says of both."""

import math

import numpy as np
import pytest

from book.explorables.dirac_gan.figure import EXPLORABLE
from book.explorables.dirac_gan.mathematics import dirac_matrix, dirac_path

UPDATES = EXPLORABLE.controls["update"].ends
GRID = [(step, penalty) for step in (0.02, 0.2, 0.6, 1.0) for penalty in (0.0, 0.1, 0.5, 0.9, 2.0)]


def moved(update: str, place: np.ndarray, step: float, penalty: float) -> np.ndarray:
    """Where the players are after one step."""
    return dirac_path(update, np.asarray(place), step, penalty, n=1)[-1]


def jacobian(update: str, step: float, penalty: float) -> np.ndarray:
    """The update's derivative at the equilibrium, by central differences."""
    ways = 1e-6 * np.eye(2)
    ahead, behind = (
        np.stack([moved(update, sign * way, step, penalty) for way in ways], axis=-1)
        for sign in (1, -1)
    )
    return (ahead - behind) / 2e-6


def test_players_move_as_the_text_defines():
    theta, psi, step, penalty = 0.7, -1.1, 0.3, 0.4
    pull = 1 / (1 + np.exp(theta * psi))
    after = psi + step * (pull * theta - penalty * psi)
    simultaneous = moved("simultaneous", [theta, psi], step, penalty)
    assert np.allclose(simultaneous, [theta - step * pull * psi, after], atol=1e-14)
    pull = 1 / (1 + np.exp(theta * after))
    alternating = moved("alternating", [theta, psi], step, penalty)
    assert np.allclose(alternating, [theta - step * pull * after, after], atol=1e-14)


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize(("step", "penalty"), GRID)
def test_linearised_update_is_the_derivative_of_the_update(update, step, penalty):
    exact = dirac_matrix(update, step, penalty)
    assert np.allclose(jacobian(update, step, penalty), exact, atol=1e-9)


@pytest.mark.parametrize(("step", "penalty"), GRID)
def test_what_the_text_says_of_the_equilibrium(step: float, penalty: float):
    both = {update: jacobian(update, step, penalty) for update in UPDATES}
    radius = {update: abs(np.linalg.eigvals(matrix)).max() for update, matrix in both.items()}
    assert np.linalg.det(both["simultaneous"]) == pytest.approx(
        1 - step * penalty + step**2 / 4, abs=1e-8
    )
    assert np.linalg.det(both["alternating"]) == pytest.approx(1 - step * penalty, abs=1e-8)
    if penalty == 0:
        assert radius["simultaneous"] > 1
    if penalty < 1:
        assert (radius["simultaneous"] < 1) == (penalty > step / 4)
    if penalty + step / 4 < 1:
        assert radius["alternating"] == pytest.approx(math.sqrt(1 - step * penalty), abs=1e-8)


@pytest.mark.parametrize("step", [0.02, 0.6, 3.0])
def test_what_the_text_says_of_steps_far_from_the_equilibrium(step: float):
    points = np.random.default_rng(0).uniform(-3, 3, (100, 2))
    for point in points:
        weight = 1 / (1 + np.exp(point[0] * point[1]))
        after = moved("simultaneous", point, step, 0.0)
        assert after @ after == pytest.approx((1 + step**2 * weight**2) * (point @ point))
