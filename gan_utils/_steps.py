"""The two halves of a training step, as functions of the players' values (TensorFlow).

Nothing here reads or writes a variable: values come in and losses, gradients and new values go out.
So the same arithmetic serves a step that writes its variables and a loop that carries tensors.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from gan_utils import _replicas

if TYPE_CHECKING:
    from gan_utils.training import GAN


class Values(NamedTuple):
    """A network at one moment: weights, as their owner keeps them, and the rest of its state."""

    weights: list | tf.Tensor
    state: list


class Batch(NamedTuple):
    """Real data, their labels where the networks take any, and their share of the whole batch."""

    real: tf.Tensor
    labels: tf.Tensor | None
    share: tf.Tensor | float

    def beside(self, x: tf.Tensor) -> tf.Tensor | list[tf.Tensor]:
        """What a network is called with: x, or x and the labels."""
        return x if self.labels is None else [x, self.labels]

    @property
    def size(self) -> tf.Tensor:
        """The number of samples."""
        return tf.shape(self.real)[0]


class Made(NamedTuple):
    """Samples, the generator's new state and regularisers, and the tape that saw them made."""

    samples: tf.Tensor
    state: list
    regularisers: list
    tape: tf.GradientTape


class Half(NamedTuple):
    """What one player's half of a step found: loss, gradient, the network's new state."""

    loss: tf.Tensor
    gradient: list | tf.Tensor
    state: list


class Steps:
    """Both halves of the training step of a `GAN`.

    `unpack_generator` and `unpack_discriminator` turn `Values.weights` into the list that the
    networks take.
    """

    def __init__(
        self,
        gan: "GAN",
        unpack_generator: Callable[[Any], list[tf.Tensor]] = list,
        unpack_discriminator: Callable[[Any], list[tf.Tensor]] = list,
    ) -> None:
        self._gan = gan
        self._unpack_generator = unpack_generator
        self._unpack_discriminator = unpack_discriminator

    def made(self, generator: Values, batch: Batch, step: tf.Tensor, player: int) -> Made:
        """As many samples as there are real data, from the noise for that player's half."""
        gan = self._gan
        z = noise(gan.seed, 2 * step + player, batch.size, gan.latent_dim, xla=gan.jit_compile)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(generator.weights)
            weights = self._unpack_generator(generator.weights)
            z = batch.beside(tf.cast(z, gan.compute_dtype))
            return Made(*_forward(gan.generator, weights, generator.state, z), tape)

    def discriminator(
        self, discriminator: Values, made: Made, batch: Batch, step: tf.Tensor
    ) -> Half:
        """The discriminator's half; its samples are constants to it."""
        gan, network = self._gan, self._gan.discriminator
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(discriminator.weights)
            weights = self._unpack_discriminator(discriminator.weights)

            def critic(
                x: tf.Tensor, state: list = discriminator.state
            ) -> tuple[tf.Tensor, list, list]:
                return _forward(network, weights, state, batch.beside(x))

            fake = tf.cast(made.samples, batch.real.dtype)
            real_logits, state, _ = critic(batch.real)
            fake_logits, state, regularisers = critic(fake, state)
            loss = gan.adversarial_loss.discriminator(single(real_logits), single(fake_logits))
            for seed, penalty in zip(self._penalty_seeds(step), gan.penalties, strict=True):
                loss += single(penalty(lambda x: critic(x)[0], batch.real, fake, seed))
            loss += sum(map(single, regularisers))
            scaled = _scaled(loss, batch, gan.discriminator_optimizer)
        return Half(loss, _gradient(tape, scaled, discriminator.weights), state)

    def generator(self, generator: Values, discriminator: Values, made: Made, batch: Batch) -> Half:
        """The generator's half, which goes through the discriminator and leaves it alone."""
        gan = self._gan
        with made.tape as tape:
            weights = self._unpack_discriminator(discriminator.weights)

            def critic(x: tf.Tensor) -> tf.Tensor:
                return _forward(gan.discriminator, weights, discriminator.state, batch.beside(x))[0]

            fake_logits = critic(made.samples)
            # Most generator losses do not look at these; the graph then never computes them.
            real_logits = critic(batch.real)
            loss = gan.adversarial_loss.generator(single(real_logits), single(fake_logits))
            loss += sum(map(single, made.regularisers))
            scaled = _scaled(loss, batch, gan.generator_optimizer)
        return Half(loss, _gradient(tape, scaled, generator.weights), made.state)

    def _penalty_seeds(self, step: tf.Tensor) -> list[tf.Tensor]:
        """Seeds that neither training noise, from 0 up, nor `sample`, -1, uses."""
        n = len(self._gan.penalties)
        seed = tf.constant(self._gan.seed, tf.int64)
        return [tf.stack([seed, -2 - (n * step + i)]) for i in range(n)]


def _forward(
    model: keras.Model, weights: list, state: list, inputs: tf.Tensor | list[tf.Tensor]
) -> tuple[tf.Tensor, list, list]:
    """Run a model in training mode without side effects: outputs, new state, regularisers."""
    return model.stateless_call(weights, state, inputs, training=True, return_losses=True)


def _scaled(loss: tf.Tensor, batch: Batch, optimizer: keras.optimizers.Optimizer) -> tf.Tensor:
    """What to differentiate: optimizers add the replicas' gradients and undo their own scale."""
    return optimizer.scale_loss(loss * batch.share)


def _gradient(
    tape: tf.GradientTape, loss: tf.Tensor, weights: list | tf.Tensor
) -> list | tf.Tensor:
    gradient = tape.gradient(loss, weights)
    # Embeddings have sparse ones.
    return tf.nest.map_structure(
        lambda g: g if g is None else tf.convert_to_tensor(g), gradient, expand_composites=False
    )


def all_finite(half: Half, optimizer: keras.optimizers.Optimizer) -> tf.Tensor:
    """Whether the loss and every gradient are numbers.

    An optimizer that looks for its scale provokes infinite gradients, and skips them itself. They
    are a fault where nothing is left to scale down.
    """
    gradients = [g for g in tf.nest.flatten(half.gradient) if g is not None]
    loss, of_gradients = half.loss, [tf.reduce_sum(single(g)) for g in gradients]
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        finite = tf.math.is_finite(tf.add_n(of_gradients)) | (optimizer.dynamic_scale > 1.0)
        return tf.math.is_finite(loss) & finite
    return tf.math.is_finite(tf.add_n([loss, *of_gradients]))


def noise(
    seed: int, counter: tf.Tensor | int, n: tf.Tensor, latent_dim: int, *, xla: bool = False
) -> tf.Tensor:
    """Standard normal noise (n, latent_dim), a function of seed and counter alone."""
    key = tf.stack([tf.constant(seed, tf.int64), tf.cast(counter, tf.int64)])
    draw = normal_from_bits if xla else normal
    return _replicas.own_rows(lambda rows: draw([rows, latent_dim], key), n)


def normal(shape: Sequence[tf.Tensor | int], seed: tf.Tensor) -> tf.Tensor:
    """Standard normal variates by TensorFlow's own generator."""
    return tf.random.stateless_normal(shape, seed=seed, alg="philox")


def normal_from_bits(shape: Sequence[tf.Tensor | int], seed: tf.Tensor) -> tf.Tensor:
    """The numbers of `normal`, to rounding, under XLA as well.

    XLA turns the same random bits into other normal variates. This is TensorFlow's way: two
    integers make two variates (Box and Muller 1958).
    """
    n = tf.reduce_prod(shape)
    pairs = [(n + 1) // 2, 2]
    bits = tf.random.stateless_uniform(
        pairs, seed=seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    mantissa, exponent_of_one = 0x7FFFFF, 0x3F800000
    uniform = tf.bitcast((bits & mantissa) | exponent_of_one, tf.float32) - 1
    radius = tf.sqrt(-2 * tf.math.log(tf.maximum(uniform[:, :1], 1e-7)))
    angle = 2 * np.pi * uniform[:, 1:]
    variates = radius * tf.concat([tf.sin(angle), tf.cos(angle)], axis=1)
    return tf.reshape(tf.reshape(variates, [-1])[:n], shape)


def single(x: tf.Tensor) -> tf.Tensor:
    """At least single precision, in which losses and gradients are summed."""
    return tf.cast(x, tf.float32) if x.dtype.size < 4 else x
