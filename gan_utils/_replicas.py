"""What a training step needs to know about its copies on other devices (`tf.distribute`).

Without a strategy there is one replica, and none of this costs anything.
"""

import tensorflow as tf


def count():
    """The number of replicas that share a batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def own_rows(whole, n):
    """The `n` rows of `whole`, which has `n` for each replica, that belong to this one."""
    if count() == 1:
        return whole
    first = n * tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, n.dtype)
    return whole[first : first + n]


def everywhere(condition):
    """Whether `condition` holds on all replicas."""
    if count() == 1:
        return condition
    violations = tf.cast(~condition, tf.int32)
    return tf.equal(tf.distribute.get_replica_context().all_reduce("sum", violations), 0)


def update_if(condition, update, variables):
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
