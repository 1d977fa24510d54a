"""A few steps of tensorflow/digits_gan with its constants of the full profile."""

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    gan = page["make_gan"](steps=page["STEPS"], seed=0)
    gan.steps_per_execution = 2
    images, _ = page["digits"]("train", 200)
    history = gan.fit(page["batches"](images, seed=0), steps_per_epoch=2, verbose=0).history
    return [*history.values(), gan.sample(2, seed=0)]
