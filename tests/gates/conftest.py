"""The wheel, built once for every gate that needs it; and what belongs to a chapter."""

from pathlib import Path

import pytest

from book import wheel as builder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of gan_utils."""
    return builder.build(tmp_path_factory.mktemp("wheel"))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k first_gan` find the tests of a claim, which go by its name, by its chapter too."""
    claims = getattr(item.module, "CLAIMS", {})
    name = getattr(item, "callspec", None) and item.callspec.params.get("name")
    if name in claims:
        item.extra_keyword_matches.add(claims[name].page)
