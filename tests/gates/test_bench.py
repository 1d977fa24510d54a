"""What can be wrong in `book.bench` whatever the clock says."""

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from book import bench
from book.pages import ROOT
from gan_utils._steps import noise
from gan_utils.book.claims import Statistic
from tools import bench as command


def test_multiply_adds_by_hand():
    """In 1 → 2 → 1 a pass takes 4, its first layer 2.

    Discriminator's step: 4 for the fake, 8 forward, 8 by weights, 4 by hidden units. Generator's:
    4 + 4 forward, 4 through the discriminator, 4 by weights, 2 by hidden units.
    """
    assert bench.multiply_adds((1, 2, 1), (1, 2, 1), batch=1) == (4 + 8 + 8 + 4) + (8 + 4 + 4 + 2)


def recorded_multiply_adds(function, *shapes: tuple[int, ...]) -> int:
    """TensorFlow's own record of a function's matrix products: two operations each."""
    graph = tf.function(function).get_concrete_function(*map(tf.TensorSpec, shapes)).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    options = options.with_empty_output().build()
    kinds = profiler.profile(graph, cmd="op", options=options).children
    return next(kind.float_ops for kind in _all(kinds) if kind.name == "MatMul") // 2


def _all(nodes):
    for node in nodes:
        yield node
        yield from _all(node.children)


def test_multiply_adds_are_those_that_tensorflow_records():
    counted = bench.multiply_adds((2, *bench.HIDDEN, 2), (2, *bench.HIDDEN, 1), batch=7)
    assert recorded_multiply_adds(bench.HandWritten().update, *[(7, 2)] * 3) == counted


def test_the_hand_written_step_is_that_of_gan():
    """From equal weights, with equal data and noise; float32 rounding only."""
    loop, gan = bench.HandWritten(), bench.ring_gan()
    pairs = (loop.generator, gan.generator), (loop.discriminator, gan.discriminator)
    for ours, theirs in pairs:
        ours.set_weights(theirs.get_weights())
    before = gan.generator.get_weights()
    real = tf.random.stateless_normal([16, 2], seed=(0, 1))
    loop.update(real, *(noise(gan.seed, player, 16, 2) for player in (0, 1)))
    gan.train_step((real,))
    for ours, theirs in pairs:
        for mine, its in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, its, rtol=0, atol=1e-5)
    after = gan.generator.get_weights()
    assert max(np.abs(a - b).max() for a, b in zip(before, after, strict=True)) > 9e-4


def test_every_way_to_run_a_step_takes_as_many_as_it_is_told():
    batches = np.arange(6, dtype=np.float32).reshape(3, 2, 1)
    for way in (bench.one_by_one, bench.scanned):
        total = tf.Variable(0.0)
        assert way(lambda x, total=total: total.assign_add(x[0, 0]), batches)(4) > 0
        assert float(total) == 0 + 2 + 4 + 0


def scripted(name: str, times: list[float], calls: list[str], **options) -> bench.Contender:
    """A contender whose step takes these times, the first one while it warms up."""
    left = iter(times)

    def seconds(steps: int) -> float:
        calls.append(f"{name}{steps}")
        return steps * next(left)

    return bench.Contender(name, seconds, **options)


def test_rounds_are_interleaved_and_the_warm_up_is_not_counted():
    calls = []
    contenders = [
        scripted("a", [100.0, 3.0, 1.0, 2.0], calls, steps=5, warm_up=2),
        scripted("b", [100.0, 8.0, 8.0, 9.0], calls),
    ]
    results = bench.measure(contenders, 3)
    assert calls == ["a2", "b0", *["a5", "b1"] * 3]
    assert results["a"].times == (3.0, 1.0, 2.0)
    assert [result.median for result in results.values()] == [2.0, 8.0]


def test_who_cannot_run_gets_a_note_and_no_numbers():
    def seconds(steps: int) -> float:
        raise bench.UnavailableError("not installed")

    results = bench.measure([bench.Contender("absent", seconds)], 2)
    assert results["absent"] == bench.Result("absent", note="not installed")
    assert math.isnan(results["absent"].median)
    assert "not installed" in bench.timing_table(results.values(), "step", {"absent": math.nan})


def test_the_table_shows_medians_and_ratios():
    results = [bench.Result("fast", (0.001, 0.003, 0.002)), bench.Result("slow", (0.009,))]
    header, fast, slow = bench.timing_table(results, "step", {"fast": 0.002}).splitlines()
    assert re.split(r"  +", header) == ["contender", "ms per step", "lowest–highest", "× fast"]
    assert re.split(r"  +", fast) == ["fast", "2.00", "1.00–3.00", "1.00"]
    assert re.split(r"  +", slow) == ["slow", "9.00", "9.00–9.00", "4.50"]
    assert len(header) == len(fast) == len(slow)


def test_numbers_have_three_digits_and_no_exponent():
    shown = [bench.three_digits(x) for x in (0.01234, 0.5, 1.0, 99.96, 20512.0, math.nan)]
    assert shown == ["0.0123", "0.500", "1.00", "100.0", "20512", "–"]


@pytest.mark.parametrize(
    ("bound", "reached", "verdict"),
    [
        (Statistic("x", at_least=3), 3.0, "≥ 3        3  yes"),
        (Statistic("x", at_least=3), 2.9, "≥ 3      2.9  no"),
        (Statistic("x", at_most=1.05), 1.0, "≤ 1.05        1  yes"),
        (Statistic("x", at_most=1.05), 1.06, "≤ 1.05     1.06  no"),
        (Statistic("x", at_least=3), math.nan, "≥ 3      nan  not measured"),
    ],
)
def test_targets_are_judged(bound: Statistic, reached: float, verdict: str):
    line = bench.target_table([(bound, reached)]).splitlines()[1]
    assert line.split() == ["x", *verdict.split()]


def test_the_faster_pytorch_counts():
    names = {bench.FIT: 1.0, bench.SCANNED: 0.9, bench.EAGER: 30.0}
    results = {name: bench.Result(name, (time,)) for name, time in names.items()}
    results |= {
        bench.TORCH: bench.Result(bench.TORCH, (5.0,)),
        bench.TORCH_FUSED: bench.Result(bench.TORCH_FUSED, (4.0,)),
        bench.JAX: bench.Result(bench.JAX, (0.8,)),
    }
    assert [reached for _, reached in bench.ring_targets(results, 64)] == [4.0, 0.8, 30.0, 0.9]
    results[bench.TORCH_FUSED] = bench.Result(bench.TORCH_FUSED, note="not installed")
    assert bench.ring_targets(results, 256)[0][1] == 5.0


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise ModuleNotFoundError(\"No module named 'torch'\")", "not installed"),
        ("raise RuntimeError('no fused Adam')", "RuntimeError: no fused Adam"),
    ],
)
def test_pytorch_that_cannot_run_says_why(tmp_path: Path, monkeypatch, script: str, reason: str):
    monkeypatch.setattr(bench, "TORCH_SCRIPT", tmp_path / "script.py")
    bench.TORCH_SCRIPT.write_text(script)
    with pytest.raises(bench.UnavailableError, match=f"^{reason}$"):
        bench.steps_elsewhere([sys.executable, bench.TORCH_SCRIPT], 64)(1)


def test_pytorch_times_itself(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(bench, "TORCH_SCRIPT", tmp_path / "script.py")
    bench.TORCH_SCRIPT.write_text("import sys\nprint(len(sys.argv) * int(sys.argv[1]))")
    steps = bench.steps_elsewhere([sys.executable, bench.TORCH_SCRIPT], 64, "--fused")
    assert steps(10) == 10 * 4 * 64


def test_a_profiler_that_cannot_start_is_left_out(monkeypatch):
    def refuse(folder: str):
        raise tf.errors.AlreadyExistsError(None, None, "another one records")

    monkeypatch.setattr(tf.profiler.experimental, "Profile", refuse)
    with pytest.raises(bench.UnavailableError, match="another one records"):
        bench.profiled(lambda steps: 1.0)(1)


@pytest.mark.parametrize("rank", [6, 3])
def test_both_ways_to_the_frechet_distance_meet_the_exact_one(rank: int):
    """To the root of rounding: sqrtm's accuracy where the product is singular."""
    moments, exact = bench.exact_case(rank, bench.rotation(6))
    assert bench.bures_wasserstein(*moments) == pytest.approx(exact, rel=1e-10)
    assert bench.sqrtm_distance(*moments) == pytest.approx(exact, rel=1e-5)


def test_estimated_moments_are_of_that_rank_and_scale():
    _, cov_x, _, cov_y = bench.estimated_moments(4, bench.rotation(6))
    assert np.linalg.matrix_rank(cov_x) == np.linalg.matrix_rank(cov_y) == 3
    _, cov_x, _, cov_y = bench.estimated_moments(40_000, bench.rotation(6))
    assert np.trace(cov_y) / np.trace(cov_x) == pytest.approx(4, rel=0.05)


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        (["rings"], "unknown case rings; there are: ring, digits, frechet, balls"),
        (["--rounds", "0"], "expected at least 1, got 0"),
        (["--torch", "no-such-python"], "--torch: expected a Python, got no-such-python"),
        (["--jax", "no-such-python"], "--jax: expected a Python, got no-such-python"),
    ],
)
def test_wrong_arguments_are_refused(argv: list[str], complaint: str, capsys):
    with pytest.raises(SystemExit):
        command.arguments(argv)
    assert complaint in capsys.readouterr().err


def test_make_hands_the_arguments_on():
    command = ["make", "--dry-run", "--no-print-directory", "bench", "CASE=ring", "JAX=python3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    words = done.stdout.replace("\\\n", " ").split()
    assert words[-4:] == ["tools.bench", "ring", "--jax", "python3"]


def test_the_balls_are_timed_in_a_process_of_their_own(monkeypatch):
    monkeypatch.setattr(bench, "BALL_SAMPLES", 40)
    measured = {}
    contender = bench.ball_contender(bench.BALLS, sys.executable, "gan_utils", measured)
    assert contender.seconds(0) == 0
    assert 0 < contender.seconds(1) < 60
    memory, *values = measured[bench.BALLS]
    assert memory >= 0
    assert len(values) == 4
    monkeypatch.setattr(bench, "BALL_SAMPLES", "none")
    with pytest.raises(bench.UnavailableError, match="invalid literal for int"):
        contender.seconds(1)
