"""Every labelled statement has one test, and every theorem test has a statement."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests import pages

FOLDER = pages.ROOT / "tests" / "theorems"


def marked_tests(source: str) -> list[tuple[str, str, bool]]:
    """For every `pytest.mark.theorem`: its label, the function's name, whether that asserts."""
    found = []
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARK:
                label = ast.literal_eval(decorator.args[0])
                found.append((label, function.name, _asserts(function)))
    return found


MARK = "pytest.mark.theorem"


def _asserts(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and "assert" in ast.unparse(node.func))
        for node in ast.walk(function)
    )


def faults(labels: list[str], tests: list[tuple[str, str, bool]]) -> list[str]:
    """What keeps labels and tests from corresponding one to one."""
    tested = Counter(label for label, _, _ in tests)
    return [
        *(f"{label}: no test is marked with it" for label in labels if label not in tested),
        *(f"{label}: {count} tests, not 1" for label, count in tested.items() if count > 1),
        *(f"{name}: no page states {label}" for label, name, _ in tests if label not in labels),
        *(f"{name}: asserts nothing" for _, name, asserts in tests if not asserts),
        *(f"{name}: pytest would not run it" for _, name, _ in tests if name[:5] != "test_"),
    ]


def book_labels() -> list[str]:
    return [block.label for p in pages.pages() for block in p.directives(*pages.STATEMENTS)]


def book_tests() -> list[tuple[str, str, bool]]:
    files: list[Path] = sorted(FOLDER.glob("test_*.py"))
    return [test for path in files for test in marked_tests(path.read_text(encoding="utf-8"))]


def test_labels_and_tests_correspond():
    assert book_labels()
    assert faults(book_labels(), book_tests()) == []


SOUND = """
@pytest.mark.theorem("thm-a")
@pytest.mark.parametrize("x", [1, 2])
def test_a(x):
    assert x > 0

@pytest.mark.theorem("def-b")
def test_b():
    np.testing.assert_allclose(1, 1)
"""


def test_a_sound_pair_passes():
    assert faults(["thm-a", "def-b"], marked_tests(SOUND)) == []


@pytest.mark.parametrize(
    ("labels", "source", "complaint"),
    [
        (["thm-a", "def-b", "cor-c"], SOUND, "cor-c: no test"),
        (["thm-a"], SOUND, "test_b: no page states def-b"),
        (["thm-a", "def-b"], SOUND + SOUND, "thm-a: 2 tests"),
        (["thm-a", "def-b"], SOUND.replace("assert x > 0", "print(x)"), "test_a: asserts nothing"),
        (["thm-a", "def-b"], SOUND.replace("def test_a", "def a"), "a: pytest would not run it"),
    ],
    ids=["untested", "stateless", "twice", "idle", "uncollected"],
)
def test_a_broken_pair_is_noticed(labels: list[str], source: str, complaint: str):
    assert complaint in "\n".join(faults(labels, marked_tests(source)))
