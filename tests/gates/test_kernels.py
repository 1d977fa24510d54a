"""A kernel runs where it is told, under the variables it is given, and says what went wrong."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from book import kernels, settings

SHOW = "import os\nprint(os.getcwd(), os.environ['GAN_BOOK_PROFILE'])"
FAIL = "x = 1\nassert x == 2, f'x is {x}'"
COMPLAINT = "AssertionError: x is 1, at `assert x == 2, f'x is {x}'`"


def notebook(*sources: str) -> nbformat.NotebookNode:
    """A notebook of these cells."""
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def printed(executed: nbformat.NotebookNode) -> list[str]:
    """What the first cell printed, word by word."""
    return executed.cells[0].outputs[0].text.split()


def test_the_folder_and_the_variables_are_those_of_the_kernel_alone(tmp_path: Path):
    before, executed = dict(os.environ), notebook(SHOW)
    kernels.execute(executed, tmp_path, settings.for_kernel("full"))
    assert printed(executed) == [str(tmp_path.resolve()), "full"]
    assert dict(os.environ) == before


def test_an_error_is_one_line_with_the_code_that_raised_it(tmp_path: Path):
    executed = notebook(SHOW, FAIL)
    assert kernels.error_of(executed, tmp_path, settings.for_kernel("full")) == COMPLAINT
    assert printed(executed)[-1] == "full"


@pytest.mark.parametrize(("sources", "complaint"), [([SHOW], ""), ([SHOW, FAIL], COMPLAINT)])
def test_as_a_program_it_needs_no_more_of_the_book(
    tmp_path: Path, sources: list[str], complaint: str
):
    """It is run outside of the repository, without its own folder on the path."""
    nbformat.write(notebook(*sources), tmp_path / "page.ipynb")
    command = [sys.executable, "-P", kernels.__file__, "page.ipynb", "executed.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (int(bool(complaint)), complaint)
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    assert printed(executed) == [str(tmp_path.resolve()), "quick"]
