"""A few steps of probability/divergences with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    p, q = page["random_pairs"](page["PAIRS"], 0)
    return [p, q, page["coverage_of_entropy"](repetitions=3)]
