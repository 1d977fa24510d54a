"""Keras callbacks for GANs: samples and their quality while they train (TensorFlow)."""

import io
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gan_utils import _checks, metrics, plotting

Metric = Callable[[np.ndarray, np.ndarray], Any]
_PLAYERS = ("generator", "discriminator")
_INCHES = 4.0
_FRECHET: tuple[Any, ...] = (metrics.frechet_distance,)


class SampleImages(keras.callbacks.Callback):
    """Sample grid during training: the same noise after every few epochs, as one picture.

    Images are drawn as a mosaic, points in the plane as a scatter plot. In a notebook the picture
    is replaced by the next one; in a terminal nothing is shown. A conditional model draws its
    classes in turn, each in a column, or several, of its own.

    Parameters
    ----------
    n : int
        Samples in a picture.
    every : int
        Epochs from one picture to the next.
    folder : path, optional
        Where to write the pictures, as epoch_0001.png and so on. It is made if it is missing.
    show : bool
        Whether to show them in a notebook.
    seed : int
        Of the noise.

    Raises
    ------
    ValueError
        If an argument is not as described, or, when training begins, the model is not a `GAN` whose
        samples are images (n, height, width, channels) or points (n, 2).

    Examples
    --------
    >>> SampleImages(n=64, every=10, folder="pictures").every
    10
    """

    def __init__(
        self,
        n: int = 16,
        every: int = 1,
        folder: str | Path | None = None,
        show: bool = True,
        *,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.n = _checks.count("n", n)
        self.every = _checks.count("every", every)
        self.folder = None if folder is None else Path(folder)
        self.show = bool(show)
        self.seed = _checks.count("seed", seed, at_least=0)
        self._handle: Any = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Check the samples' shape before time is spent on training."""
        shape = _gan(self.model).generator.output_shape
        if len(shape) != 4 and shape[1:] != (2,):
            raise ValueError(
                f"model: expected samples that are images (n, height, width, channels) or points "
                f"(n, 2), got {shape}"
            )
        self._handle = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw the grid, if this epoch is one of those wanted."""
        showing = self.show and _in_notebook()
        if (epoch + 1) % self.every or not (showing or self.folder):
            return
        samples = _samples(self.model, self.n, self.seed)
        columns = _columns(self.n, getattr(self.model, "num_classes", None))
        picture = _png(samples, columns, f"epoch {epoch + 1}")
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"epoch_{epoch + 1:04d}.png").write_bytes(picture)
        if showing:
            self._display(picture)

    def _display(self, picture: bytes) -> None:
        from IPython.display import Image, display

        if self._handle is None:
            self._handle = display(Image(picture), display_id=True)
        else:
            self._handle.update(Image(picture))


class Quality(keras.callbacks.Callback):
    """Sample quality in the logs of each epoch: the Fréchet distance, and what else is asked for.

    `EarlyStopping("frechet_distance", mode="min")`, `ModelCheckpoint`, `CSVLogger`, `TensorBoard`
    and `History` then see it like a loss (Keras wants to be told the mode). `GAN.fit` calls this
    callback before theirs, wherever it stands in the list.

    It is measured after the first epoch of a fit, after the last, and after every `every`-th. In
    between the logs repeat the latest value, so that no epoch lacks it; a `patience` counts epochs.

    Parameters
    ----------
    real : (m, ...) array
        Real data, best not those of the training. Estimates from samples are biased, the Fréchet
        distance upwards by about dim/m + dim/n and more: compare only values of the same m and n.
    features : callable, optional
        (n, ...) -> (n, dim), such as `digit_features`; the features of `real` are computed once.
        By default samples are flattened.
    n : int
        Generated samples, of the same noise each time.
    every : int
        Epochs.
    seed : int
        Of the noise.
    metrics : sequence of callables, or dict of such by name
        (real, fake) -> number, or NamedTuple of numbers. A number is logged under the callable's
        name; a tuple under the names of its fields, such as precision and recall, where one that is
        called value has the callable's name.

    Raises
    ------
    ValueError
        If an argument is not as described; when training begins, if the model is not a `GAN` or the
        features do not have shape (m, dim); or, after an epoch, if two results have one name.

    References
    ----------
    .. [1] Heusel et al. (2017), "GANs trained by a two time-scale update rule converge to a local
       Nash equilibrium", equation (6).

    Examples
    --------
    >>> from gan_utils import frechet_distance, precision_recall
    >>> quality = Quality(np.zeros([50, 2]), metrics=[frechet_distance, precision_recall], every=5)
    >>> list(quality.metrics)
    ['frechet_distance', 'precision_recall']
    """

    def __init__(
        self,
        real: np.ndarray,
        features: Callable[[np.ndarray], np.ndarray] | None = None,
        *,
        n: int = 1000,
        every: int = 1,
        seed: int = 0,
        metrics: Iterable[Metric] | Mapping[str, Metric] = _FRECHET,
    ) -> None:
        super().__init__()
        if features is not None and not callable(features):
            raise ValueError(f"features: expected a function of samples, got {features!r}")
        self.n = _checks.count("n", n)
        self.every = _checks.count("every", every)
        self.seed = _checks.count("seed", seed, at_least=0)
        self.features = features
        self.metrics = _named(metrics)
        self._data = _checks.filled("real", real)
        self._real: Any = None
        self._latest: dict[str, float] = {}

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Compute the features of the real data, once; the first epoch is always measured."""
        expected = _gan(self.model).generator.output_shape
        _checks.shape("real", self._data, expected)
        if self._real is None:
            self._real = self._features_of(self._data.astype(np.float32))
        self._latest = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Add the latest results to the logs, which Keras hands on to the callbacks behind."""
        last = epoch + 1 == (self.params or {}).get("epochs")
        if not self._latest or last or (epoch + 1) % self.every == 0:
            self._latest = self._measured()
        if logs is not None:
            logs.update(self._latest)

    def _measured(self) -> dict[str, float]:
        fake = self._features_of(_samples(self.model, self.n, self.seed))
        found: dict[str, float] = {}
        for name, metric in self.metrics.items():
            results = _by_name(name, metric(self._real, fake))
            twice = sorted(found.keys() & results.keys())
            if twice:
                raise ValueError(f"metrics: expected one result of each name, got two of {twice}")
            found |= results
        return found

    def _features_of(self, samples: np.ndarray) -> np.ndarray:
        n = len(samples)
        if self.features is None:
            return samples.reshape(n, -1)
        computed = np.asarray(self.features(samples))
        if computed.ndim != 2 or len(computed) != n:
            raise ValueError(f"features: expected shape ({n}, dim), got {computed.shape}")
        return computed


class ForPlayer(keras.callbacks.Callback):
    """Optimizer callback for one player, such as `ReduceLROnPlateau` for the generator.

    Keras' callbacks change `model.optimizer`, and a GAN has two. This one shows a callback the
    model with one player's optimizer in that place. What it adds to the logs has the player's name
    in front: generator_learning_rate. A rate that depends on the number of updates alone needs no
    callback: give the optimizer one of `keras.optimizers.schedules`.

    Parameters
    ----------
    player : "generator" or "discriminator"
    callback : keras.callbacks.Callback

    Raises
    ------
    ValueError
        If an argument is not as described, or, when training begins, the model is not a `GAN`.

    Examples
    --------
    >>> decay = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.9 * rate)
    >>> both = [ForPlayer("generator", decay), ForPlayer("discriminator", decay)]
    """

    def __init__(self, player: str, callback: keras.callbacks.Callback) -> None:
        super().__init__()
        if player not in _PLAYERS:
            raise ValueError(f"player: expected one of {', '.join(_PLAYERS)}, got {player!r}")
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(f"callback: expected a keras.callbacks.Callback, got {callback!r}")
        self.player = player
        self.callback = callback

    def set_params(self, params: dict[str, Any]) -> None:
        """Hand the parameters of `fit` to the callback."""
        super().set_params(params)
        self.callback.set_params(params)

    def set_model(self, model: keras.Model) -> None:
        """Show the callback the model with this player's optimizer."""
        super().set_model(model)
        self.callback.set_model(_WithOptimizerOf(self.player, _gan(model)))

    def _call(self, hook: str, *position: int, logs: dict[str, float] | None) -> None:
        """Let the callback see a copy of the logs; what is new goes into them under our name."""
        given = dict(logs or {})
        # One callback may serve both players: each time it is shown the one whose turn it is.
        self.callback.set_model(_WithOptimizerOf(self.player, self.model))
        getattr(self.callback, hook)(*position, given)
        if logs is not None:
            logs |= {f"{self.player}_{key}": given[key] for key in given.keys() - logs.keys()}

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_train_begin", logs=logs)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_train_end", logs=logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_epoch_end", epoch, logs=logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_train_batch_begin", batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Call the callback's own hook of this name."""
        self._call("on_train_batch_end", batch, logs=logs)


class _WithOptimizerOf:
    """A GAN as a callback of Keras expects a model: with one optimizer."""

    def __init__(self, player: str, gan: keras.Model) -> None:
        self._gan = gan
        self.optimizer = getattr(gan, f"{player}_optimizer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gan, name)


def in_order(
    callbacks: Iterable[keras.callbacks.Callback],
) -> list[keras.callbacks.Callback]:
    """Order of calls: what adds to the logs, `Quality`, before what reads them.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback

    Returns
    -------
    list, otherwise in the order given

    Examples
    --------
    >>> [type(each).__name__ for each in in_order([SampleImages(), Quality(np.zeros([9, 2]))])]
    ['Quality', 'SampleImages']
    """
    return sorted(callbacks, key=lambda callback: not isinstance(callback, Quality))


def _gan(model: Any) -> keras.Model:
    if not callable(getattr(model, "sample", None)):
        raise ValueError(f"model: expected a gan_utils.GAN, got {type(model).__name__}")
    return model


def _samples(gan: Any, n: int, seed: int) -> np.ndarray:
    """Samples from always the same noise, the classes of a conditional model in turn."""
    classes = getattr(gan, "num_classes", None)
    labels = {} if classes is None else {"labels": np.arange(n) % classes}
    return gan.sample(n, seed=seed, **labels)


def _columns(n: int, classes: int | None) -> int:
    """Columns of a nearly square grid: as near as leaves every class its own."""
    side = math.ceil(math.sqrt(n))
    if classes is None or classes > n:
        return side
    return classes * max(1, round(side / classes))


def _png(samples: np.ndarray, columns: int, title: str) -> bytes:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_INCHES, _INCHES), layout="constrained")
    ax = figure.subplots()
    ax.set_title(title)
    if samples.ndim == 4:
        plotting.image_grid(np.clip(samples, -1, 1), ax, columns=columns)
    else:
        ax.scatter(samples[:, 0], samples[:, 1], s=4, color=plotting.P_G["color"])
        ax.set_aspect("equal", adjustable="datalim")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _in_notebook() -> bool:
    """Whether a kernel runs this, so that pictures can be shown; IPython in a terminal has none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _named(given: Iterable[Metric] | Mapping[str, Metric]) -> dict[str, Metric]:
    if callable(given) or isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"metrics: expected a sequence of functions or a dict, got {given!r}")
    if isinstance(given, Mapping):
        named = dict(given)
    else:
        several = list(given)
        named = {getattr(metric, "__name__", None): metric for metric in several}
        if None in named or len(named) < len(several):
            raise ValueError(
                f"metrics: expected a dict, or functions of different names, got {several}"
            )
    if not named or not all(map(callable, named.values())):
        raise ValueError(f"metrics: expected functions of (real, fake), got {named}")
    return named


def _by_name(name: str, result: Any) -> dict[str, float]:
    """A metric's numbers under the names that they have in the logs."""
    if not hasattr(result, "_asdict"):
        return {name: _one_number(name, result)}
    fields = result._asdict()
    if "value" in fields:
        fields = {name if key == "value" else f"{name}_{key}": x for key, x in fields.items()}
    return {key: _one_number(key, x) for key, x in fields.items()}


def _one_number(name: str, value: Any) -> float:
    if not isinstance(value, Real) and np.ndim(value):
        raise ValueError(f"metrics: expected one number for {name}, got shape {np.shape(value)}")
    return float(value)
