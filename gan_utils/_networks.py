"""What a `GAN` asks of its two networks, and what they ask of data (Keras)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from gan_utils.layers import ClassEmbedding

RANGE_TOLERANCE = 0.02
"""Of the generator's range, for data that lost a little when they were scaled."""

_SHAPES = (
    keras.layers.Reshape,
    keras.layers.Flatten,
    keras.layers.Permute,
    keras.layers.Cropping2D,
    keras.layers.UpSampling2D,
)
_RANGES: dict[str | None, tuple[float, float]] = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}


def check(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raise ValueError unless the two can play against each other."""
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ValueError(
            f"KERAS_BACKEND: expected tensorflow, got {backend}; set it before Keras is imported"
        )
    for name, model in {"generator": generator, "discriminator": discriminator}.items():
        _check_model(name, model)
    noise, *label = shapes(generator)
    if len(noise) != 2 or noise[-1] is None:
        raise ValueError(f"generator: expected an input of shape (None, latent_dim), got {noise}")
    image, *label_of_image = shapes(discriminator)
    if generator.output_shape != image:
        raise ValueError(
            f"discriminator: expected the generator's output {generator.output_shape} as its "
            f"input, got {image}"
        )
    if label != label_of_image:
        raise ValueError(
            "discriminator: expected labels if, and only if, the generator takes them, got inputs "
            f"{shapes(discriminator)} beside the generator's {shapes(generator)}"
        )
    if discriminator.output_shape != (None, 1):
        raise ValueError(
            f"discriminator: expected logits of shape (None, 1), got {discriminator.output_shape}"
        )
    if _activation(discriminator) in ("sigmoid", "softmax", "tanh"):
        raise ValueError(
            "discriminator: expected logits, got a last layer with the activation "
            f"{_activation(discriminator)}; every loss applies its own"
        )
    _check_nothing_shared(generator, discriminator)


def _check_model(name: str, model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise ValueError(f"{name}: expected a keras.Model, got {model!r}")
    if not model.built:
        raise ValueError(f"{name}: expected a built model; give it a keras.Input")
    _check_has_inputs(name, model)
    inputs = shapes(model)
    if len(inputs) > 2 or (len(inputs) == 2 and len(inputs[1]) != 1):
        raise ValueError(
            f"{name}: expected one input, or a second one of shape (None,) for labels, got {inputs}"
        )
    if len(model.outputs) != 1:
        raise ValueError(f"{name}: expected one output, got {len(model.outputs)}")


def _check_has_inputs(name: str, model: keras.Model) -> None:
    if model.built and not getattr(model, "inputs", None):
        raise ValueError(
            f"{name}: expected a functional or Sequential model, whose inputs are known, got the "
            f"subclass {type(model).__name__}; wrap it: keras.Model(x, layer(x)) for x = "
            "keras.Input(...)"
        )


def _check_nothing_shared(generator: keras.Model, discriminator: keras.Model) -> None:
    of_generator = {id(variable) for variable in generator.variables}
    shared = [v.path for v in discriminator.variables if id(v) in of_generator]
    if shared:
        raise ValueError(
            f"discriminator: expected weights of its own, got some that are the generator's as "
            f"well: {', '.join(shared)}"
        )


def shapes(model: keras.Model) -> list[tuple[Any, ...]]:
    """The shape of every input."""
    return [tuple(x.shape) for x in model.inputs]


def bounds(generator: keras.Model) -> tuple[float, float] | None:
    """The closed range of the generator's last activation; None where it is unbounded."""
    return _RANGES.get(_activation(generator))


def _activation(model: keras.Model) -> str | None:
    """The name of the last activation, behind which nothing but the shape may change."""
    values = [layer for layer in model.layers if not isinstance(layer, _SHAPES)]
    activation = getattr(values[-1], "activation", None) if values else None
    return getattr(activation, "__name__", None)


def classes(model: keras.Model) -> int | None:
    """How many classes a conditional network knows; None where that cannot be read off."""
    sizes = [
        getattr(layer, "num_classes", None) or layer.input_dim
        for layer in _layers(model)
        if isinstance(layer, ClassEmbedding | keras.layers.Embedding)
    ]
    return min(sizes, default=None)


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer)


def copy(model: keras.Model) -> keras.Model:
    """Another model with the same layers and values."""
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model))
    for variable, value in zip(again.variables, model.variables, strict=True):
        variable.assign(value)
    return again


def unpacked(data: Any) -> tuple[Any, Any]:
    """Real data and labels, or None, of a batch or of what describes one."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is not None:
        raise ValueError("sample_weight: expected none, since a GAN does not weigh its data")
    return x, y


@dataclass(frozen=True)
class Expected:
    """What the networks expect of a batch."""

    generator: keras.Model
    discriminator: keras.Model

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of real data, (None, ...)."""
        return shapes(self.discriminator)[0]

    @property
    def is_conditional(self) -> bool:
        """Whether there must be labels."""
        return len(self.discriminator.inputs) == 2

    def checked(self, data: Any) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Real data and labels, or None, from what a dataset yields; their shapes are right."""
        x, y = unpacked(data)
        if not isinstance(x, dict | list | tuple):
            x = tf.convert_to_tensor(x)
        y = tf.convert_to_tensor(y) if self.is_conditional and y is not None else None
        self.check_batch("x", x, y)
        return x, None if y is None else tf.cast(y, tf.int32)

    def check_batch(self, name: str, x: Any, y: Any) -> None:
        """Raise ValueError unless a batch, or what describes one, has the right shapes."""
        if isinstance(x, dict | list | tuple):
            what = f"a dict with the keys {sorted(x)}" if isinstance(x, dict) else f"{len(x)}"
            raise ValueError(f"{name}: expected one tensor in each batch, got {what}")
        self.check_shape(name, x)
        if not self.is_conditional:
            return
        if y is None:
            raise ValueError("y: expected labels, which both networks take, got none")
        if not y.dtype.is_integer or y.shape.rank != 1:
            raise ValueError(
                f"y: expected whole numbers of shape (n,), got {y.dtype.name} of shape {y.shape}"
            )

    def check_shape(self, name: str, x: Any) -> None:
        """Raise ValueError unless x could be a batch of real data."""
        shape = tf.TensorShape(x.shape)
        if not shape.is_compatible_with(self.shape):
            single = shape.rank == len(self.shape) - 1
            hint = "; did you forget .batch(...)?" if single else ""
            raise ValueError(
                f"{name}: expected batches of shape {self.shape}, got {tuple(shape)}{hint}"
            )

    def check_labels(self, name: str, labels: np.ndarray) -> None:
        """Raise ValueError unless every one of an array's labels is a class."""
        number = classes(self.generator)
        if number is None or not len(labels):
            return
        low, high = int(np.min(labels)), int(np.max(labels))
        if low < 0 or high >= number:
            raise ValueError(
                f"{name}: expected classes from 0 to {number - 1}, got labels from {low} to {high}"
            )


def labels_to_sample(generator: keras.Model, n: int, labels: ArrayLike | None) -> tf.Tensor | None:
    """The labels for n samples, or None where the generator takes none."""
    if len(generator.inputs) == 1:
        if labels is not None:
            raise ValueError("labels: expected none, since the generator takes none")
        return None
    if labels is None:
        raise ValueError("labels: expected an int or an array, since the generator takes labels")
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or labels.shape not in [(), (n,)]:
        raise ValueError(
            f"labels: expected whole numbers, one or {n}, got {labels.dtype} of shape "
            f"{labels.shape}"
        )
    labels = np.broadcast_to(labels, (n,)).astype(np.int32)
    Expected(generator, generator).check_labels("labels", labels)
    return tf.constant(labels)
