"""The reader of the ledger."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats

from gan_utils import claims
from gan_utils.claims import Statistic, positive_prediction_interval, prediction_interval
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


@pytest.fixture
def repository(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the book, from which the package seems to be imported."""
    root = ledger.parents[1]
    (root / "pyproject.toml").write_text('[project]\nname = "gan-utils"\n', encoding="utf-8")
    monkeypatch.setattr(claims, "_ROOT", root)
    return root


def test_the_ledger_stands_beside_the_package_wherever_one_works(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    for folder in (repository, repository / "chapters", tmp_path_factory.mktemp("elsewhere")):
        monkeypatch.chdir(folder)
        assert claims.ledger_path() == repository / "chapters" / "claims.json"
        assert list(claims.read_all()) == ["learns"]


def test_a_stranger_s_ledger_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for path in (tmp_path / "claims.json", tmp_path / "chapters" / "claims.json"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("[]", encoding="utf-8")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert claims.ledger_path() == Path(claims.__file__).parents[1] / "chapters" / "claims.json"


@pytest.mark.parametrize("project", [None, '[project]\nname = "other"', "[", "x = 1"])
def test_a_folder_of_another_project_is_not_the_book(
    repository: Path, project: str | None, monkeypatch: pytest.MonkeyPatch
):
    """Such as an environment's packages, among which one is called chapters."""
    (repository / "pyproject.toml").unlink()
    if project is not None:
        (repository / "pyproject.toml").write_text(project, encoding="utf-8")
    monkeypatch.setattr("importlib.metadata.distributions", lambda **_: [])
    with pytest.raises(DataUnavailable):
        claims.ledger_path()


def test_other_files_of_the_book_are_found_beside_the_ledger(repository: Path):
    costs = repository / "chapters" / "costs.json"
    costs.touch()
    assert claims.book_file("costs.json") == costs


def test_without_a_ledger_the_error_says_where_it_was_looked_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("importlib.metadata.distributions", lambda **_: [])
    (repository / "chapters" / "claims.json").unlink()
    with pytest.raises(DataUnavailable, match=r"no claims\.json: .* Install the wheel"):
        claims.ledger_path()
    with pytest.raises(DataUnavailable, match=r"no costs\.json: .* Install the wheel"):
        claims.book_file("costs.json")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_claim_is_printed_in_every_encoding(ledger: Path, encoding: str):
    record = {**RECORD, "statement": "It learns − ½ × γ ≥ 1."}
    ledger.write_text(json.dumps({"learns": record}), encoding="utf-8")
    code = (
        "import pathlib, sys; from gan_utils import claims\n"
        "claim = claims.read('learns', pathlib.Path(sys.argv[1]))\n"
        "print(claim)\nprint(claim.statistics['error'].bound)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ledger)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[-1] == {"utf-8": "≤ 0.25"}.get(encoding, "<= 0.25")
    sentence = {
        "ascii": "It learns - 1/2 x ? >= 1. [learns]",
        "cp1252": "It learns - ½ × ? >= 1. [learns]",
        "utf-8": "It learns − ½ × γ ≥ 1. [learns]",
    }
    assert lines[0] == sentence[encoding]
    dash = "-" if encoding == "ascii" else "–"
    assert lines[3].split() == ["steps", "8", "7", "9", dash, dash]
    assert len({len(line) for line in lines[1:4]}) == 1


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
    assert positive_prediction_interval([8.0, 8.0, 8.0]) == pytest.approx((7.9992, 8.0008))


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=10), st.floats(0.01, 100))
def test_the_interval_of_positive_values_goes_by_ratios(values: list[float], unit: float):
    low, high = positive_prediction_interval(values)
    assert 0 < low < min(values) * 1.001
    assert high > max(values) / 1.001
    scaled = positive_prediction_interval([unit * value for value in values])
    np.testing.assert_allclose(scaled, [unit * low, unit * high], rtol=1e-6)
    inverse = positive_prediction_interval([1 / value for value in values])
    np.testing.assert_allclose(inverse, [1 / high, 1 / low], rtol=1e-6)


def test_an_error_that_vanishes_is_outside():
    """Ten errors between 5 and 143: as they are, their interval begins below zero."""
    values = (5.4, 142.8, 20.0, 61.0, 9.0, 33.0, 12.0, 88.0, 40.0, 27.0)
    assert prediction_interval(values)[0] < 0
    assert 0 < Statistic("error", values).low < min(values)
    assert Statistic("error", (0.0, *values)).low < 0


def test_two_runs_far_apart_leave_everything_open():
    assert positive_prediction_interval([1e-3, 1e3]) == (0.0, math.inf)


@pytest.mark.parametrize("values", [[0.0, 1.0], [-1.0, 1.0]])
def test_ratios_need_positive_values(values: list[float]):
    with pytest.raises(ValueError, match="values must be positive"):
        positive_prediction_interval(values)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=10), st.floats(-10, 10))
def test_a_value_holds_where_the_comparison_says_so(values: list[float], limit: float):
    at_least = Statistic("x", tuple(values), at_least=limit)
    at_most = Statistic("x", tuple(values), at_most=limit)
    assert at_least.holds == tuple(value >= limit for value in values)
    assert at_most.holds == tuple(value <= limit for value in values)
    assert at_least.minimum <= at_least.median <= at_least.maximum
