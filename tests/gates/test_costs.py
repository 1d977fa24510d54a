"""What the pages cost: every page has an entry, and `make outputs` keeps the entries right."""

import json
import math
from pathlib import Path

import pytest

from book import machine, outputs, pages

LEDGER = "back/ledger"


def faults(costs: dict[str, dict], names: list[str]) -> list[str]:
    """What is wrong with the entries of the pages of those names."""
    return [
        *(f"{name}: no entry, run `make outputs`" for name in names if name not in costs),
        *(f"{name}: no such page" for name in costs if name not in names),
        *(f"{name}: {cost}" for name, cost in costs.items() if not is_valid(cost)),
        *([] if list(costs) == sorted(costs) else ["not sorted"]),
    ]


def is_valid(cost: dict) -> bool:
    """Whether it says how many seconds on how many processors, and nothing else."""
    if set(cost) != {"seconds", "threads"}:
        return False
    seconds, threads = cost["seconds"], cost["threads"]
    return isinstance(threads, int) and threads >= 1 and 0 < seconds < math.inf


def test_every_page_says_what_it_costs():
    costs = json.loads(outputs.COSTS.read_text(encoding="utf-8"))
    names = [page.name for page in pages.in_order()]
    assert LEDGER in names
    assert faults(costs, [name for name in names if name != LEDGER]) == []


GOOD = {"seconds": 3.5, "threads": 2}


@pytest.mark.parametrize(
    ("costs", "complaint"),
    [
        ({"a": GOOD}, "b: no entry"),
        ({"a": GOOD, "b": GOOD, "c": GOOD}, "c: no such page"),
        ({"b": GOOD, "a": GOOD}, "not sorted"),
        ({"a": GOOD, "b": {"seconds": 3.5}}, "b: {'seconds': 3.5}"),
        ({"a": GOOD, "b": GOOD | {"seconds": 0.0}}, "b: {'seconds': 0.0"),
        ({"a": GOOD, "b": GOOD | {"seconds": math.nan}}, "b: {'seconds': nan"),
        ({"a": GOOD, "b": GOOD | {"threads": 0}}, "b: {"),
    ],
)
def test_a_wrong_entry_is_noticed(costs: dict[str, dict], complaint: str):
    assert faults({"a": GOOD, "b": GOOD}, ["a", "b"]) == []
    assert complaint in "\n".join(faults(costs, ["a", "b"]))


@pytest.fixture
def chapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of two pages whose costs are known."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.ipynb").touch()
    monkeypatch.setattr(outputs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(outputs, "COSTS", tmp_path / "costs.json")
    outputs.record_cost("b", 2.04)
    outputs.record_cost("a", 1.0)
    return tmp_path


def test_a_run_writes_its_own_entry_and_forgets_pages_that_are_gone(chapters: Path):
    def stored() -> dict[str, float]:
        costs = json.loads((chapters / "costs.json").read_text(encoding="utf-8"))
        assert faults(costs, list(costs)) == []
        assert {cost["threads"] for cost in costs.values()} == {machine.threads()}
        return {name: cost["seconds"] for name, cost in costs.items()}

    assert stored() == {"a": 1.0, "b": 2.0}
    outputs.record_cost("a", 3.26)
    assert stored() == {"a": 3.3, "b": 2.0}
    (chapters / "b.ipynb").unlink()
    outputs.record_cost("a", 3.0)
    assert stored() == {"a": 3.0}


def test_the_ledger_is_executed_last():
    others = [outputs.CHAPTERS / "a.ipynb", outputs.CHAPTERS / "z.ipynb"]
    for given in ([outputs.LEDGER_PAGE, *others], others):
        assert outputs.ledger_last(given) == [*others, outputs.LEDGER_PAGE]
    assert outputs.LEDGER_PAGE.is_file()
