"""The explorables in a browser: right numbers, moved by the keyboard, alone with their page."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from scipy.special import erf, expit

from book.explorables.explorable import Explorable, Slider
from book.explorables.registry import HERE, explorables
from book.explorables.words import fill
from gan_utils import JENSEN_SHANNON, KL, TOTAL_VARIATION, Gaussian, game_value
from tests.browser.visit import Visit
from tests.gates.test_widgets import numbers

LOG_4 = np.log(4)


@pytest.fixture
def visit(html: Path, offline: BrowserContext) -> Visit:
    """The page of the explorables, all of them drawn."""
    return Visit(offline, html / "chapters" / "back" / "explorables.html")


@pytest.fixture
def page(visit: Visit) -> Page:
    """The same, where only what it shows is of interest."""
    return visit.page


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Iterator[Page]:
    """An empty page that has the scripts of all figures and nothing to draw."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    for path in (HERE / "explorables.js", *(this.script for this in explorables().values())):
        page.add_script_tag(path=path)
    yield page
    context.close()


def slider(page: Page, name: str, title: str) -> Locator:
    """The handle of a slider, found by what a screen reader calls it."""
    box = page.locator(f"#explorable-{name}")
    return box.get_by_role("slider", name=title, exact=True)


def said(page: Page, name: str) -> str:
    """The live text of a figure."""
    return page.locator(f"#explorable-{name} [role=status]").inner_text().replace("\xa0", " ")


def ask(page: Page, function: str, *arguments):
    """What a function of explorables.js returns."""
    call = f"arguments => ganExplorables.{function}(...arguments)"
    return page.evaluate(call, list(arguments))


# --- The numerics -------------------------------------------------------------------------------


def test_every_figure_has_its_half_in_javascript(engine: Page):
    assert engine.evaluate("Object.keys(ganExplorables.states)") == list(explorables())


def differences(engine: Page, this: Explorable, values: dict) -> list[str]:
    """What JavaScript shows or says otherwise than Python."""
    state = this.state(**values)
    call = "([name, values]) => ganExplorables.states[name](values)"
    live = engine.evaluate(call, [this.name, values])
    sentence = this.sentences[state["finding"]]
    said = engine.evaluate(
        "arguments => ganExplorables.fill(...arguments)", [sentence, live["numbers"]]
    )
    places = {"numbers": (live["numbers"], state["numbers"])}
    for source in live["columns"].keys() | state["columns"]:
        places[source] = live["columns"].get(source, {}), state["columns"].get(source, {})
    return [
        *([] if live["finding"] == state["finding"] else ["finding"]),
        *([] if said == fill(sentence, state["numbers"]) else ["sentence"]),
        *(
            f"{place}: {name}"
            for place, (got, expected) in places.items()
            for name in got.keys() | expected
            if name not in got or name not in expected or not agree(got[name], expected[name])
        ),
    ]


def agree(got, expected) -> bool:
    """Whether a number, a column of numbers or a word is the same in both."""
    if isinstance(expected, str):
        return got == expected
    got = np.array(got, dtype=float)
    return got.shape == np.shape(expected) and np.allclose(
        got, expected, rtol=1e-7, atol=1e-9, equal_nan=True
    )


@pytest.mark.parametrize("name", explorables())
def test_both_halves_show_and_say_the_same(engine: Page, name: str):
    this = explorables()[name]
    for values in [this.first(), *this.checks]:
        assert differences(engine, this, values) == [], values


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("state.finding = 'other'", "finding"),
        ("Object.values(state.columns.curves)[1][3] += 1e-5", "curves: "),
        ("delete state.columns.curves.logit", "curves: logit"),
        ("state.columns.curves.logit.pop()", "curves: logit"),
        ("state.columns.other = { x: [] }", "other: x"),
        ("state.numbers.ratio *= 1 + 1e-6", "numbers: ratio"),
        ("state.numbers.ratio += 0.1", "sentence"),
        ("state.numbers.other = 1", "numbers: other"),
    ],
)
def test_javascript_that_computes_something_else_is_noticed(engine: Page, change: str, found: str):
    this = explorables()["generator-gradient"]
    wrong = """([name, change]) => {
        const sound = ganExplorables.states[name];
        ganExplorables.states[name] = (values) => {
            const state = JSON.parse(JSON.stringify(sound(values)));
            new Function("state", change)(state);
            return state;
        };
        window.mend = () => { ganExplorables.states[name] = sound; };
    }"""
    engine.evaluate(wrong, [this.name, change])
    different = differences(engine, this, this.first())
    engine.evaluate("mend()")
    assert any(each.startswith(found) for each in different), different
    assert differences(engine, this, this.first()) == []


@pytest.mark.parametrize("number", [0, -0.00001, 0.25, 1e-3, 9.99e-4, -4.12e-9, 5e12, -12345.6])
@pytest.mark.parametrize("form", ["0", "1", "4", "short", "percent"])
def test_numbers_are_written_alike(engine: Page, number: float, form: str):
    sentence = f"{{name}}: {{x:{form}}}, {{x:{form}}}"
    numbers = {"name": "two", "x": number}
    assert ask(engine, "fill", sentence, numbers) == fill(sentence, numbers)


def test_error_function(engine: Page):
    points = np.r_[-9, -5.9, np.linspace(-3, 3, 25), 5.9, 6.1, 40]
    got = [ask(engine, "numerics.erf", float(point)) for point in points]
    assert np.allclose(got, erf(points), rtol=1e-13, atol=0)


@pytest.mark.parametrize("logit", [-800.0, -30.0, -2.0, 0.0, 0.7, 30.0, 800.0])
def test_sigmoid_and_softplus(engine: Page, logit: float):
    assert ask(engine, "numerics.sigmoid", logit) == pytest.approx(expit(logit), rel=1e-12)
    softplus = np.logaddexp(0, logit)
    assert ask(engine, "numerics.softplus", logit) == pytest.approx(softplus, rel=1e-12)


@pytest.mark.parametrize("mean", [-4.0, 0.0, 0.3])
@pytest.mark.parametrize("deviation", [0.4, 1.0, 3.0])
def test_divergence_is_symmetric_and_right(engine: Page, mean: float, deviation: float):
    first, second = {"mean": 0.0, "deviation": 1.0}, {"mean": mean, "deviation": deviation}
    js = JENSEN_SHANNON.quadrature(Gaussian(0.0, 1.0), Gaussian(mean, deviation**2))
    assert ask(engine, "numerics.jensenShannon", first, second) == pytest.approx(js, abs=1e-9)
    assert ask(engine, "numerics.jensenShannon", second, first) == pytest.approx(js, abs=1e-9)


# --- The page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", explorables())
def test_the_text_is_there_before_anything_moves(page: Page, name: str):
    this = explorables()[name]
    status = page.locator(f"#explorable-{name} [role=status]")
    assert status.get_attribute("aria-live") == "polite"
    assert said(page, name) == this.sentence(**this.first()).replace("\xa0", " ")


@pytest.mark.parametrize("name", explorables())
def test_every_slider_obeys_the_keyboard(page: Page, name: str):
    this = explorables()[name]
    values = this.first()
    sliders = {name: each for name, each in this.controls.items() if isinstance(each, Slider)}
    for control, model in sliders.items():
        handle = slider(page, name, model.title)
        before = said(page, name)
        handle.focus()
        handle.press("ArrowRight")
        values[control] = round(values[control] + model.step, 9)
        assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(
            values[control], abs=0.06
        )
        assert said(page, name) != before
        assert said(page, name) == this.sentence(**values).replace("\xa0", " ")
        assert page.locator(f"#explorable-{name}").get_by_text(f"{model.title}:").is_visible()


def test_moved_discriminator_says_the_divergence(page: Page):
    handle = slider(page, "optimal-discriminator", "mean of p_g")
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    js = JENSEN_SHANNON.quadrature(Gaussian(0.0, 1.0), Gaussian(2.3, 1.0))
    share = 100 * js / np.log(2)
    expected = [2.3, 1.0, js, 2 * js - LOG_4, share]
    assert numbers(said(page, "optimal-discriminator")) == pytest.approx(expected, abs=0.0501)
    assert numbers(said(page, "optimal-discriminator"))[2:4] == pytest.approx(
        expected[2:4], abs=5.1e-5
    )


def test_moved_logit_says_the_losses(page: Page):
    handle = slider(page, "generator-gradient", "logit of D on a generated sample")
    handle.focus()
    handle.press("ArrowRight")
    logit, probability, *rest = numbers(said(page, "generator-gradient"))
    assert logit == -3.9
    assert probability == pytest.approx(expit(-3.9), abs=5.1e-5)
    minimax, non_saturating = game_value([np.inf], [-3.9]), -game_value([-3.9], [-np.inf])
    expected = [minimax, -expit(-3.9), non_saturating, -expit(3.9)]
    assert rest[:4] == pytest.approx(expected, abs=5.1e-5)
    assert rest[4] == pytest.approx(np.exp(3.9), abs=0.051)


def test_moved_distance_says_the_divergences(page: Page):
    handle = slider(page, "separation", "distance of the means")
    handle.focus()
    handle.press("ArrowRight")
    p, q = Gaussian(0.0, 1.0), Gaussian(2.1, 1.0)
    said_now = numbers(said(page, "separation"))
    expected = [d.quadrature(p, q) for d in (KL, JENSEN_SHANNON, TOTAL_VARIATION)]
    assert said_now[:2] == [2.1, 1.0]
    assert said_now[2:5] == pytest.approx(expected, abs=5.1e-5)
    assert said_now[5] == 2.1


def test_order_of_the_steps_can_be_chosen(page: Page):
    box = page.locator("#explorable-dirac-gan")
    box.get_by_label("order of the steps").select_option("alternating")
    assert numbers(said(page, "dirac-gan"))[-1] == 1.0
    this = explorables()["dirac-gan"]
    assert said(page, "dirac-gan") == this.sentence(**{**this.first(), "update": "alternating"})


def test_plots_have_a_text_and_no_stop_for_the_keyboard(page: Page):
    plots = page.get_by_role("img", name=re.compile("The text below the figure states"))
    assert plots.count() == 6
    assert page.locator(".bk-events[tabindex]").count() == 0


def test_axe_finds_no_fault(page: Page):
    found = Axe().run(page, context=".explorable").response
    assert found["passes"]
    assert [(fault["id"], fault["help"]) for fault in found["violations"]] == []


def test_moving_a_slider_is_quiet(visit: Visit):
    handle = slider(visit.page, "dirac-gan", "step size")
    handle.focus()
    handle.press("End")
    assert (visit.faults(), visit.warnings) == ([], [])


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_overflows(page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".explorable").all():
        outer = box.bounding_box()
        for inner in box.locator(".bk-Slider, .bk-Select, .bk-Figure").all():
            bounds = inner.bounding_box()
            assert bounds["x"] >= outer["x"]
            assert bounds["x"] + bounds["width"] <= outer["x"] + outer["width"]
            assert bounds["width"] > 250


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_dark_on_white_in_both_themes(page: Page, theme: str):
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    colours = """box => [getComputedStyle(box).backgroundColor,
                         getComputedStyle(box.querySelector('[role=status]')).color]"""
    for box in page.locator(".explorable").all():
        assert box.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(26, 26, 26)"]
