"""The explorables: what the directive refuses, and what their first state says."""

import math

import numpy as np
import pytest

from book.building import build
from book.explorables import figures
from book.pages import ROOT
from tests.gates.test_book import SMALL_BOOK

CONFIG = SMALL_BOOK["_config.yml"] + "sphinx: {extra_extensions: [book.extensions.explorables]}\n"


@pytest.mark.parametrize(
    ("name", "message"),
    [("separation", "build succeeded"), ("separations", "no explorable 'separations'; known are")],
)
def test_an_unknown_name_stops_the_build(tmp_path, monkeypatch, name: str, message: str):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source = tmp_path / "source"
    source.mkdir()
    page = f"# Small\n\n:::{{explorable}} {name}\n:::\n"
    for file, text in {**SMALL_BOOK, "_config.yml": CONFIG, "intro.md": page}.items():
        (source / file).write_text(text, encoding="utf-8")
    done = build(source, tmp_path / "output")
    said = done.stdout + done.stderr
    assert message in said
    assert (done.returncode == 0) == (message == "build succeeded")


@pytest.mark.parametrize("name", figures.EXPLORABLES)
def test_every_control_stays_within_what_its_figure_can_say(name: str):
    this = figures.EXPLORABLES[name]
    for control, model in this.controls().items():
        ends = model.options if control == "update" else (model.start, model.end)
        for end in ends:
            sentence = this.sentence(**{**this.first(), control: end})
            assert "{" not in sentence
            assert "nan" not in sentence
            assert "inf" not in sentence


@pytest.mark.parametrize("name", figures.EXPLORABLES)
def test_every_sentence_can_be_said(name: str):
    reached = {
        "optimal-discriminator": [(2.0, 1.0), (0.0, 1.0)],
        "generator-gradient": [(-1.0,), (0.0,), (1.0,)],
        "separation": [(0.0, 1.0), (1.0, 1.0), (6.0, 1.0)],
        "dirac-gan": [
            ("simultaneous", 0.2, 0.0, 1.0, 0.0),
            ("simultaneous", 0.2, 0.5, 1.0, 0.0),
            ("alternating", 0.2, 0.0, 1.0, 0.0),
            ("alternating", 0.2, 0.0, 0.0, 0.0),
        ],
    }
    this = figures.EXPLORABLES[name]
    assert {this.state(*values).finding for values in reached[name]} == set(this.sentences)


def jacobian(update: str, step: float, penalty: float) -> np.ndarray:
    """The update's derivative at the equilibrium, by central differences."""
    rule = figures.UPDATES[update]
    ways = 1e-6 * np.eye(2)
    columns = [(rule(way, step, penalty) - rule(-way, step, penalty))[-1] / 2e-6 for way in ways]
    return np.stack(columns, axis=-1)


GRID = [(step, penalty) for step in (0.02, 0.2, 0.6, 1.0) for penalty in (0.0, 0.1, 0.5, 0.9, 2.0)]


@pytest.mark.parametrize("update", figures.UPDATES)
@pytest.mark.parametrize(("step", "penalty"), GRID)
def test_linearised_update_is_the_derivative_of_the_update(update, step, penalty):
    exact = figures.linearised(update, step, penalty)
    assert np.allclose(jacobian(update, step, penalty), exact, atol=1e-9)


@pytest.mark.parametrize(("step", "penalty"), GRID)
def test_what_the_page_says_of_the_dirac_gan(step: float, penalty: float):
    both = {update: jacobian(update, step, penalty) for update in figures.UPDATES}
    radius = {update: abs(np.linalg.eigvals(matrix)).max() for update, matrix in both.items()}
    assert np.linalg.det(both["simultaneous"]) == pytest.approx(
        1 - step * penalty + step**2 / 4, abs=1e-8
    )
    assert np.linalg.det(both["alternating"]) == pytest.approx(1 - step * penalty, abs=1e-8)
    if penalty == 0:
        assert radius["simultaneous"] > 1
    if penalty < 1:
        assert (radius["simultaneous"] < 1) == (penalty > step / 4)
    if penalty + step / 4 < 1:
        assert radius["alternating"] == pytest.approx(math.sqrt(1 - step * penalty), abs=1e-8)


@pytest.mark.parametrize("step", [0.02, 0.6, 3.0])
def test_what_the_page_says_of_steps_far_from_the_equilibrium(step: float):
    points = np.random.default_rng(0).uniform(-3, 3, (100, 2))
    for point in points:
        weight = 1 / (1 + np.exp(point[0] * point[1]))
        moved = figures.simultaneous(point, step, 0.0)[-1]
        assert moved @ moved == pytest.approx((1 + step**2 * weight**2) * (point @ point))


def test_what_the_page_says_of_two_widths():
    narrow, wide = (figures.discriminator_state(0.0, deviation) for deviation in (0.5, 2.0))
    assert narrow.words["js"] == wide.words["js"]
    middle, side = len(figures.LINE) // 2, 20
    assert narrow.columns["curves"]["d"][middle] < narrow.columns["curves"]["d"][side]
    assert wide.columns["curves"]["d"][middle] > wide.columns["curves"]["d"][side]


def test_what_the_page_says_of_the_slope_of_js():
    slopes = [figures.js_slope(2.0, deviation) for deviation in (1.0, 0.8, 0.2)]
    assert slopes[1] > slopes[0] > slopes[2]


def test_slope_of_js_is_the_slope_of_the_curve():
    curves = figures.separation_state(2.0, 1.0).columns["curves"]
    slope = np.gradient(curves["js"], curves["distance"])[1:-1]
    exact = [figures.js_slope(each, 1.0) for each in curves["distance"][1:-1]]
    # Central differences of step 0.1 err by at most 0.01 / 6 of the third derivative.
    assert np.allclose(slope, exact, atol=1e-3)


def test_numbers_are_written_for_readers():
    assert figures.fixed(-0.00001, 4) == "0.0000"
    assert figures.fixed(-12.5, 1) == "−12.5"
    assert figures.short(-1.23e-12) == "−1.2 × 10⁻¹²"
    assert figures.short(5e60) == "5.0 × 10⁶⁰"
