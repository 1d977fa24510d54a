r"""Adversarial losses on logits, in pairs: what each player minimises (TensorFlow).

Every loss takes (real_logits, fake_logits), tensors of shape (n, 1) or (n,), and returns a scalar
mean. Logarithms of probabilities are written as softplus on logits, which neither overflows nor
loses its gradient:

.. math:: -\log D = \mathrm{softplus}(-\ell), \qquad -\log(1 - D) = \mathrm{softplus}(\ell).

Logits whose ranks or trailing shapes disagree are a ValueError: (n, 1) against (n,) would broadcast
to (n, n) in silence. So are no logits at all, whose mean would be NaN, and two different types.
Logits of half precision (float16, bfloat16) are taken to float32 first, since their sums overflow
or lose small terms, and the loss is float32 then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import keras
import tensorflow as tf

from gan_utils import _arrays, divergences
from gan_utils.divergences import FDivergence

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
_softplus = tf.math.softplus


@keras.saving.register_keras_serializable(package="gan_utils")
@dataclass(frozen=True)
class AdversarialLoss:
    """Adversarial loss: what the discriminator and what the generator minimises, in one value.

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
    discriminator: Loss
    generator: Loss

    def __post_init__(self) -> None:
        for player in ("discriminator", "generator"):
            if not callable(getattr(self, player)):
                raise ValueError(f"{player}: expected a function, got {getattr(self, player)!r}")

    def get_config(self) -> dict[str, Any]:
        """The name alone for the losses of this module; both functions for any other."""
        if _LOSSES.get(self.name) is self:
            return {"name": self.name}
        functions = {"discriminator": self.discriminator, "generator": self.generator}
        serialize = keras.saving.serialize_keras_object
        return {"name": self.name, **{player: serialize(f) for player, f in functions.items()}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AdversarialLoss":
        """Inverse of `get_config`."""
        if set(config) == {"name"}:
            return _LOSSES[config["name"]]
        deserialize = keras.saving.deserialize_keras_object
        players = {player: deserialize(config[player]) for player in ("discriminator", "generator")}
        return cls(config["name"], **players)


def _on_logits(loss: Loss) -> Loss:
    """Decorate `loss` so that its arguments are a checked pair of logits."""

    @wraps(loss)
    def checked(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        return loss(*_pair(real_logits, fake_logits))

    return checked


def _pair(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Both logits as tensors of one type, at least float32, whose shapes have been compared."""
    real = _logits("real_logits", real_logits)
    fake = _logits("fake_logits", fake_logits)
    if real.shape[1:] != fake.shape[1:]:
        raise ValueError(
            f"fake_logits: expected the shape of real_logits, {real.shape}, up to the batch, "
            f"got {fake.shape}"
        )
    if real.dtype != fake.dtype:
        raise ValueError(
            f"fake_logits: expected the type of real_logits, {real.dtype.name}, "
            f"got {fake.dtype.name}"
        )
    return real, fake


def _logits(name: str, value: Any) -> tf.Tensor:
    tensor = tf.convert_to_tensor(value)
    if not tensor.dtype.is_floating:
        raise ValueError(f"{name}: expected floating-point logits, got {tensor.dtype.name}")
    if tensor.shape.rank not in (1, 2) or (tensor.shape.rank == 2 and tensor.shape[1] != 1):
        raise ValueError(f"{name}: expected shape (n, 1) or (n,), got {tensor.shape}")
    if tensor.shape[0] == 0:
        raise ValueError(f"{name}: expected at least one logit, got shape {tensor.shape}")
    return _arrays.widened(tensor)


@_on_logits
def _cross_entropy(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(_softplus(-real_logits)) + tf.reduce_mean(_softplus(fake_logits))


@_on_logits
def _minimax_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return -tf.reduce_mean(_softplus(fake_logits))


@_on_logits
def _non_saturating_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(_softplus(-fake_logits))


@_on_logits
def _least_squares_discriminator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return 0.5 * tf.reduce_mean(tf.square(real_logits - 1)) + 0.5 * tf.reduce_mean(
        tf.square(fake_logits)
    )


@_on_logits
def _least_squares_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return 0.5 * tf.reduce_mean(tf.square(fake_logits - 1))


@_on_logits
def _hinge_discriminator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.nn.relu(1 - real_logits)) + tf.reduce_mean(tf.nn.relu(1 + fake_logits))


@_on_logits
def _wasserstein_critic(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)


@_on_logits
def _minus_mean_fake(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return -tf.reduce_mean(fake_logits)


def _margin(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Real − fake, pair by pair."""
    if not real_logits.shape.is_compatible_with(fake_logits.shape):
        raise ValueError(
            f"fake_logits: expected as many as real_logits, {real_logits.shape}, since they are "
            f"compared in pairs, got {fake_logits.shape}"
        )
    return real_logits - fake_logits


@_on_logits
def _relativistic_discriminator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(_softplus(-_margin(real_logits, fake_logits)))


@_on_logits
def _relativistic_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
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


def f_gan(divergence: FDivergence) -> AdversarialLoss:
    r"""f-GAN losses: the variational bound on an f-divergence as a game, on logits v.

    .. math:: F = \mathbb E_{p_{\text{data}}} T - \mathbb E_{p_g} f^*(T), \qquad T = g_f(v)

    with the output activation g_f. D minimises −F, so that F rises to the divergence of p_data from
    p_g; G minimises F, of which −E f*(T) alone depends on it. That is the saddle point, which
    saturates as `MINIMAX` does: with `JENSEN_SHANNON` both losses are half of `MINIMAX`'s, D's less
    log 2, G's plus ½ log 2.

    For the divergences of `gan_utils`, f*(T) is written on the logits, and nothing overflows whose
    value is a number: E_p T does under `REVERSE_KL` and `SQUARED_HELLINGER` at logits below −88 in
    float32, E f*(T) under `KL` and `SQUARED_HELLINGER` above 88.

    Parameters
    ----------
    divergence : FDivergence
        Its `output_activation` and `conjugate` must take tensors. To save a model that has one of
        your own, register it under its name before saving and before loading:
        `keras.saving.get_custom_objects()[divergence.name] = divergence`.

    Returns
    -------
    AdversarialLoss named ``f_gan(<name of the divergence>)``; both losses are in nats.

    Raises
    ------
    ValueError
        If `divergence` is no FDivergence; on saving and loading, if its name is not registered.

    References
    ----------
    .. [1] Nowozin, Cseke, Tomioka (2016), "f-GAN", equations (4) to (6) and table 2.

    Examples
    --------
    >>> zeros = tf.zeros([4, 1])   # T = 0, the slope f'(1) where p_data = p_g: the bound is 0
    >>> print(f"{f_gan(divergences.JENSEN_SHANNON).discriminator(zeros, zeros):.4f}")
    0.0000
    """
    if not isinstance(divergence, FDivergence):
        raise ValueError(f"divergence: expected an FDivergence, got {divergence!r}")
    name = f"f_gan({divergence.name})"
    return AdversarialLoss(name, _DualDiscriminator(divergence), _DualGenerator(divergence))


_DIVERGENCES = {
    divergence.name: divergence
    for divergence in (
        divergences.KL,
        divergences.REVERSE_KL,
        divergences.JENSEN_SHANNON,
        divergences.PEARSON,
        divergences.SQUARED_HELLINGER,
        divergences.TOTAL_VARIATION,
    )
}

# f*(g_f(v)): through T alone, float32 would lose v wherever T is close to an end of its domain.
_CONJUGATE_AT_LOGIT = {
    divergences.REVERSE_KL.name: lambda v: v - 1,
    divergences.JENSEN_SHANNON.name: lambda v: 0.5 * (_softplus(v) - divergences.LOG_2),
    divergences.SQUARED_HELLINGER.name: lambda v: 0.5 * tf.math.expm1(v),
}


@dataclass(frozen=True)
class _Dual:
    """One player's side of the dual of a divergence, saved by the name of the divergence."""

    divergence: FDivergence

    def get_config(self) -> dict[str, Any]:
        """The name of the divergence, if it leads back to it."""
        if _divergence(self.divergence.name) != self.divergence:
            raise ValueError(_unregistered(self.divergence.name))
        return {"divergence": self.divergence.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "_Dual":
        """Inverse of `get_config`."""
        found = _divergence(config["divergence"])
        if found is None:
            raise ValueError(_unregistered(config["divergence"]))
        return cls(found)

    def _expected_conjugate(self, fake_logits: tf.Tensor) -> tf.Tensor:
        own = _DIVERGENCES.get(self.divergence.name) is self.divergence
        at_logit = own and _CONJUGATE_AT_LOGIT.get(self.divergence.name)
        if at_logit:
            return tf.reduce_mean(at_logit(fake_logits))
        test_fake = self.divergence.output_activation(fake_logits)
        return tf.reduce_mean(self.divergence.conjugate(test_fake))


@keras.saving.register_keras_serializable(package="gan_utils")
class _DualDiscriminator(_Dual):
    def __call__(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        real, fake = _pair(real_logits, fake_logits)
        expected_test = tf.reduce_mean(self.divergence.output_activation(real))
        return self._expected_conjugate(fake) - expected_test


@keras.saving.register_keras_serializable(package="gan_utils")
class _DualGenerator(_Dual):
    def __call__(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        _, fake = _pair(real_logits, fake_logits)
        return -self._expected_conjugate(fake)


def _divergence(name: str) -> FDivergence | None:
    return _DIVERGENCES.get(name) or keras.saving.get_registered_object(name)


def _unregistered(name: str) -> str:
    return (
        f"divergence: expected {name!r} to be registered, as by "
        f"keras.saving.get_custom_objects()[{name!r}] = divergence"
    )
