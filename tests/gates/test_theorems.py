"""Every labelled statement has one test, and every theorem test has a statement."""

from collections import Counter

import pytest

from book import pages
from book.marks import Mark, book_marks, marks


def faults(labels: list[str], tests: list[Mark]) -> list[str]:
    """What keeps labels and tests from corresponding one to one."""
    tested = Counter(mark.label for mark in tests)
    return [
        *(
            f"{label}: no test in tests/theorems is marked with it"
            for label in labels
            if label not in tested
        ),
        *(f"{label}: {count} tests, not 1" for label, count in tested.items() if count > 1),
        *(
            f"{mark.test}: no page states {mark.label}"
            for mark in tests
            if mark.label not in labels
        ),
        *(f"{mark.test}: asserts nothing" for mark in tests if not mark.asserts),
        *(f"{mark.test}: pytest would not run it" for mark in tests if mark.test[:5] != "test_"),
        *(f"{mark.test}: may be skipped" for mark in tests if mark.may_skip),
        *(
            f"{mark.test}: does not say in its docstring what it tries"
            for mark in tests
            if not mark.says
        ),
    ]


def book_labels() -> list[str]:
    return [block.label for p in pages.pages() for block in p.directives(*pages.STATEMENTS)]


def test_labels_and_tests_correspond():
    assert book_labels()
    assert faults(book_labels(), book_marks()) == []


SOUND = """
@pytest.mark.theorem("thm-a")
@pytest.mark.parametrize("x", [1, 2])
def test_a(x):
    "Every x there is."
    assert x > 0

@pytest.mark.theorem("def-b")
def test_b():
    "One against itself."
    np.testing.assert_allclose(1, 1)
"""


def test_a_sound_pair_passes():
    assert faults(["thm-a", "def-b"], marks(SOUND)) == []


@pytest.mark.parametrize(
    ("labels", "source", "complaint"),
    [
        (["thm-a", "def-b", "cor-c"], SOUND, "cor-c: no test in tests/theorems is marked"),
        (["thm-a"], SOUND, "test_b: no page states def-b"),
        (["thm-a", "def-b"], SOUND + SOUND, "thm-a: 2 tests"),
        (["thm-a", "def-b"], SOUND.replace("assert x > 0", "print(x)"), "test_a: asserts nothing"),
        (["thm-a", "def-b"], SOUND.replace("def test_a", "def a"), "a: pytest would not run it"),
        (["thm-a", "def-b"], SOUND.replace('"One', 'b"One'), "test_b: does not say"),
        (["thm-a", "def-b"], "@pytest.mark.skip" + SOUND, "test_a: may be skipped"),
        (["thm-a", "def-b"], SOUND.replace("np", "pytest.skip()\n    np"), "test_b: may be skip"),
    ],
    ids=["untested", "stateless", "twice", "idle", "uncollected", "silent", "skipped", "skipping"],
)
def test_a_broken_pair_is_noticed(labels: list[str], source: str, complaint: str):
    assert complaint in "\n".join(faults(labels, marks(source)))
