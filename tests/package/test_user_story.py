"""README's program for images of one's own: watched, killed, gone on with, loaded and judged."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import gan_utils  # noqa: F401 (registers what the files hold)
from book import pages

pytestmark = pytest.mark.slow

ROOT = pages.ROOT
CLASSES = ("cross", "disc", "square", "triangle")
NUMBER, BATCH, EPOCHS, SIZE = 480, 64, 3, 32
STEPS = -(-NUMBER // BATCH)

# The program's own numbers, and those that take seconds.
SMALL = {'"width": 32': '"width": 8', "epochs=40": f"epochs={EPOCHS}"}

# In the middle of the last epoch: nothing is cleared up, nothing written.
DEATH = f"""
class Death(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step) == {(EPOCHS - 1) * STEPS + 3}:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)

watch.append(Death())
"""


def shapes(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy images of one coloured shape each, of any place, size and hue, and their classes."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(CLASSES)
    centre, radius = rng.uniform(-0.3, 0.3, [2, n, 1, 1]), rng.uniform(0.35, 0.6, [n, 1, 1])
    axis = np.linspace(-1, 1, SIZE)
    x, y = (axis - centre[0]) / radius, (axis[:, None] - centre[1]) / radius
    low, high = np.minimum(abs(x), abs(y)), np.maximum(abs(x), abs(y))
    triangle = (y < 0.8) & (y > 2 * abs(x) - 1)
    inside = [(low < 0.3) & (high < 1), x**2 + y**2 < 1, high < 0.85, triangle]
    drawn = np.select([labels[:, None, None] == k for k in range(len(CLASSES))], inside)
    hue = rng.uniform(0, 2 * np.pi, [n, 1, 1, 1]) + np.arange(3) * 2 * np.pi / 3
    images = np.where(drawn[..., None], 160 + 90 * np.cos(hue), 30.0)
    images = images + rng.normal(scale=8.0, size=images.shape)
    return np.clip(images, 0, 255).astype(np.uint8), labels


def write(folder: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Both forms of the data: arrays, and a folder of pictures for each class."""
    np.save(folder / "images.npy", images)
    np.save(folder / "labels.npy", labels)
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / "photos" / CLASSES[label] / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(path, image, scale=False)


def block(word: str) -> str:
    """The one block of README that has this word in it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = [b.body for b in pages.parse_blocks(text) if b.name == "python" and word in b.body]
    assert len(found) == 1
    return found[0]


def program(form: str, insert: str = "") -> str:
    """README's training on the small data, with something inserted before `fit`."""
    source = block("SampleImages(")
    before, fit, after = source.partition("gan.fit(")
    line, _, after = after.partition("\n")
    fit += line + "\n"
    if form == "folder":
        fit = block("image_dataset_from_directory") + "\n"
    source = before + insert + fit + after
    for whole, small in SMALL.items():
        assert source.count(whole) == 1
        source = source.replace(whole, small)
    return source


def started(source: str, folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen, returncode: int = 0) -> str:
    printed, complaints = process.communicate()
    assert process.returncode == returncode, complaints[-4000:]
    return printed


@pytest.fixture(scope="module", params=["arrays", "folder"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Where training was not interrupted, and where it was."""
    through, killed = (tmp_path_factory.mktemp(name) for name in ("through", "killed"))
    for folder in (through, killed):
        write(folder, *shapes(NUMBER, seed=0))
    whole = started(program(request.param), through)
    ended(started(program(request.param, DEATH), killed), -signal.SIGKILL)
    assert len(pictures(killed)) == EPOCHS - 1
    assert not (killed / "gan.keras").exists()
    ended(started(program(request.param), killed))
    ended(whole)
    return through, killed


def pictures(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "samples").iterdir())


def test_samples_were_shown_as_they_came(story):
    through, _ = story
    assert pictures(through) == [f"epoch_{epoch + 1:04d}.png" for epoch in range(EPOCHS)]
    contents = {(through / "samples" / name).read_bytes() for name in pictures(through)}
    assert len(contents) == EPOCHS
    assert all(content.startswith(b"\x89PNG") for content in contents)


def test_training_that_was_killed_goes_on_to_the_same_bits(story):
    """Weights, averages, both optimizers and the step; and the last picture."""
    through, killed = story
    one, other = (keras.models.load_model(folder / "gan.keras") for folder in (through, killed))
    assert int(one.step) == EPOCHS * STEPS
    for variables in ("variables", "generator_optimizer", "discriminator_optimizer"):
        values = [getattr(gan, variables) for gan in (one, other)]
        pair = [getattr(value, "variables", value) for value in values]
        assert len(pair[0]) == len(pair[1]) > 1
        for a, b in zip(*pair, strict=True):
            np.testing.assert_array_equal(np.array(a), np.array(b))
    assert pictures(killed) == pictures(through)
    for name in pictures(through):
        same = (through / "samples" / name).read_bytes() == (killed / "samples" / name).read_bytes()
        assert same, name


def test_a_new_process_loads_samples_and_judges(story):
    """It has imported nothing but Keras, NumPy and the package."""
    through, _ = story
    source = block("load_model")
    imported = [line for line in source.splitlines() if "import" in line]
    assert imported == ["import keras", "import numpy as np", "import gan_utils"]
    printed = ended(started(source + "\nnp.save('fake.npy', fake)\n", through))
    metrics = [line.split()[0] for line in printed.splitlines()]
    assert {"frechet_distance", "coverage", "precision"} <= set(metrics), printed
    assert f"{NUMBER // len(CLASSES)} samples of each kind" in printed
    fake = np.load(through / "fake.npy")
    again = keras.models.load_model(through / "gan.keras").sample(len(fake), seed=1, labels=2)
    np.testing.assert_array_equal(fake, again)
    others = keras.models.load_model(through / "gan.keras").sample(len(fake), seed=1, labels=1)
    assert (fake != others).any()
