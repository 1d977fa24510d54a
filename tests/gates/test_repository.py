"""What holds for the repository as a whole."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import nbformat
import pytest

from book import outputs, pages

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~})])/(?:work|root|home|Users|opt|tmp)/\w",
    "the host of a package index": "|".join(
        (r"py" + r"pi\.", "python" + "hosted", "/simp" + r"le\b", "index-" + r"url\s*[=:]")
    ),
}

TEXT_SUFFIXES = {".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".lock", ".json", ".bib", ".cff"}

ROOT = pages.ROOT


def tracked_files() -> list[Path]:
    """What git would commit; where there is no git or no clone, what .gitignore lets through."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return not_ignored()
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def not_ignored() -> list[Path]:
    """The files of which no part of the path is a pattern of .gitignore."""
    patterns = (ROOT / ".gitignore").read_text(encoding="utf-8").replace("/\n", "\n").splitlines()
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not any(
            fnmatch(part, pattern)
            for part in path.relative_to(ROOT).parts
            for pattern in (".git", *patterns)
        )
    ]


def test_without_git_the_same_files_are_looked_at():
    assert sorted(not_ignored()) == sorted(tracked_files())


def forbidden(text: str) -> Iterator[str]:
    """What a text holds that belongs to one machine only."""
    for meaning, pattern in FORBIDDEN.items():
        for match in re.finditer(pattern, text):
            start = max(match.start() - 20, 0)
            yield f"{meaning}: {text[start : match.end() + 20]!r}"


def test_files_name_no_machine():
    texts = [path for path in tracked_files() if path.suffix in TEXT_SUFFIXES | {""}]
    assert len(texts) > 10
    found = [
        f"{path.relative_to(ROOT)}: {fault}"
        for path in texts
        for fault in forbidden(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        'File "/ho' + 'me/me/book/x.py"',
        "see /tm" + "p/draft.md",
        "https://py" + "pi.org/simp" + "le/numpy",
        "--extra-index-" + "url=https://mirror.example",
    ],
)
def test_what_names_a_machine_is_noticed(text: str):
    assert list(forbidden(text))


def test_ordinary_text_names_no_machine():
    text = "make book; https://example.org/home/page; chapters/../work/x; 1/tmp"
    assert list(forbidden(text)) == []


RUFF = [sys.executable, "-m", "ruff"]
CODESPELL = Path(sys.executable).with_name("codespell")


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_style(command: list[str]):
    done = subprocess.run([*RUFF, *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "source", "complaint"),
    [
        (["check"], "import os\n", "F401"),
        (["check"], "x = 1  # " + "long " * 30 + "\n", "E501"),
        (["format", "--check"], "x = {'a':1}\n", "would be reformatted"),
    ],
)
def test_bad_style_is_noticed(tmp_path: Path, command: list[str], source: str, complaint: str):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.rstrip("\n"))])
    nbformat.write(notebook, tmp_path / "page.ipynb")
    config = ["--config", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*RUFF, *command, *config, "--no-cache", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert complaint.lower() in (done.stdout + done.stderr).lower()


def test_spelling():
    done = subprocess.run([CODESPELL], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_misspelled_word_is_noticed_in_text_and_notebooks(tmp_path: Path):
    words = "A sep" + "erate word, and vermillion."
    picture = {"image/png": "t" + "eh+t" * 40}
    output = nbformat.v4.new_output("display_data", picture)
    cells = [nbformat.v4.new_markdown_cell(words), nbformat.v4.new_code_cell("", outputs=[output])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "page.ipynb")
    (tmp_path / "page.md").write_text(words, encoding="utf-8")
    command = [CODESPELL, "--toml", ROOT / "pyproject.toml", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    found = [line.split(": ")[1].split(" ")[0] for line in done.stdout.splitlines()]
    assert found == ["sep" + "erate"] * 2, done.stdout + done.stderr


MYPY = [sys.executable, "-m", "mypy"]


def test_types():
    done = subprocess.run(MYPY, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def double(x):\n    return 2 * x\n", "no-untyped-def"),
        ("def double(x: int) -> str:\n    return 2 * x\n", "return-value"),
        ("from gan_utils import GAN\n\nGAN(None, None, None).fit(3)\n", "arg-type"),
        ("import gan_utils\n\ngan_utils.metrics.report([0], fakes=[1])\n", "call-arg"),
    ],
    ids=["missing", "wrong", "through the package", "through a module of the package"],
)
def test_a_missing_or_wrong_type_is_noticed(tmp_path: Path, source: str, complaint: str):
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*MYPY, *config, str(tmp_path / "module.py")],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert complaint in done.stdout


def python_blocks(name: str) -> list[str]:
    """The python code that a Markdown file shows."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [block.body for block in pages.parse_blocks(text) if block.name == "python"]


def numbers_not_printed(source: str, printed: str) -> list[str]:
    """Decimal numbers in the code's comments that its output does not begin to repeat."""
    comments = re.findall(r"#(.*)", source)
    return [n for text in comments for n in re.findall(r"\d+\.\d+", text) if n not in printed]


FRONT = ("README.md", "intro.md")
TRAINING = "mode_coverage("
FILES = ("images.npy", "photos")
"""What the reader has and the repository has not: test_user_story runs the code that needs it."""


@pytest.mark.parametrize("name", FRONT)
def test_code_in_front_matter_runs_and_prints_what_it_says(
    name: str, capsys: pytest.CaptureFixture[str]
):
    for number, source in enumerate(python_blocks(name)):
        if not any(word in source for word in (TRAINING, *FILES)):
            pages.run(source, f"<{name}, block {number}>", {"__name__": name})
            assert numbers_not_printed(source, capsys.readouterr().out) == []


def test_the_first_training_program_finds_every_mode(capsys: pytest.CaptureFixture[str]):
    blocks = [source for name in FRONT for source in python_blocks(name) if TRAINING in source]
    assert len(blocks) == 1
    pages.run(blocks[0], "<the first training program>", {})
    assert capsys.readouterr().out.splitlines()[-1].startswith("ModeCoverage(modes=8,")


def test_a_number_that_is_not_printed_is_noticed():
    source = "print(x)  # 0.1102 nats"
    assert numbers_not_printed(source, "0.1114") == ["0.1102"]
    assert numbers_not_printed(source, "0.11021") == []


def test_files_that_front_matter_shows_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    assert linked
    assert [name for name in linked if not (ROOT / name).exists()] == []


def test_the_lock_pins_everything_that_is_asked_for():
    def names(file: str) -> set[str]:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        found = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines]
        return {re.sub(r"[._-]+", "-", match[0]).lower() for match in found if match}

    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert names("requirements.txt") <= names("requirements.lock")
    loose = [line for line in lock.splitlines() if line[:1].isalnum() and "==" not in line]
    assert loose == []


def test_ranges_of_book_and_package_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [need for need in project["dependencies"] if need not in asked] == []


def test_the_picture_of_the_readme_is_that_of_its_page():
    stored = [outputs.picture(page.notebook, outputs.README_FIGURE) for page in pages.pages()]
    assert [picture for picture in stored if picture] == [outputs.README_PICTURE.read_bytes()]
