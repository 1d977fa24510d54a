"""GAN: nothing is lost in silence, no wrong input is trained on, no right one is refused."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import GAN, HINGE, NON_SATURATING, WASSERSTEIN, AdversarialLoss, mlp, r1, ring
from gan_utils._flat import FlatOptimizer, Layout
from gan_utils._loop import Loop

pytestmark = pytest.mark.slow

BATCH = 32
DATA = ring(8).sample(BATCH * 10, seed=0)
LABELS = np.arange(len(DATA)) % 4


def adam(rate=1e-3):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def make(networks=None, *, loss=NON_SATURATING, optimizer=adam, options=None, **kwargs):
    networks = networks or (mlp(3, 2, (16,), seed=1), mlp(2, 1, (16,), seed=2))
    gan = GAN(*networks, loss, seed=5, **kwargs)
    gan.compile(
        generator_optimizer=optimizer(), discriminator_optimizer=optimizer(), **(options or {})
    )
    return gan


def train(gan, *data, **kwargs):
    arguments = {"batch_size": BATCH, "shuffle": False, "verbose": 0, **kwargs}
    return gan.fit(*(data or (DATA,)), **arguments)


def snapshot(model):
    return [np.array(v) for v in model.variables]


def assert_same(a, b, atol=0.0):
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


def differ(a, b):
    return any((one != other).any() for one, other in zip(a, b, strict=True))


def conditional(classes=4):
    """Two layers each; the class enters by an embedding."""

    def network(inputs, outputs, seed):
        x, label = keras.Input([inputs]), keras.Input([], dtype="int32")
        glorot = keras.initializers.GlorotUniform
        of_class = keras.layers.Embedding(classes, 8, embeddings_initializer=glorot(seed))(label)
        h = keras.layers.Dense(8, kernel_initializer=glorot(seed + 1))(x)
        h = keras.layers.ReLU()(keras.layers.Add()([h, of_class]))
        y = keras.layers.Dense(outputs, kernel_initializer=glorot(seed + 2))(h)
        return keras.Model([x, label], y)

    return network(3, 2, 1), network(2, 1, 11)


def image_networks(activation="tanh"):
    generator = keras.Sequential(
        [
            keras.Input([3]),
            keras.layers.Dense(16 * 16, activation=activation),
            keras.layers.Reshape([16, 16, 1]),
        ]
    )
    discriminator = keras.Sequential(
        [keras.Input([16, 16, 1]), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return generator, discriminator


class TestTheLoopThatCarriesTensors:
    @pytest.mark.parametrize(
        "optimizer",
        [
            lambda: keras.optimizers.SGD(0.05),
            lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
            lambda: keras.optimizers.Adam(
                keras.optimizers.schedules.ExponentialDecay(1e-2, 3, 0.7), amsgrad=True
            ),
            lambda: keras.optimizers.RMSprop(1e-3, momentum=0.5, centered=True),
            lambda: keras.optimizers.Adagrad(1e-2),
            lambda: keras.optimizers.Adadelta(1.0),
            lambda: keras.optimizers.Adamax(1e-3),
            lambda: keras.optimizers.Lion(1e-3),
        ],
        ids=["sgd", "momentum", "adam", "rmsprop", "adagrad", "adadelta", "adamax", "lion"],
    )
    def test_moves_everything_as_step_by_step(self, optimizer):
        one = make(optimizer=optimizer, ema_decay=0.9)
        several = make(optimizer=optimizer, ema_decay=0.9, options={"steps_per_execution": 4})
        assert Loop.fits(several)
        for gan in (one, several):
            train(gan, epochs=2)
        for name in ("generator", "discriminator", "ema_generator"):
            ours, theirs = (snapshot(getattr(gan, name)) for gan in (several, one))
            assert_same(ours, theirs, atol=1e-5)
        for name in ("generator_optimizer", "discriminator_optimizer"):
            ours, theirs = (snapshot(getattr(gan, name)) for gan in (several, one))
            assert_same(ours, theirs, atol=1e-4)

    @pytest.mark.parametrize(
        "optimizer",
        [
            lambda: keras.optimizers.Adam(1e-3, clipnorm=1.0),
            lambda: keras.optimizers.AdamW(1e-3),
            lambda: keras.optimizers.Nadam(1e-3),
            lambda: keras.optimizers.Lamb(1e-3),
            lambda: keras.optimizers.Adam(1e-3, gradient_accumulation_steps=2),
            lambda: keras.optimizers.Adam(1e-3, use_ema=True, ema_momentum=0.9),
            lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01)),
        ],
        ids=["clipped", "adamw", "nadam", "lamb", "accumulated", "averaged", "scaled"],
    )
    def test_leaves_to_variables_what_looks_beyond_a_coordinate(self, optimizer):
        one, several = (
            make(optimizer=optimizer),
            make(optimizer=optimizer, options={"steps_per_execution": 4}),
        )
        assert not Loop.fits(several)
        for gan in (one, several):
            train(gan)
        assert_same(several.generator.get_weights(), one.generator.get_weights(), atol=1e-5)

    @pytest.mark.parametrize("step", range(1, 8))
    def test_a_failure_anywhere_in_an_execution_keeps_what_was_before_it(self, step):
        poisoned = DATA.copy()
        poisoned[(step - 1) * BATCH] = np.inf
        options = {"steps_per_execution": 5}
        gan, healthy = (make(options=options, ema_decay=0.9) for _ in range(2))
        assert Loop.fits(gan)
        with pytest.raises(FloatingPointError, match=f"discriminator's loss .* step {step} "):
            train(gan, poisoned)
        if step > 1:
            train(healthy, DATA[: (step - 1) * BATCH])
        assert int(gan.step) == step - 1
        for name in ("generator", "discriminator", "ema_generator", "generator_optimizer"):
            ours, theirs = (snapshot(getattr(g, name)) for g in (gan, healthy))
            assert_same(ours, theirs, atol=1e-6)

    @pytest.mark.parametrize("step", range(1, 8))
    def test_a_generator_may_fail_anywhere_and_the_discriminator_has_moved(self, step):
        def infinite_later(real_logits, fake_logits):
            loss = NON_SATURATING.generator(real_logits, fake_logits)
            return tf.where(gan.step_now == step, np.inf, loss)

        def remembering(discriminator, real, fake, seed):
            # The seed of the only penalty counts the steps: -2, -3, ...
            gan.step_now = -1 - seed[1]
            return tf.reduce_mean(0.0 * discriminator(real))

        loss = AdversarialLoss("later", NON_SATURATING.discriminator, infinite_later)
        options = {"steps_per_execution": 5}
        gan = make(loss=loss, penalties=[remembering], options=options)
        one, both = make(options=options), make(options=options)
        with pytest.raises(FloatingPointError, match=f"generator's loss .* step {step} "):
            train(gan)
        if step > 1:
            train(one, DATA[: (step - 1) * BATCH])
        train(both, DATA[: step * BATCH])
        assert int(gan.step) == step - 1
        assert_same(snapshot(gan.generator), snapshot(one.generator), atol=1e-6)
        assert_same(snapshot(gan.discriminator), snapshot(both.discriminator), atol=1e-6)

    def test_a_class_that_keras_does_not_have_is_not_guessed_at(self):
        class Halved(keras.optimizers.Adam):
            def update_step(self, gradient, variable, learning_rate):
                super().update_step(gradient / 2, variable, learning_rate)

        network = mlp(3, 2, (4,))
        optimizer = Halved(1e-3)
        optimizer.build(network.trainable_variables)
        assert not FlatOptimizer.fits(optimizer, Layout(network.trainable_variables))

    def test_keeps_constraints(self):
        def clipped():
            return keras.Sequential(
                [
                    keras.Input([2]),
                    keras.layers.Dense(
                        8,
                        activation="relu",
                        kernel_initializer=keras.initializers.GlorotUniform(seed=3),
                        kernel_constraint=keras.constraints.NonNeg(),
                    ),
                    keras.layers.Dense(1),
                ]
            )

        gan = make(
            (mlp(3, 2, (16,)), clipped()),
            loss=WASSERSTEIN,
            optimizer=lambda: keras.optimizers.SGD(0.5),
            options={"steps_per_execution": 5},
        )
        assert Loop.fits(gan)
        assert gan.discriminator.layers[0].get_weights()[0].min() < 0
        train(gan)
        kernel, bias = gan.discriminator.layers[0].get_weights()
        assert kernel.min() >= 0
        assert bias.any()

    def test_sees_a_rate_that_changes_between_executions(self):
        gan = make(optimizer=lambda: keras.optimizers.SGD(0.1), options={"steps_per_execution": 5})
        train(gan)
        before = snapshot(gan.generator)
        gan.generator_optimizer.learning_rate = 0.0
        train(gan)
        assert_same(snapshot(gan.generator), before)

    def test_a_frozen_layer_stays(self):
        gan = make(options={"steps_per_execution": 5}, ema_decay=0.9)
        gan.generator.layers[0].trainable = False
        gan.compile(
            generator_optimizer=adam(), discriminator_optimizer=adam(), steps_per_execution=5
        )
        frozen, free = (snapshot(layer) for layer in gan.generator.layers)
        train(gan)
        assert_same(snapshot(gan.generator.layers[0]), frozen)
        assert differ(snapshot(gan.generator.layers[1]), free)


class TestNothingIsLostInSilence:
    def test_a_bad_batch_is_said_and_the_next_one_trains(self):
        gan = make()
        bad = DATA[:BATCH].copy()
        bad[3, 1] = np.nan
        before = snapshot(gan.discriminator)
        with pytest.raises(FloatingPointError, match=r"discriminator's loss .* step 1 "):
            gan.train_on_batch(bad)
        assert_same(snapshot(gan.discriminator), before)
        gan.train_on_batch(DATA[:BATCH])
        assert differ(snapshot(gan.discriminator), before)

    def test_what_stopped_one_training_is_not_saved(self, tmp_path):
        gan = make()
        with pytest.raises(FloatingPointError):
            gan.train_on_batch(np.full([BATCH, 2], np.inf, np.float32))
        gan.save(tmp_path / "gan.keras")
        again = keras.saving.load_model(tmp_path / "gan.keras")
        before = snapshot(again.generator)
        again.train_on_batch(DATA[:BATCH])
        assert differ(snapshot(again.generator), before)

    def test_a_gradient_that_no_scale_helps_stops(self):
        def broken(discriminator, real, fake, seed):
            return tf.sqrt(0.0 * tf.reduce_sum(discriminator(real)))

        def scaled():
            return keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01), initial_scale=8)

        for options in ({}, {"steps_per_execution": 5}):
            gan = make(optimizer=scaled, penalties=[broken], options=options)
            # 8, 4 and 2 may be too large; 1 is no scale.
            with pytest.raises(FloatingPointError, match=r"discriminator's .* at step 4 "):
                train(gan)

    @pytest.mark.parametrize("steps", [1, 5])
    def test_freezing_after_the_averages_began(self, tmp_path, steps):
        gan = make(ema_decay=0.9, options={"steps_per_execution": steps})
        train(gan)
        gan.generator.layers[0].trainable = False
        gan.compile(
            generator_optimizer=adam(), discriminator_optimizer=adam(), steps_per_execution=steps
        )
        train(gan)
        samples = gan.sample(5, seed=0)
        gan.save(tmp_path / "gan.keras")
        again = keras.saving.load_model(tmp_path / "gan.keras")
        np.testing.assert_array_equal(again.sample(5, seed=0), samples)
        train(again)

    def test_dropout_goes_on_where_it_stopped(self, tmp_path):
        def networks():
            dropping = keras.Sequential(
                [
                    keras.Input([2]),
                    keras.layers.Dense(8, kernel_initializer=keras.initializers.HeNormal(3)),
                    keras.layers.Dropout(0.5, seed=4),
                    keras.layers.Dense(1, kernel_initializer=keras.initializers.HeNormal(5)),
                ]
            )
            return mlp(3, 2, (16,), seed=1), dropping

        through, stopped = make(networks()), make(networks())
        train(through)
        train(stopped, DATA[: 5 * BATCH])
        stopped.save(tmp_path / "gan.keras")
        restored = keras.saving.load_model(tmp_path / "gan.keras")
        train(restored, DATA[5 * BATCH :])
        assert_same(snapshot(restored), snapshot(through))

    def test_bytes_are_not_trained_on(self):
        images = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 1)).astype(np.uint8)
        message = r"x: expected values in \[-1, 1\].*to_unit_range"
        for steps in (1, 4):
            gan = make(image_networks(), options={"steps_per_execution": steps})
            before = snapshot(gan.generator)
            with pytest.raises(ValueError, match=message):
                train(gan, images)
            dataset = tf.data.Dataset.from_tensor_slices(images.astype(np.float32)).batch(16)
            with pytest.raises(ValueError, match=message):
                gan.fit(dataset, verbose=0)
            assert_same(snapshot(gan.generator), before)
            assert int(gan.step) == 0

    def test_a_later_batch_out_of_range_stops_there(self):
        images = np.zeros([10, BATCH, 16, 16, 1], np.float32)
        images[6] = 255
        gan = make(image_networks(), options={"steps_per_execution": 5})
        with pytest.raises(ValueError, match="at step 7 "):
            gan.fit(tf.data.Dataset.from_tensor_slices(images), verbose=0)
        assert int(gan.step) == 6

    def test_data_in_the_upper_half_of_the_range_are_doubted(self):
        images = np.random.default_rng(0).uniform(0, 1, (64, 16, 16, 1))
        with pytest.warns(UserWarning, match="at least 0, in the upper half"):
            train(make(image_networks()), images)

    def test_a_discriminator_that_ends_in_a_sigmoid(self):
        probabilities = keras.Sequential(
            [keras.Input([2]), keras.layers.Dense(1, activation="sigmoid")]
        )
        with pytest.raises(ValueError, match=r"discriminator: expected logits, got .*sigmoid"):
            GAN(mlp(3, 2), probabilities, NON_SATURATING)

    @pytest.mark.parametrize(
        "data",
        [(DATA, LABELS), ((DATA, LABELS),)],
        ids=["two", "pair"],
    )
    def test_labels_that_nobody_takes(self, data):
        one, other = make(), make()
        with pytest.warns(UserWarning, match="y: the networks take no labels"):
            train(one, *data)
        train(other)
        assert_same(snapshot(one.generator), snapshot(other.generator))

    def test_weights_of_samples_and_classes_are_refused(self):
        with pytest.raises(ValueError, match="sample_weight: expected none"):
            train(make(), sample_weight=np.ones(len(DATA)))
        with pytest.raises(ValueError, match="class_weight: expected none"):
            train(make(), class_weight={0: 1.0})
        triples = tf.data.Dataset.from_tensor_slices((DATA, LABELS, np.ones(len(DATA))))
        with pytest.raises(ValueError, match="sample_weight: expected none"):
            make().fit(triples.batch(BATCH), verbose=0)

    def test_half_precision_has_its_loss_scaled(self, tmp_path):
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("mixed_float16")
        try:
            gan = make(penalties=[r1(0.1)])
            plain = make(options={"auto_scale_loss": False})
        finally:
            keras.config.set_dtype_policy(policy)
        scaling = keras.optimizers.LossScaleOptimizer
        assert isinstance(gan.generator_optimizer, scaling)
        assert isinstance(gan.discriminator_optimizer, scaling)
        assert not isinstance(plain.generator_optimizer, scaling)
        assert np.isfinite(train(gan).history["discriminator_loss"][0])
        gan.save(tmp_path / "gan.keras")
        again = keras.saving.load_model(tmp_path / "gan.keras")
        assert isinstance(again.generator_optimizer, scaling)
        assert not isinstance(again.generator_optimizer.inner_optimizer, scaling)


class TestCrashes:
    @pytest.mark.parametrize("name", ["Muon", "Lamb", "Lion", "Adafactor"])
    def test_every_optimizer_of_keras_comes_back(self, tmp_path, name):
        if not hasattr(keras.optimizers, name):
            pytest.skip(f"this Keras has no {name}")
        optimizer = getattr(keras.optimizers, name)
        gan = make(optimizer=lambda: optimizer(learning_rate=1e-3))
        train(gan)
        gan.save(tmp_path / "gan.keras")
        again = keras.saving.load_model(tmp_path / "gan.keras")
        assert type(again.generator_optimizer) is optimizer
        for model in (gan, again):
            train(model)
        assert_same(snapshot(again), snapshot(gan))

    def test_float16_gradients_are_summed_in_single(self):
        def half(units, inputs, seed):
            glorot = keras.initializers.GlorotUniform(seed)
            layer = keras.layers.Dense(units, kernel_initializer=glorot, dtype="float16")
            return keras.Sequential([keras.Input([inputs], dtype="float16"), layer])

        def steep(real_logits, fake_logits):
            # 400 on each of 2 × 200 weights: a sum of 160,000 where float16 ends at 65,504.
            return 400 * tf.reduce_mean(fake_logits)

        gan = make(
            (half(400, 1, 0), half(1, 400, 1)),
            loss=AdversarialLoss("steep", steep, steep),
            optimizer=lambda: keras.optimizers.SGD(1e-6),
        )
        gan.generator.set_weights([np.ones([1, 400]), np.ones(400)])
        train(gan, np.zeros([BATCH, 400], np.float16))
        assert int(gan.step) == 1

    def test_export_is_what_sample_uses(self, tmp_path):
        gan = make(ema_decay=0.9)
        train(gan)
        gan.export(tmp_path / "sampler", verbose=False)
        z = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
        exported = tf.saved_model.load(tmp_path / "sampler")
        np.testing.assert_allclose(exported.serve(z), gan.ema_generator(z), atol=1e-6)

    def test_averaged_weights_are_a_model_to_save(self, tmp_path):
        gan = make(ema_decay=0.9)
        train(gan)
        gan.ema_generator.save(tmp_path / "generator.keras")
        again = keras.saving.load_model(tmp_path / "generator.keras")
        assert_same(again.get_weights(), gan.ema_generator.get_weights())
        assert make().ema_generator is None

    def test_networks_of_other_kinds_are_named(self):
        class Sub(keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = keras.layers.Dense(2)

            def call(self, z):
                return self.dense(z)

        sub = Sub()
        sub(np.zeros([1, 3]))
        with pytest.raises(ValueError, match=r"generator: expected a functional.*Sub"):
            GAN(sub, mlp(2, 1), NON_SATURATING)
        z, w = keras.Input([3]), keras.Input([4])
        two = keras.Model([z, w], keras.layers.Dense(2)(keras.layers.Concatenate()([z, w])))
        with pytest.raises(ValueError, match="generator: expected one input, or a second one"):
            GAN(two, mlp(2, 1), NON_SATURATING)
        with pytest.raises(ValueError, match="discriminator: expected labels if, and only if"):
            GAN(conditional()[0], mlp(2, 1), NON_SATURATING)

    def test_evaluate_moves_nothing_and_repeats(self):
        gan = make(penalties=[r1(0.1)], ema_decay=0.9)
        train(gan)
        before = snapshot(gan.generator), snapshot(gan.discriminator), int(gan.step)
        one, other = (
            gan.evaluate(DATA, batch_size=BATCH, verbose=0, return_dict=True) for _ in range(2)
        )
        assert one == other
        assert set(one) == {"discriminator_loss", "generator_loss"}
        assert_same(snapshot(gan.generator), before[0])
        assert_same(snapshot(gan.discriminator), before[1])
        assert int(gan.step) == before[2]

    def test_evaluate_is_the_mean_of_the_losses(self):
        gan = make()
        real = gan.discriminator(DATA[:BATCH])
        z = tf.random.stateless_normal([BATCH, 3], seed=[5, 2**62], alg="philox")
        fake = gan.discriminator(gan.generator(z))
        expected = [
            float(NON_SATURATING.discriminator(real, fake)),
            float(NON_SATURATING.generator(real, fake)),
        ]
        assert gan.evaluate(DATA[:BATCH], verbose=0) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("steps", [1, 4])
    def test_validation(self, steps):
        held_out = DATA[8 * BATCH :]
        by_split, by_data = (make(options={"steps_per_execution": steps}) for _ in range(2))
        one = train(by_split, DATA, validation_split=0.2).history
        other = train(by_data, DATA[: 8 * BATCH], validation_data=held_out).history
        assert set(one) >= {"val_discriminator_loss", "val_generator_loss"}
        for key, values in one.items():
            assert other[key] == pytest.approx(values, rel=1e-5)

    def test_callbacks_that_look_for_one_optimizer(self):
        for callback in (
            keras.callbacks.ReduceLROnPlateau(),
            keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3),
        ):
            with pytest.raises(ValueError, match=f"callbacks: {type(callback).__name__} changes"):
                train(make(), callbacks=[callback])


class TestConfusing:
    def test_labels_beside_a_dataset(self):
        with pytest.raises(ValueError, match="y: expected none beside a dataset"):
            make().fit(tf.data.Dataset.from_tensor_slices(DATA).batch(BATCH), LABELS, verbose=0)

    @pytest.mark.parametrize("steps", [1, 4])
    def test_a_dataset_that_yields_nothing(self, steps):
        gan = make(options={"steps_per_execution": steps})
        emptied = tf.data.Dataset.from_tensor_slices(DATA).filter(lambda x: x[0] > 99).batch(BATCH)
        with pytest.raises(ValueError, match="x: expected at least one batch"):
            gan.fit(emptied, verbose=0)

    def test_a_dataset_of_single_samples(self):
        with pytest.raises(ValueError, match=r"x: expected batches .* did you forget \.batch"):
            make().fit(tf.data.Dataset.from_tensor_slices(DATA), verbose=0)

    def test_a_dict(self):
        with pytest.raises(ValueError, match="x: expected an array or a dataset, got a dict"):
            make().fit({"x": DATA}, verbose=0)
        batches = tf.data.Dataset.from_tensor_slices({"x": DATA}).batch(BATCH)
        with pytest.raises(ValueError, match=r"x: expected one tensor .* dict with the keys \['x'"):
            make().fit(batches, verbose=0)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"penalties": [r1]}, "penalties: expected a sequence of penalties"),
            ({"seed": 2**63}, r"seed: expected a whole number below 2\*\*63"),
        ],
    )
    def test_options(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            GAN(mlp(3, 2), mlp(2, 1), HINGE, **arguments)

    def test_a_seed_that_tensorflow_does_not_take(self):
        gan = make()
        assert gan.sample(2, seed=2**63 - 1).shape == (2, 2)
        with pytest.raises(ValueError, match=r"seed: expected a whole number below 2\*\*63"):
            gan.sample(2, seed=2**63)

    def test_no_steps_in_an_execution(self):
        with pytest.raises(ValueError, match="steps_per_execution: expected at least 1, got 0"):
            make(options={"steps_per_execution": 0})

    def test_older_formats(self, tmp_path):
        with pytest.raises(ValueError, match=r"filepath: expected a name that ends in \.keras"):
            make().save(tmp_path / "gan.h5")

    def test_another_backend(self, monkeypatch):
        monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
        with pytest.raises(ValueError, match="KERAS_BACKEND: expected tensorflow, got jax"):
            GAN(mlp(3, 2), mlp(2, 1), HINGE)


class TestLabels:
    @pytest.mark.parametrize("steps", [1, 4])
    @pytest.mark.parametrize("form", ["two", "pair", "dataset"])
    def test_every_form_trains_alike(self, steps, form):
        batches = tf.data.Dataset.from_tensor_slices((DATA, LABELS)).batch(BATCH)
        data = {"two": (DATA, LABELS), "pair": ((DATA, LABELS),), "dataset": (batches,)}[form]
        one, other = make(conditional()), make(conditional(), options={"steps_per_execution": 4})
        train(one, DATA, LABELS)
        arguments = {"verbose": 0, "shuffle": False}
        other.fit(*data, **arguments, **({} if form == "dataset" else {"batch_size": BATCH}))
        assert_same(other.generator.get_weights(), one.generator.get_weights(), atol=1e-5)

    def test_a_class_can_be_asked_for(self):
        gan = make(conditional(), ema_decay=0.5)
        train(gan, DATA, LABELS)
        each = gan.sample(4, seed=0, labels=[0, 1, 2, 3])
        for label in range(4):
            np.testing.assert_allclose(gan.sample(4, seed=0, labels=label)[label], each[label])

    def test_restored_in_mid_training(self, tmp_path):
        through, stopped = make(conditional()), make(conditional())
        train(through, DATA, LABELS)
        train(stopped, DATA[: 5 * BATCH], LABELS[: 5 * BATCH])
        stopped.save(tmp_path / "gan.keras")
        restored = keras.saving.load_model(tmp_path / "gan.keras")
        train(restored, DATA[5 * BATCH :], LABELS[5 * BATCH :])
        assert_same(snapshot(restored), snapshot(through))

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            (None, "y: expected labels, which both networks take"),
            (LABELS[:-1], "y: expected 320 whole numbers"),
            (LABELS / 1.0, "y: expected 320 whole numbers"),
            (np.eye(4)[LABELS], "y: expected 320 whole numbers"),
            (LABELS + 1, "y: expected classes from 0 to 3, got labels from 1 to 4"),
            (LABELS - 1, "y: expected classes from 0 to 3, got labels from -1 to 2"),
        ],
        ids=["none", "fewer", "floats", "one-hot", "too large", "negative"],
    )
    def test_what_is_no_label(self, labels, message):
        with pytest.raises(ValueError, match=message):
            train(make(conditional()), DATA, labels)

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            (None, "labels: expected an int or an array"),
            (4, "labels: expected classes from 0 to 3"),
            ([0, 1], "labels: expected whole numbers, one or 3"),
            (1.5, "labels: expected whole numbers, one or 3"),
        ],
    )
    def test_what_is_no_class_to_sample(self, labels, message):
        with pytest.raises(ValueError, match=message):
            make(conditional()).sample(3, seed=0, labels=labels)

    def test_labels_that_the_generator_does_not_take(self):
        with pytest.raises(ValueError, match="labels: expected none"):
            make().sample(3, seed=0, labels=1)


UNEVEN = """
import contextlib
import keras, numpy as np, tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, 2 * [tf.config.LogicalDeviceConfiguration()])
from gan_utils import GAN, NON_SATURATING, mlp

def train(scope, data):
    with scope:
        networks = mlp(3, 2, (16,), seed=1), mlp(2, 1, (16,), seed=2)
        gan = GAN(*networks, NON_SATURATING, seed=5)
        adam = [keras.optimizers.Adam(0.01) for _ in networks]
        gan.compile(generator_optimizer=adam[0], discriminator_optimizer=adam[1])
    history = gan.fit(tf.data.Dataset.from_tensor_slices(data).batch(32), verbose=0).history
    losses = [history["discriminator_loss"][0], history["generator_loss"][0]]
    return np.concatenate([losses, gan.sample(9, seed=0).ravel()])

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for n in (65, 64 + 7):  # the last batch has one sample, or an odd number
    data = np.random.default_rng(0).normal(size=[n, 2]).astype(np.float32)
    one = train(contextlib.nullcontext(), data)
    np.testing.assert_allclose(train(strategy.scope(), data), one, atol=1e-5)
"""


def test_a_batch_that_leaves_a_device_without_data():
    run = subprocess.run(
        [sys.executable, "-c", UNEVEN], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
