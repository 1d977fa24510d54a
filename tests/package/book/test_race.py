"""The race of recipes: its record is complete, and says what the book says of it."""

import json
import shutil
from dataclasses import asdict
from itertools import pairwise

import numpy as np
import pytest

import tools.race
from book import race, tutorial
from book.pages import ROOT
from gan_utils import DataUnavailable, pretrained
from gan_utils.book import _records, digit_race
from tests.package.test_pretrained import SAMPLES_MEASURED

LADDER = [
    ("small networks, no normalisation", {"tutorial_networks": False}),
    ("batches of 32", {"batch": 32}),
    ("the pairing loss", {"loss": "relativistic"}),
    ("both penalties, γ = 1", {"gamma": 1.0}),
    ("Adam without momentum", {"betas": [0.0, 0.99]}),
    ("rate 2e-3, falling to zero", {"rate": 2e-3, "cosine": True}),
    ("averaged weights", {"ema_decay": 0.999}),
]
"""What the recipes of the race say that they change, and what they do."""


@pytest.fixture(scope="module")
def record():
    return digit_race().record


def test_the_record_is_complete(record):
    assert (ROOT / record["script"]).samefile(tools.race.__file__)
    assert record["seeds"] == [0, 1, 2] == list(race.SEEDS)
    assert record["seconds"] == 90 == race.SECONDS
    assert record["looks"] == [10, 30, 90] == list(race.LOOKS)
    assert record["threads"] > 0
    assert record["data"] == pretrained.provenance("digit_classifier")["data"]
    assert set(record["versions"]) >= {"python", "tensorflow", "keras", "numpy"}
    for recipe in record["recipes"]:
        assert len(recipe["runs"]) == len(record["seeds"])
        for run in recipe["runs"]:
            assert set(run) == {"steps"} | SAMPLES_MEASURED
            assert run["steps"] > 0
            assert sum(run["class_shares"]) == pytest.approx(1)


def test_the_recipes_are_those_of_the_program(record):
    stored = [{k: v for k, v in recipe.items() if k != "runs"} for recipe in record["recipes"]]
    assert stored == json.loads(json.dumps([asdict(recipe) for recipe in race.recipes()]))


def test_each_recipe_changes_what_it_says(record):
    def changes(before, recipe):
        settings = set(recipe) - {"change", "runs"}
        return {key: recipe[key] for key in settings if recipe[key] != before[key]}

    pairs = pairwise(record["recipes"])
    assert [(recipe["change"], changes(before, recipe)) for before, recipe in pairs] == LADDER


def test_the_first_recipe_trains_as_the_tutorial_does(record):
    first = record["recipes"][0]
    adam = tutorial.optimizer()
    assert first["rate"] == tutorial.RATE == pytest.approx(float(adam.learning_rate))
    assert first["betas"] == [adam.beta_1, adam.beta_2]
    assert first["tutorial_networks"] is True
    assert first["loss"] == "non_saturating"
    assert (first["gamma"], first["cosine"], first["ema_decay"]) == (0, False, 0)


def test_the_last_recipe_is_twelve_times_nearer_than_the_first(record):
    """With every seed, in the Fréchet distance to training images."""
    first, last = (
        [run["frechet_distance"] for run in record["recipes"][i]["runs"]] for i in (0, -1)
    )
    print(first, last)
    assert all(12 * near <= far for far, near in zip(first, last, strict=True))


def test_the_pictures_are_samples_at_every_look(record):
    pictures = digit_race().pictures
    assert set(pictures) == {"tutorial", "book"}
    for images in pictures.values():
        assert images.shape == (len(record["looks"]), race.PICTURES, 28, 28) == (3, 12, 28, 28)
        assert images.dtype == np.float32
        assert np.abs(images).max() <= 1
        assert images.std(axis=1).mean() > 0.01


@pytest.mark.parametrize("name", ["digit_race.npz", "digit_race.json"])
def test_a_missing_file_is_named(tmp_path, monkeypatch, name):
    shutil.copytree(_records.RECORDS, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).unlink()
    monkeypatch.setattr(_records, "RECORDS", tmp_path)
    with pytest.raises(DataUnavailable, match=rf"{name}: no such record .* first_gan"):
        digit_race()
