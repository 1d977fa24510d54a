"""The records of the pages: every page has one, no other has, and what it says can be so."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from book import ledger, outputs, pages, records
from gan_utils.book.claims import read_all

COST = {"seconds", "threads"}


def faults(stored: dict[str, dict], names: list[str]) -> list[str]:
    """What is wrong with the records, by the names of their files, of the pages of those names."""
    found = {record["page"]: record for record in stored.values()}
    return [
        *(
            f"{name}: no cost, run `make outputs`"
            for name in names
            if "cost" not in found.get(name, {})
        ),
        *(f"{name}: no such page" for name in found if name not in names),
        *(
            f"{file}: is about {record['page']}"
            for file, record in stored.items()
            if record["page"].rpartition("/")[2] != file
        ),
        *(
            f"{name}: {record['cost']}"
            for name, record in found.items()
            if "cost" in record and not is_cost(record["cost"])
        ),
        *(
            f"{name}: has {sorted(extra)}"
            for name, record in found.items()
            if (extra := set(record) - set(records.PARTS))
        ),
    ]


def is_cost(cost: dict) -> bool:
    """Whether it says how many seconds on how many processors, and nothing else."""
    if set(cost) != COST:
        return False
    seconds, threads = cost["seconds"], cost["threads"]
    return isinstance(threads, int) and threads >= 1 and 0 < seconds < math.inf


def test_every_page_has_its_record():
    assert faults(records.stored(), [page.name for page in pages.in_order()]) == []


def test_the_names_of_pages_end_differently():
    """A record is found by the last part of the page's name."""
    names = [page.path.stem for page in pages.in_order()]
    assert len(set(names)) == len(names)


def record(name: str, **parts: object) -> dict:
    return {"page": f"part/{name}", "cost": {"seconds": 3.5, "threads": 2}, **parts}


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"b": {"page": "part/b"}}, "part/b: no cost"),
        ({"b": record("c")}, "part/b: no cost"),
        ({"c": record("c")}, "part/c: no such page"),
        ({"old": record("a")}, "old: is about part/a"),
        ({"b": record("b", cost={"seconds": 3.5})}, "part/b: {'seconds': 3.5}"),
        ({"b": record("b", cost={"seconds": 0.0, "threads": 1})}, "part/b: {'seconds': 0.0"),
        ({"b": record("b", cost={"seconds": math.nan, "threads": 1})}, "{'seconds': nan"),
        ({"b": record("b", cost={"seconds": 1.0, "threads": 0})}, "part/b: {"),
        ({"b": record("b", mood="good")}, "part/b: has ['mood']"),
    ],
)
def test_a_wrong_record_is_noticed(changed: dict[str, dict], complaint: str):
    good = {"a": record("a"), "b": record("b")}
    names = ["part/a", "part/b"]
    assert faults(good, names) == []
    assert complaint in "\n".join(faults({**good, **changed}, names))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without records."""
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    return tmp_path


def test_a_part_is_written_and_the_others_stay(folder: Path):
    assert records.read("part/a") == {"page": "part/a"}
    records.update("part/a", claims={"x": {"values": [1, 2]}})
    records.update("part/a", cost={"seconds": 3.5, "threads": 2})
    records.update("part/b", cost={"seconds": 1.0, "threads": 2})
    records.update("part/b", cost={"seconds": 2.0, "threads": 2})
    assert list(records.read("part/a")) == ["page", "cost", "claims"]
    assert records.of_all("cost") == {
        "part/a": {"seconds": 3.5, "threads": 2},
        "part/b": {"seconds": 2.0, "threads": 2},
    }
    assert list(records.of_all("claims")) == ["part/a"]
    assert '"values": [1, 2]' in (folder / "a.json").read_text(encoding="utf-8")


def test_what_is_no_page_s_record_is_left_out(folder: Path):
    (folder / "long.json").write_text('{"seconds": 3}', encoding="utf-8")
    assert records.stored() == {}


def test_storing_a_page_stores_what_it_cost(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is executed here; that the outputs are those of a run, the strict gate shows."""
    path = tmp_path / "part" / "a.ipynb"
    path.parent.mkdir()
    path.write_text(pages.paths()[0].read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(pages, "CHAPTERS", tmp_path)
    monkeypatch.setattr(outputs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(outputs, "execute", lambda path: pages.read(path).notebook)
    outputs.store(path)
    assert set(records.read("part/a")["cost"]) == COST


# What is printed of them.


def test_the_table_of_costs_has_a_row_for_each_page_and_their_sum():
    header, _, *rows, total = ledger.costs().splitlines()
    assert header.count("|") == 6
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        page.title for page in pages.in_order()
    ]
    seconds = [entry["seconds"] for entry in records.of_all("cost").values()]
    assert total.split(" | ")[1] == f"{sum(seconds):.0f}"


def test_the_ledger_prints_every_claim_once_and_names_one_that_is_broken(
    monkeypatch: pytest.MonkeyPatch,
):
    found = read_all()
    printed = ledger.ledger()
    assert all(printed.count(f"<code>{name}</code>") == 1 for name in found)
    assert "None does." in printed
    name, claim = next(iter(found.items()))
    broken = {key: replace(each, at_least=math.inf) for key, each in claim.statistics.items()}
    monkeypatch.setattr(
        ledger, "read_all", lambda: {**found, name: replace(claim, statistics=broken)}
    )
    assert f"This one does: {name}." in ledger.ledger()
