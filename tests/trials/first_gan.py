"""A few steps of tensorflow/first_gan with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    players = page["make_players"](0)
    losses, snapshots = page["train"](players, 0, steps=4, chunk=2)
    return [losses, *snapshots.values(), page["CHUNK"] * 40 / page["STEPS"]]
