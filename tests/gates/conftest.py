"""The wheel, built once for every gate that looks into it or installs it."""

from pathlib import Path

import pytest

from book import wheel as builder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of gan_utils."""
    return builder.build(tmp_path_factory.mktemp("wheel"))
