"""The figures with sliders, each found by its folder."""

import functools
import importlib
from pathlib import Path

from book.explorables.explorable import Explorable
from book.pages import contents, parse_blocks

HERE = Path(__file__).parent

FILES = ("mathematics.py", "figure.py", "figure.js", "cell.py", "text.md")
"""What the folder of a figure holds."""


def find(root: Path, package: str) -> dict[str, Explorable]:
    """The figures in the folders below `root`, by name, in the order of their pages.

    Parameters
    ----------
    root : the folder of all figures
    package : its name as Python imports it

    Raises
    ------
    FileNotFoundError
        A folder lacks one of its files.
    ValueError
        A figure belongs to a page that the table of contents does not have.
    """
    found = [load(folder, package) for folder in sorted(root.iterdir()) if holds_files(folder)]
    pages = contents()
    for this in found:
        if this.page not in pages:
            raise ValueError(f"{this.name} belongs to {this.page}, which is not in _toc.yml")
    return {this.name: this for this in sorted(found, key=lambda this: pages.index(this.page))}


def holds_files(path: Path) -> bool:
    """Whether a path is a folder of sources; Python leaves others behind."""
    return path.is_dir() and path.name != "__pycache__" and any(map(Path.is_file, path.iterdir()))


def load(folder: Path, package: str) -> Explorable:
    """The figure in a folder."""
    if missing := [name for name in FILES if not (folder / name).exists()]:
        raise FileNotFoundError(f"the figure {folder.name} lacks {', '.join(missing)}")
    return importlib.import_module(f"{package}.{folder.name}.figure").EXPLORABLE


@functools.cache
def explorables() -> dict[str, Explorable]:
    """The figures of the book."""
    return find(HERE, __package__)


def sections() -> str:
    """The sections of the page of all figures."""
    return "\n\n".join(this.text for this in explorables().values())


def expanded(text: str) -> str:
    """The text of a page with those sections in place of the directive `explorables`."""
    for block in parse_blocks(text):
        if block.is_directive and block.name == "explorables":
            text = text.replace(block.source, sections())
    return text
