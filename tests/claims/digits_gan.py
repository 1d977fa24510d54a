"""What tensorflow/digits_gan says about training, in a run short enough to be repeated."""

import numpy as np

from tests.claims.registry import Bound, claim
from tests.pages import definitions

PAGE = "tensorflow/digits_gan"
STEPS = 400


def short_run(seed: int, loss: str) -> dict[str, float]:
    """Train for 400 steps with the loss of that name; judge the samples as the page does."""
    page = definitions(PAGE)
    images, _ = page["digits"]("train")
    held_out, _ = page["digits"]("test")
    gan = page["make_gan"](page[loss], steps=STEPS, seed=seed)
    history = page["train"](gan, images, steps=STEPS, seed=seed).history
    samples = gan.sample(len(images) + len(held_out), seed=seed)
    fresh, unseen = samples[: len(images)], samples[len(images) :]
    real, fake = map(page["digit_features"], (images, samples))
    return {
        "frechet_distance": page["mean_distance"](real, fake),
        "smallest_class_share": page["class_shares"](page["digit_classifier"](), samples).min(),
        "discriminator_loss": history["discriminator_loss"][-1],
        "bound_on_unseen": page["bound"](gan.discriminator(held_out), gan.discriminator(unseen)),
        "bound_by_fresh": page["fresh_bound"](images, fresh, held_out, unseen),
    }


@claim(
    "digits-repaired",
    page=PAGE,
    statement="400 steps of the repaired program: much learned, and faults that its D overlooks.",
    bounds=[
        Bound("frechet_distance", at_most=18.0),
        Bound("smallest_class_share", at_least=0.005),
        Bound("bound_in_training", at_most=0.1, unit="nats"),
        Bound("bound_on_unseen", at_most=0.15, unit="nats"),
        Bound("bound_by_fresh", at_least=0.3, unit="nats"),
    ],
    holds_on=10,
)
def repaired(seed: int) -> dict[str, float]:
    run = short_run(seed, "NON_SATURATING")
    loss = run.pop("discriminator_loss")
    return {**run, "bound_in_training": np.log(2) - loss / 2}


@claim(
    "digits-shared-loss",
    page=PAGE,
    statement="400 steps with the shared loss, all else equal: no digits, while the loss falls.",
    bounds=[
        Bound("frechet_distance", at_least=60.0),
        Bound("discriminator_loss", at_most=-1.0, unit="nats"),
    ],
    holds_on=10,
)
def shared_loss(seed: int) -> dict[str, float]:
    run = short_run(seed, "SHARED")
    return {name: run[name] for name in ("frechet_distance", "discriminator_loss")}
