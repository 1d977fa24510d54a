"""Small networks for the experiments: plain Keras models; discriminators give logits."""

from collections.abc import Iterable

import keras
from keras import layers

from gan_utils import _checks

IMAGE_SIZE = 28


def mlp(input_dim, output_dim, hidden=(128, 128, 128), activation="relu", *, seed=None):
    """A multilayer perceptron without an activation at its end.

    Parameters
    ----------
    input_dim, output_dim : int
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str or callable
        Of the hidden layers, as Keras takes it.
    seed : int, optional
        Makes the initial weights repeatable. By default Keras' own global seed decides.

    Returns
    -------
    keras.Model
        (n, input_dim) -> (n, output_dim).

    Raises
    ------
    ValueError
        If a width is less than 1, `hidden` is not a sequence, or `seed` is negative or no integer.

    Examples
    --------
    >>> mlp(4, 2, hidden=(8,)).count_params()   # 4·8 + 8 + 8·2 + 2
    58
    """
    input_dim = _checks.count("input_dim", input_dim)
    widths = _widths(hidden)
    activations = [activation] * len(widths) + [None]
    widths.append(_checks.count("output_dim", output_dim))
    seeds = _seeds(seed, len(widths))
    return keras.Sequential(
        [keras.Input([input_dim])]
        + [
            layers.Dense(width, activation=a, kernel_initializer=_glorot(s))
            for width, a, s in zip(widths, activations, seeds, strict=True)
        ]
    )


def dcgan_generator(latent_dim=64, width=64, channels=1, *, seed=None):
    """A convolutional generator of 28x28 images in (-1, 1).

    A dense layer to (7, 7, 2·width), then two transposed convolutions of stride 2 to
    (14, 14, width) and (28, 28, width // 2), and a convolution to (28, 28, channels) with tanh.
    The kernel of size 4 is a multiple of the stride, so that every pixel is reached by equally
    many taps [2]_: no pixel is louder than its neighbour in the mean over initial weights.
    There is no normalisation, and so no sample that depends on its neighbours in the batch.

    Parameters
    ----------
    latent_dim, width, channels : int
    seed : int, optional
        Makes the initial weights repeatable.

    Returns
    -------
    keras.Model
        (n, latent_dim) -> (n, 28, 28, channels).

    Raises
    ------
    ValueError
        If `latent_dim` or `channels` is less than 1, `width` less than 2, or `seed` is negative or
        no integer.

    References
    ----------
    .. [1] Radford, Metz, Chintala (2016), figure 1, for the plan.
    .. [2] Odena, Dumoulin, Olah (2016), "Deconvolution and checkerboard artifacts".

    Examples
    --------
    >>> dcgan_generator(latent_dim=8, width=4).output_shape
    (None, 28, 28, 1)
    """
    latent_dim = _checks.count("latent_dim", latent_dim)
    width = _checks.count("width", width, at_least=2)
    channels = _checks.count("channels", channels)
    first, second, third, last = _seeds(seed, 4)
    base = IMAGE_SIZE // 4
    return keras.Sequential(
        [
            keras.Input([latent_dim]),
            layers.Dense(base * base * 2 * width, kernel_initializer=_he(first)),
            layers.Reshape([base, base, 2 * width]),
            layers.LeakyReLU(0.2),
            _upsample(width, second),
            layers.LeakyReLU(0.2),
            _upsample(width // 2, third),
            layers.LeakyReLU(0.2),
            layers.Conv2D(
                channels, 3, padding="same", activation="tanh", kernel_initializer=_glorot(last)
            ),
        ]
    )


def dcgan_discriminator(width=64, channels=1, *, seed=None):
    """A convolutional discriminator of 28x28 images.

    The generator's mirror image: three convolutions of stride 2 to (14, 14, width // 2),
    (7, 7, width) and (4, 4, 2·width), and a dense layer to one logit. There is no batch
    normalisation: a gradient penalty needs a logit that depends on its own image alone.

    Parameters
    ----------
    width, channels : int
    seed : int, optional
        Makes the initial weights repeatable.

    Returns
    -------
    keras.Model
        (n, 28, 28, channels) -> (n, 1) logits.

    Raises
    ------
    ValueError
        If `channels` is less than 1, `width` less than 2, or `seed` is negative or no integer.

    References
    ----------
    .. [1] Radford, Metz, Chintala (2016), for the plan; Gulrajani et al. (2017), section 4, for
       leaving batch normalisation out.

    Examples
    --------
    >>> dcgan_discriminator(width=4).output_shape
    (None, 1)
    """
    width = _checks.count("width", width, at_least=2)
    channels = _checks.count("channels", channels)
    first, second, third, last = _seeds(seed, 4)
    return keras.Sequential(
        [
            keras.Input([IMAGE_SIZE, IMAGE_SIZE, channels]),
            _downsample(width // 2, first),
            layers.LeakyReLU(0.2),
            _downsample(width, second),
            layers.LeakyReLU(0.2),
            _downsample(2 * width, third),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1, kernel_initializer=_glorot(last)),
        ]
    )


def _upsample(filters, seed):
    return layers.Conv2DTranspose(
        filters, 4, strides=2, padding="same", kernel_initializer=_he(seed)
    )


def _downsample(filters, seed):
    return layers.Conv2D(filters, 4, strides=2, padding="same", kernel_initializer=_he(seed))


def _glorot(seed):
    return keras.initializers.GlorotUniform(seed)


def _he(seed):
    return keras.initializers.HeNormal(seed)


def _widths(hidden):
    if not isinstance(hidden, Iterable):
        raise ValueError(f"hidden: expected a sequence of widths, got {hidden!r}")
    return [_checks.count("hidden", width) for width in hidden]


def _seeds(seed, n):
    """One seed for each layer: layers that share one would start from related weights."""
    if seed is None:
        return [None] * n
    seed = _checks.count("seed", seed, at_least=0)
    return [1_000 * seed + i for i in range(n)]
