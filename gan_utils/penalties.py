"""Gradient penalties: R1, R2 and WGAN-GP (TensorFlow).

A penalty is a value, called as penalty(discriminator, real, fake, seed) -> scalar, and added to the
discriminator's loss. All of them rest on one derivative, `input_gradient_norm_squared`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from gan_utils import _replicas

_Discriminator = Callable[[tf.Tensor], tf.Tensor]


def input_gradient_norm_squared(discriminator: _Discriminator, x: tf.Tensor) -> tf.Tensor:
    r"""Squared norm of the input gradient: ‖∇ₓ ℓ(x)‖² of the logit ℓ at each sample x.

    Parameters
    ----------
    discriminator : callable
        (n, ...) -> (n, 1) logits, each of which depends on its own input only. A batch-normalised
        discriminator breaks this.
    x : (n, ...) tensor
        Of floating-point numbers.

    Returns
    -------
    (n,) tensor, of `x`'s type, but at least float32: squares overflow in float16. It is
    differentiable with respect to the discriminator's weights.

    Raises
    ------
    ValueError
        If `x` has no samples or is not of floating-point numbers (integers have no gradient), or
        the logits do not have shape (n, 1).

    Examples
    --------
    >>> x = tf.constant([[1.0, 2.0]])
    >>> print(input_gradient_norm_squared(lambda x: 3 * x[:, :1] + 4 * x[:, 1:], x).numpy())
    [25.]
    """
    x = _batch("x", x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        logits = _checked_logits(discriminator(x), x)
    gradient = tape.gradient(logits, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tf.reduce_sum(tf.square(_single(gradient)), axis=range(1, x.shape.rank))


def _batch(name: str, value: Any) -> tf.Tensor:
    """`value` as a tensor of floating-point numbers, (n, ...), with n >= 1 where n is known."""
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name}: expected an array without a mask, got a masked array")
    tensor = tf.convert_to_tensor(value)
    if not tensor.dtype.is_floating:
        raise ValueError(f"{name}: expected floating-point numbers, got {tensor.dtype.name}")
    if tensor.shape.rank == 0 or 0 in tensor.shape:
        raise ValueError(f"{name}: expected at least one sample (n, ...), got shape {tensor.shape}")
    return tensor


def _checked_logits(logits: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    if not logits.shape.is_compatible_with([x.shape[0], 1]):
        raise ValueError(
            f"discriminator: expected logits of shape ({x.shape[0] or 'n'}, 1) for inputs of "
            f"shape {x.shape}, got {logits.shape}"
        )
    return logits


def _single(x: tf.Tensor) -> tf.Tensor:
    """At least single precision, in which squares of half precision do not overflow."""
    return tf.cast(x, tf.float32) if x.dtype.size < 4 else x


class _Penalty:
    """What the penalties share: one non-negative coefficient, and Keras' serialisation."""

    def __post_init__(self) -> None:
        for name, value in self.get_config().items():
            if not isinstance(value, Real) or not 0 <= value < float("inf"):
                raise ValueError(f"{name}: expected a finite number of at least 0, got {value!r}")

    def get_config(self) -> dict[str, float]:
        """The coefficient."""
        return asdict(self)  # type: ignore[call-overload]  # the subclasses are dataclasses

    @classmethod
    def from_config(cls, config: dict[str, float]) -> Self:
        """Inverse of `get_config`."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class r1(_Penalty):  # noqa: N801 (the field's name)
    r"""R1 regularisation: (γ/2) E‖∇ℓ(x)‖², the gradient of the logit at real data.

    Parameters
    ----------
    gamma : float >= 0

    Raises
    ------
    ValueError
        If gamma is negative or not finite. In a call: if real is empty or not of floating-point
        numbers, or the logits do not have shape (n, 1).

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (9).

    Examples
    --------
    A linear critic with weight 3 in one dimension: (γ/2) 3².

    >>> print(f"{r1(2.0)(lambda x: 3 * x, tf.ones([5, 1]), tf.zeros([5, 1]), seed=(0, 0)):.1f}")
    9.0
    """

    gamma: float

    def __call__(
        self, discriminator: _Discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """The penalty on a batch: (n, ...), (n, ...) -> scalar. It needs no seed."""
        real = _batch("real", real)
        return self.gamma / 2 * tf.reduce_mean(input_gradient_norm_squared(discriminator, real))


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class r2(_Penalty):  # noqa: N801 (the field's name)
    r"""R2 regularisation: (γ/2) E‖∇ℓ(G(z))‖², the gradient of the logit at generated data.

    Parameters
    ----------
    gamma : float >= 0

    Raises
    ------
    ValueError
        If gamma is negative or not finite. In a call: if fake is empty or not of floating-point
        numbers, or the logits do not have shape (n, 1).

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (10).

    Examples
    --------
    At G(z) = 3 the parabola x² has slope 6.

    >>> print(f"{r2(2.0)(lambda x: x**2, tf.zeros([5, 1]), 3 * tf.ones([5, 1]), seed=(0, 0)):.1f}")
    36.0
    """

    gamma: float

    def __call__(
        self, discriminator: _Discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """The penalty on a batch: (n, ...), (n, ...) -> scalar. It needs no seed."""
        fake = _batch("fake", fake)
        return self.gamma / 2 * tf.reduce_mean(input_gradient_norm_squared(discriminator, fake))


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class wgan_gp(_Penalty):  # noqa: N801 (the field's name)
    r"""Gradient penalty (WGAN-GP): λ E(‖∇ℓ(x̂)‖ − 1)² at points between real and generated ones.

    x̂ = x + t (G(z) − x) with t uniform on [0, 1], one t for each pair, drawn from the seed.

    Parameters
    ----------
    weight : float >= 0
        λ.

    Raises
    ------
    ValueError
        If the weight is negative or not finite. In a call: if the shapes or types of real and fake
        differ, one of them is empty or not of floating-point numbers, the logits do not have shape
        (n, 1), or the seed is not two integers.

    References
    ----------
    .. [1] Gulrajani et al. (2017), equation (3).

    Examples
    --------
    A linear critic with weight 3 in one dimension, and λ = 10: 10 (3 − 1)².

    >>> critic = lambda x: 3 * x
    >>> print(f"{wgan_gp(10.0)(critic, tf.ones([5, 1]), tf.zeros([5, 1]), seed=(0, 0)):.1f}")
    40.0
    """

    weight: float

    def __call__(
        self, discriminator: _Discriminator, real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
    ) -> tf.Tensor:
        """The penalty on a batch: (n, ...), (n, ...), (2,) integers -> scalar."""
        between = _points_between(*_pair(real, fake), seed)
        squared = input_gradient_norm_squared(discriminator, between)
        return self.weight * tf.reduce_mean(tf.square(_safe_sqrt(squared) - 1))


def _pair(real: Any, fake: Any) -> tuple[tf.Tensor, tf.Tensor]:
    real, fake = _batch("real", real), _batch("fake", fake)
    if not fake.shape.is_compatible_with(real.shape):
        raise ValueError(f"fake: expected the shape of real, {real.shape}, got {fake.shape}")
    if fake.dtype != real.dtype:
        raise ValueError(
            f"fake: expected the type of real, {real.dtype.name}, got {fake.dtype.name}"
        )
    return real, fake


def _points_between(real: tf.Tensor, fake: tf.Tensor, seed: Any) -> tf.Tensor:
    """One point on each segment from real to fake, in at least single precision until it is drawn.

    The difference of two numbers of half precision may overflow where a point between does not.
    """
    shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
    t = tf.cast(_uniform(shape, seed), _single(real).dtype)
    return tf.cast(_single(real) + t * (_single(fake) - _single(real)), real.dtype)


def _uniform(shape: tf.Tensor, seed: Any) -> tf.Tensor:
    """Uniform numbers on [0, 1] from a seed, of which every replica takes its own.

    They are made from integers, which XLA draws as TensorFlow does; its uniform numbers are others.
    """
    seed = _checked_seed(seed)

    def draw(n: tf.Tensor) -> tf.Tensor:
        of_all = tf.concat([[n], shape[1:]], axis=0)
        return tf.random.stateless_uniform(
            of_all, seed=seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
        )

    return 0.5 + tf.cast(_replicas.own_rows(draw, shape[0]), tf.float32) * 2.0**-32


def _checked_seed(seed: Any) -> tf.Tensor:
    try:
        tensor = tf.convert_to_tensor(seed)
    except (TypeError, ValueError) as error:
        raise ValueError(f"seed: expected two integers, got {seed!r}") from error
    if not tensor.dtype.is_integer or not tensor.shape.is_compatible_with([2]):
        raise ValueError(
            f"seed: expected two integers, got {tensor.dtype.name} of shape {tensor.shape}"
        )
    return tensor


def _safe_sqrt(x: tf.Tensor) -> tf.Tensor:
    """The square root with gradient 0, not infinity, at 0; NaN stays NaN."""
    zero = tf.equal(x, 0)
    return tf.where(zero, tf.zeros_like(x), tf.sqrt(tf.where(zero, tf.ones_like(x), x)))
