"""A few steps of probability/optimal_discriminator with its constants of the full profile."""

import numpy as np

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    pair = page["PAIRS"]["wide"]
    network = page["train_discriminator"](*pair, seed=0, steps=2)
    return [page["logits_at"](network, np.zeros([1, 1], np.float32))]
