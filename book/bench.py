"""Time the package against other ways to do the same: what was asked, and what is reached.

In a round each contender runs once, one after the other. The tables show medians over the rounds
and ratios of these medians: times drift with the machine, ratios within one run do not.
"""

import itertools
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from scipy.linalg import sqrtm

from book import tutorial
from book.machine import threads, versions
from book.pages import ROOT
from gan_utils import GAN, NON_SATURATING, bures_wasserstein, mlp, ring
from gan_utils.book.claims import Statistic, aligned

ROUNDS = 5

# The rounds.


class UnavailableError(Exception):
    """A contender cannot run here; the message says why."""


class Contender(NamedTuple):
    """A way to take steps. `seconds(n)` takes n of them and says how long they took.

    `warm_up` steps are taken once before the first round, then `steps` in every round.
    """

    name: str
    seconds: Callable[[int], float]
    steps: int = 1
    warm_up: int = 0


@dataclass(frozen=True)
class Result:
    """Seconds per step of one contender, a number for each round; or why there are none."""

    name: str
    times: tuple[float, ...] = ()
    note: str = ""

    @property
    def median(self):
        """Seconds per step; NaN where there are none."""
        return statistics.median(self.times) if self.times else math.nan


def measure(contenders, rounds):
    """The contenders' results, by name, from interleaved rounds."""
    able, notes = [], {}
    for contender in contenders:
        try:
            contender.seconds(contender.warm_up)
            able.append(contender)
        except UnavailableError as reason:
            notes[contender.name] = str(reason)
    times = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for name, seconds, steps, _ in able:
            times[name].append(seconds(steps) / steps)
    return {name: Result(name, tuple(times[name]), notes.get(name, "")) for name in times}


def clocked(run):
    """From a function that takes so many steps, one that says how long it took."""

    def seconds(steps):
        started = time.perf_counter()
        run(steps)
        return time.perf_counter() - started

    return seconds


# The tables.


def three_digits(x):
    """A positive number to three significant digits, without an exponent; a dash for NaN."""
    if not math.isfinite(x):
        return "–"
    return f"{x:.{max(0, 2 - math.floor(math.log10(x)))}f}"


def timing_table(results, of, references):
    """Milliseconds of each result, and how many times those of each reference (in seconds)."""
    rows = [["contender", f"ms per {of}", "lowest–highest", *(f"× {name}" for name in references)]]
    for result in results:
        if result.note:
            rows.append([result.name, result.note, "", *("" for _ in references)])
            continue
        ends = (three_digits(1e3 * end(result.times)) for end in (min, max))
        ratios = (three_digits(result.median / reference) for reference in references.values())
        rows.append([result.name, three_digits(1e3 * result.median), "–".join(ends), *ratios])
    return "\n".join(aligned(rows))


def target_table(targets):
    """What was asked and what is reached, from pairs of a bound and a number."""
    rows = [["target", "asked", "reached", ""]]
    for bound, reached in targets:
        (holds,) = replace(bound, values=(reached,)).holds
        verdict = "not measured" if math.isnan(reached) else "yes" if holds else "no"
        rows.append([bound.name, bound.bound, f"{reached:.3g}", verdict])
    return "\n".join(aligned(rows))


def heading(title, rounds, **others):
    """What ran, and on what."""
    ran = ", ".join(f"{name} {value}" for name, value in {**versions(), **others}.items())
    return f"{title}\n{ran}; {threads()} threads; medians over {rounds} round(s)"


# The ring.

HIDDEN = (128, 128)
BATCHES = 200
FIT, FIT_UNSPLIT, SCANNED, COMPILED, EAGER = (
    "GAN.fit",
    "GAN.fit, one thread to an operation",
    "hand-written, one tf.function of all steps",
    "hand-written, a tf.function of one step",
    "hand-written, eager Keras",
)
TORCH, TORCH_FUSED = "PyTorch, eager", "PyTorch, eager, fused Adam"
JAX = "JAX, one scan of 200 steps"
CONTENDERS = Path(__file__).with_name("contenders")
FIT_PROGRAM = [sys.executable, "-m", "book.contenders.ring_fit"]
TORCH_SCRIPT = CONTENDERS / "ring_torch.py"
JAX_SCRIPT = CONTENDERS / "ring_jax.py"
MATMUL, MATMUL_SIZE = "one product of 1024×1024 matrices", 1024


def ring_batches(batch):
    """The data, (BATCHES, batch, 2) float32."""
    return ring().sample(BATCHES * batch, seed=0).reshape(BATCHES, batch, 2).astype(np.float32)


def ring_networks():
    """Generator and discriminator."""
    return mlp(2, 2, hidden=HIDDEN), mlp(2, 1, hidden=HIDDEN)


def ring_optimizer():
    """Adam as the ring's experiments set it."""
    return keras.optimizers.Adam(1e-3, 0.5)


class HandWritten:
    """The step of `GAN` as one would write it: the same code for every way to run it."""

    def __init__(self):
        self.generator, self.discriminator = ring_networks()
        self.optimizers = ring_optimizer(), ring_optimizer()
        self.random = tf.random.Generator.from_seed(0)
        for network, its in zip((self.generator, self.discriminator), self.optimizers, strict=True):
            its.build(network.trainable_variables)

    def step(self, real):
        """One update of each network on a batch of real points."""
        shape = real.shape  # Noise is two-dimensional, as the data are.
        self.update(real, self.random.normal(shape), self.random.normal(shape))

    def update(self, real, z, fresh_z):
        """The step with given noise for either player."""
        fake = self.generator(z)

        def discriminator_loss():
            of_real, of_fake = self.discriminator(real), self.discriminator(fake)
            return _mean_softplus(-of_real) + _mean_softplus(of_fake)

        def generator_loss():
            return _mean_softplus(-self.discriminator(self.generator(fresh_z)))

        _move(self.discriminator, self.optimizers[1], discriminator_loss)
        _move(self.generator, self.optimizers[0], generator_loss)


def _mean_softplus(x):
    return tf.reduce_mean(tf.math.softplus(x))


def _move(network, optimizer, loss):
    weights = network.trainable_variables
    # Of all variables that a loss reads: the eager loop would compute gradients that nobody wants.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([weight.value for weight in weights])
        value = loss()
    optimizer.apply(tape.gradient(value, weights), weights)


def one_by_one(step, batches):
    """A Python loop over `step`."""
    batches = [tf.constant(batch) for batch in batches]

    def run(steps):
        for i in range(steps):
            step(batches[i % len(batches)])

    return clocked(run)


def scanned(step, batches):
    """All steps in one call of a `tf.function`, with the data in one tensor."""
    number, batches = len(batches), tf.constant(batches)

    @tf.function
    def run(steps):
        for i in tf.range(steps):
            step(batches[i % number])

    return clocked(lambda steps: run(tf.constant(steps)))


def fitting(gan, batches):
    """`fit` of a compiled `GAN`, start and end included."""
    data = tf.data.Dataset.from_tensor_slices(np.concatenate(batches))
    data = data.batch(len(batches[0]), drop_remainder=True).cache().repeat()
    return clocked(lambda steps: gan.fit(data, steps_per_epoch=steps, verbose=0))


def ring_gan():
    """The compiled `GAN`."""
    gan = GAN(*ring_networks(), NON_SATURATING, seed=0)
    gan.compile(
        generator_optimizer=ring_optimizer(),
        discriminator_optimizer=ring_optimizer(),
        steps_per_execution=BATCHES,
    )
    return gan


def steps_elsewhere(program, batch, *options, **environment):
    """Steps taken by another program, which times them itself."""

    def seconds(steps):
        command = [*program, batch, steps, *options]
        done = subprocess.run(
            list(map(str, command)), env=os.environ | environment, capture_output=True, text=True
        )
        if done.returncode:
            complaint = done.stderr.strip().splitlines()[-1]
            raise UnavailableError("not installed" if "No module named" in complaint else complaint)
        return steps * float(done.stdout)

    return seconds


def version_elsewhere(python, module):
    """What that Python has of a library."""
    ask = f"from importlib.metadata import version; print(version({module!r}))"
    done = subprocess.run([python, "-c", ask], capture_output=True, text=True)
    return "not installed" if done.returncode else done.stdout.strip()


def multiply_adds(generator, discriminator, batch):
    """How many multiply-adds one step needs at least in its matrix products.

    A layer a → b takes a b of them per row for each of its forward pass, its gradient by the
    weights, and its gradient by the input. Let w be the sum of all a b of a network, f that of its
    first layer, and B the batch.

    Discriminator's step: the generator forward, B w_G; the discriminator forward on real and fake,
    2 B w_D; gradients by its weights, 2 B w_D, and by its hidden layers, 2 B (w_D − f_D): nobody
    asks for those by the data.

    Generator's step: forward through both, B (w_G + w_D); gradients by the discriminator's input
    and hidden layers, B w_D, but not by its weights; gradients by the generator's weights, B w_G,
    and its hidden layers, B (w_G − f_G), but not by the noise.

    Biases, activations, losses and Adam are left out.

    Parameters
    ----------
    generator, discriminator : sequence of int
        Widths of the input, the hidden layers and the output.
    batch : int
    """
    (w_g, f_g), (w_d, f_d) = map(_layer_products, (generator, discriminator))
    discriminator_step = w_g + 2 * w_d + 2 * w_d + 2 * (w_d - f_d)
    generator_step = w_g + w_d + w_d + w_g + (w_g - f_g)
    return batch * (discriminator_step + generator_step)


def _layer_products(widths):
    products = [a * b for a, b in itertools.pairwise(widths)]
    return sum(products), products[0]


def ring_contenders(batch, options):
    """Every way to train on the ring, and the product that shows what the machine can do."""
    batches = ring_batches(batch)
    matrix = tf.random.stateless_normal([MATMUL_SIZE, MATMUL_SIZE], seed=(0, 0))
    loops = [HandWritten().step for _ in range(3)]
    torch = [options.torch, TORCH_SCRIPT]
    return [
        Contender(FIT, fitting(ring_gan(), batches), 1_400, 2 * BATCHES),
        Contender(
            FIT_UNSPLIT, steps_elsewhere(FIT_PROGRAM, batch, TF_NUM_INTRAOP_THREADS="1"), 1_400, 1
        ),
        Contender(SCANNED, scanned(loops[0], batches), 1_400, BATCHES),
        Contender(COMPILED, one_by_one(tf.function(loops[1]), batches), 1_000, 20),
        Contender(EAGER, one_by_one(loops[2], batches), 60, 3),
        Contender(TORCH, steps_elsewhere(torch, batch), 500, 1),
        Contender(TORCH_FUSED, steps_elsewhere(torch, batch, "--fused"), 500, 1),
        Contender(JAX, steps_elsewhere([options.jax, JAX_SCRIPT], batch), 1_400, 1),
        Contender(MATMUL, one_by_one(lambda x: tf.matmul(x, x), [matrix]), 20, 3),
    ]


RING_TARGETS = {256: (2.2, 1.0), 64: (3.5, 0.75)}
"""For each batch, the speed asked against the faster PyTorch and against JAX."""


def ring_targets(results, batch):
    """What was asked of `GAN.fit` on the ring."""
    fit = results[FIT].median
    timed = [results[name] for name in (TORCH, TORCH_FUSED) if results[name].times]
    torch = min(timed or [results[TORCH]], key=lambda result: result.median)
    against_torch, against_jax = RING_TARGETS[batch]
    return [
        (Statistic(f"speed against {torch.name}", at_least=against_torch), torch.median / fit),
        (Statistic(f"speed against {JAX}", at_least=against_jax), results[JAX].median / fit),
        (Statistic(f"speed against {EAGER}", at_least=25), results[EAGER].median / fit),
        (Statistic(f"speed against {SCANNED}", at_least=1), results[SCANNED].median / fit),
    ]


def ring_case(options):
    """Small networks, many steps: what remains is the cost of taking a step."""
    others = {
        "torch": version_elsewhere(options.torch, "torch"),
        "jax": version_elsewhere(options.jax, "jax"),
    }
    for batch in RING_TARGETS:
        results = measure(ring_contenders(batch, options), options.rounds)
        count = multiply_adds((2, *HIDDEN, 2), (2, *HIDDEN, 1), batch)
        product = results.pop(MATMUL)
        limit = Result("the arithmetic limit", (count * product.median / MATMUL_SIZE**3,))
        yield heading(f"ring, MLPs 2×128, batch {batch}", options.rounds, **others)
        references = {FIT: results[FIT].median, "limit": limit.median}
        yield timing_table([*results.values(), limit], "step", references)
        rate = MATMUL_SIZE**3 / product.median / 1e9
        yield (
            f"limit: {count / 1e6:.1f} million multiply-adds, at the {rate:.0f} thousand million "
            f"a second of {MATMUL}"
        )
        yield target_table(ring_targets(results, batch))


# The digits.

STEPS_PER_EXECUTION = 10
IMAGE_BATCHES, IMAGE_BATCH = 10, 64
TUTORIAL, SHARED, AVERAGED, PROFILED = (
    "the tutorial's step, a tf.function",
    "GAN.fit, shared noise",
    "GAN.fit, shared noise, EMA",
    "GAN.fit, shared noise, EMA, profiler",
)


def digit_gan(**options):
    """The tutorial's networks and optimisers in a compiled `GAN`."""
    networks = tutorial.generator(), tutorial.discriminator()
    gan = GAN(*networks, NON_SATURATING, seed=0, **options)
    gan.compile(
        generator_optimizer=tutorial.optimizer(),
        discriminator_optimizer=tutorial.optimizer(),
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    return gan


def profiled(seconds):
    """The same while TensorFlow's profiler records; storing the record is not timed."""

    def measured(steps):
        try:
            with tempfile.TemporaryDirectory() as log, tf.profiler.experimental.Profile(log):
                return seconds(steps)
        except (ImportError, tf.errors.OpError) as error:
            raise UnavailableError(f"no profiler: {error}") from error

    return measured


def digit_contenders():
    """The tutorial's program, and the same training by `fit`."""
    shape = (IMAGE_BATCHES, IMAGE_BATCH, 28, 28, 1)
    images = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    networks = tutorial.generator(), tutorial.discriminator()
    step = tutorial.compiled_step(networks, (tutorial.optimizer(), tutorial.optimizer()))
    averaged = fitting(digit_gan(shared_noise=True, ema_decay=0.999), images)
    ways = {
        TUTORIAL: one_by_one(step, images),
        FIT: fitting(digit_gan(), images),
        SHARED: fitting(digit_gan(shared_noise=True), images),
        AVERAGED: averaged,
        PROFILED: profiled(averaged),
    }
    return [Contender(name, way, 30, STEPS_PER_EXECUTION) for name, way in ways.items()]


def digits_case(options):
    """Large networks: what remains is the arithmetic.

    With shared noise `GAN` does what the tutorial does, and one pass of the discriminator more.
    """
    results = measure(digit_contenders(), options.rounds)
    yield heading(f"digits, the tutorial's networks, batch {IMAGE_BATCH}", options.rounds)
    medians = {name: result.median for name, result in results.items()}
    references = {"tutorial": medians[TUTORIAL], "shared noise": medians[SHARED]}
    yield timing_table(results.values(), "step", references)
    against_tutorial = Statistic(f"time of {SHARED}, against the tutorial's", at_most=1)
    against_plain = Statistic("time with EMA and profiler, against that without", at_most=1.05)
    yield target_table(
        [
            (against_tutorial, medians[SHARED] / medians[TUTORIAL]),
            (against_plain, medians[PROFILED] / medians[SHARED]),
        ]
    )


# The Fréchet distance.

DIM = 2048
OURS, SQRTM = "bures_wasserstein", "scipy.linalg.sqrtm"


def sqrtm_distance(mean_x, cov_x, mean_y, cov_y):
    """The Fréchet distance with a square root of the product, as it is usually computed."""
    root = sqrtm(cov_x @ cov_y)
    if not np.isfinite(root).all():
        shift = 1e-6 * np.eye(len(cov_x))
        root = sqrtm((cov_x + shift) @ (cov_y + shift))
    means = np.square(mean_x - mean_y).sum()
    return float(means + np.trace(cov_x) + np.trace(cov_y) - 2 * np.trace(root).real)


def rotation(dim):
    """An orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(dim, dim)))[0]


def estimated_moments(samples, axes):
    """Means and covariances of two samples of features, the second one twice as wide."""
    rng, dim = np.random.default_rng(1), len(axes)
    moments = []
    for scale in (1.0, 2.0):
        deviations = scale * np.arange(1, dim + 1) ** -0.5
        x = (rng.normal(size=(samples, dim)) * deviations) @ axes
        moments += [x.mean(axis=0), np.cov(x.T)]
    return moments


def exact_case(rank, axes):
    """Moments of two Gaussians with common axes, and their distance Σ (√a − √b)²."""
    i = np.arange(1, rank + 1)
    a, b = 1 / i, i**-0.8
    means = np.zeros(len(axes))
    halves = (axes[:, :rank] * np.sqrt(eigenvalues) for eigenvalues in (a, b))
    cov_x, cov_y = (half @ half.T for half in halves)
    return (means, cov_x, means, cov_y), np.square(np.sqrt(a) - np.sqrt(b)).sum()


def frechet_contenders(moments, values):
    """Both ways; `values` receives what they compute."""

    def computing(name, distance):
        def run(steps):
            for _ in range(steps):
                values[name] = distance(*moments)

        return Contender(name, clocked(run))

    return [computing(OURS, bures_wasserstein), computing(SQRTM, sqrtm_distance)]


def frechet_case(options):
    """Covariances of as many features as the Inception network has."""
    axes = rotation(DIM)
    for samples in (5_000, 500):
        values = {}
        results = measure(
            frechet_contenders(estimated_moments(samples, axes), values), options.rounds
        )
        ours, theirs = results[OURS].median, results[SQRTM].median
        title = f"Fréchet distance, {DIM} features of {samples} samples"
        yield heading(title, options.rounds, scipy=version("scipy"))
        yield timing_table(results.values(), "call", {OURS: ours})
        yield "values: " + ", ".join(f"{name} {value:.9g}" for name, value in values.items())
        yield target_table([(Statistic(f"speed against {SQRTM}", at_least=5), theirs / ours)])
    for rank in (DIM, 499):
        moments, exact = exact_case(rank, axes)
        errors = [abs(f(*moments) / exact - 1) for f in (bures_wasserstein, sqrtm_distance)]
        yield f"Fréchet distance, {DIM} features of rank {rank}, exactly {exact:.9g}"
        yield f"relative error of {SQRTM}: {errors[1]:.1e}"
        yield target_table([(Statistic(f"relative error of {OURS}", at_most=1e-6), errors[0])])


# The balls.

BALLS_SCRIPT = CONTENDERS / "balls.py"
BALLS, PRDC = "gan_utils.prdc", "prdc.compute_prdc"
BALL_SAMPLES = 10_000


def ball_contender(name, python, program, measured):
    """All four metrics in a process of that Python; `measured` receives memory and values."""

    def seconds(steps):
        if not steps:
            return 0.0
        command = map(str, [python, BALLS_SCRIPT, program, BALL_SAMPLES, DIM])
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(list(command), capture_output=True, text=True, env=environment)
        if done.returncode:
            raise UnavailableError(done.stderr.strip().splitlines()[-1])
        taken, *measured[name] = map(float, done.stdout.split())
        return taken

    return Contender(name, seconds, warm_up=0)


def balls_case(options):
    """Precision, recall, density and coverage of as many features as the Inception network has."""
    measured = {}
    contenders = [ball_contender(BALLS, sys.executable, "gan_utils", measured)]
    if has_prdc(options.prdc):
        contenders.append(ball_contender(PRDC, options.prdc, "prdc", measured))
    results = measure(contenders, options.rounds)
    yield heading(f"balls, {BALL_SAMPLES} samples of {DIM} features", options.rounds)
    yield timing_table(results.values(), "call", {BALLS: results[BALLS].median})
    for name, (memory, *values) in measured.items():
        shown = ", ".join(f"{value:.6g}" for value in values)
        yield f"{name}: {memory:.0f} MB beyond the features; values {shown}"
    missing = math.nan, math.nan
    time_ratio, memory_ratio = missing if PRDC not in results else ball_ratios(results, measured)
    yield target_table(
        [
            (Statistic(f"time, against {PRDC}", at_most=1), time_ratio),
            (Statistic(f"memory, against {PRDC}", at_most=0.1), memory_ratio),
        ]
    )


def ball_ratios(results, measured):
    """Time and memory, as shares of prdc's."""
    time_ratio = results[BALLS].median / results[PRDC].median
    return time_ratio, measured[BALLS][0] / measured[PRDC][0]


def has_prdc(python):
    """Whether that Python has prdc."""
    return subprocess.run([python, "-c", "import prdc"], capture_output=True).returncode == 0


CASES = {"ring": ring_case, "digits": digits_case, "frechet": frechet_case, "balls": balls_case}
