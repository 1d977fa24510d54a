r"""Layers and constraints for critics, and what a network needs to take labels (TensorFlow).

Three ways to bound the Lipschitz constant of a critic: clip its weights (`ClipWeights`), divide
each kernel by its largest singular value (`SpectralNormalization`), or build the network from maps
that preserve the norm of gradients (`OrthonormalDense` with `GroupSort`). `Pack` shows a
discriminator several samples at once.

All are registered with Keras under the package "gan_utils": a network that has them is saved and
loaded like any other.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from gan_utils import _checks

_register = keras.saving.register_keras_serializable(package="gan_utils")

_TINY = 1e-12
"""Divisor of a kernel that is zero, which stays zero."""

_FIRST_ITERATIONS = 30
"""Power iterations on the initial weights, so that the first step is well normalised already."""


@_register
class SpectralNormalization(keras.layers.Wrapper):
    r"""Spectral normalisation: the layer computes with W / σ(W) in place of its kernel W.

    σ(W), the largest singular value of the kernel as a matrix, is followed by power iteration:
    with u from the step before,

    .. math:: v = Wu / \|Wu\|, \qquad u = W^T v / \|W^T v\|, \qquad \sigma = v^T W u.

    Gradients pass through σ with u and v held fixed, which at the singular vectors is the gradient
    of the true σ. W itself is never overwritten: optimisers, averages and what is saved see the
    trained weights, and the same weights give the same output however often they are used.

    The kernel is always divided, also where σ(W) < 1. The estimate approaches σ(W) from below; it
    is that of the singular vectors at the start, after 30 iterations on the initial weights. Only
    a call with `training=True` moves u, which is a non-trainable weight. A step of the generator,
    which discards the discriminator's state, therefore leaves it alone. Two calls of one step, on
    real and on generated samples, share W and differ by what one iteration more adds to σ: where u
    has converged, by rounding.

    Parameters
    ----------
    layer : keras.layers.Layer
        Dense, Conv1D to Conv3D, their transposed forms, or Embedding. A convolution's kernel is
        the matrix (everything else, outputs), as in [1]_; its operator norm as a convolution is
        another number.
    power_iterations : int
        In each call with `training=True`.
    seed : int, optional
        Of the initial u. By default Keras' own global seed decides.

    Raises
    ------
    ValueError
        If the layer is of another kind, or `power_iterations` is less than 1.

    References
    ----------
    .. [1] Miyato, Kataoka, Koyama, Yoshida (2018), "Spectral normalization for generative
       adversarial networks", equations (8) to (10), algorithm 1.

    Examples
    --------
    >>> layer = SpectralNormalization(keras.layers.Dense(3, kernel_initializer="ones"))
    >>> layer(np.ones([1, 4])).numpy().round(4)   # a matrix of ones, (4, 3): σ = √12
    array([[1.1547, 1.1547, 1.1547]], dtype=float32)
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        power_iterations: int = 1,
        *,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        # Without casting: σ is computed in the precision in which the weights are stored.
        super().__init__(layer, **{"autocast": False, **kwargs})
        self._kernel_name, self._output_axis = _matrix_of(layer)
        self.power_iterations = _checks.count("power_iterations", power_iterations)
        self.seed = None if seed is None else _checks.count("seed", seed, at_least=0)
        self.supports_masking = getattr(layer, "supports_masking", False)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Build the wrapped layer, and u from its initial weights."""
        super().build(input_shape)
        kernel = self._kernel()
        self.u = self.add_weight(
            name="u",
            shape=(kernel.shape[self._output_axis],),
            dtype=kernel.dtype,
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=self.seed),
            trainable=False,
        )
        with tf.init_scope():
            u, _ = self._iterate(self._matrix(kernel.value), self.u.value, _FIRST_ITERATIONS)
            self.u.assign(u)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """What the wrapped layer makes of the inputs with its kernel divided by σ."""
        kernel = self._kernel()
        matrix = self._matrix(kernel.value)
        fixed = ops.stop_gradient(matrix)
        u, v = self._iterate(fixed, self.u.value, self.power_iterations if training else 0)
        if training:
            self.u.assign(u)
        sigma = ops.sum(v * ops.squeeze(ops.matmul(matrix, u[:, None]), -1))
        sigma = ops.maximum(sigma, _TINY)
        values = [
            w.value / ops.cast(sigma, w.dtype) if w is kernel else w.value
            for w in self.layer.trainable_variables + self.layer.non_trainable_variables
        ]
        return self._apply(values, inputs)

    def _apply(self, values: list, inputs: Any) -> Any:
        """The wrapped layer with these values for its weights; no such layer changes its state."""
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(inputs.dtype)):
            inputs = ops.cast(inputs, self.layer.compute_dtype)
        split = len(self.layer.trainable_variables)
        outputs, _ = self.layer.stateless_call(values[:split], values[split:], inputs)
        return outputs

    def _kernel(self) -> keras.Variable:
        return getattr(self.layer, self._kernel_name)

    def _matrix(self, kernel: Any) -> Any:
        """The kernel as a matrix (everything else, outputs)."""
        kernel = ops.moveaxis(tf.convert_to_tensor(kernel), self._output_axis, -1)
        return ops.reshape(kernel, (-1, kernel.shape[-1]))

    def _iterate(self, matrix: Any, u: Any, times: int) -> tuple[Any, Any]:
        """Both singular vectors, constants for the gradient."""
        u = tf.convert_to_tensor(u)
        for _ in range(times):
            v = _unit(ops.matmul(matrix, u[:, None]))
            u = _unit(ops.matmul(ops.transpose(matrix), v))[:, 0]
        u = ops.stop_gradient(u)
        return u, ops.stop_gradient(_unit(ops.matmul(matrix, u[:, None]))[:, 0])

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """That of the wrapped layer."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The wrapped layer and both options."""
        own = {"power_iterations": self.power_iterations, "seed": self.seed}
        return {**super().get_config(), **own}


def _matrix_of(layer: keras.layers.Layer) -> tuple[str, int]:
    """The name of a layer's kernel, and the axis of its outputs."""
    kinds = keras.layers
    convolutions = (kinds.Conv1D, kinds.Conv2D, kinds.Conv3D)
    if isinstance(layer, kinds.Embedding):
        return "embeddings", -1
    if isinstance(layer, (kinds.Conv1DTranspose, kinds.Conv2DTranspose, kinds.Conv3DTranspose)):
        return "kernel", -2
    if isinstance(layer, (kinds.Dense, *convolutions)):
        return "kernel", -1
    raise ValueError(
        "layer: expected Dense, Conv1D to Conv3D, a transposed convolution or Embedding, "
        f"got {layer!r}"
    )


def _unit(vector: Any) -> Any:
    return vector / ops.maximum(ops.norm(vector), _TINY)


@_register
class OrthonormalDense(keras.layers.Layer):
    r"""Orthonormal dense layer: its kernel has all singular values one, by Björck's iteration.

    From the trained weights W₀, scaled by a bound on their largest singular value,

    .. math::

        W_0 = W / \sqrt{\|W\|_1 \|W\|_\infty}, \qquad
        W_{k+1} = W_k \bigl( I + \tfrac{1}{2} (I - W_k^T W_k) \bigr).

    A singular value s ≤ 1 goes to s(3 − s²)/2 ≤ 1, and so to one. The layer is 1-Lipschitz however
    far the iteration has come. 15 iterations bring every singular value that is at least 1/40 of
    the bound to within 1e-3 of one. Kernels with fewer inputs than outputs get orthonormal rows,
    others orthonormal columns. Gradients pass through the iteration.

    Parameters
    ----------
    units : int
    iterations : int
    use_bias : bool
    seed : int, optional
        Makes the initial weights, which are orthonormal, repeatable.

    Raises
    ------
    ValueError
        If `units` or `iterations` is less than 1, or `seed` is negative or no integer.

    References
    ----------
    .. [1] Björck, Bowie (1971), "An iterative algorithm for computing the best estimate of an
       orthogonal matrix".
    .. [2] Anil, Lucas, Grosse (2019), "Sorting out Lipschitz function approximation", equation (9)
       with p = 1.

    Examples
    --------
    A square kernel is a rotation or reflection, which keeps lengths:

    >>> x = np.array([[3.0, 0.0, 4.0]])
    >>> print(f"{np.linalg.norm(OrthonormalDense(3)(x)):.4f}")
    5.0000
    """

    def __init__(
        self,
        units: int,
        iterations: int = 15,
        *,
        use_bias: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        # Without casting: the iteration runs in the precision in which the weights are stored.
        super().__init__(**{"autocast": False, **kwargs})
        self.units = _checks.count("units", units)
        self.iterations = _checks.count("iterations", iterations)
        self.use_bias = bool(use_bias)
        self.seed = None if seed is None else _checks.count("seed", seed, at_least=0)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Create the kernel (inputs, units) and the bias (units,)."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=keras.initializers.Orthogonal(seed=self.seed),
        )
        self.bias = (
            self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
            if self.use_bias
            else None
        )

    def orthonormal_kernel(self) -> Any:
        """The kernel (inputs, units) that the layer multiplies with."""
        return _orthonormalised(tf.convert_to_tensor(self.kernel.value), self.iterations)

    def call(self, inputs: Any) -> Any:
        """(..., inputs) -> (..., units)."""
        kernel = ops.cast(self.orthonormal_kernel(), self.compute_dtype)
        outputs = ops.matmul(ops.cast(inputs, self.compute_dtype), kernel)
        return outputs if self.bias is None else outputs + ops.cast(self.bias, outputs.dtype)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """(..., inputs) -> (..., units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        names = ("units", "iterations", "use_bias", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _orthonormalised(kernel: Any, iterations: int) -> Any:
    size = ops.abs(kernel)
    bound = ops.sqrt(ops.max(ops.sum(size, axis=0)) * ops.max(ops.sum(size, axis=1)))
    kernel = kernel / ops.maximum(bound, _TINY)
    wide = kernel.shape[0] < kernel.shape[1]
    for _ in range(iterations):
        adjoint = ops.transpose(kernel)
        if wide:  # the smaller of the two products
            product = ops.matmul(ops.matmul(kernel, adjoint), kernel)
        else:
            product = ops.matmul(kernel, ops.matmul(adjoint, kernel))
        kernel = 1.5 * kernel - 0.5 * product
    return kernel


@_register
class GroupSort(keras.layers.Layer):
    """GroupSort activation: sort neighbouring features in groups, ascending, on the last axis.

    A permutation that depends on its input: 1-Lipschitz, and it keeps the norm of every gradient,
    which rectifiers do not. With groups of two it is MaxMin. Together with `OrthonormalDense` it
    approximates every 1-Lipschitz function.

    Parameters
    ----------
    group_size : int
        Must divide the number of features.

    Raises
    ------
    ValueError
        If `group_size` is less than 2. When it is built: if it does not divide the last axis.

    References
    ----------
    .. [1] Anil, Lucas, Grosse (2019), "Sorting out Lipschitz function approximation", section 4.

    Examples
    --------
    >>> GroupSort(2)(np.array([[3.0, 1.0, 2.0, 5.0]])).numpy()
    array([[1., 3., 2., 5.]], dtype=float32)
    """

    def __init__(self, group_size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group_size = _checks.count("group_size", group_size, at_least=2)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Check that the groups fit."""
        features = input_shape[-1]
        if features is None or features % self.group_size:
            raise ValueError(
                f"inputs: expected a multiple of {self.group_size} features on the last axis, "
                f"got shape {tuple(input_shape)}"
            )

    def call(self, inputs: Any) -> Any:
        """(..., features) -> (..., features)."""
        shape = ops.shape(inputs)
        groups = ops.reshape(inputs, (*shape[:-1], shape[-1] // self.group_size, self.group_size))
        return ops.reshape(_sorted(groups), shape)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """That of the input."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "group_size": self.group_size}


def _sorted(groups: Any) -> Any:
    """Sorted on the last axis; for pairs without the price of a general sort."""
    if groups.shape[-1] != 2:
        return ops.sort(groups, axis=-1)
    first, second = groups[..., 0], groups[..., 1]
    # One condition for both: among equals a maximum and a minimum would send the gradient twice.
    swap = first > second
    pair = [ops.where(swap, second, first), ops.where(swap, first, second)]
    return ops.stack(pair, axis=-1)


@_register
class ClipWeights(keras.constraints.Constraint):
    """Weight clipping: after each update, every weight is put back into [−limit, limit].

    The original way to keep a Wasserstein critic's Lipschitz constant bounded.

    Parameters
    ----------
    limit : float > 0

    Raises
    ------
    ValueError
        If the limit is not a positive, finite number.

    References
    ----------
    .. [1] Arjovsky, Chintala, Bottou (2017), "Wasserstein generative adversarial networks",
       algorithm 1, with limit 0.01.

    Examples
    --------
    >>> ClipWeights(0.01)(np.array([-1.0, 0.005, 1.0])).numpy()
    array([-0.01 ,  0.005,  0.01 ])
    """

    def __init__(self, limit: float) -> None:
        self.limit = _checks.positive("limit", limit)

    def __call__(self, value: Any) -> Any:
        """The clipped weights."""
        return ops.clip(value, -self.limit, self.limit)

    def get_config(self) -> dict[str, float]:
        """What the constraint was made with."""
        return {"limit": self.limit}


@_register
class Pack(keras.layers.Layer):
    """Packing: m successive samples become one, side by side on the last axis (PacGAN).

    (n, ..., c) -> (n/m, ..., m·c). A discriminator that begins with it judges m samples at once,
    and sees from them that a generator has collapsed to too few.

    Parameters
    ----------
    m : int
        Must divide the size of every batch.

    Raises
    ------
    ValueError
        If m is less than 1, the input has no axis beside that of the batch, or a batch whose size
        is known does not divide into packs. In a graph that learns the size only when it runs,
        `tf.errors.InvalidArgumentError` in place of the last.

    References
    ----------
    .. [1] Lin, Khetan, Fanti, Oh (2018), "PacGAN: the power of two samples in generative
       adversarial networks", section 3.

    Examples
    --------
    >>> Pack(2)(np.array([[1.0, 2.0], [3.0, 4.0]])).numpy()
    array([[1., 2., 3., 4.]], dtype=float32)
    """

    def __init__(self, m: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.m = _checks.count("m", m)

    def call(self, inputs: Any) -> Any:
        """(n, ..., c) -> (n/m, ..., m·c)."""
        inputs = self._checked(inputs)
        _, *middle, channels = ops.shape(inputs)
        packs = ops.reshape(inputs, (-1, self.m, *middle, channels))
        packs = ops.moveaxis(packs, 1, -2)
        return ops.reshape(packs, (-1, *middle, self.m * channels))

    def _checked(self, inputs: Any) -> Any:
        self.compute_output_shape(inputs.shape)
        if inputs.shape[0] is not None:
            return inputs
        message = f"inputs: expected a multiple of {self.m} samples, as Pack({self.m}) needs"
        divides = tf.debugging.assert_equal(tf.shape(inputs)[0] % self.m, 0, message=message)
        with tf.control_dependencies([divides]):
            return tf.identity(inputs)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """(n, ..., c) -> (n/m, ..., m·c)."""
        if len(input_shape) < 2:
            raise ValueError(f"inputs: expected shape (n, ..., c), got {tuple(input_shape)}")
        n, *middle, channels = input_shape
        if n is not None and n % self.m:
            raise ValueError(
                f"inputs: expected a multiple of {self.m} samples, as Pack({self.m}) needs, got {n}"
            )
        packed = None if channels is None else self.m * channels
        return (None if n is None else n // self.m, *middle, packed)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        return {**super().get_config(), "m": self.m}


@_register
class ClassEmbedding(keras.layers.Layer):
    """Embedding of class labels: one trained vector for each class, and NaN for no class.

    Labels outside 0, …, num_classes − 1 are a ValueError where their values can be seen. Inside a
    compiled function their vectors are NaN, on every device, so that the loss is NaN and training
    stops. (TensorFlow's own lookup would raise on a CPU and give zeros on a GPU.)

    Parameters
    ----------
    num_classes, units : int
    initializer : keras.initializers.Initializer or its name
        Of the table (num_classes, units).

    Raises
    ------
    ValueError
        If `num_classes` or `units` is less than 1. In a call: if a label is none of the classes.

    Examples
    --------
    >>> ClassEmbedding(3, 2, initializer="ones")(np.array([0, 2])).numpy()
    array([[1., 1.],
           [1., 1.]], dtype=float32)
    """

    def __init__(
        self, num_classes: int, units: int, *, initializer: Any = "random_normal", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes = _checks.count("num_classes", num_classes)
        self.units = _checks.count("units", units)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Create the table (num_classes, units)."""
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.num_classes, self.units),
            initializer=self.initializer,
        )

    def call(self, labels: Any) -> Any:
        """Integers (n,) -> vectors (n, units)."""
        known = (labels >= 0) & (labels < self.num_classes)
        self._check(labels, known)
        vectors = ops.take(self.embeddings, ops.where(known, labels, 0), axis=0)
        return ops.where(known[..., None], vectors, np.nan)

    def _check(self, labels: Any, known: Any) -> None:
        if tf.executing_eagerly() and tf.is_tensor(known) and not bool(ops.all(known)):
            wrong = np.asarray(labels)[~np.asarray(known)]
            raise ValueError(
                f"labels: expected whole numbers from 0 to {self.num_classes - 1}, got {wrong[0]}"
            )

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """(n,) -> (n, units)."""
        return (*input_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """What the layer was made with."""
        own = {
            "num_classes": self.num_classes,
            "units": self.units,
            "initializer": keras.initializers.serialize(self.initializer),
        }
        return {**super().get_config(), **own}


@_register
class LeakyReLU(keras.layers.LeakyReLU):
    r"""Leaky rectifier: x where x > 0, else `negative_slope` · x.

    `keras.layers.LeakyReLU` with a fence before it, which copies nothing and moves no bit. Without
    one TensorFlow's graph optimiser fails on a processor where oneDNN is on, with a line on stderr:
    it fuses a convolution, its bias and the rectifier into one operation, although the rectifier's
    gradient still asks for what stood between them.

    Parameters
    ----------
    negative_slope : float >= 0

    Examples
    --------
    >>> LeakyReLU(0.2)(np.array([-1.0, 2.0])).numpy()
    array([-0.2,  2. ], dtype=float32)
    """

    def call(self, inputs: Any) -> Any:
        """(...) -> (...)."""
        return super().call(_fenced(inputs))


def _fenced(inputs: Any) -> Any:
    """The same tensor as the output of an operation that the optimiser neither fuses nor removes.

    On a GPU there is nothing to fence, and the operation could stand in the way of a layout.
    """
    if tf.executing_eagerly() or tf.config.list_physical_devices("GPU"):
        return inputs
    return tf.ensure_shape(inputs, inputs.shape)
