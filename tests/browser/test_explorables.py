"""The explorables in a browser: right numbers, moved by the keyboard, alone with their page."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from scipy.integrate import quad
from scipy.special import erf, expit
from scipy.stats import norm, wasserstein_distance

from book.explorables.figures import EXPLORABLES, SCRIPTS
from gan_utils import (
    JENSEN_SHANNON,
    KL,
    TOTAL_VARIATION,
    Gaussian,
    game_value,
    optimal_discriminator,
    optimal_logit,
)
from tests.browser.visit import Visit

LOG_4 = np.log(4)
NUMBER = r"−?\d+\.\d+"

GRID = {
    "optimal-discriminator": [
        {"mean": mean, "deviation": deviation}
        for mean, deviation in itertools.product((-4.0, -0.3, 0.0, 2.0), (0.4, 1.0, 1.7, 3.0))
    ],
    "generator-gradient": [{"logit": logit} for logit in (-8.0, -3.1, 0.0, 0.1, 5.5, 8.0)],
    "separation": [
        {"distance": distance, "deviation": deviation}
        for distance, deviation in itertools.product(
            (0.0, 0.1, 0.5, 2.0, 6.0), (0.2, 1.0, 2.0, 3.0)
        )
    ],
    "dirac-gan": [
        {"update": update, "step": step, "penalty": penalty, "theta": theta, "psi": psi}
        for update, step, penalty, (theta, psi) in itertools.product(
            ("simultaneous", "alternating"),
            (0.02, 0.2, 0.6),
            (0.0, 0.3, 2.0),
            ((1.0, 0.0), (-2.0, 1.3), (0.0, 0.0)),
        )
    ],
}


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
    """An empty page that has explorables.js and nothing to draw."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.add_script_tag(path=SCRIPTS[-1])
    yield page
    context.close()


def slider(page: Page, name: str, title: str) -> Locator:
    """The handle of a slider, found by what a screen reader calls it."""
    box = page.locator(f"#explorable-{name}")
    return box.get_by_role("slider", name=title, exact=True)


def said(page: Page, name: str) -> str:
    """The live text of a figure."""
    return page.locator(f"#explorable-{name} [role=status]").inner_text().replace("\xa0", " ")


def numbers(text: str) -> list[float]:
    """The numbers with a decimal point in a text, in order."""
    return [float(number.replace("−", "-")) for number in re.findall(NUMBER, text)]


def ask(page: Page, function: str, *arguments):
    """What a function of explorables.js returns."""
    call = f"arguments => ganExplorables.{function}(...arguments)"
    return page.evaluate(call, list(arguments))


# --- The numerics -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPLORABLES)
def test_both_halves_show_and_say_the_same(engine: Page, name: str):
    this = EXPLORABLES[name]
    for values in [this.first(), *GRID[name]]:
        state = this.state(**values)
        call = "([name, values]) => ganExplorables.states[name](values)"
        live = engine.evaluate(call, [name, values])
        assert (live["finding"], live["words"]) == (state.finding, state.words), values
        assert live.get("reach") == state.reach
        assert set(live["columns"]) == set(state.columns)
        for source, columns in state.columns.items():
            assert set(live["columns"][source]) == set(columns)
            for column, expected in columns.items():
                got = np.array(live["columns"][source][column], dtype=float)
                close = np.allclose(got, expected, rtol=1e-7, atol=1e-9, equal_nan=True)
                assert close, (values, source, column)


@pytest.mark.parametrize("values", GRID["optimal-discriminator"], ids=str)
def test_divergence_and_discriminator(engine: Page, values: dict):
    first, second = {"mean": 0.0, "deviation": 1.0}, values
    p, q = Gaussian(0.0, 1.0), Gaussian(values["mean"], values["deviation"] ** 2)
    js = JENSEN_SHANNON.quadrature(p, q)
    assert ask(engine, "jensenShannon", first, second) == pytest.approx(js, abs=1e-9)
    assert ask(engine, "jensenShannon", second, first) == pytest.approx(js, abs=1e-9)
    # V(D*, G) from its definition: the mean of log D* under p, and of log(1 - D*) under q.
    x = np.linspace(-60, 60, 240_001)
    logit = optimal_logit(p, q, x)
    terms = -np.exp(p.log_prob(x)) * np.logaddexp(0, -logit)
    terms -= np.exp(q.log_prob(x)) * np.logaddexp(0, logit)
    best = terms.sum() * (x[1] - x[0])
    assert ask(engine, "optimalValue", first, second) == pytest.approx(best, abs=1e-9)
    for point in (-5.0, -0.2, 0.9, 6.0):
        exact = optimal_discriminator(p, q, [point])[0]
        assert ask(engine, "optimalDiscriminator", point, first, second) == pytest.approx(
            exact, rel=1e-9
        )


@pytest.mark.parametrize("logit", [-800.0, -30.0, -2.0, 0.0, 0.7, 30.0, 800.0])
def test_losses_and_their_slopes(engine: Page, logit: float):
    minimax = game_value([np.inf], [logit])
    non_saturating = -game_value([logit], [-np.inf])
    assert ask(engine, "losses.minimax", logit) == pytest.approx(minimax, rel=1e-12)
    assert ask(engine, "losses.nonSaturating", logit) == pytest.approx(non_saturating, rel=1e-12)
    assert ask(engine, "losses.minimaxSlope", logit) == pytest.approx(-expit(logit), rel=1e-12)
    assert ask(engine, "losses.nonSaturatingSlope", logit) == pytest.approx(
        expit(logit) - 1, rel=1e-12, abs=1e-12
    )
    for loss in ("minimax", "nonSaturating"):
        ahead, behind = (ask(engine, f"losses.{loss}", logit + way) for way in (1e-4, -1e-4))
        slope = ask(engine, f"losses.{loss}Slope", logit)
        assert (ahead - behind) / 2e-4 == pytest.approx(slope, abs=1e-7)


def test_error_function(engine: Page):
    points = np.r_[-9, -5.9, np.linspace(-3, 3, 25), 5.9, 6.1, 40]
    got = [ask(engine, "erf", float(point)) for point in points]
    assert np.allclose(got, erf(points), rtol=1e-13, atol=0)


@pytest.mark.parametrize("values", GRID["separation"], ids=str)
def test_measures_of_a_shift(engine: Page, values: dict):
    distance, deviation = values["distance"], values["deviation"]
    p, q = Gaussian(0.0, deviation**2), Gaussian(distance, deviation**2)
    for measure, divergence in {"kl": KL, "js": JENSEN_SHANNON, "tv": TOTAL_VARIATION}.items():
        got = ask(engine, f"shift.{measure}", distance, deviation)
        assert got == pytest.approx(divergence.quadrature(p, q), rel=1e-6, abs=1e-6)
    levels = norm.ppf((np.arange(200) + 0.5) / 200, scale=deviation)
    way = wasserstein_distance(levels, levels + distance)
    assert ask(engine, "shift.w1", distance, deviation) == pytest.approx(way, abs=1e-9)

    # The derivative under the integral sign: half the mean under q of the score times log(1 - D*).
    def integrand(x):
        softplus = np.logaddexp(0, optimal_logit(p, q, [x])[0])
        score = (x - distance) / deviation**2
        return -0.5 * np.exp(q.log_prob([x])[0]) * score * softplus

    middle, reach = distance / 2, distance / 2 + 12 * deviation
    slope = quad(integrand, middle - reach, middle + reach, points=[0, middle, distance], limit=400)
    assert ask(engine, "shift.jsSlope", distance, deviation) == pytest.approx(slope[0], abs=1e-8)


@pytest.mark.parametrize("step", [0.02, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("penalty", [0.0, 0.1, 0.5, 1.0, 2.0])
def test_spectral_radius_is_that_of_the_step(engine: Page, step: float, penalty: float):
    for update in ("simultaneous", "alternating"):
        ways = 1e-6 * np.eye(2)
        ends = [
            [
                ask(engine, f"dirac.updates.{update}", (s * w).tolist(), step, penalty)
                for s in (1, -1)
            ]
            for w in ways
        ]
        jacobian = np.stack([np.subtract(*pair) / 2e-6 for pair in ends], axis=-1)
        got = ask(engine, "dirac.spectralRadius", update, step, penalty)
        # The eigenvalues coincide at penalty 1, where an error of 1e-11 shows as its root.
        assert got == pytest.approx(abs(np.linalg.eigvals(jacobian)).max(), abs=1e-5)


def test_dirac_gan_moves_as_defined(engine: Page):
    theta, psi, step, penalty = 0.7, -1.1, 0.3, 0.4
    pull = 1 / (1 + np.exp(theta * psi))
    after = psi + step * (pull * theta - penalty * psi)
    got = ask(engine, "dirac.updates.simultaneous", [theta, psi], step, penalty)
    assert np.allclose(got, [theta - step * pull * psi, after], atol=1e-14)
    pull = 1 / (1 + np.exp(theta * after))
    got = ask(engine, "dirac.updates.alternating", [theta, psi], step, penalty)
    assert np.allclose(got, [theta - step * pull * after, after], atol=1e-14)


# --- The page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPLORABLES)
def test_the_text_is_there_before_anything_moves(page: Page, name: str):
    this = EXPLORABLES[name]
    status = page.locator(f"#explorable-{name} [role=status]")
    assert status.get_attribute("aria-live") == "polite"
    assert said(page, name) == this.sentence(**this.first()).replace("\xa0", " ")


@pytest.mark.parametrize("name", EXPLORABLES)
def test_every_slider_obeys_the_keyboard(page: Page, name: str):
    this = EXPLORABLES[name]
    values = this.first()
    for control, model in this.controls().items():
        if control == "update":
            continue
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
    this = EXPLORABLES["dirac-gan"]
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


def test_only_its_page_loads_bokeh(html: Path):
    loading = [
        path.name
        for path in html.rglob("*.html")
        if "bokeh.min.js" in path.read_text(encoding="utf-8")
    ]
    assert loading == ["explorables.html"]
    for script in SCRIPTS:
        assert (html / "_static" / "explorables" / script.name).read_bytes() == script.read_bytes()


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
