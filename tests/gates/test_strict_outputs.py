"""The comparison of stored outputs: that `make test` runs it strictly, and that it bites."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbval.plugin import get_sanitize_patterns

from book.pages import ROOT

APPROXIMATE = "tests/approximate.cfg"
"""The rule that masks the number after ≈."""

EQUAL = {
    "another_number": ("gap ≈ -9.87e-05 nats\n", "gap ≈ 1 nats\n"),
    "another_width": ("a   ≈  9.8   7\nb   ≈ 10.2   7\n", "a   ≈ 10.1   7\nb   ≈  9.9   7\n"),
    "without_a_space": ("≈3.25 of 20\n", "≈40 of 20\n"),
}
"""What is stored and what is printed, to the gate the same."""

DIFFERENT = {
    "a_number_elsewhere": ("≈ 1.5 of 20\n", "≈ 1.5 of 21\n"),
    "a_number_before": ("2 ≈ 1.5\n", "3 ≈ 1.5\n"),
    "a_word_after": ("≈ 1.5 nats\n", "≈ 1.5 bits\n"),
    "no_number_after": ("≈ 1.5\n", "≈ nan\n"),
    "a_second_number": ("≈ 1.5 2.5\n", "≈ 1.5 2.6\n"),
    "another_line": ("≈ 1.5\n7\n", "≈ 1.5 7\n"),
}
"""What is stored and what is printed, to the gate not the same."""


def notebook(path: Path, source: str, text: str) -> None:
    """Write a notebook of one executed cell with one line of stored output."""
    output = new_output("stream", name="stdout", text=text)
    cell = new_code_cell(source, execution_count=1, outputs=[output])
    nbformat.write(new_notebook(cells=[cell]), path)


def gate(folder: Path, *options: str) -> str:
    """Run the project's own notebook gate on a folder and return what it says."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-rA"]
    command += ["-p", "tests.clock", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    command += ["--nbval", "--nbval-sanitize-with", APPROXIMATE, *options, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The gate's report: an honest notebook, a changed output, one that talks, numbers after ≈."""
    folder = tmp_path_factory.mktemp("notebooks")
    notebook(folder / "honest.ipynb", "print(1 + 1)", "2\n")
    notebook(folder / "changed.ipynb", "print(1 + 1)", "3\n")
    talk = "import sys\nprint(2)\nprint('warning', file=sys.stderr)"
    notebook(folder / "talking.ipynb", talk, "2\n")
    for name, (stored, printed) in {**EQUAL, **DIFFERENT}.items():
        notebook(folder / f"{name}.ipynb", f"print({printed!r}, end='')", stored)
    return gate(folder)


def test_an_honest_notebook_passes(report: str):
    assert re.search(r"PASSED .*honest\.ipynb::Cell 0", report), report


def test_a_changed_output_fails(report: str):
    assert re.search(r"FAILED .*changed\.ipynb::Cell 0", report), report
    assert "mismatch 'stdout'" in report, report


def test_an_output_that_is_not_stored_fails(report: str):
    assert re.search(r"FAILED .*talking\.ipynb::Cell 0", report), report
    assert "stderr" in report, report


@pytest.mark.parametrize("name", EQUAL)
def test_the_number_after_the_sign_may_differ(report: str, name: str):
    assert re.search(rf"PASSED .*{name}\.ipynb::Cell 0", report), report


@pytest.mark.parametrize("name", DIFFERENT)
def test_nothing_else_may_differ(report: str, name: str):
    assert re.search(rf"FAILED .*{name}\.ipynb::Cell 0", report), report


def test_there_is_one_rule_and_nbval_reads_it():
    """It would drop a rule whose two lines do not follow each other."""
    text = (ROOT / APPROXIMATE).read_text(encoding="utf-8")
    assert [replace for _, replace in get_sanitize_patterns(text)] == ["≈"]
    assert len(re.findall(r"(?m)^(?:regex|replace):", text)) == 2


def test_a_slow_notebook_passes_and_its_time_is_shown(tmp_path: Path):
    notebook(tmp_path / "slow.ipynb", "import time\ntime.sleep(3)\nprint(2)", "2\n")
    report = gate(tmp_path)
    assert "1 passed" in report
    assert re.search(r"(?m)^ +(\d+\.\d) s  \S*slow\.ipynb$", report), report


def test_the_gate_of_the_makefile_is_strict():
    """No laxer mode, no rule but the one that masks, no notebook left out; and CI runs it."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\nSTRICTLY := --nbval --nbval-sanitize-with {APPROXIMATE}\n" in makefile
    assert "\nNOTEBOOK_GATE := $(PYTEST) $(STRICTLY) chapters -q\n" in makefile
    recipe = re.search(r"(?m)^test:.*\n((?:\t.*\n)+)", makefile)[1]
    assert "$(STRICTLY)" in recipe
    assert re.search(r"\bchapters$", recipe, re.MULTILINE), recipe
    assert "\nCHOICE := not accessibility\n" in makefile
    settings = recipe + (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for weaker in ("--nbval-lax", "sanitize", "--ignore", "--deselect", "-k "):
        assert weaker not in settings
    assert len(re.findall("sanitize|--nbval ", makefile)) == 2
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("\nmake test\n")
    assert "\nmake test" in (ROOT / "README.md").read_text(encoding="utf-8")
