"""The `full` profile: every chapter has one, and takes a few steps with its constants.

The stored outputs are those of `quick`, so that nothing else would notice a constant of `full`
that a page cannot use.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
import tensorflow as tf
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from book import claims, full as full_runs, long_run, machine, pages, records
from gan_utils.book import read_record
from gan_utils.book.claims import prediction_interval
from tools import full as command

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
    chapters = [page for page in pages.in_order() if pages.is_chapter(page)]
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


# The tool that runs chapters to their end.

ASSERTION = "from gan_utils import profile\nassert profile() == 'full', 'the profile is not full'"


def notebook(folder: Path, name: str, *sources: str) -> Path:
    """A notebook of these cells."""
    path = folder / f"{name}.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    return path


@pytest.fixture
def samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Two chapters, of which one fails, and an empty record."""
    found = {
        "good": notebook(tmp_path, "good", ASSERTION, "1 + 1"),
        "bad": notebook(tmp_path, "bad", "x = 0.038", "y = 1\nassert x < 0.01, f'JS is {x}'"),
    }
    monkeypatch.setattr(full_runs, "chapters", lambda: found)
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    return found


def test_the_tool_runs_all_that_ask_for_the_profile():
    assert list(full_runs.chapters()) == [name.split("/")[-1] for name in TRIALS]


def test_the_weekly_workflow_runs_each_of_them():
    workflow = pages.ROOT / ".github" / "workflows" / "weekly.yml"
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    assert jobs["full"]["strategy"]["matrix"]["chapter"] == list(full_runs.chapters())


def test_a_chapter_that_fails_is_recorded_and_fails_the_tool(
    samples: dict[str, Path], capsys: pytest.CaptureFixture
):
    assert command.main([]) == 1
    record = full_runs.read_record()
    assert {name: entry["result"] for name, entry in record.items()} == {
        "good": "passed",
        "bad": "failed",
    }
    line = "assert x < 0.01, f'JS is {x}'"
    assert record["bad"]["error"] == f"AssertionError: JS is 0.038, at `{line}`"
    assert "error" not in record["good"]
    printed = capsys.readouterr().out
    assert "bad: AssertionError: JS is 0.038" in printed
    assert printed.count("not changed") == 2


def test_a_chapter_that_passes_is_enough_where_it_is_named(samples: dict[str, Path]):
    assert command.main(["tensorflow/good"]) == 0
    (entry,) = full_runs.read_record().values()
    assert is_entry(entry)
    assert nbformat.read(samples["good"], as_version=4).cells[1].outputs == []  # not stored


def test_a_kernel_that_dies_is_a_failure(samples: dict[str, Path]):
    notebook(samples["bad"].parent, "bad", "import os", "os._exit(1)")
    assert command.main(["bad"]) == 1
    assert full_runs.read_record()["bad"]["error"] == "DeadKernelError: Kernel died"


def test_an_entry_of_another_page_is_marked(samples: dict[str, Path]):
    command.main(["good"])
    notebook(samples["good"].parent, "good", ASSERTION, "1 + 2")
    assert "changed since" in full_runs.table(full_runs.read_record(), samples)


def test_what_was_not_run_is_not_recorded(samples: dict[str, Path]):
    command.main(["good"])
    assert list(full_runs.read_record()) == ["good"]


def test_an_unknown_chapter_is_named(samples: dict[str, Path], capsys: pytest.CaptureFixture):
    with pytest.raises(SystemExit):
        command.main(["first_gun"])
    assert "unknown chapter first_gun; there are: good, bad" in capsys.readouterr().err


def is_entry(entry: dict) -> bool:
    """Whether it says what came of the run, and of which run."""
    keys = {"result", "seconds", "processor_seconds", "threads", "date", "versions", "code"}
    return (
        set(entry) - {"error"} == keys
        and ("error" in entry) == (entry["result"] == "failed")
        and set(entry["versions"]) == {"python", *machine.PACKAGES}
    )


def test_the_record_is_of_chapters_that_passed():
    record = full_runs.read_record()
    assert record
    assert set(record) <= set(full_runs.chapters())
    for name, entry in record.items():
        assert is_entry(entry), name
        assert entry["result"] == "passed", f"{name}: {entry.get('error')}"


MINUTES = re.compile(r"it takes two processors (?:about (\d+) minutes|less than a minute)")


def wrong_minutes(text: str, entry: dict | None) -> list[str]:
    """Where a text says another time than the record, or one that was never measured.

    The least is what two processors need that do nothing else, the most what the run took.
    """
    found = []
    for match in MINUTES.finditer(text):
        said = float(match[1] or 1)
        if entry is None or not (
            entry["processor_seconds"] / 120 - 0.5 <= said <= entry["seconds"] / 60 + 0.5
        ):
            found.append(match[0])
    return found


@pytest.mark.parametrize("name", full_runs.chapters())
def test_a_page_says_the_minutes_that_were_measured(name: str):
    cells = pages.read(full_runs.chapters()[name]).markdown
    text = "\n".join(cell.source for cell in cells)
    assert wrong_minutes(text, full_runs.read_record().get(name)) == []


@pytest.mark.parametrize(
    ("said", "wrong"), [("about 8 minutes", 0), ("about 3 minutes", 1), ("less than a minute", 1)]
)
def test_other_minutes_are_noticed(said: str, wrong: int):
    text = f"Without one it takes two processors {said}."
    assert len(wrong_minutes(text, {"seconds": 600, "processor_seconds": 900})) == wrong
    assert len(wrong_minutes(text, None)) == 1


# The record of the first GAN's long run.


@pytest.fixture(scope="module")
def record() -> dict:
    return read_record("first_gan_long")


def test_the_long_run_is_of_ten_seeds(record: dict):
    assert record["seeds"] == list(claims.SEEDS)
    assert record["looks"] == list(long_run.LOOKS)
    assert list(record["runs"]) == list(long_run.ACTIVATIONS)
    for runs in record["runs"].values():
        assert len(runs) == len(claims.SEEDS)
        assert {len(values) for run in runs for values in run.values()} == {len(long_run.LOOKS)}


@pytest.mark.recorded
@pytest.mark.parametrize("activation", long_run.ACTIVATIONS)
def test_the_beginning_of_the_long_run_comes_again(record: dict, activation: str):
    """Its first 1,000 steps on one seed end where one more run is expected by the ten."""
    again = long_run.run(activation, seed=0, looks=long_run.LOOKS[:2])
    first = record["runs"][activation][0]
    assert again["live_units"][0] == first["live_units"][0]
    assert again["js"][0] == pytest.approx(first["js"][0], rel=1e-4)
    low, high = prediction_interval([run["live_units"][1][1] for run in record["runs"][activation]])
    assert low <= again["live_units"][1][1] <= high


def test_the_long_run_ends_where_the_page_says(record: dict):
    """Leaky rectifiers keep the page's bound on every seed; plain ones do not."""
    ends = {name: [run["js"][-1] for run in runs] for name, runs in record["runs"].items()}
    assert max(ends["leaky_relu"]) < 0.01 < max(ends["relu"])
