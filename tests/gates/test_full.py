"""The `full` profile: every chapter has one, and takes a few steps with its constants.

The stored outputs are those of `quick`, so that nothing else would notice a constant of `full`
that a page cannot use.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from book import claims, full as full_runs, long_run, machine, pages, records
from gan_utils.book import read_record
from gan_utils.book.claims import prediction_interval
from tests import trials
from tests.trials import Namespace
from tools import full as command

CHAPTERS = [page.name for page in pages.in_order() if pages.is_chapter(page)]


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


def untried(names: list[str], files: list[str]) -> list[str]:
    """Chapters without a trial, and trials without a chapter, by the names of their files."""
    short = [name.split("/")[-1] for name in names]
    return [
        *(f"{name}: write tests/trials/{name}.py" for name in short if name not in files),
        *(f"tests/trials/{name}.py is of no chapter" for name in files if name not in short),
    ]


def test_every_chapter_has_a_full_profile_and_is_tried():
    assert with_profiles([pages.page(name) for name in CHAPTERS]) == CHAPTERS
    assert untried(CHAPTERS, [path.stem for path in trials.FOLDER.glob("[!_]*.py")]) == []


def test_a_chapter_that_is_not_tried_is_noticed():
    assert untried(["part/a"], ["a"]) == []
    assert untried(["part/a"], []) == ["a: write tests/trials/a.py"]
    assert untried([], ["a"]) == ["tests/trials/a.py is of no chapter"]


def not_more(quick: Namespace, full: Namespace) -> list[str]:
    """The constants that change with the profile without growing; "none" if none changes."""
    before, after = constants(quick), constants(full)
    changed = [name for name in before if after.get(name) != before[name]]
    smaller = [
        name for name in changed if not np.max(after.get(name, -np.inf)) > np.max(before[name])
    ]
    return smaller if changed else ["none"]


@pytest.mark.parametrize(("name", "full"), [(name, name) for name in CHAPTERS], indirect=["full"])
def test_full_profile_does_more_and_runs(name: str, full: Namespace):
    assert not_more(pages.definitions(name), full) == []
    for result in trials.of(name)(full):
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
    assert list(full_runs.chapters()) == [name.split("/")[-1] for name in CHAPTERS]


def test_the_weekly_workflow_runs_each_of_them(tmp_path: Path):
    """It reads their names off the table of contents, in a shell; a new chapter is among them."""
    workflow = pages.ROOT / ".github" / "workflows" / "weekly.yml"
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    matrix = jobs["full"]["strategy"]["matrix"]["chapter"]
    assert matrix == "${{ fromJSON(needs.chapters.outputs.names) }}"
    (script,) = [step["run"] for step in jobs["chapters"]["steps"] if "run" in step]
    contents = (pages.ROOT / "_toc.yml").read_text(encoding="utf-8")
    new = "      - file: chapters/new/one\n  - caption: Back"
    (tmp_path / "_toc.yml").write_text(contents.replace("  - caption: Back", new), encoding="utf-8")
    variables = {**os.environ, "GITHUB_OUTPUT": str(tmp_path / "output")}
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=variables, check=True)
    name, value = (tmp_path / "output").read_text(encoding="utf-8").strip().split("=", 1)
    assert (name, json.loads(value)) == ("names", [*full_runs.chapters(), "one"])


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
