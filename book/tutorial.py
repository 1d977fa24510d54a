"""What people run today: the program of TensorFlow's DCGAN tutorial, to be compared with.

The networks, the losses and the step are those that the tutorial describes, in our own words: two
optimisers with rate 1e-4, one forward pass of the generator that both players share, gradients of
both players before either moves.

References
----------
https://www.tensorflow.org/tutorials/generative/dcgan
"""

import keras
import tensorflow as tf
from keras import layers

LATENT_DIM = 100
RATE = 1e-4


def generator():
    """Noise (n, 100) -> images (n, 28, 28, 1)."""

    def enlarge(filters, strides, **options):
        return layers.Conv2DTranspose(
            filters, 5, strides=strides, padding="same", use_bias=False, **options
        )

    return keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape([7, 7, 256]),
            enlarge(128, 1),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            enlarge(64, 2),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            enlarge(1, 2, activation="tanh"),
        ]
    )


def discriminator():
    """Images (n, 28, 28, 1) -> logits (n, 1)."""

    def halve(filters):
        return layers.Conv2D(filters, 5, strides=2, padding="same")

    return keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            halve(64),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            halve(128),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def optimizer():
    """Adam as the tutorial sets it: one for each player."""
    return keras.optimizers.Adam(RATE)


def compiled_step(networks, optimizers):
    """The tutorial's step, a `tf.function` of one batch of images."""
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    for network, its in zip(networks, optimizers, strict=True):
        its.build(network.trainable_variables)

    @tf.function
    def step(images):
        noise = tf.random.normal([tf.shape(images)[0], LATENT_DIM])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fakes = networks[0](noise, training=True)
            real_logits = networks[1](images, training=True)
            fake_logits = networks[1](fakes, training=True)
            ones, zeros = tf.ones_like(fake_logits), tf.zeros_like(fake_logits)
            losses = (
                cross_entropy(ones, fake_logits),
                cross_entropy(ones, real_logits) + cross_entropy(zeros, fake_logits),
            )
        tapes = (generator_tape, discriminator_tape)
        for tape, loss, network, its in zip(tapes, losses, networks, optimizers, strict=True):
            weights = network.trainable_variables
            its.apply(tape.gradient(loss, weights), weights)

    return step
