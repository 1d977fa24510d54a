"""The game's value and its optimal discriminator against the posterior and the identity with JS."""

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from gan_utils import game_value, js, optimal_discriminator, optimal_logit
from tests.package.cases import LINE, PLANE, Tensor, Uniform, gaussian, gaussians, vectors


@given(gaussians(), gaussians(), st.floats(-5, 5))
def test_the_optimal_discriminator_is_the_posterior(first, second, where):
    p, q = gaussian(*first), gaussian(*second)
    x = np.array([first[0] + where * first[1]])
    logit = optimal_logit(p, q, x)
    assert logit == p.log_prob(x) - q.log_prob(x)
    prob = optimal_discriminator(p, q, x)
    density_p, density_q = np.exp(p.log_prob(x)), np.exp(q.log_prob(x))
    np.testing.assert_allclose(prob, density_p / (density_p + density_q), rtol=1e-9)
    np.testing.assert_allclose(prob + optimal_discriminator(q, p, x), 1.0, rtol=1e-12)


def test_the_optimal_logit_where_densities_vanish():
    p, q = Uniform(), gaussian(0, 1)
    logit = optimal_logit(p, q, np.array([0.5, 2.0]))
    assert np.isfinite(logit[0])
    assert logit[1] == -np.inf
    np.testing.assert_array_equal(optimal_discriminator(p, p, np.array([2.0])), [0.5])


def test_the_value_by_hand():
    d_real, d_fake = np.array([0.9, 0.6, 0.8]), np.array([0.3, 0.1])
    expected = np.log(d_real).mean() + np.log(1 - d_fake).mean()
    logits = [np.log(d / (1 - d)) for d in (d_real, d_fake)]
    assert game_value(*logits) == pytest.approx(expected, rel=1e-12)
    assert game_value(logits[0][:, None], logits[1][:, None]) == pytest.approx(expected, rel=1e-12)


def test_the_value_neither_overflows_nor_rounds_to_zero():
    assert game_value([800.0], [-800.0]) == 0.0
    assert game_value([-800.0], [800.0]) == -1600.0
    assert game_value([50.0], [-np.inf]) == pytest.approx(-np.exp(-50.0), rel=1e-12)


@given(vectors(smallest=1))
def test_the_value_at_the_optimum_is_twice_js_less_log_4(pq):
    p, q = pq
    logits = np.log(p / q)
    scale = [np.rint(v / v.min()).astype(int) for v in (p, q)]
    assume(all(np.allclose(s / s.sum(), v) for s, v in zip(scale, (p, q), strict=True)))
    best = game_value(np.repeat(logits, scale[0]), np.repeat(logits, scale[1]))
    assert best == pytest.approx(2 * js(p, q) - np.log(4), abs=1e-12)
    assert game_value(np.repeat(logits + 0.1, scale[0]), np.repeat(logits + 0.1, scale[1])) < best


def test_what_numpy_can_convert_is_taken():
    real, fake = [0.5, -1.0], [0.25, -0.25]
    assert game_value(Tensor(real), Tensor(fake)) == game_value(real, fake)
    np.testing.assert_array_equal(optimal_logit(LINE, LINE, Tensor([[0.5]])), [0.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: optimal_logit(PLANE, LINE, [[0.0, 0.0]]),
            "q: expected .* dimension 2 as p, got 1",
        ),
        (lambda: optimal_logit(PLANE, PLANE, [0.0]), r"x: expected shape \(n, 2\), got \(1,\)"),
        (lambda: optimal_discriminator(LINE, LINE, [np.nan]), "x: expected numbers, got NaN"),
        (lambda: game_value([], [0.0]), "real_logits: expected at least one value, got shape"),
        (lambda: game_value([0.0], [np.nan]), "fake_logits: expected numbers, got NaN"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
