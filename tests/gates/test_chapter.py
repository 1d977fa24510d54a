"""A chapter that has just been begun keeps every rule, and what cannot be begun is said."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from book import chapter, pages, toc
from tests.gates.test_repository import tracked_files

NAME, PART = "dynamics/two_widths", "III. A part: and its title"

GATES = (
    *("pages", "theorems", "references", "notation", "solutions", "records", "full", "claims"),
    "reading",
)
"""The gates that look at a page, or at what the pages are together."""

ASKED = (
    "(two_widths and not built and not html and not comes_again) or correspond or table_agree "
    "or returned or before_it_is_proved or has_its_record or is_tried or no_others "
    "or end_differently"
)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A Python command in a folder, with the packages that lie there."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which a chapter has been begun."""
    folder = tmp_path_factory.mktemp("repository")
    for path in tracked_files():
        target = folder / path.relative_to(pages.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    done = run(folder, "-m", "tools.chapter", NAME, "--part", PART)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"`make outputs NOTEBOOK=chapters/{NAME}.ipynb`" in done.stdout
    return folder


def test_a_new_chapter_passes_the_gates(begun: Path):
    files = [f"tests/gates/test_{gate}.py" for gate in GATES]
    options = ["-q", "-rA", "-p", "no:cacheprovider", "-k", ASKED]
    done = run(begun, "-m", "pytest", *options, *files, "tests/theorems/test_two_widths.py")
    assert done.returncode == 0, done.stdout
    for test in (
        f"test_page_keeps_the_rules[{NAME}]",
        f"test_full_profile_does_more_and_runs[{NAME}",
        "test_ledger_is_what_the_code_says[two-widths-line",
        f"test_solution_is_right[{NAME}",
        "test_the_logit_of_two_gaussians",
        "test_labels_and_tests_correspond",
    ):
        assert re.search(rf"PASSED .*{re.escape(test)}", done.stdout), test


def test_a_new_chapter_has_style_and_its_place(begun: Path):
    for command in (["check"], ["format", "--check"]):
        done = run(begun, "-m", "ruff", *command, "--no-cache", "chapters", "claims", "tests")
        assert done.returncode == 0, done.stdout + done.stderr
    part = toc.read(begun).parts[-2]
    assert part == toc.Part(PART, True, (f"chapters/{NAME}",))
    page = pages.read(begun / f"chapters/{NAME}.ipynb")
    assert page.title == "Two widths"
    assert "«" not in nbformat.writes(page.notebook)


def test_a_gate_fails_where_the_author_takes_something_away(begun: Path, tmp_path: Path):
    """So that what passes above has been looked at."""
    path = begun / f"chapters/{NAME}.ipynb"
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace("*On a GPU.*", "Elsewhere:"), encoding="utf-8")
        options = ["-q", "-p", "no:cacheprovider", "-k", "keeps_the_rules and two_widths"]
        done = run(begun, "-m", "pytest", *options, "tests/gates/test_pages.py")
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode == 1
    assert "chapters_open_and_end: 'What you need' does not say what a GPU does" in done.stdout


CONTENTS = """\
format: jb-book
root: intro
parts:
  - caption: I. One
    numbered: 2
    chapters:
      - file: chapters/one/first  # the first
  - caption: Back
    chapters:
      - file: chapters/back/glossary
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one chapter."""
    (tmp_path / toc.NAME).write_text(CONTENTS, encoding="utf-8")
    (tmp_path / "tests").mkdir()
    for name in ("intro.md", "chapters/one/first.ipynb", "chapters/back/glossary.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_chapter_without_a_claim_has_the_shape_of_one(book: Path):
    files = chapter.begin("one/second", with_claim=False, root=book)
    page, claims, theorems, trial = files
    assert "claims.read" not in page.read_text(encoding="utf-8")
    assert len(ast.parse(claims.read_text(encoding="utf-8")).body) == 1
    assert '# @claim(\n#     "second-line",' in claims.read_text(encoding="utf-8")
    assert (theorems.name, trial.name) == ("test_second.py", "second.py")
    old, new = "first  # the first\n", "first  # the first\n      - file: chapters/one/second\n"
    assert (book / toc.NAME).read_text(encoding="utf-8") == CONTENTS.replace(old, new)


@pytest.mark.parametrize(
    ("name", "caption", "complaint"),
    [
        ("second", None, "'second' is not part/name"),
        ("one/two/three", None, "is not part/name"),
        ("one/2nd", None, "are names of Python, in lower case"),
        ("one/Second", None, "are names of Python, in lower case"),
        ("one/lambda", None, "are names of Python, in lower case"),
        ("one/first", None, "chapters/one/first has this name"),
        ("one/glossary", None, "chapters/back/glossary has this name"),
        ("one/left_over", None, "tests/trials/left_over.py exists; take another name"),
        ("two/second", None, "no part 'two'; there are: one. For a new one say what it is called"),
        ("back/second", "Back", "no part 'back'"),
        ("one/second", "I. One", "the part 'one' is there already: leave PART out"),
    ],
)
def test_what_cannot_be_begun_is_said_and_nothing_written(
    book: Path, name: str, caption: str | None, complaint: str
):
    (book / "tests" / "trials").mkdir()
    (book / "tests" / "trials" / "left_over.py").touch()
    before = sorted(book.rglob("*"))
    with pytest.raises(chapter.ChapterError, match=re.escape(complaint)):
        chapter.begin(name, caption=caption, root=book)
    assert sorted(book.rglob("*")) == before
    assert (book / toc.NAME).read_text(encoding="utf-8") == CONTENTS


def test_the_command_says_it_in_one_line():
    done = run(pages.ROOT, "-m", "tools.chapter", "probability/divergences")
    assert done.returncode == 1
    said = "chapters/probability/divergences has this name; claims and tests go by it"
    assert done.stderr == f"{said}: take another.\n"
