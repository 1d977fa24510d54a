"""Claims as pages read and show them."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, strategies as st
from scipy import stats

from gan_utils import DataUnavailable
from gan_utils.book import _pictures, _records, claims, read_record, record_names
from gan_utils.book.claims import Statistic, positive_prediction_interval, prediction_interval

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
    "package": "4567",
}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records of which one holds a claim."""
    text = json.dumps({"page": "probability/sample", "claims": {"learns": RECORD}})
    (tmp_path / "sample.json").write_text(text, encoding="utf-8")
    (tmp_path / "longer.json").write_text('{"seconds": 3}', encoding="utf-8")
    monkeypatch.setattr(_records, "RECORDS", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("ledger")
def test_a_claim_prints_as_a_table():
    claim = claims.read("learns")
    assert str(claim) == repr(claim)
    assert str(claim).splitlines() == [
        "It learns. [learns]",
        "              median  smallest  largest  claimed  holds on",
        "error (nats)     0.2       0.1      0.3   ≤ 0.25    2 of 3",
        "steps              8         7        9        –         –",
    ]


@pytest.mark.usefixtures("ledger")
def test_a_claim_holds_on_the_seeds_that_keep_every_bound():
    claim = claims.read("learns")
    assert claim.holding == (0, 2)
    assert claim.statistics["error"].holds == (True, False, True)


def test_a_claim_is_stored_as_it_was_read():
    assert claims.from_record("learns", RECORD).record() == RECORD


def test_what_is_stated_has_no_values():
    stated = claims.from_record("learns", RECORD).stated()
    assert not any(statistic.values for statistic in stated.statistics.values())
    assert stated.statistics["error"].at_most == 0.25
    assert str(stated).splitlines() == ["It learns. [learns]", "not measured yet"]
    assert "Not measured yet" in stated._repr_html_()


def table(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").find_all("tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


@pytest.mark.usefixtures("ledger")
def test_in_a_notebook_it_is_a_table_with_pictures():
    claim = claims.read("learns")
    head, error, steps = table(claim._repr_html_())
    assert head == ["", "runs", *claims.COLUMNS]
    assert error == ["error (nats)", "", "0.2", "0.1", "0.3", "≤ 0.25", "2 of 3"]
    assert steps[2:] == ["8", "7", "9", "–", "–"]


def test_words_are_escaped_in_html():
    record = {**RECORD, "statement": "a < b & c"}
    assert "a &lt; b &amp; c" in claims.from_record("learns", record)._repr_html_()


SHOWN = ("cx", "x", "x1", "x2", "width")


def picture(statistic: Statistic) -> dict[str, list[dict[str, float]]]:
    """The shapes of a picture with their numbers."""
    drawn = BeautifulSoup(_pictures.runs(statistic), "html.parser")
    return {
        tag: [
            {key: float(value) for key, value in shape.attrs.items() if key in SHOWN}
            for shape in drawn.find_all(tag)
        ]
        for tag in ("circle", "line", "rect")
    }


@pytest.mark.parametrize("sign", [1, -1])
def test_a_picture_has_a_dot_for_each_run_and_shades_what_is_forbidden(sign: int):
    """Dots that break the bound, and no others, lie in the shade."""
    values = tuple(sign * value for value in (1.0, 2.0, 3.0, 4.0))
    limits = {"at_most": 2.5} if sign > 0 else {"at_least": -2.5}
    drawn = picture(Statistic("x", values, **limits))
    (shade,) = drawn["rect"]
    inside = [shade["x"] < dot["cx"] < shade["x"] + shade["width"] for dot in drawn["circle"]]
    assert inside == [False, False, True, True]
    assert shade["x"] + shade["width"] == pytest.approx(
        _pictures.WIDTH if sign > 0 else shade["width"]
    )
    (line,) = drawn["line"]
    assert 0 <= line["x1"] <= min(dot["cx"] for dot in drawn["circle"])
    assert max(dot["cx"] for dot in drawn["circle"]) <= line["x2"] <= _pictures.WIDTH


def test_a_picture_of_positive_values_goes_by_ratios():
    first, second, third = (
        dot["cx"] for dot in picture(Statistic("x", (1.0, 10.0, 100.0)))["circle"]
    )
    assert third - second == pytest.approx(second - first, abs=0.11)


def test_a_picture_of_equal_values_is_in_the_middle():
    drawn = picture(Statistic("modes", (25.0,) * 10, at_least=25))
    assert {dot["cx"] for dot in drawn["circle"]} == {_pictures.WIDTH / 2}
    assert drawn["line"][0]["x2"] - drawn["line"][0]["x1"] < 1


def test_a_picture_is_told_in_words():
    statistic = Statistic("x", (0.0, 2.0), at_least=-1)
    drawn = BeautifulSoup(_pictures.runs(statistic), "html.parser")
    told = "2 runs from 0 to 2, claimed ≥ -1; one more is expected from -1102 to 1104"
    assert drawn.svg["aria-label"] == told


def test_a_missing_record_names_those_that_are_there(ledger: Path):
    assert record_names() == ["longer", "sample"]
    with pytest.raises(DataUnavailable, match=r"other\.json: no such .* there are: longer, sample"):
        read_record("other")
    (ledger / "sample.json").unlink()
    assert claims.read_all() == {}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_claim_is_printed_in_every_encoding(encoding: str):
    record = {**RECORD, "statement": "It learns − ½ × γ ≥ 1."}
    code = (
        "import json, sys; from gan_utils.book import claims\n"
        "print(claims.from_record('learns', json.loads(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(record)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode(encoding).splitlines()
    bound = "≤ 0.25" if encoding == "utf-8" else "<= 0.25"
    assert bound in lines[2]
    sentence = {
        "ascii": "It learns - 1/2 x ? >= 1. [learns]",
        "cp1252": "It learns - ½ × ? >= 1. [learns]",
        "utf-8": "It learns − ½ × γ ≥ 1. [learns]",
    }
    assert lines[0] == sentence[encoding]
    dash = "-" if encoding == "ascii" else "–"
    assert lines[3].split() == ["steps", "8", "7", "9", dash, dash]
    assert len({len(line) for line in lines[1:4]}) == 1


@pytest.mark.usefixtures("ledger")
def test_an_unknown_claim_is_refused_by_name():
    with pytest.raises(ValueError, match=r"name must be a claim of the ledger \(learns\), got 'x'"):
        claims.read("x")


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
