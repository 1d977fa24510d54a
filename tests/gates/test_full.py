"""The `full` profile: every chapter has one, and takes a few steps with its constants.

The stored outputs are those of `quick`, so that nothing else would notice a constant of `full`
that a page cannot use.
"""

import sys
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from tests import pages
from tests.gates.rules import is_chapter

Namespace = dict[str, object]


def divergences(page: Namespace) -> list[object]:
    p, q = page["random_pairs"](page["PAIRS"], 0)
    return [p, q, page["coverage_of_entropy"](repetitions=3)]


def generator_gradient(page: Namespace) -> list[object]:
    generator, discriminator = page["players"](0)
    noise, optimizer = tf.random.Generator.from_seed(0), page["OPTIMIZERS"]["Adam"]()
    steps = page["make_steps"](generator, discriminator, page["NON_SATURATING"], optimizer, noise)
    steps(2, moves=True)
    return [page["BATCH"], *generator.get_weights(), *discriminator.get_weights()]


def implicit_models(page: Namespace) -> list[object]:
    side = np.linspace(-2, 2, page["POINTS_ON_A_SIDE"])
    return [side, page["measured_power"](30, 1.0, seed=0)[:2]]


def jensen_shannon(page: Namespace) -> list[object]:
    network = page["train_on_fresh_samples"]((1.0, 2.0), seed=0, steps=2)
    points = page["sample_pairs"]((1.0, 2.0), page["HELD_OUT"] // 100, seed=[0, 2])
    return [page["estimate_value"](network, *points)]


def minimax_objective(page: Namespace) -> list[object]:
    return [page["descend"](page["true_loss"], seed=0, steps=page["STEPS"] // 500)]


def optimal_discriminator(page: Namespace) -> list[object]:
    pair = page["PAIRS"]["wide"]
    network = page["train_discriminator"](*pair, seed=0, steps=2)
    return [page["logits_at"](network, np.zeros([1, 1], np.float32))]


def first_gan(page: Namespace) -> list[object]:
    players = page["make_players"](0)
    losses, snapshots = page["train"](players, 0, steps=4, chunk=2)
    return [losses, *snapshots.values(), page["CHUNK"] * 40 / page["STEPS"]]


def training_engine(page: Namespace) -> list[object]:
    players = page["make_players"]()
    for batch in page["BATCHES"]:
        page["many_steps_a_call"](players)(*page["draw"](batch, 2))
    return page["weights_of"](players)


def convolutional_gan(page: Namespace) -> list[object]:
    measured = page["over_networks"](page["generator_measured"], page["NETWORKS"] // 250)
    return list(measured)


def digits_gan(page: Namespace) -> list[object]:
    gan = page["make_gan"](steps=page["STEPS"], seed=0)
    gan.steps_per_execution = 2
    images, _ = page["digits"]("train", 200)
    history = gan.fit(page["batches"](images, seed=0), steps_per_epoch=2, verbose=0).history
    return [*history.values(), gan.sample(2, seed=0)]


TRIALS: dict[str, Callable[[Namespace], list[object]]] = {
    "probability/implicit_models": implicit_models,
    "probability/divergences": divergences,
    "probability/minimax_objective": minimax_objective,
    "probability/optimal_discriminator": optimal_discriminator,
    "probability/jensen_shannon": jensen_shannon,
    "probability/generator_gradient": generator_gradient,
    "tensorflow/first_gan": first_gan,
    "tensorflow/training_engine": training_engine,
    "tensorflow/convolutional_gan": convolutional_gan,
    "tensorflow/digits_gan": digits_gan,
}
"""For each page a few steps; returned is what must be finite."""


def with_profiles(names: list[pages.Page]) -> list[str]:
    """The pages whose definitions ask for the profile."""
    return [
        page.name
        for page in names
        if any("profile()" in cell.source for cell in page.tagged("definitions"))
    ]


def constants(page: Namespace) -> dict[str, object]:
    """The numbers that a page names in capitals, and tuples of such."""
    kinds = (int, float, tuple)
    return {
        name: value
        for name, value in page.items()
        if name.isupper() and isinstance(value, kinds) and not isinstance(value, bool)
    }


@pytest.fixture
def full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Namespace:
    """The page's definitions at the full profile, in a namespace of their own."""
    pages.definitions(request.param)  # the one that the other tests share stays as it is
    module = f"chapters.{request.param.replace('/', '.')}"
    monkeypatch.setitem(sys.modules, module, sys.modules[module])
    monkeypatch.setenv("GAN_BOOK_PROFILE", "full")
    return pages.execute_definitions(pages.page(request.param))


def test_every_chapter_has_a_full_profile_and_is_tried():
    chapters = [page for page in pages.in_order() if is_chapter(page)]
    assert list(TRIALS) == with_profiles(chapters) == [page.name for page in chapters]


def not_more(quick: Namespace, full: Namespace) -> list[str]:
    """The constants that change with the profile without growing; "none" if none changes."""
    before, after = constants(quick), constants(full)
    changed = [name for name in before if after.get(name) != before[name]]
    smaller = [
        name for name in changed if not np.max(after.get(name, -np.inf)) > np.max(before[name])
    ]
    return smaller if changed else ["none"]


@pytest.mark.parametrize(("name", "full"), [(name, name) for name in TRIALS], indirect=["full"])
def test_full_profile_does_more_and_runs(name: str, full: Namespace):
    assert not_more(pages.definitions(name), full) == []
    for result in TRIALS[name](full):
        assert np.all(np.isfinite(np.asarray(result, dtype=float)))


@pytest.mark.parametrize(
    ("full", "complaint"),
    [
        ({"STEPS": 400, "BATCHES": (16, 128), "SEED": 0}, ["none"]),
        ({"STEPS": 200, "BATCHES": (16, 256), "SEED": 0}, ["STEPS"]),
        ({"STEPS": 800, "BATCHES": (8, 16, 32), "SEED": 0}, ["BATCHES"]),
        ({"STEPS": 800, "SEED": 0}, ["BATCHES"]),
        ({"STEPS": 800, "BATCHES": (16, 256), "SEED": 0}, []),
    ],
)
def test_a_full_profile_that_does_less_is_noticed(full: Namespace, complaint: list[str]):
    assert not_more({"STEPS": 400, "BATCHES": (16, 128), "SEED": 0}, full) == complaint
