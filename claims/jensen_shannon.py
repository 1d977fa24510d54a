"""Trained discriminators against 2 JS − log 4, and what a training set says of itself."""

import numpy as np

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "probability/jensen_shannon"


@claim(
    "js-separations",
    page=PAGE,
    statement="Trained on samples alone, networks reach 2 JS − log 4 at nine separations.",
    statistics=[
        Statistic("largest_error", at_most=0.01, unit="nats"),
        # Nine separations and ten seeds: one of 90 normal estimates exceeds 4 with p < 0.003.
        Statistic("largest_excess", at_most=4.0, unit="s.e."),
        # The integrated value of the trained network; 0.001 is a tenth of the tolerance.
        Statistic("largest_regret", at_most=0.001, unit="nats"),
        Statistic("smallest_regret", at_least=-1e-9, unit="nats"),
    ],
    holds_on=10,
)
def separations(seed: int) -> dict[str, float]:
    best, estimate, error, integrals = definitions(PAGE)["measure_separations"](seed=seed)
    return {
        "largest_error": np.abs(estimate - best).max(),
        "largest_excess": ((estimate - best) / error).max(),
        "largest_regret": (best - integrals).max(),
        "smallest_regret": (best - integrals).min(),
    }


@claim(
    "js-training-set",
    page=PAGE,
    statement="Read on its 50 + 50 training points JS comes out too high, on fresh ones too low.",
    statistics=[
        Statistic("training_set_minus_exact", at_least=0.02, unit="nats"),
        Statistic("training_set_too_high", at_least=16, unit="of 20"),
        Statistic("fresh_points_minus_exact", at_most=-0.02, unit="nats"),
        Statistic("fresh_points_too_high", at_most=4, unit="of 20"),
    ],
    holds_on=10,
)
def training_set(seed: int) -> dict[str, float]:
    page = definitions(PAGE)
    separation, data_sets = 0.5, 20
    own, fresh = page["overfit"]([separation] * data_sets, 50, seed=seed)
    exact = page["exact_js"](separation)
    return {
        "training_set_minus_exact": np.mean(own) - exact,
        "training_set_too_high": np.sum(own > exact),
        "fresh_points_minus_exact": np.mean(fresh) - exact,
        "fresh_points_too_high": np.sum(fresh > exact),
    }


@claim(
    "js-walk-by-weights",
    page=PAGE,
    statement="Reweighted by trained networks, a sample goes half way to the data at every step.",
    statistics=[
        Statistic("largest_error_of_mean", at_most=0.1),
        Statistic("largest_error_of_variance", at_most=0.2),
    ],
    holds_on=10,
)
def walk_by_weights(seed: int) -> dict[str, float]:
    page = definitions(PAGE)
    errors = np.abs(page["walk_by_weights"](1.5, seed=seed) - page["predicted_walk"](1.5))
    mean, variance = errors.max(axis=0)
    return {"largest_error_of_mean": mean, "largest_error_of_variance": variance}
