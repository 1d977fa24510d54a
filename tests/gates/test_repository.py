"""What holds for the repository as a whole."""

import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import nbformat
import pytest
import yaml

from book import outputs, pages
from tests.gates import rules
from tests.gates.layers import MAY_IMPORT

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


# What a contributor meets.


def recipe(target: str) -> list[str]:
    """The commands of a target of the Makefile, without the environment's folder."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.search(rf"(?m)^{target}:.*\n((?:\t.*\n)+)", makefile)[1].splitlines()
    return [line.strip().removeprefix("$(BIN)/") for line in lines]


def hooked(config: dict) -> list[str]:
    """The commands of the hooks, without the environment's folder."""
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    return [hook["entry"].removeprefix(".venv/bin/") for hook in hooks]


def test_what_runs_before_a_commit_is_what_lint_runs():
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    assert hooked(config) == recipe("lint")
    assert all(repo["repo"] == "local" for repo in config["repos"])
    assert hooked(yaml.safe_load(text.replace("ruff format --check", "ruff format"))) != recipe(
        "lint"
    )


def unasked(form: dict, needed: tuple[str, ...]) -> list[str]:
    """What an issue form does not insist on."""
    required = {
        field["id"]
        for field in form["body"]
        if field.get("validations", {}).get("required") and field["attributes"].get("label")
    }
    return sorted(set(needed) - required)


FORMS = {
    "page": ("page", "cell", "found"),
    "package": ("program", "found", "versions"),
    "passage": ("page", "cell", "sentence"),
}
"""What must be said in an issue of each kind."""


@pytest.mark.parametrize("kind", FORMS)
def test_issue_forms_ask_for_what_is_needed(kind: str):
    folder = ROOT / ".github" / "ISSUE_TEMPLATE"
    assert {path.stem for path in folder.glob("*.yml")} == {*FORMS, "config"}
    text = (folder / f"{kind}.yml").read_text(encoding="utf-8")
    form = yaml.safe_load(text)
    assert {"name", "description", "body"} <= set(form)
    assert unasked(form, FORMS[kind]) == []
    lax = text.replace("{required: true}", "{required: false}")
    assert unasked(yaml.safe_load(lax), FORMS[kind]) == sorted(FORMS[kind])


def test_dependabot_looks_where_there_is_something():
    text = (ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8")
    found = {each["package-ecosystem"]: each for each in yaml.safe_load(text)["updates"]}
    assert set(found) == {"github-actions", "pip"}
    assert all(each["directory"] == "/" for each in found.values())
    # The lower ends of the ranges are promises to readers, for instance in Colab.
    assert found["pip"]["versioning-strategy"] == "increase-if-necessary"


GUIDES = ("README.md", "CONTRIBUTING.md", ".github/pull_request_template.md")


def wrong_targets(text: str) -> list[str]:
    """The targets and variables of `make` that a text names and the Makefile does not have."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"`make ([^`]*)`|(?m:^make (.*?)(?: #.*)?$)", text)
    found = []
    for command in [one or other for one, other in named]:
        for word in re.sub(r"'[^']*'", "", command).split():
            name, value, _ = word.partition("=")
            pattern = rf"\$\({name}\)" if value else rf"(?m)^{name}:"
            if not re.search(pattern, makefile):
                found.append(word)
    return found


@pytest.mark.parametrize("name", GUIDES)
def test_guides_name_targets_that_exist(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "`make " in text
    assert wrong_targets(text) == []


def test_a_wrong_target_is_noticed():
    assert wrong_targets("Run `make test CHAPTER=first_gan` and `make book`.") == []
    assert wrong_targets("`make tests`\nmake check ALL=1  # now") == ["tests", "ALL=1"]


def missing_paths(text: str) -> list[str]:
    """Files and folders that a guide names, and that are not there."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|_\w+\.yml|\w+\.(?:md|bib|toml|txt|lock))`", text)
    linked = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    return [name for name in (*named, *linked) if not (ROOT / name).exists()]


def test_the_guide_names_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(re.findall(r"`[\w/]+\.(?:py|md|yml)`", text)) > 5
    assert missing_paths(text) == []
    assert missing_paths("`tests/pages.py`, `book/pages.py`, [a](b.md)") == [
        "tests/pages.py",
        "b.md",
    ]


def test_the_guide_says_every_rule_of_a_page():
    """Each is named by its function, so that a contributor finds what a gate complains of."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [rule.__name__ for rule in rules.RULES if f"`{rule.__name__}`" not in text] == []


def unlike(drawn: str) -> list[str]:
    """Rooms that a picture of the layout lacks, and arrows that are not the allowed imports."""
    arrows = re.findall(r'<path data-import="(\w+) (\w+)"', drawn)
    rooms = set(re.findall(r'<g data-room="(\w+)"', drawn))
    allowed = {room: may for room, may in MAY_IMPORT.items() if room != "conftest"}
    expected = {(room, other) for room, may in allowed.items() for other in may}
    return [
        *(f"no room {room}" for room in sorted({*allowed, "chapters"} - rooms)),
        *(f"no arrow {a} to {b}" for a, b in sorted(expected - set(arrows))),
        *(f"{a} may not import {b}" for a, b in sorted(set(arrows) - expected)),
    ]


def test_the_picture_of_the_layout_shows_the_imports_that_are_allowed():
    drawn = (ROOT / "images" / "layout.svg").read_text(encoding="utf-8")
    assert unlike(drawn) == []
    assert unlike(drawn.replace('"book gan_utils"', '"book tests"')) == [
        "no arrow book to gan_utils",
        "book may not import tests",
    ]
    picture = ET.fromstring(drawn)
    assert picture.find("{*}title").text
    assert picture.find("{*}desc").text
    # It stands on a sheet of its own, so that it can be read on a dark page.
    assert picture.find("{*}rect").get("fill") == "#fff"
