"""The table of contents, `_toc.yml`: the book's files in the order in which they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

NAME = "_toc.yml"

SUFFIXES = (".ipynb", ".md")
"""Those of files that can be pages."""


class ContentsError(ValueError):
    """The table of contents cannot be used; the message says line by line what to change."""


@dataclass(frozen=True)
class Part:
    """A part of the book: its caption, whether its chapters carry numbers, and its files."""

    caption: str | None
    numbered: bool
    files: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """The table of contents. Files are named without suffix, relative to the book's folder."""

    root: str
    parts: tuple[Part, ...]

    @property
    def files(self) -> list[str]:
        """Every file, the landing page first."""
        return [self.root, *(file for part in self.parts for file in part.files)]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of every file that stands in a numbered part."""
        counted = [file for part in self.parts if part.numbered for file in part.files]
        return {file: number for number, file in enumerate(counted, start=1)}


def read(folder: Path) -> Contents:
    """Read the table of contents of the book in that folder.

    Raises
    ------
    ContentsError
        If it is missing or malformed, or names a file twice or one that does not exist. The
        message has a sentence for everything that is wrong.
    """
    path = folder / NAME
    if not path.is_file():
        raise ContentsError(f"{NAME} is missing: it lists the pages of the book.")
    text = path.read_text(encoding="utf-8")
    tree = _parsed(text)
    if complaints := list(_malformed(tree)):
        raise ContentsError("\n".join(complaints))
    parts = [
        Part(
            part.get("caption"), "numbered" in part, tuple(one["file"] for one in part["chapters"])
        )
        for part in tree["parts"]
    ]
    contents = Contents(tree["root"], tuple(parts))
    if complaints := list(_wrong_files(contents.files, folder, text)):
        raise ContentsError("\n".join(complaints))
    return contents


def _parsed(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ContentsError(f"{NAME}{where} is not YAML: {error.problem}.") from None


def _malformed(tree: object) -> Iterator[str]:
    """What keeps the parsed file from being a table of contents in parts."""
    if not isinstance(tree, dict) or not isinstance(tree.get("root"), str):
        yield f"{NAME} needs a line `root: intro` that names the landing page."
        return
    if not isinstance(tree.get("parts"), list):
        yield f"{NAME} needs `parts:`, each with a list of `chapters:`."
        return
    for number, part in enumerate(tree["parts"], start=1):
        chapters = part.get("chapters") if isinstance(part, dict) else None
        if not isinstance(chapters, list):
            yield f"{NAME}: part {number} needs `chapters:` with a list of lines `- file: …`."
            continue
        named = part.get("caption", f"part {number}")
        for place, entry in enumerate(chapters, start=1):
            if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
                yield f"{NAME}: entry {place} of {named!r} is {entry!r}, not `- file: folder/name`."


def _wrong_files(files: list[str], folder: Path, text: str) -> Iterator[str]:
    """A sentence for every file that stands there twice, or that there is not."""
    for file in dict.fromkeys(files):
        where = _line(file, text)
        if files.count(file) > 1:
            yield f"{NAME} lists {file} {files.count(file)} times, first in line {where}."
        if file.endswith(SUFFIXES):
            yield f"{NAME}, line {where}: write {Path(file).with_suffix('')}, without the suffix."
        elif not any((folder / f"{file}{suffix}").is_file() for suffix in SUFFIXES):
            yield (
                f"{NAME}, line {where}: there is no {file}.ipynb or {file}.md; "
                f"mend or remove the line{_how(file)}."
            )


def _how(file: str) -> str:
    """What writes the page and the line, if the file is a chapter."""
    name = file.removeprefix("chapters/")
    return "" if name == file else f"; then `make chapter NAME={name}` writes page and line"


def _line(file: str, text: str) -> int:
    """The number of the first line that names a file."""
    named = [line.split("#")[0].split(":")[-1].strip("'\" ") for line in text.splitlines()]
    return named.index(file) + 1
