"""A few steps of tensorflow/training_engine with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    players = page["make_players"]()
    for batch in page["BATCHES"]:
        page["many_steps_a_call"](players)(*page["draw"](batch, 2))
    return page["weights_of"](players)
