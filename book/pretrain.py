"""The networks that the package ships: how they are trained on MNIST, measured and stored.

Beside the weights, in gan_utils/weights/, stands the record of how they were made, and what was
measured on them as they are stored. Weights that miss their targets are not written.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from sklearn.metrics import pairwise_distances_argmin_min

from book.machine import threads, versions
from gan_utils import (
    GAN,
    RELATIVISTIC,
    dcgan_discriminator,
    frechet_distance,
    precision_recall,
    pretrained,
    r1,
    r2,
)

DATA = "mnist"
SEED = 0

CLASSIFIER = {"epochs": 12, "batch": 64, "rate": 2e-3, "shift": 0.08, "turn": 0.03}
"""While it learns, images are moved by two pixels and turned by eleven degrees at most."""

GENERATOR = {"steps": 32_000, "batch": 32, "rate": 2e-3, "gamma": 1.0, "ema_decay": 0.999}
STEPS_PER_EXECUTION = 100
LOOKS = 16

COMPARED = 5_000
"""Images in each of the two sets whose Fréchet distance is taken."""

SORTED = 10_000
"""Samples whose classes are counted."""

COPIES = 1_000
"""Samples, and test images, whose nearest training image is looked for."""

LEAST_ACCURACY = 0.985
MOST_FLOORS = 5.0
SHARES = (0.08, 0.12)


def train_classifier(train, test):
    """Cross-entropy on images that are moved a little: the network and its number of steps."""
    network = pretrained.NETWORKS["digit_classifier"]()
    shift, turn = CLASSIFIER["shift"], CLASSIFIER["turn"]
    black = {"fill_mode": "constant", "fill_value": -1.0}
    moved = keras.Sequential(
        [
            keras.Input(network.input_shape[1:]),
            keras.layers.RandomTranslation(shift, shift, seed=SEED, **black),
            keras.layers.RandomRotation(turn, seed=SEED + 1, **black),
            network,
        ]
    )
    batch, epochs = CLASSIFIER["batch"], CLASSIFIER["epochs"]
    steps = epochs * -(-len(train.images) // batch)
    rate = keras.optimizers.schedules.CosineDecay(CLASSIFIER["rate"], steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    moved.compile(optimizer=keras.optimizers.Adam(rate), loss=loss)
    moved.fit(*train, batch_size=batch, epochs=epochs, verbose=2)
    return network, steps


def measure_classifier(classifier, train, test):
    """The share of the test images that it names rightly."""
    return {"test_accuracy": float((classes(classifier, test.images) == test.labels).mean())}


def classifier_faults(measured):
    """Why it may not be shipped."""
    if measured["test_accuracy"] < LEAST_ACCURACY:
        yield f"test accuracy {measured['test_accuracy']:.4f} < {LEAST_ACCURACY}"


def train_generator(train, test):
    """The pairing loss with both penalties: the averaged network and its number of steps."""
    gan = GAN(
        pretrained.NETWORKS["digit_generator"](),
        dcgan_discriminator(pretrained.WIDTH),
        RELATIVISTIC,
        penalties=[r1(GENERATOR["gamma"]), r2(GENERATOR["gamma"])],
        ema_decay=GENERATOR["ema_decay"],
        seed=SEED,
    )
    gan.compile(
        generator_optimizer=_adam(),
        discriminator_optimizer=_adam(),
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    started = time.perf_counter()

    def look(epoch, logs):
        measured = measure_generator(gan.ema_generator, train, test)
        step, seconds = (epoch + 1) * GENERATOR["steps"] // LOOKS, time.perf_counter() - started
        print(f"step {step}, {seconds:.0f} s: {measured}", flush=True)

    gan.fit(
        batches(train.images, GENERATOR["batch"], SEED),
        steps_per_epoch=GENERATOR["steps"] // LOOKS,
        epochs=LOOKS,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=look)],
        verbose=0,
    )
    return gan.ema_generator, GENERATOR["steps"]


def _adam():
    """Without momentum; the rate falls to zero along a cosine."""
    rate = keras.optimizers.schedules.CosineDecay(GENERATOR["rate"], GENERATOR["steps"])
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99)


def batches(images, size, seed):
    """Batches of the images in random order, without end."""
    data = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images), seed=seed)
    return data.repeat().batch(size).prefetch(2)


def measure_generator(generator, train, test):
    """What is measured on samples, and how near they come to the training images."""
    noise = np.random.default_rng(SEED).normal(size=(SORTED, pretrained.LATENT_DIM))
    samples = generator.predict(noise.astype(np.float32), batch_size=1_000, verbose=0)
    return measure_samples(samples, train, test) | measure_copies(samples, train, test)


def measure_samples(samples, train, test):
    """What any generator's 10,000 samples are judged by."""
    others = train.images[COMPARED:]
    compared = (images[:COMPARED] for images in (train.images, others, test.images, samples))
    real, more, held_out, fake = map(pretrained.digit_features, compared)
    counts = np.bincount(classes(pretrained.digit_classifier(), samples), minlength=10)
    found, floor = (precision_recall(real, features) for features in (fake, more))
    return {
        "frechet_distance": distance(real, fake),
        "frechet_distance_to_test": distance(held_out, fake),
        "frechet_floor": distance(real, held_out),
        "frechet_floor_within_train": distance(real, more),
        "precision": found.precision,
        "recall": found.recall,
        "precision_within_train": floor.precision,
        "recall_within_train": floor.recall,
        "class_shares": (counts / SORTED).tolist(),
    }


def measure_copies(samples, train, test):
    """Distances to the nearest training image, over all pixels: of samples, and of test images.

    A generator that copies comes nearer to the training images than images that it has not seen.
    """
    images, fresh, seen = (
        np.asarray(pixels, np.float32).reshape(len(pixels), -1)
        for pixels in (samples[:COPIES], test.images[:COPIES], train.images)
    )
    distances, reference = (pairwise_distances_argmin_min(x, seen)[1] for x in (images, fresh))
    return {
        "nearest_median": float(np.median(distances)),
        "nearest_median_test": float(np.median(reference)),
        "nearer_than_any_test": int((distances < reference.min()).sum()),
    }


def generator_faults(measured):
    """Why it may not be shipped."""
    floors = measured["frechet_distance"] / measured["frechet_floor"]
    if floors > MOST_FLOORS:
        yield f"Fréchet distance {floors:.1f} times the floor, more than {MOST_FLOORS:g}"
    if min(measured["class_shares"]) < SHARES[0] or max(measured["class_shares"]) > SHARES[1]:
        yield f"class shares {measured['class_shares']} outside {SHARES}"


def classes(classifier, images):
    """The digit that the classifier reads in each image."""
    return classifier.predict(images, batch_size=1_000, verbose=0).argmax(axis=1)


def distance(x, y):
    """The Fréchet distance between two sets of features."""
    return frechet_distance(x, y)


class Recipe(NamedTuple):
    """How a network is trained and measured, and what keeps it from being shipped."""

    constants: dict
    train: Callable
    measure: Callable
    faults: Callable


RECIPES = {
    "digit_classifier": Recipe(CLASSIFIER, train_classifier, measure_classifier, classifier_faults),
    "digit_generator": Recipe(GENERATOR, train_generator, measure_generator, generator_faults),
}


def describe(train, test):
    """Which data these are: sizes, and hashes of the pixels and then the labels as bytes."""
    parts = {"train": train, "test": test}
    return {"name": DATA} | {
        part: {"images": len(data.images), "sha256": _hash(data)} for part, data in parts.items()
    }


def _hash(data):
    pixels = np.rint((data.images + 1) * 127.5).astype(np.uint8)
    return hashlib.sha256(pixels.tobytes() + data.labels.astype(np.uint8).tobytes()).hexdigest()


def store(name, arrays, record):
    """Write the weights and their record."""
    weights = pretrained.FOLDER / f"{name}.npz"
    pretrained.FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(weights, *arrays)
    stored = weights.read_bytes()
    record["weights"] = {
        "file": weights.name,
        "bytes": len(stored),
        "sha256": hashlib.sha256(stored).hexdigest(),
        "dtype": str(arrays[0].dtype),
        "parameters": sum(array.size for array in arrays),
    }
    write_record(pretrained.FOLDER / f"{name}.json", record)


def write_record(path, record):
    """Write how something was made and what was measured on it."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def pretrain(name, train, test):
    """Train one network, measure it as it will be stored, and store it if it is good enough."""
    recipe = RECIPES[name]
    keras.utils.set_random_seed(SEED)
    started = time.perf_counter()
    network, steps = recipe.train(train, test)
    seconds = time.perf_counter() - started
    arrays = [weights.astype(np.float16) for weights in network.get_weights()]
    network.set_weights([array.astype(np.float32) for array in arrays])
    record = {
        "script": "tools/pretrain.py",
        "seed": SEED,
        "steps": steps,
        "seconds": round(seconds),
        "threads": threads(),
        "recipe": recipe.constants,
        "data": describe(train, test),
        "versions": versions(),
        "measured": assess(name, network, train, test),
    }
    store(name, arrays, record)


def remeasure(name, train, test):
    """Measure the stored weights again; all else that the record says of them stays."""
    record = pretrained.provenance(name)
    if record["data"] != describe(train, test):
        sys.exit(f"{name} is not measured again: its record speaks of other data")
    network = getattr(pretrained, name)()
    write_record(
        pretrained.FOLDER / f"{name}.json",
        record | {"measured": assess(name, network, train, test)},
    )


def assess(name, network, train, test):
    """What is measured on a network. Ends the program if it may not be shipped."""
    recipe = RECIPES[name]
    measured = recipe.measure(network, train, test)
    print(name, measured, flush=True)
    faults = list(recipe.faults(measured))
    if faults:
        sys.exit(f"{name} is not written: {'; '.join(faults)}")
    return measured
