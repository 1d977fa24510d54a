"""The networks that the package ships do what their records say."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest

import tools.pretrain
from book import pretrain
from book.pages import ROOT
from gan_utils import (
    DataUnavailable,
    digit_classifier,
    digit_features,
    digit_generator,
    load_images,
    pretrained,
)

NAMES = list(pretrained.NETWORKS)
SAMPLES = 10_000

SAMPLES_MEASURED = {
    "frechet_distance",
    "frechet_distance_to_test",
    "frechet_floor",
    "frechet_floor_within_train",
    "precision",
    "recall",
    "precision_within_train",
    "recall_within_train",
    "class_shares",
}
COPIES_MEASURED = {"nearest_median", "nearest_median_test", "nearer_than_any_test"}
MEASURED = {
    "digit_classifier": {"test_accuracy"},
    "digit_generator": SAMPLES_MEASURED | COPIES_MEASURED,
}


@pytest.fixture(scope="module")
def classifier():
    return digit_classifier()


@pytest.fixture(scope="module")
def samples():
    """Noise is drawn with another seed than the one that the record was measured with."""
    noise = np.random.default_rng(pretrain.SEED + 1).normal(size=(SAMPLES, pretrained.LATENT_DIM))
    return digit_generator().predict(noise, batch_size=1_000, verbose=0)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the weights, to be spoilt."""
    shutil.copytree(pretrained.FOLDER, tmp_path / "weights")
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "weights")
    return tmp_path / "weights"


def small_digits():
    """The digits of scikit-learn as large within their frame as those of MNIST."""
    images, labels = load_images("digits", "all", size=20)
    return np.pad(images, [(0, 0), (4, 4), (4, 4), (0, 0)], constant_values=-1), labels


def test_shapes(classifier):
    assert classifier.input_shape == (None, 28, 28, 1)
    assert classifier.output_shape == (None, 10)
    assert digit_generator().input_shape == (None, 64)
    assert digit_generator().output_shape == (None, 28, 28, 1)


def test_the_classifier_reads_digits_that_it_has_never_seen(classifier):
    """Other writers and 8x8 pixels (0.93 right); the same, but filling the image (0.80)."""
    for (images, labels), least in ((small_digits(), 0.9), (load_images("digits", "all"), 0.7)):
        assert (pretrain.classes(classifier, images) == labels).mean() > least


def test_the_features_are_those_from_which_the_logits_are_made(classifier):
    images = load_images("digits", "test").images
    features = digit_features(images)
    assert features.shape == (len(images), pretrained.FEATURES)
    assert features.dtype == np.float32
    assert features.min() >= 0
    kernel, bias = map(np.asarray, classifier.layers[-1].weights)
    np.testing.assert_allclose(features @ kernel + bias, classifier(images), atol=1e-3)


def test_features_do_not_depend_on_how_many_are_asked_for():
    images = load_images("digits", "all").images
    assert len(images) > pretrained._IMAGES_AT_ONCE
    np.testing.assert_allclose(digit_features(images)[-3:], digit_features(images[-3:]), atol=1e-4)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 28, 28)), r"images: expected shape \(n, 28, 28, 1\), got \(2, 28, 28\)"),
        (np.zeros((0, 28, 28, 1)), "images: expected at least one value"),
        (np.full((2, 28, 28, 1), 255), r"images: expected pixels in \[-1, 1\], got .* 255"),
        (np.full((2, 28, 28, 1), 1 + 2e-6), "got values from 1.000002 to 1.000002"),
        (np.full((2, 28, 28, 1), np.nan), "images: expected numbers, got NaN"),
    ],
)
def test_wrong_images_are_named(images, message):
    with pytest.raises(ValueError, match=message):
        digit_features(images)


def test_rounding_in_float32_is_clipped():
    images = np.full((1, 28, 28, 1), np.float32(1) + np.float32(2e-7))
    np.testing.assert_array_equal(digit_features(images), digit_features(np.ones_like(images)))


@pytest.mark.slow
def test_samples_are_images_in_all_classes_alike(samples, classifier):
    assert np.abs(samples).max() <= 1
    counts = np.bincount(pretrain.classes(classifier, samples), minlength=10)
    low, high = pretrain.SHARES
    assert counts.min() >= low * SAMPLES
    assert counts.max() <= high * SAMPLES


@pytest.mark.parametrize("name", NAMES)
def test_the_record_describes_the_weights(name):
    record = pretrained.provenance(name)
    stored = (pretrained.FOLDER / record["weights"]["file"]).read_bytes()
    assert record["weights"] == {
        "file": f"{name}.npz",
        "bytes": len(stored),
        "sha256": hashlib.sha256(stored).hexdigest(),
        "dtype": "float16",
        "parameters": pretrained.NETWORKS[name]().count_params(),
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_record_is_complete_and_keeps_the_targets(name):
    record = pretrained.provenance(name)
    assert (ROOT / record["script"]).samefile(tools.pretrain.__file__)
    recipe = pretrain.RECIPES[name]
    assert record["recipe"] == recipe.constants
    assert record["seed"] == pretrain.SEED
    assert record["data"]["name"] == "mnist"
    assert set(record["versions"]) >= {"python", "tensorflow", "keras", "numpy"}
    assert min(record[key] for key in ("steps", "seconds", "threads")) > 0
    assert set(record["measured"]) == MEASURED[name]
    assert list(recipe.faults(record["measured"])) == []


def test_the_weights_are_as_small_as_they_should_be():
    sizes = {name: pretrained.provenance(name)["weights"]["bytes"] for name in NAMES}
    assert sizes["digit_classifier"] <= 500_000
    assert sizes["digit_generator"] <= 3_000_000


@pytest.mark.parametrize(
    ("measured", "faults"),
    [
        ({"frechet_distance": 9.0, "frechet_floor": 2.0, "class_shares": [0.1] * 10}, 0),
        ({"frechet_distance": 11.0, "frechet_floor": 2.0, "class_shares": [0.1] * 10}, 1),
        ({"frechet_distance": 11.0, "frechet_floor": 2.0, "class_shares": [0.07] * 10}, 2),
        ({"frechet_distance": 9.0, "frechet_floor": 2.0, "class_shares": [0.13] * 10}, 1),
    ],
)
def test_a_generator_that_misses_a_target_is_not_written(measured, faults):
    assert len(list(pretrain.generator_faults(measured))) == faults


def test_a_classifier_that_misses_its_target_is_not_written():
    assert list(pretrain.classifier_faults({"test_accuracy": 0.99})) == []
    assert len(list(pretrain.classifier_faults({"test_accuracy": 0.98}))) == 1


def test_copies_of_training_images_are_counted():
    train, test = (load_images("digits", split) for split in ("train", "test"))
    copies, others = train.images[:7], np.full((5, 28, 28, 1), 1.0, np.float32)
    measured = pretrain.measure_copies(np.concatenate([copies, others]), train, test)
    assert measured["nearer_than_any_test"] == 7
    assert measured["nearest_median"] == pytest.approx(0, abs=1e-2)
    pixels = [images.reshape(len(images), -1) for images in (test.images, train.images)]
    nearest = [np.sqrt(np.square(image - pixels[1]).sum(axis=1).min()) for image in pixels[0]]
    assert measured["nearest_median_test"] == pytest.approx(np.median(nearest), rel=1e-4)


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match=r"name: .* 'digit_classifier', .* got 'vae'"):
        pretrained.provenance("vae")


def test_missing_weights_say_where_to_find_them(copy):
    (copy / "digit_classifier.npz").unlink()
    with pytest.raises(DataUnavailable, match=r"digit_classifier\.npz.* `make pretrained`"):
        digit_classifier()


def test_weights_other_than_those_recorded_are_an_error(copy):
    stored = (copy / "digit_classifier.npz").read_bytes()
    (copy / "digit_classifier.npz").write_bytes(stored[:-1] + b"x")
    with pytest.raises(ValueError, match=r"npz: expected the weights that digit_classifier\.json"):
        digit_classifier()


def test_what_is_stored_is_what_is_loaded(copy):
    network = pretrained.NETWORKS["digit_classifier"]()
    arrays = [weights.astype(np.float16) for weights in network.get_weights()]
    pretrain.store("digit_classifier", arrays, {"seed": 3})
    again = digit_classifier().get_weights()
    for stored, loaded in zip(arrays, again, strict=True):
        np.testing.assert_array_equal(stored, loaded)
    assert json.loads((copy / "digit_classifier.json").read_text(encoding="utf-8"))["seed"] == 3


@pytest.mark.usefixtures("copy")
def test_measuring_again_changes_only_what_was_measured(monkeypatch):
    name, data = "digit_classifier", [load_images("digits", split) for split in ("train", "test")]
    before = pretrained.provenance(name)
    with pytest.raises(SystemExit, match="other data"):
        pretrain.remeasure(name, *data)
    record = before | {"data": pretrain.describe(*data), "measured": {}}
    pretrain.write_record(pretrained.FOLDER / f"{name}.json", record)
    monkeypatch.setattr(pretrain, "LEAST_ACCURACY", 0.7)
    pretrain.remeasure(name, *data)
    after = pretrained.provenance(name)
    assert after["measured"]["test_accuracy"] > 0.7
    assert after == before | {key: after[key] for key in ("data", "measured")}


needs_mnist = pytest.mark.skipif(
    not os.environ.get("GAN_UTILS_DATA"), reason="GAN_UTILS_DATA names no folder with mnist.npz"
)


@needs_mnist
@pytest.mark.parametrize("name", NAMES)
def test_what_was_measured_on_mnist_is_measured_again(name):
    """To the last digits where the data are those of the record, else within the targets."""
    train, test = load_images("mnist", "train"), load_images("mnist", "test")
    recipe, record = pretrain.RECIPES[name], pretrained.provenance(name)
    measured = recipe.measure(pretrained._pretrained(name), train, test)
    print(measured)
    assert list(recipe.faults(measured)) == []
    assert set(measured) == set(record["measured"])
    if record["data"] == pretrain.describe(train, test):
        for key, value in record["measured"].items():
            np.testing.assert_allclose(measured[key], value, rtol=1e-2, atol=1e-3)
