"""Begin a chapter: write its files from the scaffold, and its line into the table of contents.

The scaffold is a chapter of a few cells that keeps every rule of the book. The author replaces its
mathematics and keeps its form.
"""

import keyword
import textwrap
from pathlib import Path

import nbformat
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

from book import toc
from book.pages import ROOT

SCAFFOLD = Path(__file__).with_name("scaffold")

BACK = "back"
"""The folder of what is no chapter."""


class ChapterError(ValueError):
    """The chapter cannot be begun; the message says why and what to do."""


def begin(
    name: str, *, caption: str | None = None, with_claim: bool = True, root: Path = ROOT
) -> list[Path]:
    """Write the files of a new chapter, and return them.

    Parameters
    ----------
    name : the folder of its part and its own name, such as `dynamics/mode_collapse`
    caption : what the table of contents calls the part, where the part is new
    with_claim : whether the page makes a claim; without, `claims/` gets the shape of one
    root : the folder of the book

    Raises
    ------
    ChapterError
        If the name is not of that form or is taken, or the part is unknown and has no caption.
    """
    contents = toc.read(root)
    _check(name, contents, caption, root)
    files = _files(name, with_claim)
    if taken := [file for file in files if (root / file).exists()]:
        raise ChapterError(f"{name}: {', '.join(taken)} exists; take another name.")
    text = _with_line(name, contents, caption, (root / toc.NAME).read_text(encoding="utf-8"))
    for file, source in files.items():
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).write_text(source, encoding="utf-8")
    (root / toc.NAME).write_text(text, encoding="utf-8")
    return [root / file for file in files]


def claim_of(name: str) -> str:
    """The name of the claim that the scaffold makes for a chapter of that name."""
    return f"{_slug(name)}-line"


def _check(name: str, contents: toc.Contents, caption: str | None, root: Path) -> None:
    part, _, own = name.partition("/")
    for word in (part, own):
        if not word.isidentifier() or not word.islower() or keyword.iskeyword(word):
            raise ChapterError(
                f"{name!r} is not part/name, as in make chapter NAME=dynamics/mode_collapse: both "
                "are names of Python, in lower case."
            )
    if same := [file for file in contents.files if file.split("/")[-1] == own]:
        raise ChapterError(f"{same[0]} has this name; claims and tests go by it: take another.")
    known = list(_parts(contents))
    if part == BACK or (part not in known and not caption):
        raise ChapterError(
            f"there is no part {part!r}; there are: {', '.join(known)}. For a new one say what it "
            f"is called: make chapter NAME={name} PART='III. Its title'"
        )
    if part in known and caption:
        raise ChapterError(f"the part {part!r} is there already: leave PART out.")


def _parts(contents: toc.Contents) -> dict[str, str]:
    """The last file of every numbered part, by the part's folder."""
    files = [file for part in contents.parts if part.numbered for file in part.files]
    return {Path(file).parent.name: file for file in files}


def _with_line(name: str, contents: toc.Contents, caption: str | None, text: str) -> str:
    """The text of the table of contents with the chapter at the end of its part."""
    last = _parts(contents)
    place = last.get(name.split("/")[0], list(last.values())[-1])
    entry = f"      - file: chapters/{name}\n"
    if caption:
        heading = yaml.safe_dump({"caption": caption}, allow_unicode=True, width=1_000)
        entry = f"  - {heading}    numbered: 2\n    chapters:\n{entry}"
    lines = text.splitlines(keepends=True)
    number = next(n for n, line in enumerate(lines) if _names(line, place))
    return "".join([*lines[: number + 1], entry, *lines[number + 1 :]])


def _names(line: str, file: str) -> bool:
    return line.split("#")[0].strip() == f"- file: {file}"


def _files(name: str, with_claim: bool) -> dict[str, str]:
    """The text of each file of the chapter, by its path."""
    own = name.split("/")[1]
    claims = _filled("claims.py.txt", name)
    return {
        f"chapters/{name}.ipynb": _notebook(name, with_claim),
        f"claims/{own}.py": claims if with_claim else _as_comment(claims),
        f"tests/theorems/test_{own}.py": _filled("theorems.py.txt", name),
        f"tests/trials/{own}.py": _filled("trial.py.txt", name),
    }


def _notebook(name: str, with_claim: bool) -> str:
    claim = (SCAFFOLD / "claim.md").read_text(encoding="utf-8") if with_claim else ""
    notebook = read_myst_markdown_notebook(_filled("page.md", name, claim=claim))
    return nbformat.writes(notebook) + "\n"


def _filled(file: str, name: str, *, claim: str = "") -> str:
    """A file of the scaffold for a chapter of that name."""
    text = (SCAFFOLD / file).read_text(encoding="utf-8").replace("«claim»", claim)
    title = name.split("/")[1].replace("_", " ").capitalize()
    for word, value in {"page": name, "slug": _slug(name), "title": title}.items():
        text = text.replace(f"«{word}»", value)
    return text


def _slug(name: str) -> str:
    """How the labels of the chapter begin, behind their kind."""
    return name.split("/")[1].replace("_", "-")


def _as_comment(source: str) -> str:
    """A module whose code is a comment behind its docstring."""
    docstring, code = source.split("\n", maxsplit=1)
    shape = textwrap.indent(code.strip(), "# ", lambda line: True).replace("# \n", "#\n")
    return f"{docstring}\n\n# Nothing yet. The shape of a claim:\n#\n{shape}\n"
