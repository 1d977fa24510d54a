"""Execute notebooks and store their outputs.

What is stored is what a fresh run reproduces: the kernel runs at the quick profile, in the
notebook's own folder; metadata that differs from machine to machine is dropped; a cell's id is a
hash of its source, so that running twice changes nothing. The seconds that a page took do differ
from run to run; they go into the page's record (book/records.py).
"""

import base64
import hashlib
import os
import time
from pathlib import Path

import nbformat

from book import kernels, machine, pages, records, settings
from book.pages import CELL_METADATA, CHAPTERS, ROOT, figure

README_FIGURE = "fig-trained-logit"
"""The name of the figure that README.md shows."""

README_PICTURE = ROOT / "images" / "trained_logit.png"

KERNEL = {
    **settings.for_kernel("quick"),
    # ipykernel copies C++ start-up lines to stderr unless it believes pytest is running, and
    # nbval, which is pytest, would then miss them.
    "PYTEST_CURRENT_TEST": "outputs",
}
"""Environment variables under which stored outputs are made."""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def execute(path: Path) -> nbformat.NotebookNode:
    """Run the notebook in a fresh kernel and return it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    kernels.execute(notebook, path.parent, KERNEL)
    return notebook


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Keep of the metadata what a reader or the book uses, and make the ids repeatable."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in cell.metadata if key in CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.pop("attachments", None)
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})


def picture(notebook: nbformat.NotebookNode, name: str) -> bytes | None:
    """The PNG stored by the cell whose figure has that name."""
    for cell in notebook.cells:
        if figure(cell).get("name") == name:
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
    return None


def store(path: Path) -> None:
    """Execute one notebook and write it, its cost, and README's picture if it draws that."""
    started = time.perf_counter()
    notebook = execute(path)
    seconds = time.perf_counter() - started
    if path.is_relative_to(CHAPTERS):
        cost = {"seconds": round(seconds, 1), "threads": machine.threads()}
        records.update(pages.read(path).name, cost=cost)
    tidy(notebook)
    nbformat.write(notebook, path)
    shown = picture(notebook, README_FIGURE)
    if shown is not None:
        README_PICTURE.parent.mkdir(exist_ok=True)
        README_PICTURE.write_bytes(shown)
    print(f"{os.path.relpath(path)}: {seconds:.0f} s")
