"""The race of training recipes: 90 seconds on MNIST for each.

The first recipe has the networks, losses and optimisers of TensorFlow's DCGAN tutorial, with
batches of 64 where the tutorial has 256, and with `GAN`'s step, in which the generator meets the
discriminator that has just moved. The last recipe is that of the book. Each of those between
changes one setting of the one before it, or two that belong together. The clock of a recipe runs
while `fit` trains, and stands still while its samples are looked at. The ten steps with which its
step is recorded are not counted.
"""

import math
import time
from dataclasses import asdict, dataclass, replace

import keras
import numpy as np

from book import pretrain, records, tutorial
from book.machine import threads, versions
from gan_utils import (
    GAN,
    NON_SATURATING,
    RELATIVISTIC,
    dcgan_discriminator,
    dcgan_generator,
    load_images,
    pretrained,
    r1,
    r2,
)

SECONDS = 90.0
LOOKS = (10, 30, 90)
SEEDS = (0, 1, 2)
STEPS_PER_EXECUTION = 10
PICTURES = 12


@dataclass(frozen=True)
class Recipe:
    """One way to train. `change` says what it does otherwise than the one before it."""

    change: str
    tutorial_networks: bool = True
    batch: int = 64
    loss: str = NON_SATURATING.name
    gamma: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    rate: float = tutorial.RATE
    cosine: bool = False
    ema_decay: float = 0.0

    def but(self, change, **changes):
        """The same recipe with one change."""
        return replace(self, change=change, **changes)

    def make(self, seed):
        """The compiled `GAN`."""
        keras.utils.set_random_seed(seed)
        if self.tutorial_networks:
            networks = tutorial.generator(), tutorial.discriminator()
        else:
            width = pretrained.WIDTH
            networks = dcgan_generator(pretrained.LATENT_DIM, width), dcgan_discriminator(width)
        gan = GAN(
            *networks,
            {loss.name: loss for loss in (NON_SATURATING, RELATIVISTIC)}[self.loss],
            penalties=[r1(self.gamma), r2(self.gamma)] if self.gamma else [],
            ema_decay=self.ema_decay,
            shared_noise=True,  # as the tutorial does
            seed=seed,
        )
        gan.compile(
            generator_optimizer=keras.optimizers.Adam(self.rate, *self.betas),
            discriminator_optimizer=keras.optimizers.Adam(self.rate, *self.betas),
            steps_per_execution=STEPS_PER_EXECUTION,
        )
        return gan


def recipes():
    """From the tutorial's to the book's, rung by rung."""
    ladder = [Recipe("the tutorial's recipe, batches of 64")]
    for change, changes in (
        ("small networks, no normalisation", {"tutorial_networks": False}),
        ("batches of 32", {"batch": 32}),
        ("the pairing loss", {"loss": RELATIVISTIC.name}),
        ("both penalties, γ = 1", {"gamma": 1.0}),
        ("Adam without momentum", {"betas": (0.0, 0.99)}),
        ("rate 2e-3, falling to zero", {"rate": 2e-3, "cosine": True}),
        ("averaged weights", {"ema_decay": 0.999}),
    ):
        ladder.append(ladder[-1].but(change, **changes))
    return ladder


class Clock(keras.callbacks.Callback):
    """Lets the rate fall with the time that has passed, looks at samples, and stops `fit`."""

    def __init__(self, recipe, seconds, looks):
        super().__init__()
        self.recipe, self.seconds, self.looks = recipe, seconds, list(looks)
        self.used, self.steps, self.pictures = 0.0, 0, []

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock."""
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Stop the clock; look at samples, or end the training, when it is time."""
        # The step was on its way; the losses are there only when it has been taken.
        for value in (logs or {}).values():
            float(value)
        self.used += time.perf_counter() - self.started
        self.steps += STEPS_PER_EXECUTION
        if self.recipe.cosine:
            passed = min(self.used / self.seconds, 1.0)
            rate = self.recipe.rate * (1 + math.cos(math.pi * passed)) / 2
            self.model.generator_optimizer.learning_rate = rate
            self.model.discriminator_optimizer.learning_rate = rate
        while self.looks and self.used >= self.looks[0]:
            self.looks.pop(0)
            self.pictures.append(self.model.sample(PICTURES, seed=0))
        if self.used >= self.seconds:
            self.model.stop_training = True


def run(recipe, seed, seconds, train, test):
    """Train for so many seconds: what is measured, and the samples on the way."""
    gan = recipe.make(seed)
    data = pretrain.batches(train.images, recipe.batch, seed)
    gan.fit(data, steps_per_epoch=STEPS_PER_EXECUTION, verbose=0)  # records the step
    clock = Clock(recipe, seconds, [look * seconds / SECONDS for look in LOOKS])
    gan.fit(data, steps_per_epoch=10**9, callbacks=[clock], verbose=0)
    samples = gan.sample(pretrain.SORTED, seed=seed)
    measured = pretrain.measure_samples(samples, train, test)
    return {"steps": clock.steps, **measured}, np.stack(clock.pictures)


def race(seconds, seeds):
    """All recipes, seed by seed: the record, and the first seed's pictures by recipe."""
    train, test = load_images(pretrain.DATA, "train"), load_images(pretrain.DATA, "test")
    ladder = recipes()
    results, pictures = [[] for _ in ladder], {}
    for seed in seeds:
        for i, recipe in enumerate(ladder):
            measured, seen = run(recipe, seed, seconds, train, test)
            results[i].append(measured)
            if seed == seeds[0] and i in (0, len(ladder) - 1):
                pictures["tutorial" if i == 0 else "book"] = _bytes(seen)
            print(f"seed {seed}, {recipe.change}: {measured}", flush=True)
    record = {
        "script": "tools/race.py",
        "seeds": list(seeds),
        "seconds": seconds,
        "looks": list(LOOKS),
        "threads": threads(),
        "data": pretrain.describe(train, test),
        "versions": versions(),
        "recipes": [
            {**asdict(recipe), "runs": runs} for recipe, runs in zip(ladder, results, strict=True)
        ],
    }
    return record, pictures


def _bytes(images):
    return np.rint((images[..., 0] + 1) * 127.5).astype(np.uint8)


def store(record, pictures):
    """Write the record and the pictures."""
    np.savez_compressed(records.FOLDER / "digit_race.npz", **pictures)
    pretrain.write_record(records.FOLDER / "digit_race.json", record)
