"""The inner loop: what `make check` runs, what it leaves out, and that `make test` does not."""

import re
import subprocess
from pathlib import Path

import pytest

from book import check
from book.pages import ROOT

SECONDS = {"a/long": 200.0, "a/short": 10.0, "a/middle": 15.0, "a/half": 20.0}


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of two pages, of which one has been changed, and a third that is new."""
    (tmp_path / "chapters" / "a").mkdir(parents=True)
    for name in ("same", "changed", "gone"):
        (tmp_path / "chapters" / "a" / f"{name}.ipynb").write_text("{}", encoding="utf-8")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "One")
    (tmp_path / "chapters" / "a" / "changed.ipynb").write_text("{ }", encoding="utf-8")
    (tmp_path / "chapters" / "a" / "new.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "chapters" / "a" / "notes.md").touch()
    (tmp_path / "chapters" / "a" / "gone.ipynb").unlink()
    return tmp_path


def test_changed_pages_are_those_that_differ_and_are_there(clone: Path):
    assert check.changed(clone) == ["a/changed", "a/new"]
    git(clone, "add", ".")
    assert check.changed(clone) == ["a/changed", "a/new"]
    git(clone, "commit", "-m", "Two")
    assert check.changed(clone) == []


def test_without_git_nothing_is_known_to_have_changed(clone: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    assert check.changed(clone) is None


def test_outputs_are_compared_as_far_as_the_time_goes():
    assert check.compared(["a/long", "a/middle", "a/new", "a/short"], SECONDS) == [
        *("a/new", "a/short", "a/middle"),
    ]
    assert check.compared(["a/long"], SECONDS) == []


def asked(pages: list[str] | None) -> str:
    """The choice of gates for these pages."""
    return check.commands(pages, [])[0][-1]


def test_rules_are_asked_of_changed_pages_and_of_all_without_git():
    assert asked(["a/long", "a/short"]).endswith(" or (keeps_the_rules and (a/long or a/short))")
    assert asked([]) == check.TOGETHER
    assert asked(None) == f"{check.TOGETHER} or keeps_the_rules"
    tests = check.commands(["a/long", "a/short"], ["a/short"])[1]
    assert tests[-3:] == ["--nbval", "tests/package", "chapters/a/short.ipynb"]


def test_what_is_asked_exists():
    """Every word of the choice finds a test, and the rules of one page are those of no other."""
    for word in check.TOGETHER.split(" or "):
        assert collected(word), word
    name = "probability/implicit_models"
    found = collected(f"{check.RULES} and ({name})")
    assert found == [f"tests/gates/test_pages.py::test_page_keeps_the_rules[{name}]"]


def collected(choice: str) -> list[str]:
    """The tests of the gates that a choice finds."""
    command = [*check.PYTEST, "--collect-only", *check.GATES, "-k", choice]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_what_was_not_run_is_said():
    said = check.left_out(["a/long", "a/short"], ["a/short"])
    assert "stored outputs of a/long: make test CHAPTER=long" in said
    assert any("slow tests of" in line and "test_training.py" in line for line in said)
    assert not any("test_game" in line or "a/short" in line for line in said)


def test_make_test_leaves_no_slow_test_out():
    """The mark stands in no target of the Makefile, and `make check` leaves the slow ones out."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert not re.search(r"\bslow\b", makefile)
    assert "not slow" in check.LIGHT
    assert re.search(r"(?m)^check: lint .*\n\t\$\(BIN\)/python -m tools\.check$", makefile)
