"""`GAN`: two players trained alternately through Keras' own `fit` (TensorFlow)."""

import random
from collections.abc import Iterable
from numbers import Real
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

import gan_utils.penalties  # noqa: F401 (registers what a saved model may hold)
from gan_utils import _checks, _replicas
from gan_utils.callbacks import in_order
from gan_utils.losses import AdversarialLoss

_PLAYERS = ("discriminator", "generator")
_SAMPLES_AT_ONCE = 4096
_NO_FAILURE = -1


class _Made(NamedTuple):
    """Samples, the generator's new state and regularisers, and the tape that saw them made."""

    samples: tf.Tensor
    state: list
    regularisers: list
    tape: tf.GradientTape


@keras.saving.register_keras_serializable(package="gan_utils")
class GAN(keras.Model):
    r"""A generator and a discriminator that are trained against each other.

    One training step is one update of the discriminator on a batch of real data and as many
    generated samples, then, on every `critic_steps`-th step, one update of the generator with
    fresh noise z' ~ N(0, I):

    .. math::

        \psi &\leftarrow \psi - \eta_D \nabla_\psi
        \bigl[ L_D(\ell_\psi(x), \ell_\psi(G_\theta(z))) + \textstyle\sum_i R_i(\psi) \bigr], \\
        \theta &\leftarrow \theta - \eta_G \nabla_\theta
        L_G(\ell_\psi(x), \ell_\psi(G_\theta(z'))).

    Either step moves its own player only; the other one's weights and state, such as the averages
    of batch normalisation, stay. Both networks run in training mode.

    Parameters
    ----------
    generator : keras.Model
        (n, latent_dim) -> (n, ...), built.
    discriminator : keras.Model
        (n, ...) -> (n, 1) logits, built. Weights must not be shared between the two.
    loss : AdversarialLoss
    penalties : iterable of callables (discriminator, real, fake, seed) -> scalar
        Added to the discriminator's loss.
    critic_steps : int
        Updates of the discriminator for each one of the generator. Every update has a batch of
        its own.
    ema_decay : float in [0, 1)
        Where positive, `sample` uses the generator's weights averaged over its updates. In update
        t = 1, 2, … the average keeps min(ema_decay, t / (t + 9)) of itself, so that it forgets the
        initial weights.
    shared_noise : bool
        Whether the generator's step takes the discriminator's noise, z' = z, instead of fresh
        noise. The samples need then be made once for both, which saves one of the two passes
        through the generator.
    seed : int, optional
        Of the noise, which depends on it and on the number of steps taken, and on nothing else: a
        saved and restored model goes on as if it had not been interrupted. By default drawn from
        Python's `random`, which `keras.utils.set_random_seed` seeds.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", algorithm 1.
    .. [2] Yazıcı et al. (2019), "The unusual effectiveness of averaging in GAN training",
       equation (5).

    Examples
    --------
    >>> from gan_utils import NON_SATURATING, mlp
    >>> gan = GAN(mlp(2, 1), mlp(1, 1), NON_SATURATING, seed=0)
    >>> gan.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    >>> _ = gan.fit(np.random.default_rng(0).normal(size=[64, 1]), batch_size=32, verbose=0)
    >>> gan.sample(5, seed=0).shape
    (5, 1)
    """

    def __init__(
        self,
        generator,
        discriminator,
        loss,
        *,
        penalties=(),
        critic_steps=1,
        ema_decay=0.0,
        shared_noise=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check_networks(generator, discriminator)
        _check_loss(loss)
        if not isinstance(ema_decay, Real) or not 0 <= ema_decay < 1:
            raise ValueError(f"ema_decay: expected a number in [0, 1), got {ema_decay!r}")
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = loss
        self.penalties = _checked_penalties(penalties)
        self.critic_steps = _checks.count("critic_steps", critic_steps)
        self.ema_decay = float(ema_decay)
        self.shared_noise = bool(shared_noise)
        chosen = random.randrange(2**31) if seed is None else seed
        self.seed = _checks.count("seed", chosen, at_least=0)
        self.latent_dim = generator.input_shape[-1]
        self._create_state()
        self.built = True

    def _create_state(self):
        self.step = self.add_weight(
            name="step", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        # 2 * step + player of the first loss that was not finite.
        self.failure = self.add_weight(
            name="failure",
            shape=(),
            dtype="int64",
            initializer=keras.initializers.Constant(_NO_FAILURE),
            trainable=False,
        )
        self.averages = [self._average_of(v) for v in self._averaged_variables()]
        self.discriminator_loss = keras.metrics.Mean(name="discriminator_loss")
        self.generator_loss = keras.metrics.Mean(name="generator_loss")

    def _averaged_variables(self):
        return self.generator.trainable_variables if self.ema_decay else []

    def _average_of(self, variable):
        average = self.add_weight(
            name="average", shape=variable.shape, dtype=variable.dtype, trainable=False
        )
        average.assign(variable)
        return average

    def call(self, z, training=False):
        """Samples for given noise, from the latest weights: (n, latent_dim) -> (n, ...)."""
        return self.generator(z, training=training)

    def compile(
        self,
        *,
        generator_optimizer,
        discriminator_optimizer,
        steps_per_execution=1,
        jit_compile=False,
        run_eagerly=False,
    ):
        """Prepare for `fit`.

        Parameters
        ----------
        generator_optimizer, discriminator_optimizer : keras.optimizers.Optimizer, or its name
            One each: an optimiser that both shared would mix the two players' moments.
        steps_per_execution : int
            Training steps in one call of the compiled function. Many small steps gain most. Keras
            allows one only with a `tf.distribute.MirroredStrategy`.
        jit_compile : bool
            Compile with XLA.
        run_eagerly : bool
            Run step by step in Python, to look inside.

        Raises
        ------
        ValueError
            If both optimizers are one object.
        """
        if generator_optimizer is discriminator_optimizer and not isinstance(
            generator_optimizer, str
        ):
            raise ValueError(
                "discriminator_optimizer: expected one of its own, got the generator's"
            )
        super().compile(
            optimizer=None,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
        )
        self.generator_optimizer = keras.optimizers.get(generator_optimizer)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        self._compile_options = {
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
            "run_eagerly": run_eagerly,
        }
        # Slots must exist before the step is traced.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def get_compile_config(self):
        """What `compile` was called with, for `save`."""
        if not self.compiled:
            return None
        serialize = keras.optimizers.serialize
        return {
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            **self._compile_options,
        }

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says."""
        optimizers = {f"{player}_optimizer" for player in _PLAYERS}
        deserialize = keras.optimizers.deserialize
        self.compile(**{k: deserialize(v) if k in optimizers else v for k, v in config.items()})

    def fit(self, x=None, *, batch_size=None, shuffle=True, callbacks=None, **kwargs):
        """Train on real data.

        Parameters
        ----------
        x : tf.data.Dataset of batches (n, ...), or an array (samples, ...)
        batch_size : int
            Of an array; 32 by default.
        shuffle : bool
            Whether every epoch goes through an array in another order.
        callbacks, **kwargs
            As in `keras.Model.fit`.

        Returns
        -------
        keras.callbacks.History
            With the running means of `discriminator_loss` and `generator_loss` of each epoch.

        Raises
        ------
        FloatingPointError
            When a loss or a gradient is NaN or infinite. The message names the step and the player.
            That update is not made, nor any after it: all weights are those before it. Where the
            generator fails, the discriminator has therefore made its update of the same step.
        ValueError
            If there are no data, they do not have the discriminator's input shape, or
            `batch_size` < 1.
        """
        given = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else callbacks
        if batch_size is not None:
            batch_size = _checks.count("batch_size", batch_size)
        _check_not_empty(x)
        if isinstance(x, np.ndarray | tf.Tensor):
            x, batch_size = _batches(x, batch_size or 32, shuffle), None
        if isinstance(x, tf.data.Dataset):
            x = _without_autotuning(x)
        kwargs |= {"callbacks": [*in_order(given or []), _StopAtFailure()]}
        return super().fit(x, batch_size=batch_size, shuffle=shuffle, **kwargs)

    def make_train_function(self, force=False):
        """What `fit` calls for every `steps_per_execution` steps; Keras makes it from `train_step`.

        Keras lets every step of a longer execution stand behind a condition of its own. Here the
        loop alone decides whether there is a next batch, which makes small steps cheaper.
        """
        several = self.steps_per_execution > 1 and not self.run_eagerly
        if not several or self.distribute_strategy.num_replicas_in_sync > 1:
            super().make_train_function(force)
        elif self.train_function is None or force:
            self.train_function = self._several_steps()

    def _several_steps(self):
        step = (
            tf.function(self.train_step, jit_compile=True) if self.jit_compile else self.train_step
        )

        @tf.function(reduce_retracing=True)
        def steps(iterator):
            def more(taken, batch):
                return (taken < self.steps_per_execution) & batch.has_value()

            def take(taken, batch):
                step(batch.get_value())
                wanted = taken + 1 < self.steps_per_execution
                return taken + 1, tf.cond(wanted, iterator.get_next_as_optional, lambda: batch)

            first = iterator.get_next_as_optional()
            taken, _ = tf.while_loop(more, take, [tf.constant(0), first])
            return taken, self._running_means()

        def train_function(iterator):
            taken, means = steps(iterator)
            if taken == 0:
                raise StopIteration
            return means

        return train_function

    def train_step(self, data):
        """One step on a batch of real data; called by `fit`."""
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        real = self._checked_batch(real)
        made = self._made(real, 0)
        self._discriminator_step(real, made.samples)
        due = tf.equal((self.step + 1) % self.critic_steps, 0)

        def move_generator():
            self._generator_step(real, made if self.shared_noise else self._made(real, 1), due)

        if self.critic_steps == 1 or tf.distribute.has_strategy():
            move_generator()
        else:
            tf.cond(due, move_generator, lambda: None)
        self.step.assign_add(tf.cast(self._is_healthy(), "int64"))
        return self._running_means()

    def _running_means(self):
        return {m.name: m.result() for m in (self.discriminator_loss, self.generator_loss)}

    def _checked_batch(self, real):
        real = tf.cast(real, self.compute_dtype)
        expected = self.discriminator.input_shape
        if not real.shape.is_compatible_with(expected):
            raise ValueError(f"x: expected batches of shape {expected}, got {tuple(real.shape)}")
        return real

    def _made(self, real, player):
        """As many samples as there are real data, from noise for that player's step."""
        z = self._noise(tf.shape(real)[0], player)
        with tf.GradientTape() as tape:
            return _Made(*_forward(self.generator, z), tape)

    def _discriminator_step(self, real, fake):
        player = self.discriminator
        with tf.GradientTape() as tape:
            real_logits, state, _ = _forward(player, real)
            fake_logits, state, regularisers = _forward(player, fake, state)
            loss = self.adversarial_loss.discriminator(_single(real_logits), _single(fake_logits))
            for penalty in self.penalties:
                seed = self._penalty_seed()
                loss += _single(penalty(lambda x: _forward(player, x)[0], real, fake, seed))
            loss += sum(map(_single, regularisers))
            scaled = _scaled(loss, self.discriminator_optimizer)
        gradients = tape.gradient(scaled, player.trainable_variables)
        self._update(0, loss, gradients, state)

    def _generator_step(self, real, made, due):
        player = self.generator
        with made.tape as tape:
            fake_logits, _, _ = _forward(self.discriminator, made.samples)
            # Most generator losses do not look at these; the graph then never computes them.
            real_logits, _, _ = _forward(self.discriminator, real)
            loss = self.adversarial_loss.generator(_single(real_logits), _single(fake_logits))
            loss += sum(map(_single, made.regularisers))
            scaled = _scaled(loss, self.generator_optimizer)
        gradients = tape.gradient(scaled, player.trainable_variables)
        self._update(1, loss, gradients, made.state, due=due, then=self._update_averages)

    def _noise(self, n, player):
        """Noise that depends on the seed, the step and the player alone."""
        key = tf.stack([tf.constant(self.seed, tf.int64), 2 * self.step.value + player])
        normal = _normal_from_bits if self.jit_compile else _normal
        noise = normal([n * _replicas.count(), self.latent_dim], key)
        return tf.cast(_replicas.own_rows(noise, n), self.compute_dtype)

    def _penalty_seed(self):
        """Two integers from the seed and the step; the noise and `sample` have other counters."""
        return tf.stack([tf.constant(self.seed, tf.int64), -2 - self.step.value])

    def _update(self, player, loss, gradients, state, due=True, then=lambda: None):
        """Move one player if it is due and nothing is, or has been, infinite or NaN."""
        model = getattr(self, _PLAYERS[player])
        optimizer = getattr(self, f"{_PLAYERS[player]}_optimizer")
        finite = _replicas.everywhere(_all_finite(loss, gradients, optimizer))

        def move():
            optimizer.apply(gradients, model.trainable_variables)
            for variable, new in zip(model.non_trainable_variables, state, strict=True):
                variable.assign(new)
            then()

        wanted = self._is_healthy() & due
        moved = [*model.variables, *optimizer.variables, *self.averages]
        _replicas.update_if(wanted & finite, move, moved)
        this_step = 2 * (self.step + 1) + player
        self.failure.assign(tf.where(wanted & ~finite, this_step, self.failure))
        weight = None if self.critic_steps == 1 else tf.cast(due, loss.dtype)
        getattr(self, f"{_PLAYERS[player]}_loss").update_state(loss, sample_weight=weight)

    def _is_healthy(self):
        return tf.equal(self.failure, _NO_FAILURE)

    def _update_averages(self):
        updates = tf.cast(self.generator_optimizer.iterations, tf.float32)
        decay = tf.minimum(self.ema_decay, updates / (updates + 9))
        for average, variable in zip(self.averages, self._averaged_variables(), strict=True):
            share = tf.cast(1 - decay, average.dtype)
            average.assign_add(share * (variable - average))

    def sample(self, n, *, seed):
        """Samples of the generator, from averaged weights where `ema_decay` is positive.

        Parameters
        ----------
        n : int
        seed : int
            The same seed gives the same noise, whatever was done before.

        Returns
        -------
        (n, ...) NumPy array, float32

        Raises
        ------
        ValueError
            If `n` < 1 or `seed` < 0.
        """
        n, seed = _checks.count("n", n), _checks.count("seed", seed, at_least=0)
        # Training uses the counters from 0: this one is its own.
        z = _normal([n, self.latent_dim], tf.constant([seed, -1], tf.int64))
        weights = self.averages or self.generator.trainable_variables
        state = self.generator.non_trainable_variables
        parts = [
            self.generator.stateless_call(weights, state, z[i : i + _SAMPLES_AT_ONCE])[0]
            for i in range(0, n, _SAMPLES_AT_ONCE)
        ]
        return np.concatenate([keras.ops.convert_to_numpy(p) for p in parts]).astype(np.float32)

    def get_config(self):
        """Everything that `__init__` takes, serialised, with Keras' own such as `dtype`."""
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "loss": serialize(self.adversarial_loss),
            "penalties": [serialize(penalty) for penalty in self.penalties],
            "critic_steps": self.critic_steps,
            "ema_decay": self.ema_decay,
            "shared_noise": self.shared_noise,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        """Inverse of `get_config`."""
        deserialize = keras.saving.deserialize_keras_object
        config = {**config, "penalties": [deserialize(p) for p in config["penalties"]]}
        for name in ("generator", "discriminator", "loss"):
            config[name] = deserialize(config[name])
        return cls(**config)


class _StopAtFailure(keras.callbacks.Callback):
    """Turn a recorded failure into an exception once the compiled function returns."""

    def on_train_begin(self, logs=None):
        self.model.failure.assign(_NO_FAILURE)

    def on_train_batch_end(self, batch, logs=None):
        failure = int(keras.ops.convert_to_numpy(self.model.failure))
        if failure != _NO_FAILURE:
            step, player = divmod(failure, 2)
            raise FloatingPointError(
                f"the {_PLAYERS[player]}'s loss or its gradient is not finite at step {step} "
                f"(the first is step 1). Its update was not made, nor any after it."
            )


def _check_not_empty(x):
    if isinstance(x, np.ndarray | tf.Tensor) and not (len(x.shape) and x.shape[0]):
        raise ValueError(f"x: expected at least one sample (n, ...), got shape {tuple(x.shape)}")
    if isinstance(x, tf.data.Dataset) and x.cardinality() == 0:
        raise ValueError("x: expected at least one batch, got an empty dataset")


def _batches(array, batch_size, shuffle):
    """What Keras makes of an array, as a dataset whose options we can set."""
    indices = tf.data.Dataset.range(len(array))
    if shuffle:
        indices = indices.shuffle(len(array))
    array = tf.convert_to_tensor(array)
    return indices.batch(batch_size).map(lambda i: tf.gather(array, i)).prefetch(2)


def _without_autotuning(dataset):
    """The same batches without the thread that tunes the pipeline, unless the user asks for it.

    The end of an iteration sometimes waits for that thread, which sleeps twice as long every
    time: a fit of 3 s then takes 5 s.
    """
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _forward(model, x, state=None):
    """Run a model in training mode without side effects: outputs, new state, regularisers."""
    state = model.non_trainable_variables if state is None else state
    outputs, state, regularisers = model.stateless_call(
        model.trainable_variables, state, x, training=True, return_losses=True
    )
    return outputs, state, regularisers


def _scaled(loss, optimizer):
    """What to differentiate: optimizers add the replicas' gradients and undo their own scale."""
    return optimizer.scale_loss(loss / _replicas.count())


def _all_finite(loss, gradients, optimizer):
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        gradients = []  # It provokes infinite gradients to find its scale, and skips them itself.
    sums = [_single(tf.reduce_sum(g)) for g in gradients if g is not None]
    return tf.math.is_finite(tf.add_n([loss, *sums]))


def _normal(shape, seed):
    return tf.random.stateless_normal(shape, seed=seed, alg="philox")


def _normal_from_bits(shape, seed):
    """The numbers of `_normal`, to rounding, under XLA as well.

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


def _single(x):
    """At least single precision, in which losses are summed."""
    return tf.cast(x, tf.float32) if x.dtype.size < 4 else x


def _check_networks(generator, discriminator):
    for name, model in {"generator": generator, "discriminator": discriminator}.items():
        if not isinstance(model, keras.Model):
            raise ValueError(f"{name}: expected a keras.Model, got {model!r}")
        if not model.built:
            raise ValueError(f"{name}: expected a built model; give it a keras.Input")
    if len(generator.input_shape) != 2 or generator.input_shape[-1] is None:
        raise ValueError(
            f"generator: expected an input of shape (None, latent_dim), got {generator.input_shape}"
        )
    if generator.output_shape != discriminator.input_shape:
        raise ValueError(
            f"discriminator: expected the generator's output {generator.output_shape} as its "
            f"input, got {discriminator.input_shape}"
        )
    if discriminator.output_shape != (None, 1):
        raise ValueError(
            f"discriminator: expected logits of shape (None, 1), got {discriminator.output_shape}"
        )
    _check_nothing_shared(generator, discriminator)


def _check_nothing_shared(generator, discriminator):
    of_generator = {id(variable) for variable in generator.variables}
    shared = [v.path for v in discriminator.variables if id(v) in of_generator]
    if shared:
        raise ValueError(
            f"discriminator: expected weights of its own, got some that are the generator's as "
            f"well: {', '.join(shared)}"
        )


def _check_loss(loss):
    if not isinstance(loss, AdversarialLoss):
        raise ValueError(
            f"loss: expected an AdversarialLoss, such as gan_utils.NON_SATURATING, got {loss!r}"
        )


def _checked_penalties(penalties):
    several = isinstance(penalties, Iterable) and not callable(penalties)
    given = tuple(penalties) if several else penalties
    if not several or not all(map(callable, given)):
        raise ValueError(
            f"penalties: expected a sequence of penalties, such as [gan_utils.r1(1.0)], "
            f"got {given!r}"
        )
    return given
