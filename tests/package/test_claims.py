"""The reader of the ledger."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gan_utils import claims
from gan_utils.claims import Statistic, prediction_interval
from gan_utils.data import DataUnavailable

RECORD = {
    "statement": "It learns.",
    "page": "probability/sample",
    "seeds": [0, 1, 2],
    "holds_on": 2,
    "statistics": {
        "error": {"values": [0.1, 0.3, 0.2], "unit": "nats", "at_least": None, "at_most": 0.25},
        "steps": {"values": [7.0, 8.0, 9.0], "unit": "", "at_least": None, "at_most": None},
    },
    "versions": {"python": "3.11"},
    "seconds": 1.5,
    "digest": "0123",
}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """A ledger of one claim, where the repository has it."""
    path = tmp_path / "chapters" / "claims.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"learns": RECORD}), encoding="utf-8")
    return path


def test_a_claim_prints_as_a_table(ledger: Path):
    assert str(claims.read("learns", ledger)).splitlines() == [
        "It learns. [learns]",
        "              median  smallest  largest  claimed  holds on",
        "error (nats)     0.2       0.1      0.3   ≤ 0.25    2 of 3",
        "steps              8         7        9        –         –",
    ]


def test_a_claim_holds_on_the_seeds_that_keep_every_bound(ledger: Path):
    claim = claims.read("learns", ledger)
    assert claim.holding == (0, 2)
    assert claim.statistics["error"].holds == (True, False, True)


@pytest.mark.parametrize("folder", [".", "chapters", "chapters/probability"])
def test_the_ledger_is_found_from_inside_the_repository(
    ledger: Path, folder: str, monkeypatch: pytest.MonkeyPatch
):
    start = ledger.parents[1] / folder
    start.mkdir(exist_ok=True)
    monkeypatch.chdir(start)
    assert claims.ledger_path() == ledger
    assert list(claims.read_all()) == ["learns"]


@pytest.mark.parametrize("start", [".", Path("."), Path("probability/..")], ids=repr)
def test_a_relative_start_has_folders_above_it(
    ledger: Path, start: Path | str, monkeypatch: pytest.MonkeyPatch
):
    (ledger.parent / "probability").mkdir()
    monkeypatch.chdir(ledger.parent)
    ledger.rename(ledger.parents[1] / "claims.json")
    assert claims.ledger_path(start) == ledger.parents[1] / "claims.json"


def test_other_files_of_the_book_are_found_beside_the_ledger(ledger: Path):
    costs = ledger.with_name("costs.json")
    costs.touch()
    assert claims.book_file("costs.json", ledger.parents[1]) == costs


def test_without_a_ledger_the_error_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("importlib.metadata.files", lambda name: None)
    with pytest.raises(DataUnavailable, match=r"chapters/claims\.json.*install the wheel"):
        claims.ledger_path(tmp_path)
    with pytest.raises(DataUnavailable, match=r"chapters/costs\.json.*install the wheel"):
        claims.book_file("costs.json", tmp_path)


def test_an_unknown_claim_is_refused_by_name(ledger: Path):
    with pytest.raises(ValueError, match=r"name must be a claim of the ledger \(learns\), got 'x'"):
        claims.read("x", ledger)


@pytest.mark.parametrize(
    ("values", "message"),
    [([1.0], "at least two runs, got 1"), ([1.0, math.nan], "must be finite")],
)
def test_an_interval_needs_finite_repetitions(values: list[float], message: str):
    with pytest.raises(ValueError, match=message):
        prediction_interval(values)


@given(st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=12))
def test_the_interval_is_that_of_a_regression_on_a_constant(values: list[float]):
    """SciPy's Student interval with the standard deviation of a new value."""
    low, high = prediction_interval(values)
    mean, n = np.mean(values), len(values)
    spread = np.std(values, ddof=1) * np.sqrt(1 + 1 / n)
    floor = 1e-4 * np.max(np.abs(values))
    if spread > floor:
        expected = stats.t(n - 1, mean, spread).interval(0.999)
        np.testing.assert_allclose([low, high], expected, rtol=1e-9, atol=1e-9)
    assert high - low >= 2 * floor * (1 - 1e-9)
    assert low <= mean + 1e-9
    assert high >= mean - 1e-9


def test_equal_values_leave_room_for_rounding():
    assert prediction_interval([8.0, 8.0, 8.0]) == pytest.approx((7.9992, 8.0008))


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=10), st.floats(-10, 10))
def test_a_value_holds_where_the_comparison_says_so(values: list[float], limit: float):
    at_least = Statistic("x", tuple(values), at_least=limit)
    at_most = Statistic("x", tuple(values), at_most=limit)
    assert at_least.holds == tuple(value >= limit for value in values)
    assert at_most.holds == tuple(value <= limit for value in values)
    assert at_least.minimum <= at_least.median <= at_least.maximum
