"""The book describes every public name of the package, and nothing else."""

from importlib import import_module
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

import gan_utils

PAGE = "chapters/back/api.html"
MODULES = gan_utils._NAMES["gan_utils"]


def public(module: str) -> set[str]:
    """What a module offers: the names that the package lists, its classes and functions."""
    loaded = import_module(f"gan_utils.{module}")
    own = {
        name
        for name, value in vars(loaded).items()
        if getattr(value, "__module__", None) == loaded.__name__ and not name.startswith("_")
    }
    return {
        f"gan_utils.{module}.{name}"
        for name in own | set(gan_utils._NAMES.get(loaded.__name__, []))
    }


def entries(html: str) -> dict[str, str]:
    """What a built page says of each name, its members' entries left out."""
    found = {}
    for definition in BeautifulSoup(html, "html.parser").select("dl.py"):
        for head in definition.find_all("dt", class_="sig", recursive=False):
            found[head["id"]] = said(definition.find("dd", recursive=False))
    return found


def said(body: Tag | None) -> str:
    """The text of an entry up to its first list, table or member."""
    texts = body.find_all("p", recursive=False) if body else []
    return " ".join(text.get_text(" ", strip=True) for text in texts)


def faults(described: dict[str, str], names: set[str]) -> list[str]:
    """Names without an entry, entries that say nothing, and entries that nobody may use."""
    private = [name for name in described if any(p.startswith("_") for p in name.split("."))]
    return [
        *(f"{name} is missing" for name in sorted(names - set(described))),
        *(f"{name} says nothing" for name, text in described.items() if not text),
        *(f"{name} is private" for name in private),
    ]


def test_every_public_name_is_described(html: Path):
    names = set().union(*map(public, MODULES))
    assert len(names) > len(gan_utils.__all__) - len(MODULES)
    described = entries((html / PAGE).read_text(encoding="utf-8"))
    assert faults(described, names) == []


def test_the_index_leads_to_every_public_name(html: Path):
    index = BeautifulSoup((html / "genindex.html").read_text(encoding="utf-8"), "html.parser")
    targets = {link["href"] for link in index.select("article a[href]")}
    names = set().union(*map(public, MODULES))
    assert {f"{PAGE}#{name}" for name in names} <= targets
    assert any(target.startswith("chapters/back/glossary.html#term-") for target in targets)


def test_the_page_describes_this_copy_of_the_package(html: Path):
    """A docstring of this repository's source stands on the page word for word."""
    described = entries((html / PAGE).read_text(encoding="utf-8"))
    for name in ("gan_utils.distributions.ring", "gan_utils.training.GAN"):
        module, _, attribute = name.rpartition(".")
        documented = getattr(import_module(module), attribute).__doc__
        assert described[name].startswith(documented.strip().splitlines()[0])


ENTRY = '<dl class="py"><dt class="sig" id="gan_utils.{0}"></dt><dd>{1}</dd></dl>'
MEMBER = ENTRY.format("a.B.c", "<p>One.</p>")


@pytest.mark.parametrize(
    ("name", "body", "complaints"),
    [
        ("a.B", f"<p>Two.</p>{MEMBER}", []),
        ("a.A", f"<p>Two.</p>{MEMBER}", ["gan_utils.a.B is missing"]),
        ("a.B", MEMBER, ["gan_utils.a.B says nothing"]),
        ("a.B", "<p>Two.</p>" + ENTRY.format("a._b", "<p>One.</p>"), ["gan_utils.a._b is private"]),
    ],
    ids=["whole", "missing", "empty", "private"],
)
def test_a_gap_is_noticed(name: str, body: str, complaints: list[str]):
    assert faults(entries(ENTRY.format(name, body)), {"gan_utils.a.B"}) == complaints
