"""A few steps of probability/generator_gradient with its constants of the full profile."""

import tensorflow as tf

from tests.trials import Namespace


def trial(page: Namespace) -> list[object]:
    generator, discriminator = page["players"](0)
    noise, optimizer = tf.random.Generator.from_seed(0), page["OPTIMIZERS"]["Adam"]()
    steps = page["make_steps"](generator, discriminator, page["NON_SATURATING"], optimizer, noise)
    steps(2, moves=True)
    return [page["BATCH"], *generator.get_weights(), *discriminator.get_weights()]
