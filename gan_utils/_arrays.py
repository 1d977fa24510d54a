"""One formula, two kinds of arrays: NumPy in float64, TensorFlow's tensors in their own type."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.special import xlogy

HALF = ("float16", "bfloat16")


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor or variable of TensorFlow, which this does not load."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not hasattr(tensorflow, "is_tensor"):  # none, or half imported
        return False
    return tensorflow.is_tensor(x)


def _saturating(
    exp: Callable[[Any], Any],
    maximum_of: Callable[[Any], Any],
    minimum: Callable[[Any, Any], Any],
) -> Callable[[Any], Any]:
    """Exponential that stops at the largest number, with gradient zero, instead of overflowing."""
    return lambda x: exp(minimum(x, np.log(maximum_of(x)) * (1 - 1e-6)))


NUMPY = SimpleNamespace(
    abs=np.abs,
    any=np.any,
    exp=np.exp,
    expm1=np.expm1,
    isnan=np.isnan,
    log=np.log,
    log1p=np.log1p,
    maximum=np.maximum,
    mean=np.mean,
    sign=np.sign,
    softplus=lambda x: np.logaddexp(0.0, x),
    sqrt=np.sqrt,
    tanh=np.tanh,
    where=np.where,
    xlogy=xlogy,
)
"""The functions that formulas are written with, on float64 arrays."""
NUMPY.saturating_exp = _saturating(np.exp, lambda x: np.finfo(np.float64).max, np.minimum)
NUMPY.saturating_expm1 = _saturating(np.expm1, lambda x: np.finfo(np.float64).max, np.minimum)


@lru_cache(maxsize=1)
def tensors() -> SimpleNamespace:
    """Namespace of the functions in `NUMPY`, on tensors."""
    import tensorflow as tf

    def largest(x: tf.Tensor) -> Any:
        return x.dtype.max

    def where(condition: tf.Tensor, x: Any, y: Any) -> tf.Tensor:
        # A number takes the tensor's type; by itself it would be float32 in a trace.
        dtype = x.dtype if is_tensor(x) else y.dtype
        return tf.where(condition, tf.cast(x, dtype), tf.cast(y, dtype))

    return SimpleNamespace(
        abs=tf.abs,
        any=tf.reduce_any,
        exp=tf.exp,
        expm1=tf.math.expm1,
        isnan=tf.math.is_nan,
        log=tf.math.log,
        log1p=tf.math.log1p,
        maximum=tf.maximum,
        mean=tf.reduce_mean,
        saturating_exp=_saturating(tf.exp, largest, tf.minimum),
        saturating_expm1=_saturating(tf.math.expm1, largest, tf.minimum),
        sign=tf.sign,
        softplus=tf.math.softplus,
        sqrt=tf.sqrt,
        tanh=tf.tanh,
        where=where,
        xlogy=tf.math.xlogy,
    )


def widened(x: Any) -> Any:
    """A tensor of half precision in float32, any other as it is."""
    import tensorflow as tf

    return tf.cast(x, tf.float32) if x.dtype.name in HALF else x


def float_tensors(**tensors: Any) -> tuple[Any, ...]:
    """Tensors of one floating type, at least float32, each with an entry; errors name them."""
    import tensorflow as tf

    given = [x.dtype for x in tensors.values() if is_tensor(x)]
    found = []
    for name, x in tensors.items():
        if not is_tensor(x):
            x = tf.cast(x, given[0])
        if not x.dtype.is_floating:
            raise ValueError(f"{name}: expected a floating-point tensor, got {x.dtype.name}")
        if 0 in x.shape:
            raise ValueError(f"{name}: expected at least one value, got shape {x.shape}")
        found.append(widened(tf.convert_to_tensor(x)))
    first = next(iter(tensors))
    for name, x in zip(tensors, found, strict=True):
        if x.dtype != found[0].dtype:
            raise ValueError(
                f"{name}: expected the type of {first}, {found[0].dtype.name}, got {x.dtype.name}"
            )
    return tuple(found)


class Elementwise(ABC):
    """Elementwise function: numbers in, float64 out; a tensor in, a tensor of its type out."""

    def __call__(self, x: Any) -> Any:
        if is_tensor(x):
            if not x.dtype.is_floating:
                raise ValueError(f"expected a tensor of floating point, got {x.dtype.name}")
            return self._on_tensor(x)
        with np.errstate(all="ignore"):
            return self._on_array(np.asarray(x, dtype=np.float64))[()]

    @abstractmethod
    def _on_array(self, x: np.ndarray) -> np.ndarray:
        """Values at float64 numbers."""

    @abstractmethod
    def _on_tensor(self, x: Any) -> Any:
        """Values at a tensor of floating point, of its shape and type, with gradients."""


class Formula(Elementwise):
    """Elementwise function by a formula, written once over a namespace of functions and an array.

    Where rounding would take the value at a finite argument onto `open_end`, the last number before
    it is given; the gradient is that of the formula. `slope`, if given, is the gradient on tensors
    wherever it is finite, and zero elsewhere.
    """

    def __init__(
        self,
        formula: Callable,
        *,
        slope: Elementwise | None = None,
        open_end: float | None = None,
    ) -> None:
        self._formula, self._slope, self._open_end = formula, slope, open_end

    def _on_array(self, x: np.ndarray) -> np.ndarray:
        y = np.asarray(self._formula(NUMPY, x))
        if self._open_end is None:
            return y
        return np.where(np.isposinf(x), y, np.minimum(y, np.nextafter(self._open_end, -np.inf)))

    def _on_tensor(self, x: Any) -> Any:
        import tensorflow as tf

        wide = widened(tf.convert_to_tensor(x))
        y = (
            self._formula(tensors(), wide)
            if self._slope is None
            else self._with_slope(self._slope, wide)
        )
        y = tf.cast(y, x.dtype)
        if self._open_end is None:
            return y
        last = _last_before(self._open_end, x.dtype.as_numpy_dtype)
        inside = tf.grad_pass_through(lambda value: tf.minimum(value, last))(y)
        return tf.where(tf.equal(x, np.inf), y, inside)

    def _with_slope(self, slope_of: Elementwise, x: Any) -> Any:
        import tensorflow as tf

        @tf.custom_gradient
        def formula(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
            def gradient(upstream: tf.Tensor) -> tf.Tensor:
                finite = tf.math.is_finite(slope_of(x))
                slope = slope_of(tf.where(finite, x, tf.ones_like(x)))
                return upstream * tf.where(finite, slope, tf.zeros_like(slope))

            return self._formula(tensors(), x), gradient

        return formula(x)


def _last_before(end: float, dtype: type) -> np.floating:
    """The largest normal number below `end`: TensorFlow may take smaller ones for zero."""
    if end == 0:
        own = dtype if dtype in (np.float16, np.float64) else np.float32  # bfloat16's is float32's
        return dtype(-np.finfo(own).tiny)
    return np.nextafter(dtype(end), dtype(-np.inf))


class Given(Elementwise):
    """Elementwise function that a user gave, of whatever it is written with."""

    def __init__(self, name: str, function: Callable[[Any], Any]) -> None:
        if not callable(function):
            raise ValueError(f"{name}: expected a function, got {function!r}")
        self._name, self._function = name, function
        self._traced: Callable[[Any], Any] | None = None

    def _on_array(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._function(x), dtype=np.float64)

    def _on_tensor(self, x: Any) -> Any:
        import tensorflow as tf

        # Traced, since NumPy's functions take tensors only outside of a trace, and then lose their
        # gradients without a word.
        self._traced = self._traced or tf.function(self._function, autograph=False)
        try:
            return tf.cast(self._traced(x), x.dtype)
        except (NotImplementedError, AttributeError) as error:
            raise TypeError(
                f"{self._name}: tensors need a function written with operators or `keras.ops`; "
                f"NumPy's lose the gradient ({error})"
            ) from error
