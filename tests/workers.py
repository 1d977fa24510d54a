"""A pytest plugin: share the tests among the workers of pytest-xdist, the longest pieces first.

A notebook's cells run in one kernel and stay together; so do the tests of a file, whose fixtures
they share, and all that look at the built book, so that one worker builds it. Reruns of claims go
one by one, last: they fill what time the workers have left.
"""

from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from book import pages, records
from gan_utils.book.claims import read_all

BOOK, RERUN = "book", "test_claim_comes_again"


@pytest.hookimpl(wrapper=True)  # to come before xdist, which looks at the marks
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Name the piece that every test belongs to, and put the pieces in order."""
    if hasattr(config, "workerinput"):
        costs = seconds()
        items.sort(key=lambda item: order(item, costs))
        for item in items:
            item.add_marker(pytest.mark.xdist_group(piece(item)))
    return (yield)


class Scheduling(LoadGroupScheduling):
    """Sharing by marks, which the names of nbval's cells do not carry: they go by their file."""

    def _split_scope(self, nodeid: str) -> str:
        name = nodeid.split("::")[0]
        return name if name.endswith(".ipynb") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """What `--dist loadgroup` makes, but for notebooks."""
    return Scheduling(config, log)


def piece(item: pytest.Item) -> str:
    """What has to stay together with this test."""
    if item.name.startswith(RERUN):
        return item.name
    if "html" in getattr(item, "fixturenames", ()):
        return BOOK
    return item.path.relative_to(item.config.rootpath).as_posix()


def order(item: pytest.Item, costs: dict[str, float]) -> tuple[int, float]:
    """Notebooks, then files, then reruns; among notebooks and reruns the longest first."""
    if item.name.startswith(RERUN):
        return 2, -costs.get(item.callspec.params["name"], 0.0)
    if item.path.suffix == ".ipynb":
        name = item.path.relative_to(pages.CHAPTERS).with_suffix("").as_posix()
        return 0, -costs.get(name, 0.0)
    return 1, 0.0


def seconds() -> dict[str, float]:
    """What the records say of pages, and of claims by their names."""
    of_pages = {name: cost["seconds"] for name, cost in records.of_all("cost").items()}
    return {**of_pages, **{name: claim.seconds for name, claim in read_all().items()}}
