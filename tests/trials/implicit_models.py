"""A few steps of probability/implicit_models with its constants of the full profile."""

import numpy as np

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    side = np.linspace(-2, 2, page["POINTS_ON_A_SIDE"])
    return [side, page["measured_power"](30, 1.0, seed=0)[:2]]
