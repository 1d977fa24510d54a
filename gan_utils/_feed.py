"""What `fit` may be given, as a dataset of batches (TensorFlow)."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_utils import _networks

_MEANINGLESS = ("sample_weight", "class_weight")
_ONE_OPTIMIZER = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)
_DEFAULT_BATCH = 32


def refuse(arguments: Mapping[str, Any]) -> None:
    """Raise ValueError where Keras would take an argument that means nothing here."""
    for name in _MEANINGLESS:
        if arguments.get(name) is not None:
            raise ValueError(f"{name}: expected none, since a GAN does not weigh its data")


def callbacks(
    given: keras.callbacks.Callback | Iterable[keras.callbacks.Callback] | None,
) -> list[keras.callbacks.Callback]:
    """The callbacks as a list, unless one of them looks for a single optimizer."""
    given = [given] if isinstance(given, keras.callbacks.Callback) else list(given or [])
    for callback in given:
        if isinstance(callback, _ONE_OPTIMIZER):
            raise ValueError(
                f"callbacks: {type(callback).__name__} changes the rate of the model's one "
                'optimizer, and a GAN has two; say whose: gan_utils.ForPlayer("generator", '
                f"{type(callback).__name__}(...))"
            )
    return given


def pair(data: Any) -> tuple[Any, Any]:
    """Data and labels: both parts of a pair of arrays, a dataset alone."""
    if isinstance(data, tuple | list) and len(data) == 2:
        return data[0], data[1]
    if isinstance(data, tuple | list) and len(data) == 1:
        return data[0], None
    if isinstance(data, tuple | list):
        raise ValueError(f"x: expected an array, or a pair of data and labels, got {len(data)}")
    return data, None


def split(x: Any, y: Any, fraction: float) -> tuple[Any, Any, tuple[Any, Any]]:
    """The first part of arrays to train on, and the last part as data to validate on."""
    x, y = _paired(x, y)
    if not _is_array(x):
        raise ValueError("validation_split: expected x as an array, got a dataset; split it")
    if not 0 < fraction < 1:
        raise ValueError(f"validation_split: expected a number between 0 and 1, got {fraction!r}")
    first = int(len(x) * (1 - fraction))
    parts = [(x[rows], None if y is None else y[rows]) for rows in _both_sides(first)]
    return *parts[0], parts[1]


def _both_sides(n: int) -> tuple[slice, slice]:
    return slice(None, n), slice(n, None)


def dataset(
    expected: _networks.Expected,
    x: Any,
    y: Any,
    batch_size: int | None,
    shuffle: bool,
    order: Callable[[], np.ndarray] | None = None,
    name: str = "x",
) -> Any:
    """Batches of x, or of (x, y), as a dataset; what is neither array nor dataset as it is.

    `order` is called before every pass through an array that is to be shuffled, for the seed of its
    order; without it tf.data shuffles.
    """
    x, y = _paired(x, y)
    if isinstance(x, dict):
        raise ValueError(f"{name}: expected an array or a dataset, got a dict")
    if isinstance(x, tf.data.Dataset):
        if y is not None:
            raise ValueError("y: expected none beside a dataset, which yields (x, y) itself")
        return _checked_dataset(expected, x, name)
    if not _is_array(x):
        return x
    x, y = _checked_arrays(expected, x, y, name)
    return _without_autotuning(_batches(x, y, batch_size or _DEFAULT_BATCH, shuffle, order))


def one_batch(expected: _networks.Expected, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Arrays of one batch."""
    x, y = _paired(x, y)
    return _checked_arrays(expected, x, y, "x")


def _paired(x: Any, y: Any) -> tuple[Any, Any]:
    if isinstance(x, tuple | list) and y is None and any(map(_is_array, x)):
        return pair(x)
    return x, y


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray | tf.Tensor)


def _checked_arrays(
    expected: _networks.Expected, x: Any, y: Any, name: str
) -> tuple[np.ndarray, np.ndarray | None]:
    if not (len(x.shape) and x.shape[0]):
        raise ValueError(
            f"{name}: expected at least one sample (n, ...), got shape {tuple(x.shape)}"
        )
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise ValueError(f"{name}: expected numbers, got {x.dtype}")
    expected.check_shape(name, x)
    _check_range(expected, x, name)
    if not expected.is_conditional:
        if y is not None:
            warnings.warn("y: the networks take no labels, which are ignored", stacklevel=4)
        return x, None
    if y is None:
        raise ValueError("y: expected labels, which both networks take, got none")
    y = np.asarray(y)
    if y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y: expected {len(x)} whole numbers, one for each sample, got {y.dtype} of shape "
            f"{y.shape}"
        )
    expected.check_labels("y", y)
    return x, y.astype(np.int32)


def _check_range(expected: _networks.Expected, x: np.ndarray, name: str) -> None:
    bounds = _networks.bounds(expected.generator)
    if bounds is None:
        return
    low, high = bounds
    slack = _networks.RANGE_TOLERANCE * (high - low)
    least, most = np.nanmin(x), np.nanmax(x)
    if least < low - slack or most > high + slack:
        raise ValueError(
            f"{name}: expected values in [{low:g}, {high:g}], the range of the generator's last "
            f"layer, got [{least:g}, {most:g}]. Bytes become such values by "
            "gan_utils.to_unit_range"
        )
    if low < 0 <= least and most > 0:
        warnings.warn(
            f"{name}: every value is at least 0, in the upper half of the generator's range "
            f"[{low:g}, {high:g}]; are these data scaled to [0, 1]?",
            stacklevel=4,
        )


def _checked_dataset(
    expected: _networks.Expected, x: tf.data.Dataset, name: str
) -> tf.data.Dataset:
    if x.cardinality() == 0:
        raise ValueError(f"{name}: expected at least one batch, got an empty dataset")
    real, labels = _networks.unpacked(x.element_spec)
    expected.check_batch(name, real, labels)
    if labels is not None and not expected.is_conditional:
        warnings.warn("y: the networks take no labels, which are ignored", stacklevel=4)
    return _without_autotuning(x)


def _batches(
    x: np.ndarray,
    y: np.ndarray | None,
    batch_size: int,
    shuffle: bool,
    order: Callable[[], np.ndarray] | None,
) -> tf.data.Dataset:
    """What Keras makes of arrays, as a dataset whose options we can set."""
    indices = _shuffled(len(x), order) if shuffle else tf.data.Dataset.range(len(x))
    arrays = [tf.convert_to_tensor(a) for a in (x, y) if a is not None]
    chosen = indices.batch(batch_size).map(lambda i: tuple(tf.gather(a, i) for a in arrays))
    return chosen.prefetch(2)


def _shuffled(n: int, order: Callable[[], np.ndarray] | None) -> tf.data.Dataset:
    """The numbers below n in an order that its seed alone decides, another one in each pass.

    The state of tf.data's own `shuffle` is in no file: after an interruption it would begin anew.
    """
    if order is None:
        return tf.data.Dataset.range(n).shuffle(n)

    def permuted(_: tf.Tensor) -> tf.data.Dataset:
        seed = tf.ensure_shape(tf.numpy_function(order, [], tf.int64), [2])
        indices = tf.random.experimental.stateless_shuffle(tf.range(n, dtype=tf.int64), seed)
        return tf.data.Dataset.from_tensor_slices(indices)

    passes = tf.data.Dataset.range(1).flat_map(permuted)
    return passes.apply(tf.data.experimental.assert_cardinality(n))


def _without_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The same batches without the thread that tunes the pipeline, unless the user asks for it.

    The end of an iteration sometimes waits for that thread, which sleeps twice as long every
    time: a fit of 3 s then takes 5 s.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
