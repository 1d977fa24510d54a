"""Run notebooks in fresh kernels.

python -P book/kernels.py NOTEBOOK RESULT

The program executes one notebook and writes it with its outputs. It needs nbclient and nbformat
alone, so that a Python without the book can run this file, and ends with the error that a cell
raised.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

CELL_SECONDS = 600


def execute(
    notebook: nbformat.NotebookNode,
    folder: Path,
    variables: dict[str, str],
    *,
    cell_seconds: int | None = CELL_SECONDS,
) -> None:
    """Execute a notebook in place, in a kernel of its own.

    Parameters
    ----------
    notebook : receives the outputs, also those before an error
    folder : where the kernel runs
    variables : environment variables of the kernel, beside those of this process
    cell_seconds : longest time of one cell; None for no limit
    """
    client = NotebookClient(
        notebook,
        timeout=cell_seconds,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        # One cell's prints are one block on the page, however slowly they arrive.
        coalesce_streams=True,
    )
    # The kernel's own start-up lines are no output of the notebook; its errors are, and arrive.
    client.execute(env={**os.environ, **variables}, stderr=subprocess.DEVNULL)


def error_of(
    notebook: nbformat.NotebookNode,
    folder: Path,
    variables: dict[str, str],
    *,
    cell_seconds: int | None = CELL_SECONDS,
) -> str:
    """Execute a notebook as `execute` does; returns the error in one line, or an empty string."""
    try:
        execute(notebook, folder, variables, cell_seconds=cell_seconds)
    except CellExecutionError as error:
        return f"{error.ename}: {error.evalue}".strip(": ") + failing_line(error.traceback)
    except Exception as error:  # after a dead kernel nbclient may stumble while it tidies up
        both = (error, error.__context__)
        dead = next((each for each in both if isinstance(each, DeadKernelError)), error)
        return f"{type(dead).__name__}: {dead}"
    return ""


def failing_line(traceback: str) -> str:
    """The line of the page at which a traceback begins, to be put behind the error."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
    found = re.search(r"(?m)^-+> *\d+ (.*)$", plain)
    return f", at `{found[1].strip()}`" if found else ""


def main() -> None:
    """Execute one notebook and write it, with its outputs, to another file."""
    source, result = map(Path, sys.argv[1:])
    notebook = nbformat.read(source, as_version=4)
    error = error_of(notebook, Path.cwd(), {})
    nbformat.write(notebook, result)
    sys.exit(error or None)


if __name__ == "__main__":
    main()
