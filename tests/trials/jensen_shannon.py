"""A few steps of probability/jensen_shannon with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    network = page["train_on_fresh_samples"]((1.0, 2.0), seed=0, steps=2)
    points = page["sample_pairs"]((1.0, 2.0), page["HELD_OUT"] // 100, seed=[0, 2])
    return [page["estimate_value"](network, *points)]
