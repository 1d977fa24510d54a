r"""Adversarial losses on logits, in pairs: what each player minimises (TensorFlow).

Every loss takes (real_logits, fake_logits), tensors of shape (n, 1) or (n,), and returns a scalar
mean. Logarithms of probabilities are written as softplus on logits, which neither overflows nor
loses its gradient:

.. math:: -\log D = \mathrm{softplus}(-\ell), \qquad -\log(1 - D) = \mathrm{softplus}(\ell).

Logits whose ranks or trailing shapes disagree are a ValueError: (n, 1) against (n,) would broadcast
to (n, n) in silence. So are no logits at all, whose mean would be NaN.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import keras
import tensorflow as tf

_softplus = tf.math.softplus


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class AdversarialLoss:
    """A value that holds both players' losses.

    Parameters
    ----------
    name : str
    discriminator, generator : callable
        (real_logits, fake_logits) -> scalar, both minimised. To save a model that has a loss of
        your own, register both with `keras.saving.register_keras_serializable`.

    Raises
    ------
    ValueError
        If a player's loss is not callable.

    Examples
    --------
    >>> zeros = tf.zeros([4, 1])
    >>> print(f"{NON_SATURATING.discriminator(zeros, zeros):.4f}")   # D = 1/2 everywhere: log 4
    1.3863
    """

    name: str
    discriminator: Callable
    generator: Callable

    def __post_init__(self):
        for player in ("discriminator", "generator"):
            if not callable(getattr(self, player)):
                raise ValueError(f"{player}: expected a function, got {getattr(self, player)!r}")

    def get_config(self):
        """The name alone for the losses of this module; both functions for any other."""
        if _LOSSES.get(self.name) is self:
            return {"name": self.name}
        functions = {"discriminator": self.discriminator, "generator": self.generator}
        serialize = keras.saving.serialize_keras_object
        return {"name": self.name, **{player: serialize(f) for player, f in functions.items()}}

    @classmethod
    def from_config(cls, config):
        """Inverse of `get_config`."""
        if set(config) == {"name"}:
            return _LOSSES[config["name"]]
        deserialize = keras.saving.deserialize_keras_object
        players = {player: deserialize(config[player]) for player in ("discriminator", "generator")}
        return cls(config["name"], **players)


def _on_logits(loss):
    """`loss` on tensors whose shapes have been compared."""

    @wraps(loss)
    def checked(real_logits, fake_logits):
        real = _logits("real_logits", real_logits)
        fake = _logits("fake_logits", fake_logits)
        if real.shape[1:] != fake.shape[1:]:
            raise ValueError(
                f"fake_logits: expected the shape of real_logits, {real.shape}, up to the batch, "
                f"got {fake.shape}"
            )
        return loss(real, fake)

    return checked


def _logits(name, value):
    tensor = tf.convert_to_tensor(value)
    if not tensor.dtype.is_floating:
        raise ValueError(f"{name}: expected floating-point logits, got {tensor.dtype.name}")
    if tensor.shape.rank not in (1, 2) or (tensor.shape.rank == 2 and tensor.shape[1] != 1):
        raise ValueError(f"{name}: expected shape (n, 1) or (n,), got {tensor.shape}")
    if tensor.shape[0] == 0:
        raise ValueError(f"{name}: expected at least one logit, got shape {tensor.shape}")
    return tensor


@_on_logits
def _cross_entropy(real_logits, fake_logits):
    return tf.reduce_mean(_softplus(-real_logits)) + tf.reduce_mean(_softplus(fake_logits))


@_on_logits
def _minimax_generator(real_logits, fake_logits):
    return -tf.reduce_mean(_softplus(fake_logits))


@_on_logits
def _non_saturating_generator(real_logits, fake_logits):
    return tf.reduce_mean(_softplus(-fake_logits))


@_on_logits
def _least_squares_discriminator(real_logits, fake_logits):
    return 0.5 * tf.reduce_mean(tf.square(real_logits - 1)) + 0.5 * tf.reduce_mean(
        tf.square(fake_logits)
    )


@_on_logits
def _least_squares_generator(real_logits, fake_logits):
    return 0.5 * tf.reduce_mean(tf.square(fake_logits - 1))


@_on_logits
def _hinge_discriminator(real_logits, fake_logits):
    return tf.reduce_mean(tf.nn.relu(1 - real_logits)) + tf.reduce_mean(tf.nn.relu(1 + fake_logits))


@_on_logits
def _wasserstein_critic(real_logits, fake_logits):
    return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)


@_on_logits
def _minus_mean_fake(real_logits, fake_logits):
    return -tf.reduce_mean(fake_logits)


def _margin(real_logits, fake_logits):
    """Real − fake, pair by pair."""
    if not real_logits.shape.is_compatible_with(fake_logits.shape):
        raise ValueError(
            f"fake_logits: expected as many as real_logits, {real_logits.shape}, since they are "
            f"compared in pairs, got {fake_logits.shape}"
        )
    return real_logits - fake_logits


@_on_logits
def _relativistic_discriminator(real_logits, fake_logits):
    return tf.reduce_mean(_softplus(-_margin(real_logits, fake_logits)))


@_on_logits
def _relativistic_generator(real_logits, fake_logits):
    return tf.reduce_mean(_softplus(_margin(real_logits, fake_logits)))


MINIMAX = AdversarialLoss("minimax", _cross_entropy, _minimax_generator)
r"""D: −V. G: E log(1 − D(G(z))), which saturates where D(G(z)) ≈ 0.

Goodfellow et al. (2014), equation (1).
"""

NON_SATURATING = AdversarialLoss("non_saturating", _cross_entropy, _non_saturating_generator)
r"""D: −V. G: −E log D(G(z)).

Goodfellow et al. (2014), section 3, last paragraph.
"""

LEAST_SQUARES = AdversarialLoss(
    "least_squares", _least_squares_discriminator, _least_squares_generator
)
r"""D: ½ E(ℓ(x) − 1)² + ½ E ℓ(G(z))². G: ½ E(ℓ(G(z)) − 1)².

Mao et al. (2017), equation (9).
"""

HINGE = AdversarialLoss("hinge", _hinge_discriminator, _minus_mean_fake)
r"""D: E max(0, 1 − ℓ(x)) + E max(0, 1 + ℓ(G(z))). G: −E ℓ(G(z)).

Lim and Ye (2017), section 2; Miyato et al. (2018), equations (16) and (17).
"""

WASSERSTEIN = AdversarialLoss("wasserstein", _wasserstein_critic, _minus_mean_fake)
r"""Critic: E ℓ(G(z)) − E ℓ(x), for a critic kept Lipschitz by a penalty. G: −E ℓ(G(z)).

Arjovsky, Chintala and Bottou (2017), equations (2) and (3).
"""

RELATIVISTIC = AdversarialLoss("relativistic", _relativistic_discriminator, _relativistic_generator)
r"""D: E softplus(−(ℓ(x) − ℓ(G(z)))) over pairs. G: E softplus(ℓ(x) − ℓ(G(z))).

Jolicoeur-Martineau (2019), section 4.1; Huang et al. (2024), equation (2).
"""

_LOSSES = {
    loss.name: loss
    for loss in (MINIMAX, NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN, RELATIVISTIC)
}
