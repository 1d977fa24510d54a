"""What stops a training: one number that a compiled step can write, and what it means."""

from typing import Any

import tensorflow as tf

NONE = -1
KINDS = ("data", "discriminator", "generator")


def first(
    step: tf.Tensor,
    accepted: tf.Tensor | bool,
    discriminator: tf.Tensor,
    generator: tf.Tensor | bool,
) -> tf.Tensor:
    """The code of what went wrong first in this step (from 1), or `NONE`."""
    kind = tf.where(accepted, tf.where(discriminator, 2, 1), 0)
    failed = ~(tf.convert_to_tensor(accepted) & discriminator & generator)
    return tf.where(failed, code(step, kind), tf.constant(NONE, tf.int64))


def code(step: tf.Tensor, kind: tf.Tensor | int) -> tf.Tensor:
    """The number for a kind of failure in a step."""
    return len(KINDS) * step + tf.cast(kind, tf.int64)


def is_generators(failure: tf.Tensor) -> tf.Tensor:
    """Whether the discriminator's half of the failed step went well."""
    return (failure != NONE) & tf.equal(failure % len(KINDS), KINDS.index("generator"))


def raise_if_any(failure: int, bounds: Any) -> None:
    """Raise what the code stands for."""
    if failure == NONE:
        return
    step, kind = divmod(int(failure), len(KINDS))
    made = "Its update was not made, nor any after it."
    if KINDS[kind] == "data":
        low, high = bounds
        raise ValueError(
            f"x: expected values in [{low:g}, {high:g}], the range of the generator's last layer, "
            f"got others at step {step} (the first is step 1). Bytes become such values by "
            f"gan_utils.to_unit_range. {made}"
        )
    raise FloatingPointError(
        f"the {KINDS[kind]}'s loss or its gradient is not finite at step {step} "
        f"(the first is step 1). {made}"
    )
