"""A few steps of tensorflow/convolutional_gan with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    measured = page["over_networks"](page["generator_measured"], page["NETWORKS"] // 250)
    return list(measured)
