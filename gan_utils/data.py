"""Real images, scaled to [-1, 1], and the speed at which the book runs."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gan_utils import _checks

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class DataUnavailable(RuntimeError):  # noqa: N818 (the name says it)
    """Data that the caller asked for is neither on this machine nor within reach of it."""


class Images(NamedTuple):
    """Images (n, size, size, 1) float32 in [-1, 1], and their labels (n,) int64."""

    images: np.ndarray
    labels: np.ndarray


def load_images(name="digits", split="train", *, size=28):
    """Grey images of one data set in a fixed order, black at -1 and white at 1.

    Parameters
    ----------
    name : "digits", "mnist" or "fashion_mnist"
        "digits" ships with scikit-learn: 1,797 handwritten digits of 8x8 pixels [1]_. The others
        are read from `$GAN_UTILS_DATA/<name>.npz` (arrays x_train, y_train, x_test, y_test) where
        that variable is set, else through Keras, which downloads once and caches.
    split : "train", "test" or "all"
        Of "digits", every fifth image of each class is the test set (355 images), the rest the
        training set (1,442). The others come with their own split. "all" is both.
    size : int
        Height and width. Images are resampled by a cubic kernel, widened against aliasing when
        they shrink, and clipped to [-1, 1].

    Returns
    -------
    Images
        `images` (n, size, size, 1) float32 in [-1, 1] and `labels` (n,) int64.

    Raises
    ------
    ValueError
        If the name or the split is unknown, `size` < 1, or a file does not hold such images: it is
        damaged, an array is missing, x is not (n, height, width) bytes or empty, or y not (n,)
        whole numbers. The message names the file and the array.
    DataUnavailable
        If the data cannot be reached; the message names the three ways out.

    References
    ----------
    .. [1] Alpaydin, Kaynak (1998), "Optical recognition of handwritten digits", UCI repository.

    Examples
    --------
    >>> images, labels = load_images("digits", "all")
    >>> images.shape, float(images.min()), float(images.max())
    ((1797, 28, 28, 1), -1.0, 1.0)
    """
    size = _checks.count("size", size)
    loader = _choose("name", name, _LOADERS)
    parts = _choose("split", split, {"train": [0], "test": [1], "all": [0, 1]})
    both = loader()
    pixels = np.concatenate([both[i].images for i in parts])
    labels = np.concatenate([both[i].labels for i in parts]).astype(np.int64)
    images = np.clip(_resize(pixels, size), -1.0, 1.0).astype(np.float32)
    return Images(images[..., None], labels)


def profile():
    """The speed at which pages run: "quick" for two CPU cores, "full" where there is a GPU.

    The environment variable GAN_BOOK_PROFILE decides where it is set, else whether TensorFlow
    sees a GPU.

    Raises
    ------
    ValueError
        If GAN_BOOK_PROFILE is neither "quick" nor "full".

    Examples
    --------
    >>> profile() in ("quick", "full")
    True
    """
    chosen = os.environ.get("GAN_BOOK_PROFILE")
    if chosen:
        return _choose("GAN_BOOK_PROFILE", chosen, {"quick": "quick", "full": "full"})
    import tensorflow as tf

    return "full" if tf.config.list_physical_devices("GPU") else "quick"


def verbosity():
    """How much training says while it runs, as `fit` takes it: "auto" where a person may watch.

    The environment variable GAN_BOOK_PROFILE=quick, which the checks and the stored outputs of
    the book run under, makes it 0: progress bars carry times, which no two runs share.

    Examples
    --------
    >>> verbosity() in (0, "auto")
    True
    """
    return 0 if os.environ.get("GAN_BOOK_PROFILE") == "quick" else "auto"


def _choose(argument, key, table):
    if not isinstance(key, str) or key not in table:
        known = ", ".join(repr(k) for k in table)
        raise ValueError(f"{argument}: expected one of {known}, got {key!r}")
    return table[key]


def _digits():
    """The training and the test part of scikit-learn's digits, in [-1, 1]."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    every = _rescale(digits.images, 16)
    rank = np.zeros(len(every), dtype=int)
    for label in range(10):
        of_class = digits.target == label
        rank[of_class] = np.arange(of_class.sum())
    test = rank % 5 == 4
    return [Images(every[part], digits.target[part]) for part in (~test, test)]


def _idx_style(name):
    """A loader for data that come as bytes in the arrays x_train, y_train, x_test, y_test."""

    def load():
        folder = os.environ.get("GAN_UTILS_DATA")
        path = Path(folder).expanduser() / f"{name}.npz" if folder else None
        arrays = _from_file(path, name) if path else _from_keras(name)
        train, test = (_checked(path or name, part, arrays) for part in ("train", "test"))
        size = train.images.shape[1:]
        _checks.shape(f"{path or name}: x_test", test.images, (None, *size))
        return [train, test]

    return load


def _checked(source, part, arrays):
    """One part of the arrays, which the errors call by their source and their names."""
    pixels, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
    x, y = f"{source}: x_{part}", f"{source}: y_{part}"
    _checks.shape(x, pixels, (None, None, None))
    if pixels.dtype != np.uint8:
        raise ValueError(f"{x}: expected bytes (uint8) from 0 to 255, got {pixels.dtype}")
    if not pixels.size:
        raise ValueError(f"{x}: expected at least one pixel, got shape {pixels.shape}")
    _checks.shape(y, labels, (len(pixels),))
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"{y}: expected whole numbers, got {labels.dtype}")
    return Images(_rescale(pixels, 255), labels)


def _from_file(path, name):
    if not path.is_file():
        raise _unavailable(name, f"GAN_UTILS_DATA is set, but there is no file {path}")
    try:
        with np.load(path) as file:
            found = sorted(file)
            arrays = {key: np.asarray(file[key]) for key in _ARRAYS if key in found}
    except OSError as error:
        raise _unavailable(
            name, f"GAN_UTILS_DATA is set, but {path} cannot be read: {error}"
        ) from error
    except Exception as error:  # NumPy has a dozen for what is truncated or of another kind.
        raise ValueError(f"{path}: expected an intact .npz file, got {error!r}") from error
    missing = sorted(set(_ARRAYS) - set(found))
    if missing:
        raise ValueError(f"{path}: expected the arrays {missing}, got {found}")
    return arrays


def _from_keras(name):
    import keras

    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise _unavailable(name, str(error)) from error
    return dict(zip(_ARRAYS, (*train, *test), strict=True))


def _unavailable(name, reason):
    return DataUnavailable(
        f"{name}: {reason}. Three ways out: set GAN_UTILS_DATA to a folder that holds {name}.npz; "
        f"or unset it and let Keras download the data once, or find them in its cache; or use "
        f'"digits", which ships with scikit-learn.'
    )


def _rescale(pixels, white):
    return np.asarray(pixels, dtype=np.float32) * (2 / white) - 1


def _resize(images, size):
    """(n, height, width) -> (n, size, size)."""
    rows, columns = (_resampling(length, size) for length in images.shape[1:])
    return np.einsum("ih,nhw,jw->nij", rows, images, columns, optimize=True)


def _resampling(source, size):
    """The (size, source) matrix that resamples one axis: rows sum to one."""
    centre = (np.arange(size) + 0.5) * source / size - 0.5
    width = max(1.0, source / size)
    weights = _cubic(np.abs(centre[:, None] - np.arange(source)) / width)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _cubic(t):
    """The interpolating cubic kernel of Keys (1981), a = -1/2."""
    near, far = (1.5 * t - 2.5) * t**2 + 1, ((2.5 - 0.5 * t) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))


_LOADERS = {
    "digits": _digits,
    "mnist": _idx_style("mnist"),
    "fashion_mnist": _idx_style("fashion_mnist"),
}
