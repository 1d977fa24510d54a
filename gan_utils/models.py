"""Networks for the experiments, plain named Keras models; discriminators give logits (TensorFlow).

Every convolution says that channels come last, whatever the user's Keras configuration says. Under
a policy of mixed precision the outputs are in the precision of the weights: logits in float32.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise

import keras
from keras import layers

from gan_utils import _checks
from gan_utils.layers import ClassEmbedding, LeakyReLU

IMAGE_SIZE = 28
"""Height and width of MNIST's images."""

_SMALLEST = 8
_LAST = {"data_format": "channels_last"}
_STEP = 1_000
"""Seeds of one network."""


def mlp(
    input_dim: int,
    output_dim: int,
    hidden: Iterable[int] = (128, 128, 128),
    activation: str | Callable = "relu",
    *,
    seed: int | None = None,
    name: str | None = None,
) -> keras.Model:
    """Multilayer perceptron without an activation at its end.

    Parameters
    ----------
    input_dim, output_dim : int
    hidden : sequence of int
        Widths of the hidden layers.
    activation : str or callable
        Of the hidden layers, as Keras takes it.
    seed : int, optional
        Makes the initial weights repeatable. By default Keras' own global seed decides.
    name : str, optional
        "mlp" by default.

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
    output_dim = _checks.count("output_dim", output_dim)
    *seeds, last = _seeds(seed, len(widths) + 1)
    return keras.Sequential(
        [
            keras.Input([input_dim]),
            *(
                layers.Dense(width, activation=activation, kernel_initializer=_glorot(s))
                for width, s in zip(widths, seeds, strict=True)
            ),
            layers.Dense(output_dim, kernel_initializer=_glorot(last), dtype=_output_dtype()),
        ],
        name=name or "mlp",
    )


def dcgan_generator(
    latent_dim: int = 64,
    width: int = 64,
    channels: int = 1,
    *,
    size: int = IMAGE_SIZE,
    num_classes: int | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> keras.Model:
    """DCGAN generator: transposed convolutions from noise to square images in (-1, 1).

    A dense layer to a square of 4 to 7 pixels, then transposed convolutions of stride 2, each to
    the next of the sides size, ⌈size/2⌉, ⌈size/4⌉, … (an odd side loses the last row and column
    of its even one), and a convolution to the image with tanh. Filters halve from stage to stage
    and end at width // 2; there are never more than 8·width. For 28: (7, 7, 2·width),
    (14, 14, width), (28, 28, width // 2), (28, 28, channels).

    The kernel of size 4 is a multiple of the stride, so that every pixel is reached by equally
    many taps [2]_: no pixel is louder than its neighbour in the mean over initial weights.
    There is no normalisation, and so no sample that depends on its neighbours in the batch.

    With `num_classes` the network takes noise and labels: a trained vector for each class, as long
    as z and N(0, I) at the start, is appended to z, so that class and noise begin with equal shares
    of the first layer, and without normalisation there are no scales for the class to set.

    Parameters
    ----------
    latent_dim, width, channels : int
    size : int
        Height and width of the images, a multiple of 4, at least 8.
    num_classes : int, optional
    seed : int, optional
        Makes the initial weights repeatable.
    name : str, optional
        "dcgan_generator" by default.

    Returns
    -------
    keras.Model
        z (n, latent_dim) -> (n, size, size, channels); with `num_classes`, [z, label] with integer
        labels (n,) from 0 to num_classes − 1; `ClassEmbedding` says what others do.

    Raises
    ------
    ValueError
        If `latent_dim`, `channels` or `num_classes` is less than 1, `width` less than 2, `size` no
        multiple of 4 or less than 8, or `seed` negative or no integer.

    References
    ----------
    .. [1] Radford, Metz, Chintala (2016), figure 1, for the plan.
    .. [2] Odena, Dumoulin, Olah (2016), "Deconvolution and checkerboard artifacts".

    Examples
    --------
    >>> dcgan_generator(latent_dim=8, width=4).output_shape
    (None, 28, 28, 1)
    >>> dcgan_generator(8, 4, channels=3, size=32, num_classes=10).input_shape
    [(None, 8), (None,)]
    """
    latent_dim = _checks.count("latent_dim", latent_dim)
    width = _checks.count("width", width, at_least=2)
    channels = _checks.count("channels", channels)
    sides = _sides(_size(size), at_most=7)[::-1]
    filters = _filters(width, len(sides))[::-1]
    first, *between, last = _seeds(seed, len(sides) + 1)
    stages = zip(pairwise(sides), filters[1:], between, strict=True)
    hidden = [
        layers.Dense(sides[0] ** 2 * filters[0], kernel_initializer=_he(first)),
        layers.Reshape([sides[0], sides[0], filters[0]]),
        LeakyReLU(0.2),
        *(layer for stage in stages for layer in _upsampling(*stage)),
        layers.Conv2D(
            channels,
            3,
            padding="same",
            activation="tanh",
            kernel_initializer=_glorot(last),
            dtype=_output_dtype(),
            **_LAST,
        ),
    ]
    name = name or "dcgan_generator"
    z = keras.Input([latent_dim], name="z")
    if num_classes is None:
        return keras.Sequential([z, *hidden], name=name)
    label = keras.Input([], dtype="int32", name="label")
    embedding = _class_embedding(num_classes, latent_dim, _normal, seed)
    outputs = layers.Concatenate()([z, embedding(label)])
    for layer in hidden:
        outputs = layer(outputs)
    return keras.Model([z, label], outputs, name=name)


def dcgan_discriminator(
    width: int = 64,
    channels: int = 1,
    *,
    size: int = IMAGE_SIZE,
    num_classes: int | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> keras.Model:
    r"""DCGAN discriminator: strided convolutions from square images to one logit.

    The generator's mirror image: convolutions of stride 2, each to half the side, rounded up, until
    that is 4 or less, and a dense layer to one logit. Filters double from width // 2 and are never
    more than 8·width. For 28: (14, 14, width // 2), (7, 7, width), (4, 4, 2·width). There is no
    batch normalisation: a gradient penalty needs a logit that depends on its own image alone.

    With `num_classes` the network takes images and labels, and is a projection discriminator [2]_:
    with the features h(x) of the last convolution and a trained vector e(y) for each class,

    .. math:: \ell(x, y) = w^T h(x) + b + e(y)^T h(x).

    Parameters
    ----------
    width, channels : int
    size : int
        Height and width of the images, a multiple of 4, at least 8.
    num_classes : int, optional
    seed : int, optional
        Makes the initial weights repeatable.
    name : str, optional
        "dcgan_discriminator" by default.

    Returns
    -------
    keras.Model
        (n, size, size, channels) -> (n, 1) logits; with `num_classes`, [x, label] with integer
        labels (n,) from 0 to num_classes − 1; `ClassEmbedding` says what others do.

    Raises
    ------
    ValueError
        If `channels` or `num_classes` is less than 1, `width` less than 2, `size` no multiple of 4
        or less than 8, or `seed` negative or no integer.

    References
    ----------
    .. [1] Radford, Metz, Chintala (2016), for the plan; Gulrajani et al. (2017), section 4, for
       leaving batch normalisation out.
    .. [2] Miyato, Koyama (2018), "cGANs with projection discriminator", equation (4).

    Examples
    --------
    >>> dcgan_discriminator(width=4).output_shape
    (None, 1)
    """
    width = _checks.count("width", width, at_least=2)
    channels = _checks.count("channels", channels)
    size = _size(size)
    filters = _filters(width, len(_sides(size, at_most=4)) - 1)
    *between, last = _seeds(seed, len(filters) + 1)
    image = keras.Input([size, size, channels], name="x")
    hidden = [
        layer
        for number, s in zip(filters, between, strict=True)
        for layer in (_downsample(number, s), LeakyReLU(0.2))
    ]
    hidden.append(layers.Flatten(**_LAST))
    logit = layers.Dense(1, kernel_initializer=_glorot(last), dtype=_output_dtype())
    name = name or "dcgan_discriminator"
    if num_classes is None:
        return keras.Sequential([image, *hidden, logit], name=name)
    label = keras.Input([], dtype="int32", name="label")
    features = image
    for layer in hidden:
        features = layer(features)
    embedding = _class_embedding(num_classes, features.shape[-1], _glorot, seed)
    projection = layers.Dot(axes=1, dtype=_output_dtype())([embedding(label), features])
    outputs = layers.Add(dtype=_output_dtype())([logit(features), projection])
    return keras.Model([image, label], outputs, name=name)


def _upsampling(sides: tuple[int, int], filters: int, seed: int | None) -> list[keras.layers.Layer]:
    """A transposed convolution of stride 2 from one side to the next, which may be odd."""
    small, large = sides
    crop = layers.Cropping2D(((0, 1), (0, 1)), **_LAST)
    return [_upsample(filters, seed), *([crop] if large < 2 * small else []), LeakyReLU(0.2)]


def _upsample(filters: int, seed: int | None) -> keras.layers.Layer:
    return layers.Conv2DTranspose(
        filters, 4, strides=2, padding="same", kernel_initializer=_he(seed), **_LAST
    )


def _downsample(filters: int, seed: int | None) -> keras.layers.Layer:
    return layers.Conv2D(
        filters, 4, strides=2, padding="same", kernel_initializer=_he(seed), **_LAST
    )


def _class_embedding(
    num_classes: int, units: int, initializer: Callable, seed: int | None
) -> ClassEmbedding:
    num_classes = _checks.count("num_classes", num_classes)
    # The last of the seeds that belong to this one: the layers count from the first.
    own = None if seed is None else _STEP * _checks.count("seed", seed, at_least=0) + _STEP - 1
    return ClassEmbedding(num_classes, units, initializer=initializer(own))


def _sides(size: int, at_most: int) -> list[int]:
    """The side halved, rounded up, until it is small: 28, 14, 7."""
    sides = [size]
    while sides[-1] > at_most:
        sides.append(-(-sides[-1] // 2))
    return sides


def _filters(width: int, n: int) -> list[int]:
    """Filters of n stages, the one with the largest images first."""
    return [width // 2, *(min(2**i, 8) * width for i in range(n - 1))]


def _size(size: int) -> int:
    size = _checks.count("size", size, at_least=_SMALLEST)
    if size % 4:
        raise ValueError(f"size: expected a multiple of 4, got {size}")
    return size


def _output_dtype() -> str:
    """The precision of the weights, which a mixed policy sets higher than that of the layers."""
    return keras.config.dtype_policy().variable_dtype


def _glorot(seed: int | None) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed)


def _he(seed: int | None) -> keras.initializers.Initializer:
    return keras.initializers.HeNormal(seed)


def _normal(seed: int | None) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=1.0, seed=seed)


def _widths(hidden: Iterable[int]) -> list[int]:
    if not isinstance(hidden, Iterable):
        raise ValueError(f"hidden: expected a sequence of widths, got {hidden!r}")
    return [_checks.count("hidden", width) for width in hidden]


def _seeds(seed: int | None, n: int) -> list[int | None]:
    """One seed for each layer: layers that share one would start from related weights."""
    if seed is None:
        return [None] * n
    seed = _checks.count("seed", seed, at_least=0)
    return [_STEP * seed + i for i in range(n)]
