"""What tensorflow/digits_gan says about training, in a run short enough to be repeated."""

import numpy as np

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "tensorflow/digits_gan"
STEPS = 400


class ShortRun:
    """400 steps with the loss of that name, and the samples that the page would judge."""

    def __init__(self, seed: int, loss: str):
        self.page = definitions(PAGE)
        self.images, _ = self.page["digits"]("train")
        self.held_out, _ = self.page["digits"]("test")
        self.gan = self.page["make_gan"](self.page[loss], steps=STEPS, seed=seed)
        history = self.page["train"](self.gan, self.images, steps=STEPS, seed=seed).history
        self.discriminator_loss = history["discriminator_loss"][-1]
        self.samples = self.gan.sample(len(self.images) + len(self.held_out), seed=seed)

    def frechet_distance(self) -> float:
        """To the training images, in the features of the page."""
        real, fake = map(self.page["digit_features"], (self.images, self.samples))
        return self.page["mean_distance"](real, fake)

    def smallest_class_share(self) -> float:
        """The share of the digit that is drawn least often."""
        return self.page["class_shares"](self.page["digit_classifier"](), self.samples).min()

    def bounds(self) -> dict[str, float]:
        """What D, and a classifier that has not met the generator, find on images new to them."""
        fresh, unseen = self.samples[: len(self.images)], self.samples[len(self.images) :]
        real_and_fake = self.gan.discriminator(self.held_out), self.gan.discriminator(unseen)
        return {
            "bound_on_unseen": self.page["bound"](*real_and_fake),
            "bound_by_fresh": self.page["fresh_bound"](self.images, fresh, self.held_out, unseen),
        }


@claim(
    "digits-repaired",
    page=PAGE,
    statement="400 steps of the repaired program: much learned, and faults that its D overlooks.",
    statistics=[
        Statistic("frechet_distance", at_most=18.0),
        Statistic("smallest_class_share", at_least=0.005),
        Statistic("bound_in_training", at_most=0.1, unit="nats"),
        Statistic("bound_on_unseen", at_most=0.15, unit="nats"),
        Statistic("bound_by_fresh", at_least=0.3, unit="nats"),
    ],
    holds_on=10,
)
def repaired(seed: int) -> dict[str, float]:
    run = ShortRun(seed, "NON_SATURATING")
    return {
        "frechet_distance": run.frechet_distance(),
        "smallest_class_share": run.smallest_class_share(),
        "bound_in_training": np.log(2) - run.discriminator_loss / 2,
        **run.bounds(),
    }


@claim(
    "digits-shared-loss",
    page=PAGE,
    statement="400 steps with the shared loss, all else equal: no digits, while the loss falls.",
    statistics=[
        Statistic("frechet_distance", at_least=60.0),
        Statistic("discriminator_loss", at_most=-1.0, unit="nats"),
    ],
    holds_on=10,
)
def shared_loss(seed: int) -> dict[str, float]:
    run = ShortRun(seed, "SHARED")
    return {
        "frechet_distance": run.frechet_distance(),
        "discriminator_loss": run.discriminator_loss,
    }
