"""Elementwise Keras optimizers on one vector in place of many variables (TensorFlow).

What a small training step costs is hardly the arithmetic: it is the handling of variables, each
read, updated and written by kernels of its own. An optimizer that treats every coordinate alike
does the same to all weights of a network laid end to end, and to their moments likewise. As tensors
they can pass from one step to the next without being written, so that the values before a step that
fails are still at hand after it.
"""

from collections.abc import Iterable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

_ELEMENTWISE = frozenset(
    getattr(keras.optimizers, name)
    for name in ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Lion")
)
# Options under which a coordinate's update looks at other coordinates, or happens elsewhere.
_OPTIONS = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


class Moving(NamedTuple):
    """What an optimizer changes: the weights of a network, its step count, its moments."""

    weights: tf.Tensor
    iterations: tf.Tensor
    moments: tuple[tf.Tensor, ...]


class Layout:
    """How variables lie in one vector, in their order."""

    def __init__(self, variables: Iterable[keras.Variable]) -> None:
        self.variables = list(variables)
        self.shapes = [tuple(v.shape) for v in self.variables]
        self.sizes = [int(np.prod(shape)) for shape in self.shapes]

    def pack(self, values: Iterable[tf.Tensor | keras.Variable]) -> tf.Tensor:
        """The vector of the values of all variables."""
        return tf.concat([tf.reshape(tf.convert_to_tensor(v), [-1]) for v in values], axis=0)

    def unpack(self, vector: tf.Tensor) -> list[tf.Tensor]:
        """The value of each variable."""
        parts = tf.split(vector, self.sizes)
        return [tf.reshape(part, shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def assign(self, variables: Iterable[keras.Variable], vector: tf.Tensor) -> None:
        """Write the parts of the vector into variables of these shapes."""
        for variable, value in zip(variables, self.unpack(vector), strict=True):
            variable.assign(value)


class FlatOptimizer:
    """A built Keras optimizer, as a function from weights and moments to the next ones.

    The update is Keras' own `update_step`. Keras looks up the moments that belong to a variable
    by its `_get_variable_index`, the one private name on which this rests.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, layout: Layout) -> None:
        self._optimizer = optimizer
        self._layout = layout
        self._moments = _lists_of_moments(optimizer, layout)
        self._vector = self._stand_in()
        self._stand_ins = {name: self._stand_in() for name in self._moments}
        cls = type(optimizer)
        on_vectors = type(f"Flat{cls.__name__}", (_OnVectors, cls), {})
        # A copy that shares everything but the moments. `copy.copy` would go through Keras' files.
        self._on_vectors: keras.optimizers.Optimizer = object.__new__(on_vectors)
        self._on_vectors.__dict__.update(optimizer.__dict__)
        self._on_vectors.__dict__.update({name: [v] for name, v in self._stand_ins.items()})

    def _stand_in(self) -> keras.Variable:
        return keras.Variable(
            np.zeros(sum(self._layout.sizes)), dtype=self._layout.variables[0].dtype
        )

    @staticmethod
    def fits(optimizer: keras.optimizers.Optimizer, layout: Layout) -> bool:
        """Whether an optimizer does the same to a vector as to its parts one by one."""
        if type(optimizer) not in _ELEMENTWISE or not layout.variables:
            return False
        if any(getattr(optimizer, option, None) for option in _OPTIONS):
            return False
        if len({v.dtype for v in layout.variables}) > 1:
            return False
        own = [v for v in optimizer.variables if len(v.shape)]
        kept = [v for moments in _lists_of_moments(optimizer, layout).values() for v in moments]
        return {id(v) for v in own} == {id(v) for v in kept}

    def read(self) -> Moving:
        """The present values."""
        moments = (self._layout.pack(variables) for variables in self._moments.values())
        return Moving(
            self._layout.pack(self._layout.variables),
            tf.convert_to_tensor(self._optimizer.iterations),
            tuple(moments),
        )

    def write(self, moving: Moving) -> None:
        """Make these the present values."""
        self._layout.assign(self._layout.variables, moving.weights)
        self._optimizer.iterations.assign(moving.iterations)
        for variables, vector in zip(self._moments.values(), moving.moments, strict=True):
            self._layout.assign(variables, vector)

    def read_rate(self) -> tf.Tensor | None:
        """The learning rate outside the loop, where it is a variable; None for a schedule."""
        rate = self._optimizer.learning_rate
        return tf.convert_to_tensor(rate) if isinstance(rate, keras.Variable) else None

    def update(self, moving: Moving, gradient: tf.Tensor, rate: tf.Tensor | None) -> Moving:
        """The values after one update."""
        stand_ins = self._stand_ins.values()
        mapping = [
            (self._vector, moving.weights),
            (self._optimizer.iterations, moving.iterations),
            *zip(stand_ins, moving.moments, strict=True),
        ]
        with keras.StatelessScope(mapping) as scope:
            rate = self._on_vectors.learning_rate if rate is None else rate
            self._on_vectors.update_step(gradient, self._vector, rate)
        weights = self._constrained(scope.get_current_value(self._vector))
        moments = tuple(scope.get_current_value(v) for v in stand_ins)
        return Moving(weights, moving.iterations + 1, moments)

    def _constrained(self, weights: tf.Tensor) -> tf.Tensor:
        constraints = [getattr(v, "constraint", None) for v in self._layout.variables]
        if not any(constraints):
            return weights
        values = zip(constraints, self._layout.unpack(weights), strict=True)
        return self._layout.pack([rule(value) if rule else value for rule, value in values])


class _OnVectors(keras.optimizers.Optimizer):
    """What an optimizer does to variables, done to the values of a `StatelessScope`."""

    def assign(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign(value)

    def assign_add(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign_add(value)

    def assign_sub(self, variable: keras.Variable, value: tf.Tensor) -> None:
        variable.assign_sub(value)

    def _get_variable_index(self, variable: keras.Variable) -> int:
        return 0


def _lists_of_moments(
    optimizer: keras.optimizers.Optimizer, layout: Layout
) -> dict[str, list[keras.Variable]]:
    """The optimizer's attributes that hold one variable for each weight, by name."""
    own = {id(v) for v in optimizer.variables if len(v.shape)}
    found = {}
    for name, value in vars(optimizer).items():
        is_own = isinstance(value, list | tuple) and all(id(v) in own for v in value)
        if is_own and [tuple(v.shape) for v in value] == layout.shapes:
            found[name] = value
    return found
