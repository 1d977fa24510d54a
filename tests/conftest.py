"""Settings of the libraries that the tests use, and the built book."""

from pathlib import Path

import hypothesis
import matplotlib as mpl
import pytest

from book import pages
from book.building import build

# Figures drawn inside a test go nowhere.
mpl.use("Agg")

# The same examples in every run: a failure is a fault of the code, not of the draw.
hypothesis.settings.register_profile("book", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("book")


@pytest.fixture(scope="session")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built book."""
    output = tmp_path_factory.mktemp("book") / "output"
    done = build(pages.ROOT, output)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    assert "WARNING" not in done.stdout + done.stderr
    return output / "_build" / "html"
