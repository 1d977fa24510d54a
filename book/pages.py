"""Read the book's pages: cells, directives, and the code that stands on a page.

A theorem's test, a claim's measurement and a solution all run the code of the page itself:

    from book.pages import definitions

    page = definitions("probability/optimal_discriminator")
    page["train_discriminator"](...)

`definitions` executes the cells tagged `definitions`, in order, and returns their namespace.
"""

import functools
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from book import toc

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"

STATEMENTS = ("prf:definition", "prf:theorem", "prf:proposition", "prf:lemma", "prf:corollary")
"""Directives that state something, so that each needs a label and a test."""

CELL_METADATA = {"tags", "mystnb", "nbval_reason", "verdict_reason"}
"""What a notebook says of a cell; `make outputs` removes the rest."""

PROVED = STATEMENTS[1:]
"""Statements that need a proof; a definition does not."""

PREFIXES = {
    "prf:definition": "def-",
    "prf:theorem": "thm-",
    "prf:proposition": "prop-",
    "prf:lemma": "lem-",
    "prf:corollary": "cor-",
    "exercise": "ex-",
    "solution": "sol-",
}
"""How the labels of each kind of directive begin."""

OPENING = "What you need"
"""The section with which a chapter opens."""

_FENCE = re.compile(r"^ {0,3}(?P<fence>:{3,}|`{3,})(?P<info>[^`]*)$")
_DIRECTIVE = re.compile(r"^\{(?P<name>[^}]+)\}\s*(?P<argument>.*)$")
_OPTION = re.compile(r"^:(?P<key>[\w-]+):\s*(?P<value>.*)$")
_ROLE = re.compile(r"(?<!`)\{(?P<name>[\w:]+)\}`(?P<text>[^`]+)`")
_TITLED = re.compile(r"(?P<shown>.*\S)\s*<(?P<target>[^>]+)>", re.DOTALL)
_HEADING = re.compile(r"(?P<level>#+)\s+(?P<title>.*\S)\s*$")

EQUATION = re.compile(r"(?m)^(?P<indent> *)\$\$ *\((?P<label>[\w-]+)\) *$")
"""The last line of a numbered equation."""


@dataclass(frozen=True)
class Role:
    """One role of MyST, such as `{term}`: to what it points, and the text shown, if it has one."""

    name: str
    target: str
    shown: str | None = None


@dataclass(frozen=True)
class Block:
    """One fenced block of Markdown: a directive such as `prf:theorem`, or code such as `python`."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    is_directive: bool
    source: str = field(repr=False)

    @property
    def label(self) -> str | None:
        """The value of `:label:` (or `:name:`), if there is one."""
        return self.options.get("label", self.options.get("name"))

    def blocks(self) -> list["Block"]:
        """The blocks inside this one; code has none."""
        return parse_blocks(self.body) if self.is_directive else []

    def python(self) -> list[str]:
        """The ```` ```python ```` blocks inside this one, at any depth."""
        return [block.body for block in walk(self.blocks()) if block.name == "python"]


def parse_blocks(text: str) -> list[Block]:
    """The outermost fenced blocks of a Markdown text, in order."""
    return [part for part in parse_parts(text) if isinstance(part, Block)]


def parse_parts(text: str) -> list[str | Block]:
    """A Markdown text as its outermost fenced blocks and the text around them, in order.

    A block ends at the first line of at least as many of the same fence characters, as in
    CommonMark, so a directive that holds another needs the longer fence.
    """
    lines = text.splitlines()
    parts = []
    number = start = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening is None:
            number += 1
            continue
        end = _closing_line(lines, number, opening["fence"])
        parts.append("\n".join(lines[start:number]))
        parts.append(_block(lines[number : end + 1], lines[number + 1 : end]))
        number = start = end + 1
    parts.append("\n".join(lines[start:]))
    return [part for part in parts if part]


def walk(blocks: list[Block]) -> Iterator[Block]:
    """The given blocks and everything inside them, in the order in which they open."""
    for block in blocks:
        yield block
        yield from walk(block.blocks())


def _closing_line(lines: list[str], start: int, fence: str) -> int:
    after = range(start + 1, len(lines))
    return next((number for number in after if _closes(lines[number], fence)), len(lines))


def _closes(line: str, fence: str) -> bool:
    stripped = line.strip()
    return len(stripped) >= len(fence) and set(stripped) == {fence[0]}


def _block(whole: list[str], lines: list[str]) -> Block:
    """The block that these lines are, the second of them without its fences."""
    source, info = "\n".join(whole), _FENCE.match(whole[0])["info"].strip()
    directive = _DIRECTIVE.match(info)
    if directive is None:
        name = info.split()[0] if info else ""
        return Block(name, "", {}, "\n".join(lines), False, source)
    options = {}
    while lines and (option := _OPTION.match(lines[0].strip())):
        options[option["key"]] = option["value"].strip()
        lines = lines[1:]
    return Block(
        directive["name"],
        directive["argument"].strip(),
        options,
        "\n".join(lines).strip("\n"),
        True,
        source,
    )


def roles(text: str) -> list[Role]:
    """The roles in a text, in order."""
    return [_role(match) for match in _ROLE.finditer(text)]


def replace_roles(text: str, replacement: Callable[[Role], str]) -> str:
    """The text with something else in place of each role."""
    return _ROLE.sub(lambda match: replacement(_role(match)), text)


def _role(match: re.Match[str]) -> Role:
    text = " ".join(match["text"].split())
    titled = _TITLED.fullmatch(text)
    return Role(match["name"], *((titled["target"], titled["shown"]) if titled else (text,)))


def terms(text: str) -> set[str]:
    """The entries of the glossary to which a text links."""
    return {role.target for role in roles(text) if role.name == "term"}


def headings(text: str, level: int) -> list[str]:
    """The headings of one level, in order; what stands in code is none."""
    return [match["title"] for _, match in _headings(text) if len(match["level"]) == level]


def heading(text: str) -> str:
    """The first heading of a text, its title."""
    return headings(text, 1)[0]


def sections(text: str) -> dict[str, str]:
    """What stands under each heading of the second level, by heading."""
    lines = text.splitlines()
    found = [(n, match) for n, match in _headings(text) if len(match["level"]) == 2]
    ends = [number for number, _ in found[1:]] + [len(lines)]
    return {
        match["title"]: "\n".join(lines[number + 1 : end])
        for (number, match), end in zip(found, ends, strict=True)
    }


def _headings(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The lines that are headings, with their numbers."""
    fence = ""
    for number, line in enumerate(text.splitlines()):
        opening = _FENCE.match(line)
        if fence:
            fence = "" if _closes(line, fence) else fence
        elif opening and opening["fence"][0] == "`":
            fence = opening["fence"]
        elif match := _HEADING.match(line):
            yield number, match


@dataclass(frozen=True)
class Page:
    """One notebook of the book."""

    path: Path
    notebook: nbformat.NotebookNode = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """What the book calls it: `probability/optimal_discriminator`."""
        path = self.path.relative_to(CHAPTERS) if self.path.is_relative_to(CHAPTERS) else self.path
        return path.with_suffix("").as_posix()

    @property
    def code(self) -> list[nbformat.NotebookNode]:
        """The code cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def markdown(self) -> list[nbformat.NotebookNode]:
        """The text cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "markdown"]

    @property
    def text(self) -> str:
        """The text of all text cells."""
        return "\n\n".join(cell.source for cell in self.markdown)

    @property
    def title(self) -> str:
        """What stands above the page."""
        return heading(self.markdown[0].source)

    def blocks(self) -> list[Block]:
        """Every fenced block of every text cell, nested ones after the block they stand in."""
        return [block for cell in self.markdown for block in walk(parse_blocks(cell.source))]

    def directives(self, *names: str) -> list[Block]:
        """The directives of the given names, in order."""
        return [block for block in self.blocks() if block.is_directive and block.name in names]

    def tagged(self, tag: str) -> list[nbformat.NotebookNode]:
        """The code cells that carry the tag, in order."""
        return [cell for cell in self.code if tag in tags(cell)]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    """A cell's tags."""
    return list(cell.metadata.get("tags", []))


def figure(cell: nbformat.NotebookNode) -> dict[str, str]:
    """Caption and name of the figure that a cell draws; empty if it draws none."""
    return cell.metadata.get("mystnb", {}).get("figure", {})


def is_chapter(page: Page) -> bool:
    """Whether the page is one of the book's chapters, and not of its back matter."""
    return not page.name.startswith("back/")


def read(path: Path) -> Page:
    """Read one notebook.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is none, or the file is no notebook; the message names it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no page {_shown(path)}: {toc.NAME} lists them")
    try:
        return Page(path, nbformat.read(path, as_version=4))
    except nbformat.reader.NotJSONError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        raise ValueError(
            f"{_shown(path)} is not a notebook: {reason}. After a merge, look for lines <<<<<<<"
        ) from None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def paths() -> list[Path]:
    """Every notebook of the book. Finding none is an error, so that no check passes on nothing."""
    found = sorted(
        path for path in CHAPTERS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )
    if not found:
        raise FileNotFoundError(f"no notebooks under {CHAPTERS}")
    return found


def pages() -> list[Page]:
    """Every page of the book that is a notebook."""
    return [read(path) for path in paths()]


def contents(root: Path = ROOT) -> list[str]:
    """The files of the table of contents, without suffix, in the order in which they are read."""
    return toc.read(root).files


def chapter_numbers() -> dict[str, int]:
    """The number of every file that stands in a numbered part of the table of contents."""
    return toc.read(ROOT).numbers


def in_order() -> list[Page]:
    """The notebooks of the book in the order in which they are read."""
    files = [ROOT / f"{name}.ipynb" for name in contents()]
    return [read(path) for path in files if path.exists()]


def page(name: str) -> Page:
    """The page of that name, such as `probability/optimal_discriminator`."""
    return read(CHAPTERS / f"{name}.ipynb")


@functools.cache
def definitions(name: str) -> dict[str, object]:
    """The namespace of a page's `definitions` cells, executed once per process.

    Copy it before executing anything in it: everyone who asks for the page shares it.
    """
    return execute_definitions(page(name))


def execute_definitions(source: Page) -> dict[str, object]:
    """Execute the cells tagged `definitions` in a fresh module and return its namespace."""
    if not source.tagged("definitions"):
        raise LookupError(f"{source.name} has no cell tagged 'definitions'")
    # A real module, since dataclasses and Keras look up the module of what they are given.
    module = types.ModuleType(f"chapters.{source.name.replace('/', '.')}")
    module.__file__ = str(source.path)
    sys.modules[module.__name__] = module
    for number, cell in enumerate(source.code):
        if "definitions" in tags(cell):
            run(cell.source, f"<{source.name}, code cell {number}>", vars(module))
    return vars(module)


def run(source: str, name: str, namespace: dict[str, object]) -> None:
    """Execute source so that a traceback shows its lines under the given name."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)
