"""What every pytest process of the book needs: its settings, the clock, the sharing of work."""

import os

import pytest

from book import pages, settings, toc

# Before a kernel starts or a test imports TensorFlow.
settings.quick()
if "PYTEST_XDIST_WORKER" in os.environ:
    settings.one_thread()

pytest_plugins = ["tests.clock", "tests.workers"]


def pytest_configure() -> None:
    """Say what is wrong with the table of contents once, and not in every file that reads it."""
    try:
        toc.read(pages.ROOT)
    except toc.ContentsError as error:
        raise pytest.UsageError(*str(error).splitlines()) from None
