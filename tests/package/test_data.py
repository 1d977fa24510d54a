"""Real images where they should come from, and a clear word where they cannot."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gan_utils import DataUnavailable, load_images, profile, verbosity

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
            "name: expected one of 'digits', 'mnist', 'fashion_mnist', got 'cifar10'",
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


@pytest.mark.parametrize("speed", ["quick", "full"])
def test_the_environment_decides_the_profile(monkeypatch, speed):
    monkeypatch.setenv("GAN_BOOK_PROFILE", speed)
    assert profile() == speed


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.setenv("GAN_BOOK_PROFILE", "fast")
    with pytest.raises(
        ValueError, match="GAN_BOOK_PROFILE: expected one of 'quick', 'full', got 'fast'"
    ):
        profile()


@pytest.mark.parametrize(("devices", "speed"), [([], "quick"), (["GPU:0"], "full")])
def test_without_it_a_gpu_decides(monkeypatch, devices, speed):
    monkeypatch.delenv("GAN_BOOK_PROFILE", raising=False)
    config = SimpleNamespace(list_physical_devices=lambda kind: devices if kind == "GPU" else None)
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    assert profile() == speed


@pytest.mark.parametrize(("speed", "verbose"), [("quick", 0), ("full", "auto"), (None, "auto")])
def test_training_is_quiet_only_where_the_quick_profile_is_asked_for(monkeypatch, speed, verbose):
    monkeypatch.delenv("GAN_BOOK_PROFILE")
    if speed is not None:
        monkeypatch.setenv("GAN_BOOK_PROFILE", speed)
    assert verbosity() == verbose
