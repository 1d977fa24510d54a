"""A few steps of probability/minimax_objective with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    return [page["descend"](page["true_loss"], seed=0, steps=page["STEPS"] // 500)]
