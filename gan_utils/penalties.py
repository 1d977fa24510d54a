"""Penalties on the gradient of a discriminator with respect to its input (TensorFlow).

A penalty is a value, called as penalty(discriminator, real, fake) -> scalar, and added to the
discriminator's loss. All of them rest on one derivative, `input_gradient_norm_squared`.
"""

from dataclasses import asdict, dataclass
from numbers import Real

import keras
import tensorflow as tf


def input_gradient_norm_squared(discriminator, x):
    r"""The squared norm of the gradient of the logit at each input, ‖∇ₓ ℓ(x)‖².

    Parameters
    ----------
    discriminator : callable
        (n, ...) -> (n, 1) logits, each of which depends on its own input only. A batch-normalised
        discriminator breaks this.
    x : (n, ...) tensor

    Returns
    -------
    (n,) tensor. It is differentiable with respect to the discriminator's weights.

    Raises
    ------
    ValueError
        If `x` is not of floating-point numbers: integers have no gradient.

    Examples
    --------
    >>> x = tf.constant([[1.0, 2.0]])
    >>> print(input_gradient_norm_squared(lambda x: 3 * x[:, :1] + 4 * x[:, 1:], x).numpy())
    [25.]
    """
    x = _floating("x", x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        logits = discriminator(x)
    gradient = tape.gradient(logits, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return tf.reduce_sum(tf.square(gradient), axis=range(1, x.shape.rank))


def _floating(name, value):
    tensor = tf.convert_to_tensor(value)
    if not tensor.dtype.is_floating:
        raise ValueError(f"{name}: expected floating-point numbers, got {tensor.dtype.name}")
    return tensor


class _Penalty:
    """What the penalties share: one non-negative coefficient, and Keras' serialisation."""

    def __post_init__(self):
        for name, value in asdict(self).items():
            if not isinstance(value, Real) or not 0 <= value < float("inf"):
                raise ValueError(f"{name}: expected a finite number of at least 0, got {value!r}")

    def get_config(self):
        """The coefficient."""
        return asdict(self)

    @classmethod
    def from_config(cls, config):
        """Inverse of `get_config`."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class r1(_Penalty):  # noqa: N801 (the field's name)
    r"""Penalise the gradient on real data: (γ/2) E‖∇ℓ(x)‖².

    Parameters
    ----------
    gamma : float >= 0

    Raises
    ------
    ValueError
        If gamma is negative or not finite. In a call: if real is not of floating-point numbers.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (9).

    Examples
    --------
    A linear critic with weight 3 in one dimension: (γ/2) 3².

    >>> print(f"{r1(2.0)(lambda x: 3 * x, tf.ones([5, 1]), tf.zeros([5, 1])):.1f}")
    9.0
    """

    gamma: float

    def __call__(self, discriminator, real, fake):
        """The penalty on a batch: (n, ...), (n, ...) -> scalar."""
        real = _floating("real", real)
        return self.gamma / 2 * tf.reduce_mean(input_gradient_norm_squared(discriminator, real))


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class r2(_Penalty):  # noqa: N801 (the field's name)
    r"""Penalise the gradient on generated data: (γ/2) E‖∇ℓ(G(z))‖².

    Parameters
    ----------
    gamma : float >= 0

    Raises
    ------
    ValueError
        If gamma is negative or not finite. In a call: if fake is not of floating-point numbers.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (10).

    Examples
    --------
    >>> print(f"{r2(2.0)(lambda x: x**2, tf.zeros([5, 1]), 3 * tf.ones([5, 1])):.1f}")   # (2·3)²
    36.0
    """

    gamma: float

    def __call__(self, discriminator, real, fake):
        """The penalty on a batch: (n, ...), (n, ...) -> scalar."""
        fake = _floating("fake", fake)
        return self.gamma / 2 * tf.reduce_mean(input_gradient_norm_squared(discriminator, fake))


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class wgan_gp(_Penalty):  # noqa: N801 (the field's name)
    r"""Penalise gradients of norm other than one: λ E(‖∇ℓ(x̂)‖ − 1)².

    x̂ = x + t (G(z) − x) with t uniform on [0, 1], one t for each pair. The seed of t is made from
    the values in the real batch and nothing else: a batch that comes again, such as the whole data
    set or copies of one point, gets the same t again.

    Parameters
    ----------
    weight : float >= 0
        λ.

    Raises
    ------
    ValueError
        If the weight is negative or not finite. In a call: if the shapes of real and fake differ,
        or one of them is not of floating-point numbers.

    References
    ----------
    .. [1] Gulrajani et al. (2017), equation (3).

    Examples
    --------
    >>> print(f"{wgan_gp(10.0)(lambda x: 3 * x, tf.ones([5, 1]), tf.zeros([5, 1])):.1f}")   # 10·2²
    40.0
    """

    weight: float

    def __call__(self, discriminator, real, fake):
        """The penalty on a batch: (n, ...), (n, ...) -> scalar."""
        between = _points_between(real, fake)
        squared = input_gradient_norm_squared(discriminator, between)
        return self.weight * tf.reduce_mean(tf.square(_safe_sqrt(squared) - 1))


def _points_between(real, fake):
    """One point on each segment from real to fake.

    The seed of the uniform weights is a hash of the bits of the real batch, so that a resumed
    run draws what the uninterrupted one would have drawn. The weights are made from integers,
    which XLA draws as TensorFlow does; its uniform numbers are others.
    """
    real, fake = _floating("real", real), _floating("fake", fake)
    if not fake.shape.is_compatible_with(real.shape):
        raise ValueError(f"fake: expected the shape of real, {real.shape}, got {fake.shape}")
    batch = tf.reduce_sum(tf.bitcast(tf.cast(real, tf.float32), tf.int32))
    shape = tf.concat([tf.shape(real)[:1], tf.ones([real.shape.rank - 1], tf.int32)], axis=0)
    bits = tf.random.stateless_uniform(
        shape, seed=tf.stack([batch, 0]), minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    t = 0.5 + tf.cast(bits, tf.float32) * 2.0**-32
    return real + tf.cast(t, real.dtype) * (fake - real)


def _safe_sqrt(x):
    """The square root with gradient 0, not infinity, at 0."""
    positive = x > 0
    return tf.where(positive, tf.sqrt(tf.where(positive, x, tf.ones_like(x))), tf.zeros_like(x))
