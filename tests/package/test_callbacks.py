"""Callbacks through `GAN.fit`, on networks of a few weights."""

import csv
import inspect
import types
from typing import NamedTuple

import keras
import numpy as np
import pytest
from matplotlib.image import imread

from gan_utils import (
    GAN,
    NON_SATURATING,
    ForPlayer,
    Quality,
    SampleImages,
    callbacks,
    frechet_distance,
    kernel_distance,
    mlp,
    plotting,
    precision_recall,
)

pytestmark = pytest.mark.slow

DATA = np.tanh(np.random.default_rng(0).normal(size=[64, 2])).astype(np.float32)
HELD_OUT = np.random.default_rng(1).normal(size=[50, 2]).astype(np.float32)


def networks(shape=(2,)):
    dim = int(np.prod(shape))
    generator = keras.Sequential(
        [keras.Input([3]), keras.layers.Dense(dim, "tanh"), keras.layers.Reshape(shape)]
    )
    discriminator = keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    return generator, discriminator


def compiled(gan):
    gan.compile(
        generator_optimizer=keras.optimizers.SGD(0.1),
        discriminator_optimizer=keras.optimizers.SGD(0.1),
    )
    return gan


def make(shape=(2,)):
    keras.utils.set_random_seed(0)
    return compiled(GAN(*networks(shape), NON_SATURATING, seed=0))


def fit(gan, *given, epochs=1, data=DATA, **options):
    return gan.fit(
        data, batch_size=32, epochs=epochs, callbacks=list(given), verbose=0, **options
    ).history


def mean_distance(real, fake):
    """A metric with a known answer."""
    return np.linalg.norm(real.mean(axis=0) - fake.mean(axis=0))


class Estimate(NamedTuple):
    value: float
    standard_error: float


class Notebook:
    """In place of IPython's display: what was shown, and in which place."""

    def __init__(self, monkeypatch):
        self.shown = []
        monkeypatch.setattr("IPython.display.Image", lambda data: data)
        monkeypatch.setattr("IPython.display.display", self.display)
        self.shell = types.SimpleNamespace(kernel=object())
        monkeypatch.setattr("IPython.get_ipython", lambda: self.shell)

    def display(self, picture, display_id):
        assert display_id is True
        place = len(self.shown)
        self.shown.append([picture])
        return types.SimpleNamespace(update=lambda data: self.shown[place].append(data))


class TestSampleImages:
    def test_writes_a_picture_after_every_few_epochs(self, tmp_path):
        folder = tmp_path / "new" / "pictures"
        fit(make(), SampleImages(every=2, folder=folder), epochs=5)
        assert sorted(path.name for path in folder.iterdir()) == [
            "epoch_0002.png",
            "epoch_0004.png",
        ]

    def test_has_the_same_noise_every_time(self, monkeypatch):
        seen = []
        gan = make()
        sample = gan.sample
        monkeypatch.setattr(gan, "sample", lambda n, *, seed: seen.append((n, seed)))
        monkeypatch.setattr(callbacks, "_png", lambda samples, columns, title: b"")
        Notebook(monkeypatch)
        fit(gan, SampleImages(n=9, seed=4), epochs=3)
        assert seen == 3 * [(9, 4)]
        np.testing.assert_array_equal(sample(9, seed=4), sample(9, seed=4))

    @pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
    def test_draws_the_samples(self, tmp_path, channels):
        """Where the generator is constant, so is the picture's middle."""
        gan = make((6, 6, channels))
        gan.generator.set_weights([0 * w for w in gan.generator.get_weights()])
        gan.generator.layers[0].bias.assign(0.5 * np.ones(36 * channels))
        gan.generator_optimizer.learning_rate = 0.0
        fit(gan, SampleImages(folder=tmp_path), data=np.zeros([64, 6, 6, channels], np.float32))
        picture = imread(tmp_path / "epoch_0001.png")
        middle = picture[picture.shape[0] // 2, picture.shape[1] // 2, :3]
        np.testing.assert_allclose(middle, (1 + np.tanh(0.5)) / 2, atol=0.01)  # 8 bits

    def test_replaces_the_picture_in_a_notebook(self, monkeypatch):
        notebook = Notebook(monkeypatch)
        shower = SampleImages()
        fit(make(), shower, epochs=3)
        fit(make(), shower, epochs=2)
        assert [len(pictures) for pictures in notebook.shown] == [3, 2]
        assert notebook.shown[0][0].startswith(b"\x89PNG")
        assert notebook.shown[0][0] != notebook.shown[0][1]

    def test_shows_nothing_where_it_should_not(self, monkeypatch, tmp_path):
        notebook = Notebook(monkeypatch)
        fit(make(), SampleImages(show=False, folder=tmp_path))
        assert len(list(tmp_path.iterdir())) == 1
        notebook.shell = None  # IPython imported by a program
        fit(make(), SampleImages())
        notebook.shell = types.SimpleNamespace()  # IPython in a terminal
        fit(make(), SampleImages())
        assert notebook.shown == []

    def test_does_not_change_the_training(self, tmp_path):
        one, other = make(), make()
        fit(one, epochs=3, shuffle=False)
        watched = [SampleImages(folder=tmp_path), Quality(HELD_OUT, n=20, metrics=[mean_distance])]
        fit(other, *watched, epochs=3, shuffle=False)
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)

    @pytest.mark.parametrize("shape", [(3,), (4, 2)])
    def test_names_samples_that_cannot_be_drawn(self, shape):
        with pytest.raises(ValueError, match="model: expected samples that are images"):
            fit(make(shape), SampleImages(), data=np.zeros([64, *shape], np.float32))

    def test_names_a_model_that_is_no_gan(self):
        model = mlp(2, 1)
        model.compile("sgd", "mse")
        for callback in (SampleImages(), Quality(HELD_OUT)):
            with pytest.raises(ValueError, match=r"model: expected a gan_utils\.GAN"):
                model.fit(DATA, DATA[:, :1], callbacks=[callback], verbose=0)


def test_a_conditional_model_shows_its_classes_in_turn(monkeypatch):
    asked = []

    class Conditional(GAN):
        num_classes = 3

        def sample(self, n, *, seed, labels):
            asked.append(list(labels))
            return super().sample(n, seed=seed)

    gan = compiled(Conditional(*networks(), NON_SATURATING, seed=0))
    Notebook(monkeypatch)
    fit(gan, SampleImages(n=5), Quality(HELD_OUT, n=4, metrics=[mean_distance]))
    assert sorted(asked) == [[0, 1, 2, 0], [0, 1, 2, 0, 1]]


@pytest.mark.parametrize(
    ("n", "classes", "columns"),
    [(16, None, 4), (17, None, 5), (16, 4, 4), (16, 3, 3), (16, 10, 10), (16, 2, 4), (16, 17, 4)],
)
def test_a_class_has_columns_of_its_own(monkeypatch, tmp_path, n, classes, columns):
    """Wherever all classes are drawn, a column holds samples of one."""
    drawn = []
    monkeypatch.setattr(callbacks, "_samples", lambda *_: np.zeros([n, 4, 4, 1]))
    monkeypatch.setattr(
        plotting, "image_grid", lambda images, ax, *, columns: drawn.append(columns)
    )
    shower = SampleImages(n, folder=tmp_path)
    shower.set_model(types.SimpleNamespace(num_classes=classes))
    shower.on_epoch_end(0)
    assert drawn == [columns]
    assert classes is None or classes > n or columns % classes == 0


class TestQuality:
    def test_measures_samples_against_real_data(self):
        gan = make()
        history = fit(gan, Quality(HELD_OUT, n=40, seed=3, metrics=[mean_distance]))
        expected = mean_distance(HELD_OUT, gan.sample(40, seed=3))
        assert history["mean_distance"] == [pytest.approx(expected, rel=1e-6)]

    @pytest.mark.skipif(
        list(inspect.signature(frechet_distance).parameters)[:2] != ["real", "fake"],
        reason="frechet_distance takes moments",
    )
    def test_has_the_frechet_distance_of_samples_by_default(self):
        """frechet_distance(real, fake): also the distance of two laws that are one, which is 0."""
        gan = make()
        real = gan.sample(30, seed=0)
        gan.generator_optimizer.learning_rate = 0.0
        history = fit(gan, Quality(real, n=30))
        assert history["frechet_distance"] == [pytest.approx(0, abs=1e-6)]

    def test_features_of_real_data_are_computed_once(self):
        sizes = []

        def features(samples):
            sizes.append(samples.shape)
            return samples[:, :1]

        gan = make()
        quality = Quality(HELD_OUT, features, n=40, metrics={"x": mean_distance})
        history = fit(gan, quality, epochs=2)
        fit(gan, quality)
        assert sizes == [(50, 2), (40, 2), (40, 2), (40, 2)]
        assert history["x"][-1] != fit(gan, Quality(HELD_OUT, metrics={"x": mean_distance}))["x"][0]

    def test_images_are_flattened(self):
        shape = (4, 4, 1)
        images = np.zeros([64, *shape], np.float32)
        seen = []
        metric = {"m": lambda real, fake: seen.append((real.shape, fake.shape)) or 0.0}
        fit(make(shape), Quality(images, n=8, metrics=metric), data=images)
        assert seen == [((64, 16), (8, 16))]

    def test_no_epoch_lacks_a_value(self):
        """The first epoch, every second and the last are measured, the others repeat."""
        calls = iter(range(100))
        metric = {"m": lambda real, fake: float(next(calls))}
        history = fit(make(), Quality(HELD_OUT, every=2, metrics=metric), epochs=7)
        assert history["m"] == [0, 1, 1, 2, 2, 3, 4]

    @pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
    def test_what_reads_the_logs_sees_it_wherever_it_stands(self, tmp_path, order, recwarn):
        falling = iter([3.0, 2.0, 2.5, 2.6, 2.7, 2.8])
        metric = {"falling": lambda real, fake: next(falling)}
        stop = keras.callbacks.EarlyStopping("falling", mode="min", patience=2)
        log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
        best = keras.callbacks.ModelCheckpoint(
            tmp_path / "{epoch}_{falling:.1f}.keras", "falling", mode="min", save_best_only=True
        )
        given = [Quality(HELD_OUT, metrics=metric), stop, log, best][::order]
        history = fit(make(), *given, epochs=6)
        assert history["falling"] == [3.0, 2.0, 2.5, 2.6]
        with (tmp_path / "log.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [float(row["falling"]) for row in rows] == history["falling"]
        saved = sorted(path.name for path in tmp_path.glob("*.keras"))
        assert saved == ["1_3.0.keras", "2_2.0.keras"]
        assert not [w for w in recwarn if "available" in str(w.message)]

    def test_tuples_have_the_names_of_their_fields(self):
        def estimated(real, fake):
            return Estimate(1.5, 0.1)

        metrics = [precision_recall, estimated, kernel_distance]
        history = fit(make(), Quality(HELD_OUT, n=20, metrics=metrics))
        assert {"precision", "recall", "estimated", "estimated_standard_error"} < set(history)
        assert "kernel_distance" in history
        assert history["estimated"] == [1.5]

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({"features": 3}, "features: expected a function"),
            ({"metrics": mean_distance}, "metrics: expected a sequence"),
            ({"metrics": "frechet_distance"}, "metrics: expected a sequence"),
            ({"metrics": []}, "metrics: expected functions of"),
            ({"metrics": {"a": 1}}, "metrics: expected functions of"),
            ({"metrics": 2 * [mean_distance]}, "metrics: expected a dict, or functions of differ"),
            ({"n": 0}, "n: expected at least 1"),
            ({"every": 0}, "every: expected at least 1"),
            ({"seed": -1}, "seed: expected at least 0"),
            ({"real": HELD_OUT[:0]}, "real: expected at least one value"),
        ],
    )
    def test_wrong_input_is_named(self, options, complaint):
        with pytest.raises(ValueError, match=complaint):
            Quality(**{"real": HELD_OUT, **options})

    @pytest.mark.parametrize(
        ("options", "complaint"),
        [
            ({"real": HELD_OUT[:, :1]}, r"real: expected shape \(n, 2\), got \(50, 1\)"),
            ({"features": lambda x: x[:, 0]}, r"features: expected shape \(50, dim\), got \(50,\)"),
            ({"metrics": {"m": lambda real, fake: real}}, "metrics: expected one number for m"),
            (
                {"metrics": {"a": precision_recall, "b": precision_recall}},
                r"metrics: expected one result of each name, got two of \['precision', 'recall'\]",
            ),
        ],
    )
    def test_what_shows_in_training_is_named(self, options, complaint):
        with pytest.raises(ValueError, match=complaint):
            fit(make(), Quality(**{"real": HELD_OUT, **options}))


class TestForPlayer:
    @pytest.mark.parametrize("player", ["generator", "discriminator"])
    def test_a_schedule_moves_its_own_player_only(self, player):
        gan = make()
        halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        history = fit(gan, ForPlayer(player, halve), epochs=2)
        rates = {
            name: float(getattr(gan, f"{name}_optimizer").learning_rate)
            for name in ("generator", "discriminator")
        }
        assert rates.pop(player) == pytest.approx(0.1 / 4)
        assert list(rates.values()) == [pytest.approx(0.1)]
        assert history[f"{player}_learning_rate"] == pytest.approx([0.1 / 2, 0.1 / 4])
        assert "learning_rate" not in history

    def test_one_schedule_serves_both_players(self):
        gan = make()
        halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        fit(gan, ForPlayer("generator", halve), ForPlayer("discriminator", halve))
        for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
            assert float(optimizer.learning_rate) == pytest.approx(0.05)

    def test_a_plateau_of_the_quality_lowers_the_rate(self):
        gan = make()
        plateau = keras.callbacks.ReduceLROnPlateau("m", mode="min", factor=0.1, patience=1)
        quality = Quality(HELD_OUT, metrics={"m": lambda real, fake: 1.0})
        history = fit(gan, ForPlayer("discriminator", plateau), quality, epochs=3)
        # Keras logs the rate of the epoch, and lowers it afterwards.
        assert history["discriminator_learning_rate"] == pytest.approx([0.1, 0.1, 0.01])
        assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(0.001)
        assert float(gan.generator_optimizer.learning_rate) == pytest.approx(0.1)

    def test_wrong_input_is_named(self):
        plateau = keras.callbacks.ReduceLROnPlateau()
        with pytest.raises(ValueError, match="player: expected one of generator, discriminator"):
            ForPlayer("critic", plateau)
        with pytest.raises(ValueError, match=r"callback: expected a keras.callbacks.Callback"):
            ForPlayer("generator", 0.1)
