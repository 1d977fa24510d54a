"""Networks trained on MNIST that travel with the package (TensorFlow).

`tools/pretrain.py` trained the networks, and wrote beside every file of weights how it was made and
what was measured; `provenance` reads it. The weights are stored in half precision; what was
measured was measured on the stored ones.
"""

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from gan_utils import _checks, _images
from gan_utils.data import DataUnavailable
from gan_utils.models import IMAGE_SIZE, dcgan_generator

FOLDER = Path(__file__).parent / "weights"
FEATURES = 128
DROPOUT = 0.3
"""While it learns, so that its features tell less of which images it was trained on."""

LATENT_DIM, WIDTH = 64, 32
_IMAGES_AT_ONCE = 1_000
_CHANNELS_LAST = {"data_format": "channels_last"}


def digit_classifier() -> keras.Model:
    """Convolutional classifier of handwritten digits, trained on MNIST.

    Three convolutions, each with max pooling, a dense layer to 128 features, and a dense layer to
    the logits. It computes in single precision, whatever Keras' policy is.

    Returns
    -------
    keras.Model
        Images (n, 28, 28, 1) in [-1, 1] -> logits (n, 10). Every call builds a new one.

    Raises
    ------
    DataUnavailable
        If the weights are not installed.
    ValueError
        If they are not those that their record describes.

    Examples
    --------
    >>> from gan_utils import load_images
    >>> images, labels = load_images("digits", "test")
    >>> bool((np.argmax(digit_classifier()(images), axis=1) == labels).mean() > 0.7)
    True
    """
    return _pretrained("digit_classifier")


def digit_features(images: npt.ArrayLike) -> np.ndarray:
    """Features of digits for Fréchet distances and the like: `digit_classifier` before its logits.

    Parameters
    ----------
    images : (n, 28, 28, 1) array in [-1, 1]
        Pixels outside by no more than 1e-6, the rounding of float32 arithmetic, are clipped.

    Returns
    -------
    (n, 128) NumPy array, float32, none negative

    Raises
    ------
    ValueError
        If there are no images, or their shape or range is another.
    DataUnavailable
        If the weights are not installed.

    Examples
    --------
    >>> digit_features(np.zeros((2, 28, 28, 1))).shape
    (2, 128)
    """
    array: Any = images if hasattr(images, "shape") else np.asarray(images)
    images = _images.pixels("images", _checks.shape("images", array, (None, *_IMAGE)))
    classifier = digit_classifier()
    model = keras.Sequential(classifier.layers[:-1])
    images = images.astype(np.float32)
    parts = range(0, len(images), _IMAGES_AT_ONCE)
    return np.concatenate([np.asarray(model(images[i : i + _IMAGES_AT_ONCE])) for i in parts])


def digit_generator() -> keras.Model:
    """DCGAN generator of handwritten digits, trained on MNIST for longer than a page can.

    Returns
    -------
    keras.Model
        Noise z ~ N(0, I), (n, 64) -> images (n, 28, 28, 1) in [-1, 1]. The weights are the
        average over the last steps of the training.

    Raises
    ------
    DataUnavailable
        If the weights are not installed.
    ValueError
        If they are not those that their record describes.

    Examples
    --------
    >>> digit_generator()(np.zeros((2, 64))).shape
    TensorShape([2, 28, 28, 1])
    """
    return _pretrained("digit_generator")


def provenance(name: str) -> dict[str, Any]:
    """Provenance of what is shipped: script, seeds, seconds, data, versions, measurements.

    Parameters
    ----------
    name : "digit_classifier" or "digit_generator"

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If no network has that name.
    DataUnavailable
        If it is not installed.

    Examples
    --------
    >>> provenance("digit_classifier")["data"]["name"]
    'mnist'
    """
    return json.loads(_read(name, ".json"))


def _classifier() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(_IMAGE),
            *_convolution(16),
            *_convolution(32),
            *_convolution(64),
            layers.Flatten(dtype="float32", **_CHANNELS_LAST),
            layers.Dropout(DROPOUT, dtype="float32"),
            layers.Dense(FEATURES, activation="relu", dtype="float32"),
            layers.Dropout(DROPOUT, dtype="float32"),
            layers.Dense(10, dtype="float32"),
        ]
    )


def _convolution(filters: int) -> list[keras.layers.Layer]:
    options = {"dtype": "float32", **_CHANNELS_LAST}
    return [
        layers.Conv2D(filters, 3, padding="same", activation="relu", **options),
        layers.MaxPooling2D(**options),
    ]


def _generator() -> keras.Model:
    return dcgan_generator(LATENT_DIM, WIDTH)


_IMAGE = (IMAGE_SIZE, IMAGE_SIZE, 1)

NETWORKS = {"digit_classifier": _classifier, "digit_generator": _generator}
"""The untrained networks, by name."""


def _pretrained(name: str) -> keras.Model:
    stored = _read(name, ".npz")
    if hashlib.sha256(stored).hexdigest() != provenance(name)["weights"]["sha256"]:
        raise ValueError(f"{FOLDER / name}.npz: expected the weights that {name}.json describes")
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        weights = [file[key].astype(np.float32) for key in file]
    model = NETWORKS[name]()
    model.set_weights(weights)
    return model


def _read(name: str, suffix: str) -> bytes:
    if name not in NETWORKS:
        known = ", ".join(map(repr, NETWORKS))
        raise ValueError(f"name: expected one of {known}, got {name!r}")
    path = FOLDER / f"{name}{suffix}"
    if not path.is_file():
        raise DataUnavailable(
            f"{name}: there is no {path}. The wheel carries it; in a clone, `make pretrained` "
            "trains again."
        )
    return path.read_bytes()
