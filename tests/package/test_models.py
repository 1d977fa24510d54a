"""Shapes, parameter counts and repeatability of the networks."""

import hashlib
import subprocess
import sys
from itertools import pairwise

import keras
import numpy as np
import pytest

from gan_utils import ClassEmbedding, dcgan_discriminator, dcgan_generator, mlp


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


SIZES = (8, 12, 20, 28, 32, 36, 64, 100)


@pytest.mark.parametrize("size", SIZES)
def test_every_multiple_of_four_is_a_size(size):
    generator = dcgan_generator(3, 2, 3, size=size)
    assert generator.output_shape == (None, size, size, 3)
    assert 4 <= generator.layers[1].output.shape[1] <= 7
    discriminator = dcgan_discriminator(2, 3, size=size)
    assert discriminator.layers[-3].output.shape[1] <= 4
    assert discriminator(generator(np.zeros([2, 3]))).shape == (2, 1)


def test_filters_halve_towards_the_image_and_end_at_eight_widths():
    kind = keras.layers.Conv2DTranspose
    filters = [x.filters for x in dcgan_generator(2, 4, size=256).layers if isinstance(x, kind)]
    assert filters == [32, 32, 16, 8, 4, 2]
    kind = keras.layers.Conv2D
    filters = [x.filters for x in dcgan_discriminator(4, size=256).layers if isinstance(x, kind)]
    assert filters == [2, 4, 8, 16, 32, 32]


@pytest.mark.parametrize(
    ("make", "digest"),
    [
        (lambda: mlp(3, 2, seed=3), "7de796799d3132a1"),
        (lambda: dcgan_generator(5, 6, seed=3), "fcceec0b82664f71"),
        (lambda: dcgan_discriminator(6, seed=3), "e55a0bcb1762d40c"),
    ],
    ids=["mlp", "generator", "discriminator"],
)
@pytest.mark.recorded
def test_initial_weights_are_those_of_version_0_1(make, digest):
    arrays = b"".join(weights.tobytes() for weights in make().get_weights())
    assert hashlib.sha256(arrays).hexdigest()[:16] == digest


def test_networks_have_names():
    makers = {"mlp": (2, 1), "dcgan_generator": (2, 2), "dcgan_discriminator": (2,)}
    for name, arguments in makers.items():
        make = globals()[name]
        assert make(*arguments).name == name
        assert make(*arguments, name="mine").name == "mine"
    assert dcgan_generator(2, 2, num_classes=2).name == "dcgan_generator"


class TestLabels:
    @pytest.fixture(scope="class")
    def generator(self):
        return dcgan_generator(6, 2, 3, size=8, num_classes=4, seed=0)

    @pytest.fixture(scope="class")
    def discriminator(self):
        return dcgan_discriminator(2, 3, size=8, num_classes=4, seed=0)

    def test_both_take_labels_beside_their_input(self, generator, discriminator):
        assert generator.input_shape == [(None, 6), (None,)]
        assert discriminator.input_shape == [(None, 8, 8, 3), (None,)]
        assert [x.dtype for x in generator.inputs] == ["float32", "int32"]
        labels = np.array([0, 3], dtype=np.int64)
        images = np.asarray(generator([np.zeros([2, 6]), labels]))
        assert images.shape == (2, 8, 8, 3)
        assert discriminator([images, labels]).shape == (2, 1)

    def test_the_label_decides_what_is_drawn(self, generator):
        images = np.asarray(generator([np.ones([4, 6]), np.arange(4)]))
        assert all(np.abs(a - b).max() > 1e-3 for a, b in pairwise(images))

    def test_class_and_noise_begin_with_equal_shares(self):
        network = dcgan_generator(64, 2, num_classes=100, seed=0)
        table = next(x for x in network.layers if isinstance(x, ClassEmbedding))
        values = table.embeddings.numpy()
        # 6400 values of N(0, 1): the standard error of their mean square is √(2/6400).
        assert abs(np.square(values).mean() - 1) < 5 * np.sqrt(2 / values.size)

    def test_the_logit_is_a_projection(self, discriminator):
        images = np.random.default_rng(0).normal(size=[5, 8, 8, 3]).astype(np.float32)
        labels = np.array([0, 1, 2, 3, 1])
        flatten = next(x for x in discriminator.layers if isinstance(x, keras.layers.Flatten))
        features = np.asarray(keras.Model(discriminator.inputs[0], flatten.output)(images))
        dense = next(x for x in discriminator.layers if isinstance(x, keras.layers.Dense))
        embedding = next(x for x in discriminator.layers if isinstance(x, ClassEmbedding))
        w, b, e = (np.asarray(v) for v in (dense.kernel, dense.bias, embedding.embeddings))
        expected = features @ w[:, 0] + b + np.sum(e[labels] * features, axis=1)
        np.testing.assert_allclose(
            np.asarray(discriminator([images, labels]))[:, 0], expected, rtol=1e-4, atol=1e-4
        )

    def test_what_is_no_class_is_refused(self, generator):
        with pytest.raises(ValueError, match="labels: expected whole numbers from 0 to 3, got 4"):
            generator([np.zeros([2, 6]), np.array([0, 4])])

    def test_the_seed_decides_the_embeddings_too(self):
        def start(seed):
            return dcgan_generator(3, 2, size=8, num_classes=4, seed=seed).get_weights()

        for a, b, c in zip(start(1), start(1), start(2), strict=True):
            np.testing.assert_array_equal(a, b)
            assert not a.any() or (a != c).any()

    def test_they_are_saved_and_loaded(self, generator, discriminator, tmp_path):
        inputs = {"g": np.ones([2, 6]), "d": np.ones([2, 8, 8, 3])}
        for name, network in (("g", generator), ("d", discriminator)):
            network.save(tmp_path / f"{name}.keras")
            loaded = keras.saving.load_model(tmp_path / f"{name}.keras")
            example = [inputs[name], np.array([0, 2])]
            np.testing.assert_array_equal(loaded(example), network(example))


@pytest.mark.parametrize("classes", [None, 3])
def test_outputs_keep_the_precision_of_the_weights(classes):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        generator = dcgan_generator(4, 2, size=8, num_classes=classes)
        discriminator = dcgan_discriminator(2, size=8, num_classes=classes)
        network = mlp(2, 1)
    finally:
        keras.config.set_dtype_policy(before)
    labels = [] if classes is None else [np.array([0, 2])]
    images = generator([np.ones([2, 4]), *labels] if labels else np.ones([2, 4]))
    logits = discriminator([np.asarray(images), *labels] if labels else images)
    assert [x.dtype for x in (images, logits, network(np.ones([2, 2])))] == ["float32"] * 3
    assert generator.layers[-2].compute_dtype == "float16" == discriminator.layers[1].compute_dtype


@pytest.mark.slow
def test_channels_come_last_whatever_keras_is_told():
    """In a process of its own: the setting is global."""
    code = (
        "import keras, numpy as np; keras.config.set_image_data_format('channels_first')\n"
        "from gan_utils import dcgan_discriminator, dcgan_generator\n"
        "from gan_utils import digit_features, digit_generator\n"
        "for size in (28, 36):\n"
        "    images = dcgan_generator(2, 2, 3, size=size)(np.zeros([2, 2]))\n"
        "    print(images.shape, dcgan_discriminator(2, 3, size=size)(images).shape)\n"
        "print(digit_features(digit_generator()(np.zeros([2, 64]))).sum())"
    )
    ours = code.replace("keras.config.set_image_data_format('channels_first')", "pass")
    runs = [
        subprocess.run([sys.executable, "-c", c], capture_output=True, text=True)
        for c in (code, ours)
    ]
    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith("(2, 28, 28, 3) (2, 1)\n(2, 36, 36, 3) (2, 1)\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 30}, "size: expected a multiple of 4, got 30"),
        ({"size": 4}, "size: expected at least 8, got 4"),
        ({"size": 28.0}, "size: expected a whole number, got 28.0"),
        ({"num_classes": 0}, "num_classes: expected at least 1, got 0"),
    ],
)
@pytest.mark.parametrize("make", [dcgan_generator, dcgan_discriminator])
def test_bad_sizes_and_classes_are_named(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)
