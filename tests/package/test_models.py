"""Shapes, parameter counts and repeatability of the networks."""

import keras
import numpy as np
import pytest

from gan_utils import dcgan_discriminator, dcgan_generator, mlp


def test_mlp_shapes_and_parameters():
    model = mlp(3, 2, hidden=(5, 7), activation="tanh")
    assert model.input_shape == (None, 3)
    assert model.output_shape == (None, 2)
    assert model.count_params() == (3 * 5 + 5) + (5 * 7 + 7) + (7 * 2 + 2)
    assert [layer.activation.__name__ for layer in model.layers] == ["tanh", "tanh", "linear"]


def test_dcgan_parameters_follow_from_the_layers():
    width, latent = 6, 5
    generator = dcgan_generator(latent, width)
    layers = [
        (latent + 1) * 7 * 7 * 2 * width,
        4 * 4 * 2 * width * width + width,
        4 * 4 * width * (width // 2) + width // 2,
        3 * 3 * (width // 2) + 1,
    ]
    assert generator.count_params() == sum(layers)
    discriminator = dcgan_discriminator(width)
    layers = [
        (4 * 4 + 1) * (width // 2),
        4 * 4 * (width // 2) * width + width,
        4 * 4 * width * 2 * width + 2 * width,
        4 * 4 * 2 * width + 1,
    ]
    assert discriminator.count_params() == sum(layers)


@pytest.mark.parametrize("channels", [1, 3])
def test_images_have_the_size_of_mnist_and_the_range_of_tanh(channels):
    generator = dcgan_generator(8, 4, channels)
    images = np.asarray(generator(100 * np.random.default_rng(0).normal(size=[4, 8])))
    assert images.shape == (4, 28, 28, channels)
    assert np.abs(images).max() <= 1
    assert dcgan_discriminator(4, channels)(images).shape == (4, 1)


def test_the_discriminator_returns_logits():
    last = dcgan_discriminator(4).layers[-1]
    assert last.activation is keras.activations.linear


def test_every_output_pixel_has_equally_many_taps():
    # With all weights one, a transposed convolution counts them: constant away from the border.
    generator = dcgan_generator(4, 4)
    for layer in generator.layers:
        if isinstance(layer, keras.layers.Conv2DTranspose):
            kernel, bias = layer.get_weights()
            layer.set_weights([np.ones_like(kernel), np.zeros_like(bias)])
            height, width, channels = layer.input.shape[1:]
            taps = np.asarray(layer(np.ones([1, height, width, channels])))[0, 1:-1, 1:-1]
            assert np.ptp(taps) == 0


@pytest.mark.parametrize(
    "make",
    [lambda seed: mlp(2, 1, seed=seed), lambda seed: dcgan_generator(4, 4, seed=seed)],
    ids=["mlp", "dcgan"],
)
def test_the_seed_decides_the_initial_weights(make):
    one, same, other = make(3), make(3), make(4)
    for a, b, c in zip(one.weights, same.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.asarray(a).any() or (np.asarray(a) != np.asarray(c)).any()


MAKERS = (mlp, dcgan_generator, dcgan_discriminator)


def small(make, seed):
    return make(*([2, 2] if make is dcgan_generator else [2, 1]), seed=seed)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_seeds_may_come_from_numpy(make):
    one, same = small(make, 3), small(make, np.int64(3))
    for a, b in zip(one.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("seed", [-1, 1.0, "1"])
def test_bad_seeds_are_named(make, seed):
    with pytest.raises(ValueError, match="seed: expected"):
        small(make, seed)


def test_widths_may_come_from_numpy_or_an_iterator():
    four = np.int64(4)
    assert dcgan_generator(four, four, four).output_shape == (None, 28, 28, 4)
    assert len(mlp(four, 1, hidden=iter([four, four])).layers) == 3


def test_layers_do_not_share_their_random_numbers():
    kernels = [np.asarray(layer.kernel).ravel()[:8] for layer in mlp(8, 8, (8, 8), seed=0).layers]
    assert abs(np.corrcoef(kernels[0], kernels[1])[0, 1]) < 0.99


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: mlp(0, 1), "input_dim"),
        (lambda: mlp(1, 0), "output_dim"),
        (lambda: mlp(1, 1, hidden=(4, 0)), "hidden"),
        (lambda: mlp(1, 1, hidden=128), "hidden"),
        (lambda: dcgan_generator(0), "latent_dim"),
        (lambda: dcgan_generator(8, 1), "width"),
        (lambda: dcgan_generator(8, 8, 0), "channels"),
        (lambda: dcgan_discriminator(0), "width"),
        (lambda: dcgan_discriminator(8, 1.5), "channels"),
    ],
)
def test_bad_widths_are_named(make, name):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        make()
