"""`GAN`: two players trained alternately through Keras' own `fit` (TensorFlow)."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import gan_utils.penalties  # noqa: F401 (registers what a saved model may hold)
from gan_utils import _checks, _failure, _feed, _networks, _replicas
from gan_utils._loop import Loop
from gan_utils._steps import Batch, Half, Steps, Values, all_finite, noise, normal, single
from gan_utils.callbacks import in_order
from gan_utils.losses import AdversarialLoss

_PLAYERS = ("discriminator", "generator")
_SAMPLES_AT_ONCE = 4096
_ENTRIES_AT_ONCE = 2**22
_SAMPLING = -1
"""The counter of `sample`'s noise: training uses those from 0, penalties those below -1."""
_EVALUATION = 2**62
"""The first counter of the noise of `evaluate`."""
_ORDER = 2**61
"""The first counter of the orders of an array."""


@keras.saving.register_keras_serializable(package="gan_utils")
class GAN(keras.Model):
    r"""Generative adversarial network: a generator and a discriminator, trained in turn.

    One training step is one update of the discriminator on a batch of real data and as many
    generated samples, then, on every `critic_steps`-th step, one update of the generator with
    fresh noise z' ~ N(0, I):

    .. math::

        \psi &\leftarrow \psi - \eta_D \nabla_\psi
        \bigl[ L_D(\ell_\psi(x), \ell_\psi(G_\theta(z))) + \textstyle\sum_i R_i(\psi) \bigr], \\
        \theta &\leftarrow \theta - \eta_G \nabla_\theta
        L_G(\ell_\psi(x), \ell_\psi(G_\theta(z'))).

    Either step moves its own player only; the other one's weights and state, such as the averages
    of batch normalisation, stay. Both networks run in training mode. Networks of two inputs are
    conditional: they are called with the labels of the real batch, [z, label] and [x, label].

    Parameters
    ----------
    generator : keras.Model
        Functional or Sequential, (n, latent_dim) -> (n, ...), or with labels (n,) as its second
        input.
    discriminator : keras.Model
        (n, ...) -> (n, 1) logits, likewise. Weights must not be shared between the two.
    loss : AdversarialLoss
    penalties : iterable of callables (discriminator, real, fake, seed) -> scalar
        Added to the discriminator's loss. `seed`, a (2,) integer tensor, is another one in every
        step and for every penalty.
    critic_steps : int
        Updates of the discriminator for each one of the generator. Every update has a batch of
        its own.
    ema_decay : float in [0, 1)
        Where positive, `sample` uses `ema_generator`, whose weights are the generator's averaged
        over its updates. In update t = 1, 2, … the average keeps min(ema_decay, t / (t + 9)) of
        itself, so that it forgets the initial weights. What the update does not train, frozen
        weights and the state of normalisation, is copied.
    shared_noise : bool
        Whether the generator's step takes the discriminator's noise, z' = z, instead of fresh
        noise. The samples need then be made once for both, which saves one of the two passes
        through the generator.
    seed : int from 0 to 2⁶³ − 1, optional
        Of the noise and the order of an array, which depend on it and on the number of steps taken,
        and on nothing else: a saved and restored model goes on as if it had not been interrupted,
        dropout included. A dataset that shuffles keeps a state of its own, which is not saved. By
        default drawn from Python's `random`, which `keras.utils.set_random_seed` seeds.

    Attributes
    ----------
    ema_generator : keras.Model or None
        The generator with averaged weights, a model of its own to save or export; None where
        `ema_decay` is 0.

    Raises
    ------
    ValueError
        If an argument is not as described, or Keras runs on another backend than TensorFlow; the
        message names it.

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

    generator: keras.Model
    discriminator: keras.Model
    adversarial_loss: AdversarialLoss
    penalties: tuple[Callable, ...]
    critic_steps: int
    ema_decay: float
    shared_noise: bool
    seed: int
    latent_dim: int
    train_function: Any

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        loss: AdversarialLoss,
        *,
        penalties: Iterable[Callable] = (),
        critic_steps: int = 1,
        ema_decay: float = 0.0,
        shared_noise: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _networks.check(generator, discriminator)
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
        self.seed = _checks.tensor_seed("seed", chosen)
        self.latent_dim = _networks.shapes(generator)[0][-1]
        self._create_state()
        self.built = True

    def _create_state(self) -> None:
        self.step = self.add_weight(
            name="step", shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        # No weight of Keras': what stopped one training is not saved for the next.
        self.failure = tf.Variable(_failure.NONE, dtype=tf.int64, trainable=False)
        self.ema_generator = _networks.copy(self.generator) if self.ema_decay else None
        self.discriminator_loss = keras.metrics.Mean(name="discriminator_loss")
        self.generator_loss = keras.metrics.Mean(name="generator_loss")

    @property
    def is_conditional(self) -> bool:
        """Whether the networks take labels."""
        return len(self.generator.inputs) == 2

    @property
    def num_classes(self) -> int | None:
        """The number of classes that conditional networks know; None where they are not."""
        return _networks.classes(self.generator) if self.is_conditional else None

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of both losses: Keras' own `loss` would stay at zero."""
        return [self.discriminator_loss, self.generator_loss]

    def call(self, z: Any, training: bool = False) -> tf.Tensor:
        """Samples for given noise, from the latest weights: (n, latent_dim) -> (n, ...)."""
        return self.generator(z, training=training)

    def compile(
        self,
        *,
        generator_optimizer: keras.optimizers.Optimizer | str,
        discriminator_optimizer: keras.optimizers.Optimizer | str,
        steps_per_execution: int = 1,
        jit_compile: bool = False,
        run_eagerly: bool = False,
        auto_scale_loss: bool = True,
    ) -> None:
        """Prepare for `fit`.

        Parameters
        ----------
        generator_optimizer, discriminator_optimizer : keras.optimizers.Optimizer, or its name
            One each: an optimiser that both shared would mix the two players' moments.
        steps_per_execution : int
            Training steps in one call of the compiled function. Many small steps gain most, and
            most with SGD, Adam, RMSprop, Adagrad, Adadelta, Adamax or Lion without options that
            look at more than one coordinate, such as clipping by norm. Small networks also gain
            from TF_NUM_INTRAOP_THREADS=1 in the environment of a program: to divide a small product
            of matrices among threads costs more than it saves. Keras allows one step only with a
            `tf.distribute.MirroredStrategy`.
        jit_compile : bool
            Compile with XLA.
        run_eagerly : bool
            Run step by step in Python, to look inside.
        auto_scale_loss : bool
            Whether under the policy "mixed_float16" both optimizers look for a scale at which
            gradients do not vanish (`keras.optimizers.LossScaleOptimizer`), as Keras does in
            every model.

        Raises
        ------
        ValueError
            If both optimizers are one object, or `steps_per_execution` < 1.
        """
        if generator_optimizer is discriminator_optimizer and not isinstance(
            generator_optimizer, str
        ):
            raise ValueError(
                "discriminator_optimizer: expected one of its own, got the generator's"
            )
        self._compile_options = {
            "steps_per_execution": _checks.count("steps_per_execution", steps_per_execution),
            "jit_compile": jit_compile,
            "run_eagerly": run_eagerly,
        }
        super().compile(optimizer=None, **self._compile_options)
        self._compile_options["auto_scale_loss"] = auto_scale_loss
        scaled = auto_scale_loss and self._is_half_precision()
        self.generator_optimizer = _optimizer(generator_optimizer, scaled)
        self.discriminator_optimizer = _optimizer(discriminator_optimizer, scaled)
        # Slots must exist before the step is traced.
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def _is_half_precision(self) -> bool:
        models = (self, self.generator, self.discriminator)
        return any(model.dtype_policy.name == "mixed_float16" for model in models)

    def get_compile_config(self) -> dict | None:
        """What `compile` was called with, for `save`."""
        if not self.compiled:
            return None
        serialize = keras.saving.serialize_keras_object
        return {
            "generator_optimizer": serialize(self.generator_optimizer),
            "discriminator_optimizer": serialize(self.discriminator_optimizer),
            **self._compile_options,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compile as `get_compile_config` says."""
        optimizers = {f"{player}_optimizer" for player in _PLAYERS}
        # Keras' own `optimizers.deserialize` does not know every one of Keras' optimizers.
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**{k: deserialize(v) if k in optimizers else v for k, v in config.items()})

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int | None = None,
        shuffle: bool = True,
        callbacks: keras.callbacks.Callback | Sequence[keras.callbacks.Callback] | None = None,
        validation_data: Any = None,
        validation_split: float = 0.0,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on real data.

        Parameters
        ----------
        x : tf.data.Dataset of batches (n, ...), or an array (samples, ...)
            In the range of the generator's last layer where that has one: [-1, 1] under tanh.
            Conditional networks need labels as well: a dataset of pairs (x, label), such as
            `keras.utils.image_dataset_from_directory` makes, or the pair of two arrays.
        y : (samples,) array of integers, optional
            Labels of an array. Networks that take none ignore labels, with a warning.
        batch_size : int
            Of an array; 32 by default.
        shuffle : bool
            Whether every epoch goes through an array in another order, which depends on `seed` and
            on the steps taken, like the noise: training that goes on between two epochs, after
            `keras.callbacks.BackupAndRestore` say, is the same to the bit. Several replicas go by
            TensorFlow's own shuffling instead.
        callbacks, **kwargs
            As in `keras.Model.fit`.
        validation_data, validation_split
            Held-out data, on which every epoch ends with `evaluate`.

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
            If there are no data, they do not have the discriminator's input shape or leave the
            generator's range, labels are missing or no classes, `batch_size` < 1, or an argument
            of Keras' asks for what has no meaning here (weights of samples or classes, callbacks
            that change the learning rate of one optimizer).
        """
        given = in_order(_feed.callbacks(callbacks))
        _feed.refuse(kwargs)
        if validation_split:
            x, y, validation_data = _feed.split(x, y, validation_split)
        data = self._data(x, y, batch_size, shuffle)
        if validation_data is not None:
            held_out = _feed.pair(validation_data)
            size = kwargs.pop("validation_batch_size", None) or batch_size
            kwargs["validation_data"] = self._data(*held_out, size, name="validation_data")
        kwargs |= {"callbacks": [*given, _StopAtFailure()]}
        return super().fit(data, **kwargs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Both losses on held-out data, moving nothing: see `fit` about the data.

        The networks run in inference mode, the noise depends on the seed alone, and the
        discriminator's loss contains its penalties, as in training.

        Returns
        -------
        As `keras.Model.evaluate`: a list [discriminator_loss, generator_loss], or with
        `return_dict=True` a dict.
        """
        _feed.refuse(kwargs)
        return super().evaluate(self._data(x, y, batch_size), **kwargs)

    def _order(self) -> np.ndarray:
        """The seed of the order of an array from now on."""
        return np.array([self.seed, _ORDER + int(self.step)], np.int64)

    def _data(
        self,
        x: Any,
        y: Any,
        batch_size: int | None,
        shuffle: bool = False,
        name: str = "x",
    ) -> Any:
        if batch_size is not None:
            batch_size = _checks.count("batch_size", batch_size)
        expected = _networks.Expected(self.generator, self.discriminator)
        # TensorFlow's iterator for several devices cannot call back into Python.
        order = None if self.distribute_strategy.num_replicas_in_sync > 1 else self._order
        return _feed.dataset(expected, x, y, batch_size, shuffle, order, name)

    def train_on_batch(self, x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """One training step on one batch; raises as `fit` does."""
        return self._on_batch(super().train_on_batch, x, y, *args, **kwargs)

    def test_on_batch(self, x: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Both losses on one batch, moving nothing."""
        return self._on_batch(super().test_on_batch, x, y, *args, **kwargs)

    def _on_batch(
        self,
        call: Callable,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: Any = None,
        **kwargs: Any,
    ) -> Any:
        _feed.refuse({"sample_weight": sample_weight, "class_weight": class_weight})
        x, y = _feed.one_batch(_networks.Expected(self.generator, self.discriminator), x, y)
        self.failure.assign(_failure.NONE)
        logs = call(x, y, **kwargs)
        self.raise_failure()
        return logs

    def raise_failure(self) -> None:
        """Raise what has stopped the training, if anything has."""
        failure = int(keras.ops.convert_to_numpy(self.failure))
        _failure.raise_if_any(failure, _networks.bounds(self.generator))

    def make_train_function(self, force: bool = False) -> Callable:
        """What `fit` calls for every `steps_per_execution` steps; Keras makes it from `train_step`.

        Keras lets every step of a longer execution stand behind a condition of its own. Here the
        loop alone decides whether there is a next batch, which makes small steps cheaper, and
        what elementwise optimizers move is carried from step to step as tensors.
        """
        several = self.steps_per_execution > 1 and not self.run_eagerly
        if not several or self.distribute_strategy.num_replicas_in_sync > 1:
            return super().make_train_function(force)
        if self.train_function is None or force:
            self.train_function = self._several_steps()
        return self.train_function

    def _several_steps(self) -> Callable[[tf.data.Iterator], dict[str, tf.Tensor]]:
        take_steps = Loop(self).run if Loop.fits(self) else self._steps_on_variables

        @tf.function(reduce_retracing=True)
        def steps(iterator: tf.data.Iterator) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
            taken = take_steps(iterator, self.steps_per_execution)
            return taken, self._running_means()

        one_step = tf.function(self.train_step, jit_compile=self.jit_compile)

        def train_function(iterator: Iterator) -> dict[str, tf.Tensor]:
            if not isinstance(iterator, tf.data.Iterator):  # `train_on_batch`
                return one_step(next(iterator))
            taken, means = steps(iterator)
            if taken == 0:
                raise StopIteration
            return means

        return train_function

    def _steps_on_variables(self, iterator: tf.data.Iterator, most: int) -> tf.Tensor:
        step = (
            tf.function(self.train_step, jit_compile=True) if self.jit_compile else self.train_step
        )

        def more(taken: tf.Tensor, batch: tf.experimental.Optional) -> tf.Tensor:
            return (taken < most) & self._is_healthy() & batch.has_value()

        def take(
            taken: tf.Tensor, batch: tf.experimental.Optional
        ) -> tuple[tf.Tensor, tf.experimental.Optional]:
            step(batch.get_value())
            return taken + 1, tf.cond(
                taken + 1 < most, iterator.get_next_as_optional, lambda: batch
            )

        first = iterator.get_next_as_optional()
        return tf.while_loop(more, take, [tf.constant(0), first])[0]

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step on a batch of real data; called by `fit`."""
        batch, steps, step = self._batch(data), Steps(self), self.step.value
        accepted = _replicas.everywhere(tf.convert_to_tensor(self._in_range(batch)))
        self._record(~accepted, "data")
        generator = _values(self.generator)
        made = steps.made(generator, batch, step, 0)
        half = steps.discriminator(_values(self.discriminator), made, batch, step)
        self._update("discriminator", half, batch)
        due = tf.equal((step + 1) % self.critic_steps, 0)

        def move_generator() -> None:
            z = made if self.shared_noise else steps.made(generator, batch, step, 1)
            half = steps.generator(generator, _values(self.discriminator), z, batch)
            self._update("generator", half, batch, due=due, then=self._update_averages)

        if self.critic_steps == 1 or tf.distribute.has_strategy():
            move_generator()
        else:
            tf.cond(due, move_generator, lambda: None)
        self.step.assign_add(tf.cast(self._is_healthy(), "int64"))
        return self._running_means()

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Both losses on a batch of real data, moving nothing; called by `evaluate`."""
        batch = self._batch(data)
        done = tf.cast(self.discriminator_loss.count, tf.int64)
        z = noise(self.seed, _EVALUATION + done, batch.size, self.latent_dim)
        fake = self.generator(batch.beside(tf.cast(z, self.compute_dtype)), training=False)

        def critic(x: tf.Tensor) -> tf.Tensor:
            return self.discriminator(batch.beside(x), training=False)

        logits = single(critic(batch.real)), single(critic(fake))
        loss = self.adversarial_loss.discriminator(*logits) + sum(self.discriminator.losses)
        for i, penalty in enumerate(self.penalties):
            seed = tf.stack([tf.constant(self.seed, tf.int64), _EVALUATION - 1 - i])
            loss += single(penalty(critic, batch.real, fake, seed))
        generator_loss = self.adversarial_loss.generator(*logits) + sum(self.generator.losses)
        self.discriminator_loss.update_state(loss, sample_weight=batch.share)
        self.generator_loss.update_state(generator_loss, sample_weight=batch.share)
        return self._running_means()

    def _running_means(self) -> dict[str, tf.Tensor]:
        return {metric.name: metric.result() for metric in self.metrics}

    def _batch(self, data: Any) -> Batch:
        real, labels = _networks.Expected(self.generator, self.discriminator).checked(data)
        real = tf.cast(real, self.compute_dtype)
        share = _replicas.share(tf.shape(real)[0])
        if labels is not None:
            labels = _replicas.never_empty(labels)
        return Batch(_replicas.never_empty(real), labels, share)

    def _in_range(self, batch: Batch) -> tf.Tensor | bool:
        """Whether the data could come from the generator; `True` where its range is open."""
        bounds = _networks.bounds(self.generator)
        if bounds is None:
            return True
        low, high = bounds
        slack = _networks.RANGE_TOLERANCE * (high - low)
        real = batch.real
        # NaN passes, and is found in the loss.
        return ~tf.reduce_any((real < low - slack) | (real > high + slack))

    def _record(self, failed: tf.Tensor, kind: str) -> None:
        """Remember the first failure."""
        code = _failure.code(self.step.value + 1, _failure.KINDS.index(kind))
        self.failure.assign(tf.where(self._is_healthy() & failed, code, self.failure))

    def _update(
        self,
        player: str,
        half: Half,
        batch: Batch,
        due: tf.Tensor | bool = True,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Move one player if it is due and nothing is, or has been, infinite or NaN."""
        model = getattr(self, player)
        optimizer = getattr(self, f"{player}_optimizer")
        finite = _replicas.everywhere(all_finite(half, optimizer))

        def move() -> None:
            optimizer.apply(half.gradient, model.trainable_variables)
            for variable, new in zip(model.non_trainable_variables, half.state, strict=True):
                variable.assign(new)
            then()

        wanted = self._is_healthy() & due
        averages = self.ema_generator.variables if self.ema_generator else []
        moved = [*model.variables, *optimizer.variables, *averages]
        _replicas.update_if(wanted & finite, move, moved)
        self._record(due & ~finite, player)
        weight = batch.share
        if self.critic_steps > 1:
            weight *= tf.cast(due, half.loss.dtype)
        getattr(self, f"{player}_loss").update_state(half.loss, sample_weight=weight)

    def _is_healthy(self) -> tf.Tensor:
        return tf.equal(self.failure, _failure.NONE)

    def _update_averages(self) -> None:
        if self.ema_generator is None:
            return
        decay = self._decay(self.generator_optimizer.iterations)
        trained = {id(variable) for variable in self.generator.trainable_variables}
        both = zip(self.ema_generator.variables, self.generator.variables, strict=True)
        for average, variable in both:
            if id(variable) in trained:
                share = tf.cast(1 - decay, average.dtype)
                average.assign_add(share * (variable - average))
            else:
                average.assign(variable)

    def _decay(self, updates: tf.Tensor | keras.Variable) -> tf.Tensor:
        """How much of itself the average keeps in the update of that number."""
        updates = tf.cast(updates, tf.float32)
        return tf.minimum(self.ema_decay, updates / (updates + 9))

    def sample(self, n: int, *, seed: int, labels: Any = None) -> np.ndarray:
        """Samples of the generator, from averaged weights where `ema_decay` is positive.

        Parameters
        ----------
        n : int
        seed : int from 0 to 2⁶³ − 1
            The same seed gives the same noise, whatever was done before.
        labels : int or (n,) array of integers, optional
            The classes to draw from: needed where the networks take labels, one class for all or
            one for each sample.

        Returns
        -------
        (n, ...) NumPy array, float32

        Raises
        ------
        ValueError
            If `n` < 1, `seed` is no such number, or labels are missing, not wanted or no classes.
        """
        n, seed = _checks.count("n", n), _checks.tensor_seed("seed", seed)
        labels = _networks.labels_to_sample(self.generator, n, labels)
        z = normal([n, self.latent_dim], tf.constant([seed, _SAMPLING], tf.int64))
        model = self.ema_generator or self.generator
        entries = int(np.prod(_networks.shapes(self.discriminator)[0][1:]))
        at_once = max(1, min(_SAMPLES_AT_ONCE, _ENTRIES_AT_ONCE // entries))
        parts = []
        for start in range(0, n, at_once):
            rows = slice(start, start + at_once)
            inputs = z[rows] if labels is None else [z[rows], labels[rows]]
            parts.append(keras.ops.convert_to_numpy(model(inputs, training=False)))
        return np.concatenate(parts).astype(np.float32)

    def save(self, filepath: str | Path, *args: Any, **kwargs: Any) -> None:
        """Save everything, optimizers included, into one file named *.keras*.

        Raises
        ------
        ValueError
            If the name ends otherwise: Keras' older formats cannot hold two optimizers.
        """
        if Path(filepath).suffix != ".keras":
            raise ValueError(f"filepath: expected a name that ends in .keras, got {filepath}")
        super().save(filepath, *args, **kwargs)

    def export(self, filepath: str | Path, *args: Any, **kwargs: Any) -> None:
        """Export what `sample` uses, z -> samples, as `keras.Model.export` does any model."""
        (self.ema_generator or self.generator).export(filepath, *args, **kwargs)

    def save_own_variables(self, store: Any) -> None:
        """The step, and the states of random layers, which Keras leaves out of its files."""
        super().save_own_variables(store)
        for i, state in enumerate(self._random_states()):
            store[f"random_state_{i}"] = keras.ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Inverse of `save_own_variables`."""
        own = {key: store[key] for key in store.keys()}  # noqa: SIM118 (no mapping)
        for i, state in enumerate(self._random_states()):
            state.assign(own.pop(f"random_state_{i}"))
        super().load_own_variables(own)

    def _random_states(self) -> list[keras.Variable]:
        """States of dropout, noise and augmentation in either network."""
        models = (self.generator, self.discriminator)
        weights = {id(v) for model in models for v in model.weights}
        return [v for model in models for v in model.variables if id(v) not in weights]

    def get_config(self) -> dict:
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
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Inverse of `get_config`."""

        def deserialize(part: Any) -> Any:
            return keras.saving.deserialize_keras_object(part, custom_objects=custom_objects)

        config = {**config, "penalties": [deserialize(p) for p in config["penalties"]]}
        for name in ("generator", "discriminator", "loss"):
            config[name] = deserialize(config[name])
        return cls(**config)


class _StopAtFailure(keras.callbacks.Callback):
    """Turn a recorded failure into an exception once the compiled function returns."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self.model.failure.assign(_failure.NONE)
        self._batches = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._batches += 1
        self.model.raise_failure()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if not self._batches:
            raise ValueError("x: expected at least one batch, got a dataset without any")


def _values(network: keras.Model) -> Values:
    weights = [tf.convert_to_tensor(v) for v in network.trainable_variables]
    return Values(weights, [tf.convert_to_tensor(v) for v in network.non_trainable_variables])


def _optimizer(given: keras.optimizers.Optimizer | str, scaled: bool) -> keras.optimizers.Optimizer:
    optimizer = keras.optimizers.get(given)
    if scaled and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _check_loss(loss: Any) -> None:
    if not isinstance(loss, AdversarialLoss):
        raise ValueError(
            f"loss: expected an AdversarialLoss, such as gan_utils.NON_SATURATING, got {loss!r}"
        )


def _checked_penalties(penalties: Any) -> tuple[Callable, ...]:
    several = isinstance(penalties, Iterable) and not callable(penalties)
    given = tuple(penalties) if several else penalties
    if not several or not all(callable(p) and not isinstance(p, type) for p in given):
        raise ValueError(
            f"penalties: expected a sequence of penalties, such as [gan_utils.r1(1.0)], "
            f"got {given!r}"
        )
    return given
