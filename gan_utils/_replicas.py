"""What a training step needs to know about its copies on other devices (`tf.distribute`).

Without a strategy there is one replica, and none of this costs anything.
"""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf


def count() -> int:
    """The number of replicas that share a batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def own_rows(draw: Callable[[tf.Tensor], tf.Tensor], n: tf.Tensor) -> tf.Tensor:
    """The `n` rows that belong to this replica of `draw(rows)`, made for all of them at once."""
    if count() == 1:
        return draw(n)
    own = _index()
    sizes = _sum(tf.one_hot(own, count(), on_value=n, off_value=0, dtype=n.dtype))
    first = tf.reduce_sum(sizes[:own])
    return draw(tf.reduce_sum(sizes))[first : first + n]


def share(n: tf.Tensor) -> tf.Tensor | float:
    """The part of the whole batch that these n rows are."""
    if count() == 1:
        return 1.0
    own = tf.cast(n, tf.float32)
    return own / _sum(own)


def never_empty(x: tf.Tensor) -> tf.Tensor:
    """`x` with one row of zeros where it has none, which a mean needs; its share stays 0."""
    if count() == 1:
        return x
    missing = tf.maximum(0, 1 - tf.shape(x)[0])
    return tf.pad(x, [[0, missing], *([0, 0] for _ in x.shape[1:])])


def everywhere(condition: tf.Tensor) -> tf.Tensor:
    """Whether `condition` holds on all replicas."""
    if count() == 1:
        return condition
    return tf.equal(_sum(tf.cast(~condition, tf.int32)), 0)


def update_if(
    condition: tf.Tensor,
    update: Callable[[], None],
    variables: Sequence[keras.Variable | tf.Variable],
) -> None:
    """Run `update`, which changes `variables` and nothing else, if `condition` holds.

    Replicas may not meet inside a branch. With a strategy the update is therefore always made,
    and taken back where it should not have been.
    """
    if not tf.distribute.has_strategy():
        tf.cond(condition, update, lambda: None)
        return
    before = [tf.identity(v.value) for v in variables]
    update()
    for variable, old in zip(variables, before, strict=True):
        variable.assign(tf.where(condition, variable.value, old))


def _index() -> tf.Tensor:
    return tf.distribute.get_replica_context().replica_id_in_sync_group


def _sum(value: tf.Tensor) -> tf.Tensor:
    return tf.distribute.get_replica_context().all_reduce("sum", value)
