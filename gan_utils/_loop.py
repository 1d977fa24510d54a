"""Many training steps in one call, the players' values carried as tensors (TensorFlow)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf

from gan_utils import _failure
from gan_utils._flat import FlatOptimizer, Layout, Moving
from gan_utils._steps import Half, Steps, Values, all_finite

if TYPE_CHECKING:
    from gan_utils.training import GAN


_Rates = tuple[tf.Tensor | None, tf.Tensor | None]


class _Player(NamedTuple):
    """A network, its optimizer and, in a list, the average of its weights, if there is one."""

    moving: Moving
    state: list
    average: list

    @property
    def values(self) -> Values:
        return Values(self.moving.weights, self.state)


class _Moment(NamedTuple):
    """Everything that a step changes. `losses` are sums and counts."""

    step: tf.Tensor
    discriminator: _Player
    generator: _Player
    losses: list


class _Past(NamedTuple):
    """How many steps were taken, the failures of the last two, and the moments before either."""

    taken: tf.Tensor
    failure: tf.Tensor
    last: tf.Tensor
    before: _Moment
    long_before: _Moment


class Loop:
    """The steps of a compiled `GAN` whose optimizers treat every coordinate alike.

    A step that fails ends the loop, which then returns what was there before. Whether to go on is
    asked of the last step but one: the next step can so begin while the last one is still being
    checked, and the values before both are carried.
    """

    def __init__(self, gan: "GAN") -> None:
        self._gan = gan
        layouts = [Layout(n.trainable_variables) for n in (gan.generator, gan.discriminator)]
        self._layout = layouts[0]
        self._generator = FlatOptimizer(gan.generator_optimizer, layouts[0])
        self._discriminator = FlatOptimizer(gan.discriminator_optimizer, layouts[1])
        self._steps = Steps(gan, *(layout.unpack for layout in layouts))
        self._losses = [v for metric in gan.metrics for v in (metric.total, metric.count)]
        self._averaged, self._copied = _averages(gan)

    @staticmethod
    def fits(gan: "GAN") -> bool:
        """Whether both optimizers do the same to a vector as to its parts."""
        players = (
            (gan.generator, gan.generator_optimizer),
            (gan.discriminator, gan.discriminator_optimizer),
        )
        return all(FlatOptimizer.fits(o, Layout(n.trainable_variables)) for n, o in players)

    def run(self, iterator: tf.data.Iterator, most: int) -> tf.Tensor:
        """Take up to `most` steps; returns how many were begun."""
        rates = self._discriminator.read_rate(), self._generator.read_rate()
        start = self._read()

        def more(past: _Past, batch: tf.experimental.Optional, now: _Moment) -> tf.Tensor:
            return (past.taken < most) & (past.failure == _failure.NONE) & batch.has_value()

        def take(
            past: _Past, batch: tf.experimental.Optional, now: _Moment
        ) -> tuple[_Past, tf.experimental.Optional, _Moment]:
            last, after = self._step(batch.get_value(), now, rates)
            taken = past.taken + 1
            batch = tf.cond(taken < most, iterator.get_next_as_optional, lambda: batch)
            return _Past(taken, past.last, last, now, past.before), batch, after

        none = tf.constant(_failure.NONE, tf.int64)
        first = _Past(tf.constant(0), none, none, start, start), iterator.get_next_as_optional()
        past, _, now = tf.while_loop(more, take, [*first, start])
        failure, settled = _settled(past, now)
        self._write(settled)
        self._gan.failure.assign(failure)
        return past.taken

    def _read(self) -> _Moment:
        gan = self._gan
        average = [self._layout.pack(self._averaged)] if self._averaged else []
        return _Moment(
            tf.convert_to_tensor(gan.step),
            _Player(self._discriminator.read(), _values(gan.discriminator), []),
            _Player(self._generator.read(), _values(gan.generator), average),
            [tf.convert_to_tensor(v) for v in self._losses],
        )

    def _write(self, moment: _Moment) -> None:
        gan = self._gan
        gan.step.assign(moment.step)
        for network, optimizer, player in (
            (gan.discriminator, self._discriminator, moment.discriminator),
            (gan.generator, self._generator, moment.generator),
        ):
            optimizer.write(player.moving)
            _assign(network.non_trainable_variables, player.state)
        if gan.ema_generator:
            self._layout.assign(self._averaged, *moment.generator.average)
            _assign(self._copied, moment.generator.state)
        _assign(self._losses, moment.losses)

    def _step(self, data: Any, now: _Moment, rates: _Rates) -> tuple[tf.Tensor, _Moment]:
        """One step: the failure, if any, and the moment after it."""
        if self._gan.jit_compile:
            return tf.function(self._plain_step, jit_compile=True)(data, now, rates)
        return self._plain_step(data, now, rates)

    def _plain_step(self, data: Any, now: _Moment, rates: _Rates) -> tuple[tf.Tensor, _Moment]:
        gan, step = self._gan, now.step
        batch = gan._batch(data)
        accepted = gan._in_range(batch)
        made = self._steps.made(now.generator.values, batch, step, 0)
        half = self._steps.discriminator(now.discriminator.values, made, batch, step)
        sound = all_finite(half, gan.discriminator_optimizer)
        discriminator = _moved(self._discriminator, now.discriminator, half, rates[0])
        losses = [now.losses[0] + half.loss, now.losses[1] + 1.0]

        def move_generator() -> tuple[tf.Tensor, _Player, tf.Tensor, float]:
            z = made
            if not gan.shared_noise:
                z = self._steps.made(now.generator.values, batch, step, 1)
            half = self._steps.generator(now.generator.values, discriminator.values, z, batch)
            moved = _moved(self._generator, now.generator, half, rates[1])
            return all_finite(half, gan.generator_optimizer), self._averaging(moved), half.loss, 1.0

        if gan.critic_steps == 1:
            result = move_generator()
        else:
            due = tf.equal((step + 1) % gan.critic_steps, 0)
            result = tf.cond(due, move_generator, lambda: (True, now.generator, 0.0, 0.0))
        also_sound, generator, loss, weight = result
        losses += [now.losses[2] + loss, now.losses[3] + weight]
        failure = _failure.first(step + 1, accepted, sound, also_sound)
        return failure, _Moment(step + 1, discriminator, generator, losses)

    def _averaging(self, generator: _Player) -> _Player:
        if not self._averaged:
            return generator
        decay = self._gan._decay(generator.moving.iterations)
        (average,) = generator.average
        share = tf.cast(1 - decay, average.dtype)
        return generator._replace(average=[average + share * (generator.moving.weights - average)])


def _averages(gan: "GAN") -> tuple[list, list]:
    """The averages of what the generator's step trains, and the copies of the rest."""
    if gan.ema_generator is None:
        return [], []
    pairs = zip(gan.generator.variables, gan.ema_generator.variables, strict=True)
    of = {id(variable): average for variable, average in pairs}
    variables = gan.generator.trainable_variables, gan.generator.non_trainable_variables
    averaged, copied = ([of[id(v)] for v in those] for those in variables)
    return averaged, copied


def _moved(
    optimizer: FlatOptimizer, player: _Player, half: Half, rate: tf.Tensor | None
) -> _Player:
    if half.gradient is None:
        raise ValueError("loss: expected one that depends on the weights of either player")
    moving = optimizer.update(player.moving, half.gradient, rate)
    return player._replace(moving=moving, state=half.state)


def _settled(past: _Past, now: _Moment) -> tuple[tf.Tensor, _Moment]:
    """The first failure, if any, and what to keep.

    All of the last step, or nothing of the one that failed but the discriminator's half, where that
    went well, and nothing after it.
    """
    is_late = past.failure != _failure.NONE
    failure = tf.where(is_late, past.failure, past.last)
    before, after = tf.cond(
        is_late, lambda: (past.long_before, past.before), lambda: (past.before, now)
    )
    kept = tf.cond(failure == _failure.NONE, lambda: after, lambda: before)
    moved = _failure.is_generators(failure)
    discriminator = tf.cond(moved, lambda: after.discriminator, lambda: kept.discriminator)
    return failure, kept._replace(discriminator=discriminator, losses=after.losses)


def _values(network: keras.Model) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(v) for v in network.non_trainable_variables]


def _assign(variables: Iterable[keras.Variable], values: Iterable[tf.Tensor]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
