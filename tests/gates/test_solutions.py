"""The code of every solution runs, and its assertions hold, among the definitions of its page."""

import pytest

from book import pages
from book.pages import Block, Page
from tests.gates.sample import sample


def solve(page: Page, solution: Block, namespace: dict[str, object]) -> None:
    """Execute a solution's python blocks, one after the other, in a copy of the namespace."""
    namespace = dict(namespace)
    for number, source in enumerate(solution.python()):
        pages.run(source, f"<{page.name}, {solution.label}, block {number}>", namespace)


SOLUTIONS = [(page, block) for page in pages.pages() for block in page.directives("solution")]


def test_the_book_has_solutions():
    assert SOLUTIONS


@pytest.mark.parametrize(
    ("page", "solution"), SOLUTIONS, ids=[f"{page.name}-{block.label}" for page, block in SOLUTIONS]
)
def test_solution_is_right(page: Page, solution: Block):
    solve(page, solution, pages.definitions(page.name))


def test_a_wrong_solution_is_noticed():
    page = sample()
    namespace = pages.execute_definitions(page)
    for solution in page.directives("solution"):
        solve(page, solution, namespace)
    page.notebook.cells[4].source = page.notebook.cells[4].source.replace("== 4", "== 5")
    with pytest.raises(AssertionError):
        solve(page, page.directives("solution")[2], namespace)
