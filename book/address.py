"""The address of the published book: one line of _config.yml, a placeholder until it is set."""

import re
from pathlib import Path

from book.pages import ROOT

CONFIG = ROOT / "_config.yml"
PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"

NOTEBOOKS = "notebooks"
"""The branch to which publishing brings the exported notebooks, for Colab to open them there."""

_URL_LINE = re.compile(r"(?m)^(?P<head>  url: )(?P<url>\S+)")


def stored(config: Path = CONFIG) -> str:
    """The address in _config.yml, which may be the placeholder."""
    found = _URL_LINE.findall(config.read_text(encoding="utf-8"))
    if len(found) != 1:
        raise ValueError(f"{config} must have exactly one line '  url: …', found {len(found)}")
    return found[0][1]


def known(config: Path | None = None) -> str | None:
    """The address, or None as long as there is none."""
    url = stored(CONFIG if config is None else config)
    return None if url == PLACEHOLDER else url


def store(url: str, config: Path = CONFIG) -> None:
    """Write the address into _config.yml."""
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(f"URL must read https://host/owner/repository, got {url!r}")
    stored(config)
    url = url.removesuffix(".git")
    text = config.read_text(encoding="utf-8")
    config.write_text(_URL_LINE.sub(lambda line: line["head"] + url, text), encoding="utf-8")


def in_colab(url: str, page: str) -> str | None:
    """Where Colab opens the exported notebook of a page; None off GitHub, where it opens none."""
    place = url.removeprefix("https://github.com/")
    if place == url:
        return None
    return f"https://colab.research.google.com/github/{place}/blob/{NOTEBOOKS}/{page}.ipynb"
