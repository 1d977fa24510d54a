"""Layers for critics: singular values, gradients, who moves u, and that all of it is saved."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_utils import GAN, NON_SATURATING, layers, mlp

RNG = np.random.default_rng(0)
EPS = np.finfo(np.float32).eps


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def built(layer: keras.layers.Layer, *shape: int | None) -> keras.layers.Layer:
    layer.build(shape)
    return layer


WRAPPED = {
    "dense": (lambda: keras.layers.Dense(3, use_bias=False), (None, 5), (5, 3)),
    "conv": (lambda: keras.layers.Conv2D(3, 2, use_bias=False), (None, 6, 6, 2), (8, 3)),
    "transposed": (
        lambda: keras.layers.Conv2DTranspose(3, 2, use_bias=False),
        (None, 6, 6, 5),
        (20, 3),
    ),
    "embedding": (lambda: keras.layers.Embedding(4, 3), (None,), (4, 3)),
}


def matrix(layer: keras.layers.Layer) -> np.ndarray:
    """The kernel with everything but its outputs in the rows, by explicit loops over axes."""
    kernel = layer.weights[0].numpy()
    if isinstance(layer, keras.layers.Conv2DTranspose):  # (height, width, outputs, inputs)
        return np.stack([kernel[:, :, i].ravel() for i in range(kernel.shape[2])], axis=1)
    return np.stack([kernel[..., i].ravel() for i in range(kernel.shape[-1])], axis=1)


def example(shape: tuple[int | None, ...]) -> np.ndarray:
    return normal(2, *shape[1:]) if len(shape) > 1 else np.array([0, 3])


class TestSpectralNormalization:
    @pytest.mark.parametrize("name", WRAPPED)
    def test_outputs_are_those_of_the_kernel_over_its_largest_singular_value(self, name):
        make, shape, dimensions = WRAPPED[name]
        layer = built(layers.SpectralNormalization(make(), seed=0), *shape)
        assert matrix(layer.layer).shape == dimensions
        x = example(shape)
        sigma = np.linalg.svd(matrix(layer.layer), compute_uv=False)[0]
        for _ in range(100):
            layer(x, training=True)
        expected = np.asarray(layer.layer(x)) / sigma
        np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-5)

    def test_the_first_iterations_come_near_already(self):
        layer = built(layers.SpectralNormalization(keras.layers.Dense(64), seed=0), None, 64)
        kernel = matrix(layer.layer)
        values = np.linalg.svd(kernel, compute_uv=False)
        estimate = np.linalg.norm(kernel @ layer.u.numpy())
        assert 0.95 * values[0] < estimate <= values[0] * (1 + 10 * EPS)

    def test_small_kernels_are_scaled_up(self):
        inner = keras.layers.Dense(3, kernel_initializer=keras.initializers.Constant(0.01))
        layer = built(layers.SpectralNormalization(inner), None, 4)
        np.testing.assert_allclose(layer(np.ones([1, 4])), [[4 / np.sqrt(12)] * 3], rtol=1e-5)

    def test_a_kernel_of_zeros_gives_zeros(self):
        inner = keras.layers.Dense(3, kernel_initializer="zeros")
        layer = built(layers.SpectralNormalization(inner), None, 4)
        np.testing.assert_array_equal(layer(np.ones([1, 4]), training=True), np.zeros([1, 3]))

    def test_the_gradient_is_that_of_the_division_by_the_true_value(self):
        """Finite differences in float64 of <C, W / σ(W)>, σ from the SVD."""
        layer = built(layers.SpectralNormalization(keras.layers.Dense(3), seed=0), None, 4)
        x, weights = normal(5, 4), normal(5, 3).astype(np.float64)
        for _ in range(200):
            layer(x, training=True)
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(layer(x) * tf.constant(weights, tf.float32))
        gradient = tape.gradient(value, layer.layer.kernel.value)

        def exact(kernel):
            sigma = np.linalg.svd(kernel, compute_uv=False)[0]
            return np.sum(weights * (x.astype(np.float64) @ kernel) / sigma)

        kernel, h = layer.layer.kernel.numpy().astype(np.float64), 1e-6
        differences = np.zeros_like(kernel)
        for index in np.ndindex(kernel.shape):
            step = np.zeros_like(kernel)
            step[index] = h
            differences[index] = (exact(kernel + step) - exact(kernel - step)) / (2 * h)
        np.testing.assert_allclose(gradient, differences, rtol=1e-3, atol=1e-4)
        # W/σ does not depend on the length of W, so that the gradient is at right angles to it.
        assert abs(np.sum(gradient * kernel)) < 1e-4 * np.abs(gradient * kernel).sum()

    def test_the_weights_are_never_overwritten_and_only_training_moves_u(self):
        layer = built(layers.SpectralNormalization(keras.layers.Dense(30), seed=0), None, 40)
        kernel, u = layer.layer.kernel.numpy(), layer.u.numpy()
        first = np.asarray(layer(normal(3, 40)))
        layer(normal(3, 40), training=False)
        np.testing.assert_array_equal(layer.u.numpy(), u)
        layer(normal(3, 40), training=True)
        assert (layer.u.numpy() != u).any()
        np.testing.assert_array_equal(layer.layer.kernel.numpy(), kernel)
        assert first.shape == (3, 30)

    def test_two_calls_of_one_step_see_almost_the_same_weights(self):
        layer = built(layers.SpectralNormalization(keras.layers.Dense(32), seed=0), None, 32)
        x = np.eye(32, dtype=np.float32)
        for _ in range(100):
            layer(x, training=True)
        one, other = (np.asarray(layer(x, training=True)) for _ in range(2))
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)

    def test_without_a_state_nothing_moves(self):
        """As `GAN` runs a network: the new state is handed back, the layer keeps its own."""
        layer = built(layers.SpectralNormalization(keras.layers.Dense(30), seed=0), None, 40)
        u = layer.u.numpy()
        values = [
            [v.value for v in group]
            for group in (layer.trainable_variables, layer.non_trainable_variables)
        ]

        @tf.function
        def call(x):
            return layer.stateless_call(*values, x, training=True)

        x = normal(3, 40)
        outputs, (new,) = call(x)
        np.testing.assert_array_equal(layer.u.numpy(), u)
        np.testing.assert_allclose(layer(x, training=True), outputs, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(layer.u.numpy(), new, rtol=1e-5, atol=1e-6)
        # It computes with the weights that it is handed, not with its own.
        values[0] = [tf.ones_like(value) for value in values[0]]
        np.testing.assert_allclose(
            layer.stateless_call(*values, np.ones([1, 40], np.float32), training=True)[0],
            np.full([1, 30], 40 / np.sqrt(1200) + 1),
            rtol=1e-5,
        )

    @pytest.mark.slow
    def test_a_step_of_the_generator_leaves_u_alone(self):
        kernel = normal(20, 30)

        def after(critic_steps, steps):
            normalised = layers.SpectralNormalization(keras.layers.Dense(30), seed=0)
            critic = keras.Sequential(
                [keras.Input([20]), normalised, keras.layers.Dense(1, kernel_initializer="ones")]
            )
            normalised.layer.kernel.assign(kernel)
            normalised.u.assign(np.eye(30)[0])
            gan = GAN(mlp(2, 20, seed=0), critic, NON_SATURATING, critic_steps=critic_steps, seed=0)
            gan.compile(
                generator_optimizer=keras.optimizers.SGD(0.0),
                discriminator_optimizer=keras.optimizers.SGD(0.0),
            )
            gan.fit(np.ones([8 * steps, 20], np.float32), batch_size=8, shuffle=False, verbose=0)
            return normalised.u.numpy()

        # The second of two steps is followed by one of the generator, or not.
        np.testing.assert_array_equal(after(2, 2), after(3, 2))
        assert (after(3, 2) != after(3, 1)).any()

    def test_the_seed_decides_u(self):
        def start(seed):
            inner = keras.layers.Dense(30, kernel_initializer=keras.initializers.HeNormal(1))
            return built(layers.SpectralNormalization(inner, seed=seed), None, 40).u.numpy()

        np.testing.assert_array_equal(start(3), start(3))
        assert (start(3) != start(4)).any()

    @pytest.mark.parametrize("wrong", [keras.layers.ReLU(), keras.layers.DepthwiseConv2D(3)])
    def test_layers_without_one_matrix_are_refused(self, wrong):
        with pytest.raises(ValueError, match="layer: expected Dense, Conv1D to Conv3D"):
            layers.SpectralNormalization(wrong)

    def test_bad_iterations_are_named(self):
        with pytest.raises(ValueError, match="power_iterations: expected at least 1, got 0"):
            layers.SpectralNormalization(keras.layers.Dense(1), 0)


class TestOrthonormalDense:
    @pytest.mark.parametrize(
        "kernel",
        [
            normal(64, 16),
            normal(16, 64),
            np.linalg.qr(normal(64, 64))[0] + 0.03 * normal(64, 64),
            100 * normal(30, 10),
            1e-6 * normal(30, 10),
            normal(1, 1),
        ],
        ids=["tall", "wide", "square", "large", "small", "single"],
    )
    def test_all_singular_values_are_one(self, kernel):
        layer = built(layers.OrthonormalDense(kernel.shape[1]), None, kernel.shape[0])
        layer.kernel.assign(kernel)
        values = np.linalg.svd(np.asarray(layer.orthonormal_kernel()), compute_uv=False)
        assert len(values) == min(kernel.shape)
        assert values.min() >= 1 - 1e-3
        assert values.max() <= 1 + 1e-5

    @pytest.mark.parametrize("iterations", [1, 2, 15])
    def test_it_is_lipschitz_however_far_the_iteration_has_come(self, iterations):
        """For a square kernel of independent entries, whose singular values begin at zero."""
        layer = built(layers.OrthonormalDense(200, iterations), None, 200)
        layer.kernel.assign(normal(200, 200))
        values = np.linalg.svd(np.asarray(layer.orthonormal_kernel()), compute_uv=False)
        assert values.max() <= 1 + 1e-5
        assert values.min() < 0.9

    def test_the_docstring_s_smallest_value_is_reached(self):
        s = 1 / 40
        for _ in range(15):
            s = s * (3 - s**2) / 2
        assert s > 1 - 1e-3

    def test_the_initial_kernel_is_orthonormal_and_the_bias_zero(self):
        layer = built(layers.OrthonormalDense(8, seed=0), None, 8)
        np.testing.assert_allclose(layer.orthonormal_kernel(), layer.kernel, atol=1e-5)
        x = normal(5, 8)
        np.testing.assert_allclose(layer(x), x @ layer.kernel.numpy(), atol=1e-5)
        assert len(built(layers.OrthonormalDense(8, use_bias=False), None, 8).weights) == 1

    def test_gradients_pass_through_the_iteration(self):
        """Lengthening the weights changes nothing, so that the gradient is at right angles."""
        layer = built(layers.OrthonormalDense(3, seed=0), None, 5)
        layer.kernel.assign(normal(5, 3))
        weights = normal(5, 3)
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(layer.orthonormal_kernel() * weights)
        gradient = np.asarray(tape.gradient(value, layer.kernel.value))
        assert np.linalg.norm(gradient) > 0.01
        along = np.sum(gradient * layer.kernel.numpy())
        assert abs(along) < 1e-3 * np.linalg.norm(gradient) * np.linalg.norm(layer.kernel.numpy())

    @pytest.mark.parametrize(
        ("arguments", "name"), [((0,), "units"), ((1, 0), "iterations"), ((1.5,), "units")]
    )
    def test_bad_arguments_are_named(self, arguments, name):
        with pytest.raises(ValueError, match=f"{name}: expected"):
            layers.OrthonormalDense(*arguments)


class TestGroupSort:
    @pytest.mark.parametrize("size", [2, 3, 6])
    def test_groups_are_sorted(self, size):
        x = normal(4, 5, 12)
        expected = np.sort(x.reshape(4, 5, -1, size), axis=-1).reshape(x.shape)
        np.testing.assert_array_equal(layers.GroupSort(size)(x), expected)

    @pytest.mark.parametrize("size", [2, 4])
    @pytest.mark.parametrize("x", [normal(3, 8), np.ones([3, 8], np.float32)], ids=["any", "ties"])
    def test_the_norm_of_the_gradient_is_kept(self, size, x):
        inputs, cotangent = tf.constant(x), normal(*x.shape)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = tf.reduce_sum(layers.GroupSort(size)(inputs) * cotangent)
        gradient = tape.gradient(value, inputs)
        np.testing.assert_array_equal(np.sort(gradient, axis=-1), np.sort(cotangent, axis=-1))

    def test_groups_that_do_not_fit_are_an_error(self):
        with pytest.raises(ValueError, match=r"expected a multiple of 2 features .* \(None, 5\)"):
            built(layers.GroupSort(2), None, 5)
        with pytest.raises(ValueError, match="group_size: expected at least 2, got 1"):
            layers.GroupSort(1)


class TestClipWeights:
    def test_every_update_is_clipped(self):
        constraint = layers.ClipWeights(0.1)
        network = keras.Sequential(
            [keras.Input([3]), keras.layers.Dense(2, kernel_constraint=constraint)]
        )
        optimizer = keras.optimizers.SGD(100.0)
        gradients = [normal(3, 2), normal(2)]
        optimizer.apply(gradients, network.trainable_variables)
        kernel, bias = network.get_weights()
        assert np.abs(kernel).max() <= np.float32(0.1) < np.abs(bias).max()
        assert len(np.unique(np.abs(kernel))) == 1

    @pytest.mark.parametrize("limit", [0, -1.0, np.nan, np.inf, "a"])
    def test_a_bad_limit_is_named(self, limit):
        with pytest.raises(ValueError, match="limit: expected"):
            layers.ClipWeights(limit)


class TestPack:
    @pytest.mark.parametrize("shape", [(6, 4), (6, 5, 7, 3)], ids=["points", "images"])
    @pytest.mark.parametrize("m", [1, 2, 3])
    def test_neighbours_stand_side_by_side_on_the_last_axis(self, shape, m):
        x = normal(*shape)
        expected = np.stack([np.concatenate(x[i : i + m], axis=-1) for i in range(0, len(x), m)])
        layer = layers.Pack(m)
        packed = layer(x)
        np.testing.assert_array_equal(packed, expected)
        assert layer.compute_output_shape(x.shape) == packed.shape
        graph = tf.function(layer, input_signature=[tf.TensorSpec([None, *shape[1:]])])
        np.testing.assert_array_equal(graph(x), expected)

    def test_a_batch_that_does_not_divide_is_an_error_in_every_mode(self):
        x, layer = normal(5, 4), layers.Pack(2)
        with pytest.raises(ValueError, match=r"multiple of 2 samples, as Pack\(2\) needs, got 5"):
            layer(x)
        graph = tf.function(layer, input_signature=[tf.TensorSpec([None, 4])])
        with pytest.raises(tf.errors.InvalidArgumentError, match="multiple of 2 samples"):
            graph(x)

    def test_vectors_need_a_batch(self):
        with pytest.raises(ValueError, match=r"inputs: expected shape \(n, ..., c\), got \(4,\)"):
            layers.Pack(2)(np.zeros(4))

    def test_a_bad_number_is_named(self):
        with pytest.raises(ValueError, match="m: expected at least 1, got 0"):
            layers.Pack(0)

    def test_a_gan_trains_with_it(self):
        critic = keras.Sequential([keras.Input([2]), layers.Pack(2), keras.layers.Dense(1)])
        assert critic.output_shape == (None, 1)
        gan = GAN(mlp(2, 2, seed=0), critic, NON_SATURATING, seed=0)
        gan.compile(generator_optimizer="sgd", discriminator_optimizer="sgd")
        history = gan.fit(normal(16, 2), batch_size=8, verbose=0).history
        assert np.isfinite(history["discriminator_loss"]).all()


class TestClassEmbedding:
    def test_a_label_gets_its_row(self):
        layer = built(layers.ClassEmbedding(3, 4), None)
        rows = layer.embeddings.numpy()
        np.testing.assert_array_equal(layer(np.array([2, 0, 2])), rows[[2, 0, 2]])

    @pytest.mark.parametrize("label", [-1, 3])
    def test_what_is_no_class_is_an_error_or_nan(self, label):
        layer = built(layers.ClassEmbedding(3, 4), None)
        labels = np.array([0, label])
        with pytest.raises(ValueError, match=f"labels: .* from 0 to 2, got {label}"):
            layer(labels)
        values = np.asarray(tf.function(layer)(tf.constant(labels)))
        np.testing.assert_array_equal(np.isnan(values), [[False] * 4, [True] * 4])

    def test_gradients_reach_the_rows_that_were_asked_for(self):
        layer = built(layers.ClassEmbedding(3, 2), None)
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(layer(np.array([1, 1])))
        gradient = tf.convert_to_tensor(tape.gradient(value, layer.embeddings.value))
        np.testing.assert_array_equal(gradient, [[0, 0], [2, 2], [0, 0]])


class TestLeakyReLU:
    def test_numbers_and_both_derivatives_are_those_of_keras(self):
        x = tf.concat([normal(50), np.zeros(2, np.float32)], axis=0)

        def derivatives(layer):
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = layer(x)
                slope = inner.gradient(y, x, output_gradients=x**2)
            return y, slope, outer.gradient(slope, x)

        ours = derivatives(layers.LeakyReLU(0.2))
        theirs = derivatives(keras.layers.LeakyReLU(0.2))
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one, other)

    @pytest.mark.slow
    def test_the_graph_optimiser_says_nothing(self):
        """Where TensorFlow computes with oneDNN, its remapper fails on a convolution's own."""
        messages = {}
        for kind in ("keras", "gan_utils"):
            code = (
                "import os; os.environ |= {'TF_CPP_MIN_LOG_LEVEL': '0', 'TF_ENABLE_ONEDNN_OPTS': "
                "'1', 'CUDA_VISIBLE_DEVICES': '-1'}\n"
                f"import keras, tensorflow as tf; from {kind}.layers import LeakyReLU\n"
                "layers = [keras.Input([28, 28, 1])]\n"
                "for _ in range(2):\n"
                "    layers += [keras.layers.Conv2D(4, 4, 2, 'same'), LeakyReLU(0.2)]\n"
                "layers += [keras.layers.Flatten(), keras.layers.Dense(1)]\n"
                "network = keras.Sequential(layers)\n"
                "@tf.function\n"
                "def step(x):\n"
                "    with tf.GradientTape() as tape:\n"
                "        value = tf.reduce_mean(network(x))\n"
                "    return tape.gradient(value, network.trainable_variables)\n"
                "step(tf.zeros([8, 28, 28, 1]))\n"
            )
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            messages[kind] = "remapper failed" in done.stderr
        if not messages["keras"]:
            pytest.skip("this TensorFlow has no such fault")
        assert not messages["gan_utils"]


def everything() -> list[keras.layers.Layer]:
    """One of each, for images."""
    normalised = layers.SpectralNormalization
    return [
        layers.Pack(2),
        normalised(keras.layers.Conv2D(4, 4, strides=4), power_iterations=2),
        layers.LeakyReLU(0.2),
        normalised(keras.layers.Conv2DTranspose(4, 2)),
        keras.layers.Flatten(),
        layers.OrthonormalDense(8),
        layers.GroupSort(2),
        normalised(keras.layers.Dense(4)),
        keras.layers.Dense(1, kernel_constraint=layers.ClipWeights(0.5)),
    ]


def test_a_network_with_every_layer_is_saved_and_loaded(tmp_path):
    network = keras.Sequential([keras.Input([28, 28, 1]), *everything()])
    x = normal(4, 28, 28, 1)
    network(x, training=True)
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(x), network(x))
    for one, other in zip(loaded.weights, network.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [type(x) for x in loaded.layers] == [type(x) for x in network.layers]
    assert loaded.layers[1].power_iterations == 2
    assert loaded.layers[-1].kernel_constraint.limit == 0.5


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_every_layer_runs_in_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        network = keras.Sequential([keras.Input([28, 28, 1]), *everything()])
        values = [[v.value for v in network.trainable_variables]]
        values.append([v.value for v in network.non_trainable_variables])
        outputs, state = network.stateless_call(*values, normal(4, 28, 28, 1), training=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert outputs.dtype == policy.removeprefix("mixed_")
    assert np.isfinite(np.asarray(outputs, np.float32)).all()
    assert [v.dtype for v in state] == ["float32"] * 3
    kernel = network.layers[5].orthonormal_kernel()
    assert kernel.dtype == "float32"
    assert np.linalg.svd(np.asarray(kernel), compute_uv=False).min() > 1 - 1e-3
