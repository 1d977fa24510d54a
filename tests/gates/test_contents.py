"""A wrong table of contents is one clear sentence, for tests, for `make book` and in Python."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book import pages, toc

SOUND = """\
format: jb-book
root: intro
parts:
  - chapters:
      - file: notation
  - caption: I. Probability
    numbered: 2
    chapters:
      - file: chapters/probability/one
      - file: chapters/probability/two  # the second
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A book whose table of contents is sound."""
    (tmp_path / "chapters" / "probability").mkdir(parents=True)
    for name in ("intro.md", "notation.md"):
        (tmp_path / name).touch()
    for name in ("one", "two"):
        (tmp_path / "chapters" / "probability" / f"{name}.ipynb").touch()
    (tmp_path / toc.NAME).write_text(SOUND, encoding="utf-8")
    return tmp_path


def test_files_and_numbers_come_in_the_order_of_reading(folder: Path):
    contents = toc.read(folder)
    chapters = ["chapters/probability/one", "chapters/probability/two"]
    assert contents.files == ["intro", "notation", *chapters]
    assert contents.numbers == dict(zip(chapters, (1, 2), strict=True))
    assert [part.caption for part in contents.parts] == [None, "I. Probability"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("y/two", "y/three", "line 10: there is no chapters/probability/three.ipynb or"),
        ("y/two", "y/three", "; then `make chapter NAME=probability/three` writes page and"),
        ("notation", "symbols", "line 5: there is no symbols.ipynb or symbols.md; mend or remove"),
        ("y/two", "y/one", "lists chapters/probability/one 2 times, first in line 9"),
        ("y/one", "y/one.ipynb", "line 9: write chapters/probability/one, without the suffix"),
        ("- file: chapters/probability/one", "- chapters/probability/one", "entry 1 of 'I. Pro"),
        ("  - chapters:\n      - file: notation", "  - caption: Front", "part 1 needs `chapters:`"),
        ("- caption: I", "- caption: I: II", "line 6 is not YAML: mapping values are not allowed"),
        ("root: intro\n", "", "needs a line `root: intro`"),
        ("parts:", "chapters:", "needs `parts:`"),
        (SOUND, "", "needs a line `root: intro`"),
    ],
)
def test_a_wrong_line_is_one_sentence(folder: Path, old: str, new: str, complaint: str):
    (folder / toc.NAME).write_text(SOUND.replace(old, new), encoding="utf-8")
    with pytest.raises(toc.ContentsError, match=re.escape(complaint)) as caught:
        toc.read(folder)
    assert all(line.startswith(toc.NAME) for line in str(caught.value).splitlines())


def test_everything_wrong_is_said_at_once(folder: Path):
    text = SOUND.replace("y/one", "y/uno").replace("y/two", "y/due")
    (folder / toc.NAME).write_text(text, encoding="utf-8")
    with pytest.raises(toc.ContentsError) as caught:
        toc.read(folder)
    assert [re.search(r"line (\d+)", line)[1] for line in str(caught.value).splitlines()] == [
        "9",
        "10",
    ]


def test_without_a_table_of_contents(folder: Path):
    (folder / toc.NAME).unlink()
    with pytest.raises(toc.ContentsError, match="is missing"):
        toc.read(folder)


@pytest.mark.parametrize("program", ["tools.contents", "pytest"])
def test_commands_say_no_more_than_the_sentence(tmp_path: Path, program: str):
    """In a copy of the repository that lists a page which is not there."""
    for name in ("book", "tools", "gan_utils"):
        shutil.copytree(pages.ROOT / name, tmp_path / name)
    (tmp_path / "tests").mkdir()
    for name in ("__init__.py", "clock.py", "workers.py"):
        shutil.copy(pages.ROOT / "tests" / name, tmp_path / "tests")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(pages.ROOT / name, tmp_path)
    text = SOUND.replace("notation", "nothing").split("  - caption")[0]
    (tmp_path / "intro.md").touch()
    (tmp_path / toc.NAME).write_text(text, encoding="utf-8")
    # From the copy alone: neither the installed package nor the folder of the tests.
    command = [sys.executable, "-m", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    (said,) = (done.stdout + done.stderr).strip().splitlines()
    assert f"{toc.NAME}, line 5: there is no nothing.ipynb" in said
    assert "Traceback" not in said


def test_make_book_asks_first():
    makefile = (pages.ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"(?m)^book:.*\n((?:\t.*\n)+)", makefile)[1]
    assert recipe.index("tools.contents") < recipe.index("jupyter-book")


def test_a_page_that_is_missing_or_broken_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"no page chapters/probability/nowhere\.ipynb"):
        pages.page("probability/nowhere")
    broken = tmp_path / "broken.ipynb"
    broken.write_text('{"cells": [\n<<<<<<< HEAD\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"broken\.ipynb is not a notebook: .*<<<<<<<"):
        pages.read(broken)
