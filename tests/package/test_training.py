"""GAN: who moves, equal ways to take the same step, restoring, and what stops it."""

import contextlib
import itertools
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import (
    GAN,
    HINGE,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    RELATIVISTIC,
    WASSERSTEIN,
    AdversarialLoss,
    mlp,
    r1,
    r2,
    ring,
    wgan_gp,
)
from gan_utils._feed import _batches, _without_autotuning
from gan_utils._steps import Steps, normal_from_bits
from gan_utils.training import _values

pytestmark = pytest.mark.slow

BATCH = 32
DATA = ring(8).sample(BATCH * 10, seed=0)
ALL = (MINIMAX, NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN, RELATIVISTIC)


def players(latent_dim=3):
    return mlp(latent_dim, 2, (16, 16), seed=1), mlp(2, 1, (16, 16), seed=2)


def make(loss=NON_SATURATING, *, optimizer=None, networks=None, options=None, **kwargs):
    gan = GAN(*(networks or players()), loss, seed=5, **kwargs)
    chosen = optimizer or (lambda: keras.optimizers.Adam(1e-3, beta_1=0.5))
    gan.compile(generator_optimizer=chosen(), discriminator_optimizer=chosen(), **(options or {}))
    return gan


def train(gan, steps=10, data=DATA, **kwargs):
    arguments = {"batch_size": BATCH, "shuffle": False, "verbose": 0, **kwargs}
    return gan.fit(data[: steps * BATCH], **arguments)


def snapshot(model):
    return [np.array(v) for v in model.variables]


def assert_same(a, b, **tolerance):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, **({"rtol": 0, "atol": 0} | tolerance))


def noisy_players():
    """Both with batch normalisation, the discriminator with dropout as well."""
    generator = keras.Sequential(
        [
            keras.Input([3]),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input([2]),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1),
        ]
    )
    return generator, discriminator


def normalised_players():
    """The generator with batch normalisation, and no bias in front of it: see `TestWhoMoves`."""
    glorot = keras.initializers.GlorotUniform
    generator = keras.Sequential(
        [
            keras.Input([3]),
            keras.layers.Dense(8, use_bias=False, kernel_initializer=glorot(seed=1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2, kernel_initializer=glorot(seed=2)),
        ]
    )
    return generator, players()[1]


def one_step(gan, player, real=DATA[:BATCH]):
    """Only that player's half of a step."""
    batch, steps = gan._batch((real,)), Steps(gan)
    generator, discriminator = map(_values, (gan.generator, gan.discriminator))
    made = steps.made(generator, batch, gan.step.value, int(player == "generator"))
    if player == "discriminator":
        half = steps.discriminator(discriminator, made, batch, gan.step.value)
    else:
        half = steps.generator(generator, discriminator, made, batch)
    gan._update(player, half, batch, then=gan._update_averages)


class TestWhoMoves:
    @pytest.mark.parametrize("player", ["discriminator", "generator"])
    def test_a_step_moves_everything_of_its_own_player_and_nothing_else(self, player):
        gan = make(networks=noisy_players())
        other = {"generator": "discriminator", "discriminator": "generator"}[player]
        before, before_other = snapshot(getattr(gan, player)), snapshot(getattr(gan, other))
        one_step(gan, player)
        assert_same(snapshot(getattr(gan, other)), before_other)
        moved = [
            (a != b).any() for a, b in zip(snapshot(getattr(gan, player)), before, strict=True)
        ]
        # A bias in front of batch normalisation has no gradient but for rounding.
        assert sum(moved) >= len(moved) - 1

    def test_two_data_dependent_layers_still_train(self):
        gan = make(networks=noisy_players())
        before = snapshot(gan.generator)
        train(gan)
        mean, variance = before[4:6]  # of batch normalisation
        assert (snapshot(gan.generator)[4] != mean).any()
        assert (snapshot(gan.generator)[5] != variance).any()


@contextlib.contextmanager
def keeping_the_state_of(network):
    """What the network learns about its inputs inside is forgotten outside."""
    before = [np.array(variable) for variable in network.non_trainable_variables]
    yield
    for variable, value in zip(network.non_trainable_variables, before, strict=True):
        variable.assign(value)


def descend(player, tape, loss, rate=0.1):
    """One step of plain gradient descent, by hand."""
    weights = player.trainable_variables
    slopes = tape.gradient(loss, weights, unconnected_gradients="zero")
    for weight, slope in zip(weights, slopes, strict=True):
        weight.assign_sub(rate * slope)


def multiplications(step):
    """The products of matrices in a step that TensorFlow runs: some side effect needs them."""
    graph = tf.function(step).get_concrete_function(tf.constant(DATA[:BATCH])).graph

    def keeps(op):
        return op.op_def.is_stateful and "Read" not in op.type and op.type != "Placeholder"

    needed, waiting = set(), [op for op in graph.get_operations() if keeps(op)]
    while waiting:
        op = waiting.pop()
        if op.name not in needed:
            needed.add(op.name)
            waiting += [t.op for t in op.inputs] + list(op.control_inputs)
    return sum(graph.get_operation_by_name(name).type == "MatMul" for name in needed)


class TestTheStep:
    @pytest.mark.parametrize(
        ("loss", "options", "networks"),
        [
            *((loss, {}, players) for loss in ALL),
            (NON_SATURATING, {"shared_noise": True}, players),
            (RELATIVISTIC, {"shared_noise": True, "critic_steps": 2}, normalised_players),
            (RELATIVISTIC, {"shared_noise": False, "critic_steps": 2}, normalised_players),
        ],
        ids=[*(loss.name for loss in ALL), "shared", "shared-normalised", "fresh-normalised"],
    )
    def test_is_the_one_written_by_hand(self, loss, options, networks):
        gan = make(
            loss, optimizer=lambda: keras.optimizers.SGD(0.1), networks=networks(), **options
        )
        generator, discriminator = networks()
        for step, real in enumerate(np.split(DATA, 10)):
            fresh = [
                tf.random.stateless_normal([BATCH, 3], seed=[5, 2 * step + k], alg="philox")
                for k in (0, 1)
            ]
            z, z_generator = fresh[0], fresh[0 if options.get("shared_noise") else 1]
            with keeping_the_state_of(generator):
                fake = generator(z, training=True)
            with tf.GradientTape() as tape:
                result = loss.discriminator(discriminator(real), discriminator(fake))
            descend(discriminator, tape, result)
            if (step + 1) % options.get("critic_steps", 1) == 0:
                with tf.GradientTape() as tape:
                    fake = generator(z_generator, training=True)
                    result = loss.generator(discriminator(real), discriminator(fake))
                descend(generator, tape, result)
        train(gan)
        # Ten steps of float32 arithmetic in another order.
        assert_same(snapshot(gan.discriminator), snapshot(discriminator), atol=1e-5)
        assert_same(snapshot(gan.generator), snapshot(generator), atol=1e-5)

    @pytest.mark.parametrize("shared", [False, True], ids=["fresh", "shared"])
    @pytest.mark.parametrize(
        "options",
        [{"steps_per_execution": 5}, {"run_eagerly": True}, {"jit_compile": True}],
        ids=["scanned", "eager", "xla"],
    )
    def test_does_not_depend_on_how_it_is_run(self, options, shared):
        arguments = {"penalties": [r1(0.1), wgan_gp(0.1)], "ema_decay": 0.9, "critic_steps": 2}
        arguments |= {"loss": RELATIVISTIC, "shared_noise": shared}
        one = make(networks=normalised_players(), **arguments)
        other = make(networks=normalised_players(), options=options, **arguments)
        train(one)
        train(other)
        assert_same(snapshot(one), snapshot(other), atol=1e-5)

    @pytest.mark.parametrize("shape", [(1, 1), (7, 3), (32, 4)])
    def test_xla_draws_the_same_noise(self, shape):
        seed = tf.Variable([3, 8], dtype=tf.int64)
        draw = tf.function(lambda: normal_from_bits(shape, seed), jit_compile=True)
        expected = tf.random.stateless_normal(shape, seed, alg="philox")
        np.testing.assert_allclose(draw(), expected, atol=1e-5)

    def test_undoes_the_scale_of_an_optimizer(self):
        one = make(optimizer=lambda: keras.optimizers.SGD(0.1))
        other = make(optimizer=lambda: keras.optimizers.SGD(0.1, loss_scale_factor=64.0))
        train(one)
        train(other)
        assert_same(one.discriminator.get_weights(), other.discriminator.get_weights(), atol=1e-5)
        assert_same(one.generator.get_weights(), other.generator.get_weights(), atol=1e-5)

    def test_leaves_overflow_to_an_optimizer_that_looks_for_its_scale(self):
        def scaling():
            inner = keras.optimizers.SGD(1e-4)
            return keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**127)

        def large(discriminator, real, fake, seed):
            return 100 * tf.reduce_mean(tf.square(discriminator(real) - 1))

        gan = make(penalties=[large], optimizer=scaling)
        before = gan.discriminator.get_weights()
        train(gan)
        assert float(gan.discriminator_optimizer.dynamic_scale) < 2.0**127
        moved = zip(before, gan.discriminator.get_weights(), strict=True)
        assert any((a != b).any() for a, b in moved)

    def test_the_graph_leaves_out_logits_that_no_loss_needs(self):
        # Forward: 3 layers of G and 3 of D, backward: 6 and 5 (no gradient for z), and the
        # real logits' 3 only where the loss compares them.
        def half(loss):
            gan = make(loss)
            return multiplications(lambda real: one_step(gan, "generator", real))

        assert half(RELATIVISTIC) - half(NON_SATURATING) >= 3

    def test_shared_noise_saves_one_pass_through_the_generator(self):
        fresh, shared = (make(shared_noise=shared) for shared in (False, True))
        layers = 3
        assert multiplications(fresh.train_step) - multiplications(shared.train_step) == layers

    def test_reports_its_losses(self):
        gan = make(optimizer=lambda: keras.optimizers.SGD(0.0))
        history = train(gan, steps=1).history
        real = gan.discriminator(DATA[:BATCH])
        z = [tf.random.stateless_normal([BATCH, 3], seed=[5, k], alg="philox") for k in (0, 1)]
        fake = [gan.discriminator(gan.generator(noise)) for noise in z]
        expected = {
            "discriminator_loss": NON_SATURATING.discriminator(real, fake[0]),
            "generator_loss": NON_SATURATING.generator(real, fake[1]),
        }
        assert set(history) == set(expected)
        for name, value in expected.items():
            assert history[name][0] == pytest.approx(float(value), rel=1e-5)

    def test_adds_penalties_and_regularisers_to_the_loss(self):
        regularised = keras.Sequential(
            [keras.Input([2]), keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))]
        )
        networks = players()[0], regularised
        gan = make(
            networks=networks,
            penalties=[r1(0.2), r2(0.6)],
            optimizer=lambda: keras.optimizers.SGD(0.0),
        )
        w = np.asarray(regularised.layers[0].kernel)
        total = train(gan, steps=1).history["discriminator_loss"][0]
        z = tf.random.stateless_normal([BATCH, 3], seed=[5, 0], alg="philox")
        fake = regularised(networks[0](z))
        plain = NON_SATURATING.discriminator(regularised(DATA[:BATCH]), fake)
        squared = np.square(w).sum()
        assert total == pytest.approx(float(plain) + (0.1 + 0.3 + 0.5) * squared, rel=1e-5)

    def test_a_last_batch_may_be_smaller(self):
        gan = make()
        gan.fit(DATA[: BATCH + 7], batch_size=BATCH, verbose=0)
        assert int(gan.step) == 2

    def test_takes_datasets(self):
        one, other = make(), make()
        train(one)
        other.fit(tf.data.Dataset.from_tensor_slices(DATA).batch(BATCH), verbose=0)
        assert_same(snapshot(one), snapshot(other))

    def test_sees_every_sample_of_an_array_in_another_order(self):
        array = np.arange(10.0).reshape(10, 1)
        passes = itertools.count()

        def order():
            return np.array([5, next(passes)], np.int64)

        plain, mixed = (
            _batches(array, None, 4, each, order).map(lambda x: x) for each in (False, True)
        )
        assert [len(batch) for batch in plain] == [4, 4, 2]
        np.testing.assert_array_equal(np.concatenate(list(plain)), array)
        epochs = [np.concatenate(list(mixed)).ravel() for _ in range(2)]
        assert (epochs[0] != epochs[1]).any()
        for epoch in epochs:
            np.testing.assert_array_equal(np.sort(epoch), array.ravel())
        assert len(mixed) == len(plain) == 3

    @pytest.mark.parametrize("at_once", [1, 3])
    def test_the_order_of_an_array_survives_saving(self, tmp_path, at_once):
        """Training in two halves is that in one, which the state of tf.data's shuffle is not."""
        through, stopped = (make(options={"steps_per_execution": at_once}) for _ in range(2))
        train(through, epochs=4, shuffle=True)
        train(stopped, epochs=2, shuffle=True)
        stopped.save(tmp_path / "gan.keras")
        restored = keras.models.load_model(tmp_path / "gan.keras")
        train(restored, epochs=2, shuffle=True)
        assert_same(snapshot(restored), snapshot(through))
        in_order = make(options={"steps_per_execution": at_once})
        train(in_order, epochs=4)
        assert (in_order.sample(9, seed=0) != through.sample(9, seed=0)).any()

    def test_a_pipeline_is_tuned_only_where_its_author_says_so(self):
        dataset = tf.data.Dataset.from_tensor_slices(DATA).batch(BATCH)
        assert _without_autotuning(dataset).options().autotune.enabled is False
        options = tf.data.Options()
        options.autotune.enabled = True
        tuned = dataset.with_options(options)
        assert _without_autotuning(tuned) is tuned

    @pytest.mark.parametrize("at_once", [4, 10, 64])
    def test_data_may_end_within_an_execution(self, at_once):
        one, several = make(), make(options={"steps_per_execution": at_once})
        for gan in (one, several):
            history = train(gan, steps=10, epochs=2)
            assert len(history.history["generator_loss"]) == 2
        assert int(several.step.numpy()) == 20
        assert_same(snapshot(one), snapshot(several), rtol=1e-5, atol=1e-6)

    def test_low_precision_is_summed_in_single(self):
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_bfloat16")
        try:
            gan = make(penalties=[r1(0.1)])
            assert np.isfinite(train(gan).history["discriminator_loss"][0])
            assert gan.sample(3, seed=0).dtype == np.float32
        finally:
            keras.config.set_dtype_policy(policy)


class TestOptions:
    def test_penalties_may_come_from_an_iterator(self):
        assert make(penalties=(r1(gamma) for gamma in (0.1, 0.2))).penalties == (r1(0.1), r1(0.2))

    def test_critic_steps_counts_discriminator_updates(self):
        gan = make(critic_steps=3)
        train(gan, steps=10)
        assert int(gan.discriminator_optimizer.iterations) == 10
        assert int(gan.generator_optimizer.iterations) == 3

    def test_averages_follow_their_formula(self):
        gan = make(ema_decay=0.6)
        average = snapshot(gan.generator)
        for update in range(1, 7):
            train(gan, steps=1, data=DATA[update * BATCH :])
            decay = min(0.6, update / (update + 9))
            average = [
                decay * a + (1 - decay) * v
                for a, v in zip(average, snapshot(gan.generator), strict=True)
            ]
        assert_same(snapshot(gan.ema_generator), average, atol=1e-6)

    def test_samples_come_from_the_averages(self):
        gan = make(ema_decay=0.99)
        train(gan)
        samples = gan.sample(4, seed=3)
        assert (samples != make_sample(gan, gan.generator)).any()
        gan.generator.set_weights(gan.ema_generator.get_weights())
        np.testing.assert_array_equal(samples, make_sample(gan, gan.generator))

    def test_samples_depend_on_their_seed_alone(self):
        gan = make()
        first = gan.sample(5000, seed=1)
        assert first.shape == (5000, 2)
        assert first.dtype == np.float32
        np.testing.assert_array_equal(first, gan.sample(5000, seed=1))
        assert (first != gan.sample(5000, seed=2)).any()

    def test_seedless_models_differ_unless_keras_is_seeded(self):
        def seed():
            return GAN(*players(), MINIMAX).seed

        keras.utils.set_random_seed(1)
        one, other = seed(), seed()
        keras.utils.set_random_seed(1)
        assert one == seed() != other


def make_sample(gan, generator):
    z = tf.random.stateless_normal([4, 3], seed=tf.constant([3, -1], tf.int64), alg="philox")
    return np.asarray(generator(z))


class TestRestoring:
    @pytest.mark.parametrize("shared", [False, True], ids=["fresh", "shared"])
    def test_saving_in_mid_training_changes_nothing(self, tmp_path, shared):
        arguments = {
            "penalties": [r1(0.1), wgan_gp(0.1)],
            "ema_decay": 0.9,
            "critic_steps": 2,
            "shared_noise": shared,
        }
        through, stopped = make(RELATIVISTIC, **arguments), make(RELATIVISTIC, **arguments)
        train(through, steps=10)
        train(stopped, steps=5)
        stopped.save(tmp_path / "gan.keras")
        restored = keras.models.load_model(tmp_path / "gan.keras")
        train(restored, steps=5, data=DATA[5 * BATCH :])
        assert_same(snapshot(restored), snapshot(through))
        np.testing.assert_array_equal(restored.sample(9, seed=0), through.sample(9, seed=0))

    def test_restored_options_are_those_saved(self, tmp_path):
        gan = make(
            HINGE, penalties=[r2(0.3)], shared_noise=True, options={"steps_per_execution": 4}
        )
        gan.save(tmp_path / "gan.keras")
        again = keras.models.load_model(tmp_path / "gan.keras")
        assert again.adversarial_loss == HINGE
        assert again.penalties == (r2(0.3),)
        assert again.shared_noise is True
        assert again.steps_per_execution == 4
        assert again.seed == 5
        assert GAN.from_config(make().get_config()).shared_noise is False

    def test_the_precision_survives_saving(self, tmp_path):
        gan = GAN(*players(), MINIMAX, seed=0, dtype="mixed_bfloat16", trainable=False)
        gan.save(tmp_path / "gan.keras")
        again = keras.models.load_model(tmp_path / "gan.keras")
        assert again.dtype_policy.name == "mixed_bfloat16"
        assert again.trainable is False

    def test_an_uncompiled_model_can_be_saved(self, tmp_path):
        gan = GAN(*players(), MINIMAX, seed=0)
        gan.save(tmp_path / "gan.keras")
        again = keras.models.load_model(tmp_path / "gan.keras")
        np.testing.assert_array_equal(again.sample(3, seed=0), gan.sample(3, seed=0))

    def test_backup_and_restore_goes_on_after_an_interruption(self, tmp_path):
        class Interrupt(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                if epoch == 1:
                    raise KeyboardInterrupt

        def backup():
            return keras.callbacks.BackupAndRestore(tmp_path / "backup")

        through, stopped, resumed = make(), make(), make()
        train(through, epochs=4)
        with pytest.raises(KeyboardInterrupt):
            train(stopped, epochs=4, callbacks=[backup(), Interrupt()])
        train(resumed, epochs=4, callbacks=[backup()])
        assert_same(snapshot(resumed), snapshot(through))


class TestFailure:
    @pytest.mark.parametrize(
        "options",
        [{}, {"steps_per_execution": 5}, {"jit_compile": True}, {"run_eagerly": True}],
        ids=["graph", "scanned", "xla", "eager"],
    )
    def test_stops_at_the_step_and_loses_nothing(self, options):
        poisoned = DATA.copy()
        poisoned[6 * BATCH + 3, 1] = np.nan
        gan, healthy = make(options=options), make(options=options)
        with pytest.raises(FloatingPointError, match=r"discriminator's loss.* at step 7 "):
            train(gan, data=poisoned)
        train(healthy, steps=6)
        # The compiled loop may be another program for six steps than for ten.
        assert_same(gan.generator.get_weights(), healthy.generator.get_weights(), atol=1e-5)
        assert_same(gan.discriminator.get_weights(), healthy.discriminator.get_weights(), atol=1e-5)
        assert int(gan.step) == 6
        train(gan)
        assert int(gan.step) == 16

    def test_a_generator_that_explodes_is_named(self):
        gan = make(WASSERSTEIN, optimizer=lambda: keras.optimizers.SGD(1e30))
        with pytest.raises(FloatingPointError, match="not finite at step"):
            train(gan)
        assert all(np.isfinite(v).all() for v in snapshot(gan.generator))

    def test_a_generator_that_fails_stays_after_the_discriminator_has_moved(self):
        def infinite(real_logits, fake_logits):
            return tf.reduce_mean(fake_logits) / 0.0

        loss = AdversarialLoss("half", NON_SATURATING.discriminator, infinite)
        gan, moved = make(loss), make()
        before = snapshot(gan.generator)
        with pytest.raises(FloatingPointError, match=r"generator's .* not made, nor any after it"):
            train(gan)
        train(moved, steps=1)
        assert_same(snapshot(gan.generator), before)
        assert_same(snapshot(gan.discriminator), snapshot(moved.discriminator), atol=1e-6)
        assert int(gan.step) == 0

    def test_an_infinite_gradient_of_a_finite_loss_counts(self):
        def broken(discriminator, real, fake, seed):
            return tf.sqrt(0.0 * tf.reduce_sum(discriminator(real)))

        gan = make(penalties=[broken])
        before = snapshot(gan.discriminator)
        with pytest.raises(FloatingPointError, match="discriminator's loss or its gradient"):
            train(gan)
        assert_same(snapshot(gan.discriminator), before)


TWO_DEVICES = """
import contextlib
import itertools
import keras, numpy as np, tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
from gan_utils import GAN, RELATIVISTIC, mlp, r1, wgan_gp

def train(scope, data, array=False, **options):
    with scope:
        networks = mlp(3, 2, (16,), seed=1), mlp(2, 1, (16,), seed=2)
        penalties = [r1(0.1), wgan_gp(0.1)]
        gan = GAN(*networks, RELATIVISTIC, penalties=penalties, ema_decay=0.5, seed=5, **options)
        adam = [keras.optimizers.Adam(0.01) for _ in networks]
        gan.compile(generator_optimizer=adam[0], discriminator_optimizer=adam[1])
    try:
        x = data if array else tf.data.Dataset.from_tensor_slices(data).batch(32)
        history = gan.fit(x, verbose=0).history
        outcome = [history["discriminator_loss"][0], history["generator_loss"][0]]
    except FloatingPointError as error:
        outcome = [float("step 7 " in str(error))]
    return np.concatenate([outcome, gan.sample(9, seed=0).ravel()])

data = np.random.default_rng(0).normal(size=[320, 2]).astype(np.float32)
poisoned = data.copy()
poisoned[6 * 32 + 20] = np.nan  # on the second device
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for case in [{"data": data, "critic_steps": 3}, {"data": poisoned, "shared_noise": True}]:
    one = train(contextlib.nullcontext(), **case)
    np.testing.assert_allclose(train(strategy.scope(), **case), one, atol=1e-5)
assert one[0] == 1.0
assert np.isfinite(train(strategy.scope(), data, array=True)).all()
"""

LOAD = """
import sys, keras
from gan_utils import GAN
gan = keras.models.load_model(sys.argv[1])
assert isinstance(gan, GAN) and gan.compiled and len(gan.penalties) == 1
"""


def run_in_another_process(script, *arguments):
    """TensorFlow takes its devices, and Keras its registry, once in each process."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr[-2000:]


def test_two_devices_train_as_one():
    run_in_another_process(TWO_DEVICES)


def test_a_fresh_process_restores_what_was_saved(tmp_path):
    gan = make(penalties=[r1(0.1)])
    gan.save(tmp_path / "gan.keras")
    run_in_another_process(LOAD, tmp_path / "gan.keras")


GENERATOR, DISCRIMINATOR = players()


class TestWrongInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((None, DISCRIMINATOR, MINIMAX), "generator: expected a keras.Model"),
            ((GENERATOR, lambda x: x, MINIMAX), "discriminator: expected a keras.Model"),
            (
                (keras.Sequential([keras.layers.Dense(2)]), DISCRIMINATOR, MINIMAX),
                "generator: expected a built model",
            ),
            ((mlp(3, 5), DISCRIMINATOR, MINIMAX), "discriminator: expected the generator's output"),
            ((GENERATOR, mlp(2, 2), MINIMAX), r"discriminator: expected logits of shape \(None, 1"),
            (
                (
                    keras.Sequential([keras.Input([4, 4]), keras.layers.Flatten()]),
                    DISCRIMINATOR,
                    MINIMAX,
                ),
                r"generator: expected an input of shape \(None, latent_dim\)",
            ),
            ((GENERATOR, DISCRIMINATOR, "hinge"), "loss: expected an AdversarialLoss.*'hinge'"),
        ],
    )
    def test_of_networks_and_loss(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            GAN(*arguments)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"penalties": r1(0.1)}, "penalties: expected a sequence"),
            ({"penalties": ["r1"]}, "penalties: expected a sequence"),
            ({"penalties": iter(["r1"])}, r"penalties: expected a sequence.*got \('r1',\)"),
            ({"penalties": None}, "penalties: expected a sequence.*got None"),
            ({"penalties": 0.1}, "penalties: expected a sequence.*got 0.1"),
            ({"critic_steps": 0}, "critic_steps: expected at least 1, got 0"),
            ({"ema_decay": 1.0}, r"ema_decay: expected a number in \[0, 1\), got 1.0"),
            ({"ema_decay": float("nan")}, "ema_decay: expected"),
            ({"ema_decay": "0.9"}, "ema_decay: expected a number.*got '0.9'"),
            ({"seed": -1}, "seed: expected at least 0"),
        ],
    )
    def test_of_options(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            GAN(GENERATOR, DISCRIMINATOR, MINIMAX, **arguments)

    def test_weights_that_both_players_use(self):
        both = mlp(1, 1)
        with pytest.raises(ValueError, match="discriminator: expected weights of its own"):
            GAN(both, both, MINIMAX)
        layer = keras.layers.BatchNormalization()
        one = keras.Sequential([keras.Input([2]), layer])
        other = keras.Sequential([keras.Input([2]), layer, keras.layers.Dense(1)])
        with pytest.raises(ValueError, match=r"discriminator: .*moving_mean"):
            GAN(one, other, MINIMAX)

    @pytest.mark.parametrize("batch_size", [0, -1, 2.5])
    def test_batches_of_no_data(self, batch_size):
        with pytest.raises(ValueError, match="batch_size: expected"):
            make().fit(DATA, batch_size=batch_size, verbose=0)

    @pytest.mark.parametrize(
        "x",
        [
            DATA[:0],
            tf.constant(DATA[:0]),
            np.array(1.0),
            tf.data.Dataset.from_tensor_slices(DATA[:0]).batch(BATCH),
        ],
        ids=["array", "tensor", "scalar", "dataset"],
    )
    def test_no_data(self, x):
        with pytest.raises(ValueError, match="x: expected at least one"):
            make().fit(x, verbose=0)

    def test_one_optimizer_for_both(self):
        adam = keras.optimizers.Adam()
        with pytest.raises(ValueError, match="discriminator_optimizer: expected one of its own"):
            GAN(*players(), MINIMAX).compile(generator_optimizer=adam, discriminator_optimizer=adam)

    def test_data_of_another_shape(self):
        with pytest.raises(ValueError, match=r"x: expected batches of shape \(None, 2\)"):
            make().fit(np.zeros([64, 3], np.float32), batch_size=32, verbose=0)

    @pytest.mark.parametrize(
        ("n", "seed", "message"), [(0, 0, "n: expected"), (2, -1, "seed: expected")]
    )
    def test_of_sampling(self, n, seed, message):
        with pytest.raises(ValueError, match=message):
            make().sample(n, seed=seed)


def test_a_gaussian_is_learned():
    """A linear generator finds the mean: the smallest game that has to work.

    At equilibrium the mean of 10,000 samples has standard error 0.01 and the averaged weights of
    this run wander by a few times that, so that 0.1 is far outside the noise and 2 is the start.
    """
    rng = np.random.default_rng(0)
    data = (2 + rng.normal(size=[1280 * 64, 1])).astype(np.float32)
    networks = mlp(1, 1, hidden=(), seed=0), mlp(1, 1, hidden=(16,), activation="tanh", seed=1)
    gan = make(
        networks=networks,
        penalties=[r1(0.5), r2(0.5)],
        ema_decay=0.99,
        optimizer=lambda: keras.optimizers.Adam(1e-2, beta_1=0.0),
        options={"steps_per_execution": 64},
    )
    gan.fit(data, batch_size=128, shuffle=False, verbose=0)
    assert gan.sample(10_000, seed=0).mean() == pytest.approx(2, abs=0.1)
