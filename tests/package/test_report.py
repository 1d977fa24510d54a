"""The two-sample test and the report: calibration, power, coverage and what is printed."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from scipy import stats

from gan_utils import (
    Gaussian,
    Report,
    ReportRow,
    classifier_two_sample_test,
    frechet_distance,
    js,
    metrics,
    prdc,
    report,
)
from gan_utils._two_sample import _judged


def normal(n, dim, seed):
    return np.random.default_rng(seed).normal(size=(n, dim))


def test_under_equal_laws_small_p_values_are_no_more_frequent_than_they_should_be():
    repeats = 150
    p_values = np.array(
        [
            classifier_two_sample_test(normal(60, 3, 2 * s), normal(60, 3, 2 * s + 1), seed=s)[2]
            for s in range(repeats)
        ]
    )
    for level in (0.05, 0.2, 0.5):
        # Six standard errors; the discrete p-value may only be rarer than its level.
        assert (p_values <= level).mean() < level + 6 * np.sqrt(level * (1 - level) / repeats)
    assert (p_values <= 0.5).mean() > 0.2


@pytest.mark.parametrize("change", ["mean", "spread", "correlation"])
def test_every_kind_of_difference_is_found(change):
    x, y = normal(600, 2, 0), normal(700, 2, 1)
    if change == "mean":
        y[:, 0] += 0.8
    elif change == "spread":
        y *= 1.6
    else:
        y[:, 0] = 0.9 * y[:, 1] + np.sqrt(1 - 0.81) * y[:, 0]
    found = classifier_two_sample_test(x, y, seed=0)
    assert found.p_value < 1e-3
    assert found.accuracy > 0.5 + 3 * found.standard_error


def test_the_bound_stays_below_the_divergence_and_comes_near():
    # N(0, 1) against N(2, 1): JS by quadrature is 0.3361; see any table of the accuracy Φ(1).
    p, q = Gaussian(0.0, 1.0), Gaussian(2.0, 1.0)
    grid = np.linspace(-9, 11, 20_001)[:, None]
    densities = [np.exp(law.log_prob(grid)) for law in (p, q)]
    exact = js(*(d / d.sum() for d in densities))
    found = classifier_two_sample_test(p.sample(4000, seed=0), q.sample(4000, seed=1), seed=0)
    assert found.js_bound < exact + 6 * found.js_bound_standard_error
    assert found.js_bound > exact - 0.03
    assert abs(found.accuracy - stats.norm.cdf(1)) < 6 * found.standard_error + 0.01


def test_the_judgement_by_hand():
    found = _judged(np.array([1.0, 1.0, -1.0]), np.array([-1.0, 1.0, -1.0]))
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.p_value == pytest.approx(stats.fisher_exact([[2, 1], [1, 2]], "greater").pvalue)
    loss = (2 * np.log1p(np.exp(-1)) + np.log1p(np.exp(1))) / 3
    assert found.js_bound == pytest.approx(np.log(2) - loss)
    assert found.standard_error == pytest.approx(np.sqrt(2 * (2 / 9) / 12))


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_disjoint_samples_are_told_apart_at_every_scale(scale):
    x, y = scale * normal(200, 3, 0), scale * (normal(200, 3, 1) + 20)
    found = classifier_two_sample_test(x, y, seed=0)
    assert (found.accuracy, found.standard_error) == (1.0, 0.0)
    assert 0.5 < found.js_bound <= np.log(2)


def test_the_seed_decides_the_test():
    x, y = normal(100, 3, 0), normal(90, 3, 1)
    first, again, other = (classifier_two_sample_test(x, y, seed=s) for s in (1, 1, [1, 2]))
    assert first == again != other


NAMES = [
    "frechet_distance",
    "kernel_distance",
    "precision",
    "recall",
    "density",
    "coverage",
    "sliced_wasserstein",
    "classifier_accuracy",
    "js_bound",
]


def test_a_report_has_every_metric_at_equal_sizes_and_its_floor():
    real, fake, held_out = normal(150, 2, 0), normal(130, 2, 1) + 1, normal(400, 2, 2)
    found = report(real, fake, held_out=held_out, seed=3)
    assert [row.name for row in found.rows] == NAMES
    assert set(NAMES) <= set(dir(found))
    assert found.n == 130
    for row in found.rows:
        assert row is getattr(found, row.name)
        assert row.low <= row.value <= row.high
        assert row.floor is not None
    assert found.frechet_distance.floor < found.frechet_distance.value
    assert found.rows == report(real, fake, held_out=held_out, seed=3).rows
    with pytest.raises(AttributeError, match="a report has no row 'fid'"):
        found.fid  # noqa: B018


def test_a_report_of_equal_sizes_has_the_values_of_the_functions():
    real, fake = normal(120, 3, 0), 0.5 + normal(120, 3, 1)
    found = report(real, fake)
    assert found.frechet_distance.value == pytest.approx(frechet_distance(real, fake))
    expected = prdc(real, fake, 5, k_precision_recall=3)
    assert [getattr(found, name).value for name in NAMES[2:6]] == pytest.approx(expected)
    assert found.coverage.floor is None


def test_intervals_cover_what_new_samples_give_on_average(monkeypatch):
    # The classifier has its own test, and takes most of the time.
    monkeypatch.setattr(metrics, "classifier_two_sample_test", lambda *_, **__: np.ones(5))
    monkeypatch.setattr(metrics, "_report_values", values_of_samples)
    repeats, n = 60, 200
    reports = [
        report(normal(n, 2, [0, s]), 1.2 * normal(n, 2, [1, s]) + 0.7) for s in range(repeats)
    ]
    for name in NAMES[:7]:
        rows = [getattr(found, name) for found in reports]
        mean = np.mean([row.value for row in rows])
        covered = np.mean([row.low <= mean <= row.high for row in rows])
        # At least 0.9 as the docstring says; four standard errors of sixty repetitions are 0.16.
        assert covered > 0.9 - 0.16, name


def values_of_samples(real, fake, seed):
    return {k: (v, np.nan) for k, v in metrics._sample_metrics(real, fake, seed).items()}


ROWS = (ReportRow("a<b", 1.23456, 1.0, 1.5, 0.25), ReportRow("longer_name", 2.0, 1.0, 3.0, None))


def test_a_report_prints_as_an_aligned_table():
    text = str(Report(ROWS, 5, "5 samples"))
    head, first, second, note = text.splitlines()
    assert head.split("  ")[0] == "metric"
    assert first.split() == ["a<b", "1.235", "[1,", "1.5]", "0.25"]
    assert second.endswith("–")
    assert len(head) == len(first) == len(second)
    assert note == "5 samples"
    assert "floor" not in str(Report(ROWS[1:], 5, "5 samples"))


def test_a_report_is_an_accessible_table_in_html():
    page = BeautifulSoup(Report(ROWS, 5, "n < 6")._repr_html_(), "html.parser")
    assert page.caption.get_text() == "n < 6"
    assert [th["scope"] for th in page.select("thead th")] == ["col"] * 4
    assert [th.get_text() for th in page.select("tbody th[scope=row]")] == ["a<b", "longer_name"]
    assert len(page.select("td")) == 6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: classifier_two_sample_test(x[:39], x, seed=0), "real: expected at least 40"),
        (lambda x: classifier_two_sample_test(x, x[:, :1], seed=0), r"fake: expected shape \(n, 2"),
        (lambda x: classifier_two_sample_test(x, x, seed=True), "seed: expected a whole number"),
        (lambda x: report(x[:99], x), "real: expected at least 100 samples, got 99"),
        (lambda x: report(x, x * np.nan), "fake: expected numbers, got NaN"),
        (lambda x: report(x, x, held_out=x[:9]), "held_out: expected at least 100 samples, got 9"),
        (lambda x: report(x, x, held_out=x[:, :1]), r"held_out: expected shape \(n, 2\)"),
        (lambda x: report(x, x, seed=0.5), "seed: expected a whole number, got 0.5"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(normal(120, 2, 0))
