"""The comparison of stored outputs: that `make test` runs it strictly, and that it bites."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from book.pages import ROOT


def notebook(path: Path, source: str, text: str) -> None:
    """Write a notebook of one executed cell with one line of stored output."""
    output = new_output("stream", name="stdout", text=text)
    cell = new_code_cell(source, execution_count=1, outputs=[output])
    nbformat.write(new_notebook(cells=[cell]), path)


def gate(folder: Path, *options: str) -> str:
    """Run the project's own notebook gate on a folder and return what it says."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-rA"]
    command += ["-p", "tests.clock", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    done = subprocess.run(
        [*command, "--nbval", *options, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The gate's report on an honest notebook, one with a changed output, and one that talks."""
    folder = tmp_path_factory.mktemp("notebooks")
    notebook(folder / "honest.ipynb", "print(1 + 1)", "2\n")
    notebook(folder / "changed.ipynb", "print(1 + 1)", "3\n")
    talk = "import sys\nprint(2)\nprint('warning', file=sys.stderr)"
    notebook(folder / "talking.ipynb", talk, "2\n")
    return gate(folder)


def test_an_honest_notebook_passes(report: str):
    assert re.search(r"PASSED .*honest\.ipynb::Cell 0", report), report


def test_a_changed_output_fails(report: str):
    assert re.search(r"FAILED .*changed\.ipynb::Cell 0", report), report
    assert "mismatch 'stdout'" in report, report


def test_an_output_that_is_not_stored_fails(report: str):
    assert re.search(r"FAILED .*talking\.ipynb::Cell 0", report), report
    assert "stderr" in report, report


def test_a_slow_notebook_passes_and_its_time_is_shown(tmp_path: Path):
    notebook(tmp_path / "slow.ipynb", "import time\ntime.sleep(3)\nprint(2)", "2\n")
    report = gate(tmp_path)
    assert "1 passed" in report
    assert re.search(r"(?m)^ +(\d+\.\d) s  \S*slow\.ipynb$", report), report


def test_the_gate_of_the_makefile_is_strict():
    """No laxer mode, no rules that rewrite outputs, no notebook left out; and CI runs it."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"(?m)^test:.*\n((?:\t.*\n)+)", makefile)[1]
    assert re.search(r"--nbval .*\bchapters$", recipe, re.MULTILINE), recipe
    assert "\nCHOICE := not accessibility\n" in makefile
    settings = recipe + (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for weaker in ("--nbval-lax", "sanitize", "--ignore", "--deselect", "-k "):
        assert weaker not in settings
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("\nmake test\n")
    assert "\nmake test" in (ROOT / "README.md").read_text(encoding="utf-8")
