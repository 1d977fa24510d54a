"""A saved model loads in a new process that has imported Keras and the package, in either order."""

import ast
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import gan_utils
from gan_utils import GAN, NON_SATURATING, AdversarialLoss, _registration, layers, mlp

ORDERS = {
    "package first": "import gan_utils, keras",
    "Keras first": "import keras, gan_utils",
    "a module that loads Keras first": "import gan_utils.losses, keras",
    "a name that loads Keras first": "from gan_utils import r1; import keras",
}


def critic() -> keras.Model:
    """A network with every layer and constraint of the package, built."""
    return keras.Sequential(
        [
            keras.Input([28, 28, 1]),
            layers.Pack(2),
            layers.SpectralNormalization(keras.layers.Conv2D(4, 4, strides=4)),
            layers.LeakyReLU(0.2),
            keras.layers.Flatten(),
            layers.OrthonormalDense(8),
            layers.GroupSort(2),
            keras.layers.Dense(1, kernel_constraint=layers.ClipWeights(0.5)),
        ]
    )


def conditional() -> keras.Model:
    """A network that takes labels."""
    return gan_utils.dcgan_discriminator(2, size=8, num_classes=3)


def trained() -> GAN:
    """A GAN that has been trained for a step."""
    gan = GAN(mlp(2, 1), mlp(1, 1), NON_SATURATING, penalties=[gan_utils.r1(0.1)], seed=0)
    gan.compile(generator_optimizer="adam", discriminator_optimizer="adam")
    gan.fit(np.zeros([8, 1], np.float32), batch_size=8, verbose=0)
    return gan


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file for each model."""
    folder = tmp_path_factory.mktemp("saved")
    for make in (critic, conditional, trained):
        make().save(folder / f"{make.__name__}.keras")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_saved_models_load_in_a_new_process(saved: Path, order: str):
    code = (
        f"{order}\n"
        "import pathlib, sys\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.keras')):\n"
        "    print(path.stem, type(keras.saving.load_model(path)).__name__)"
    )
    loaded = run(code, saved).splitlines()
    assert loaded == ["conditional Functional", "critic Sequential", "trained GAN"]


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_loss_is_found(order: str):
    config = keras.saving.serialize_keras_object(NON_SATURATING)
    code = f"{order}\nprint(keras.saving.deserialize_keras_object({config!r}).name)"
    assert run(code) == "non_saturating\n"
    assert keras.saving.deserialize_keras_object(config) is NON_SATURATING
    assert isinstance(NON_SATURATING, AdversarialLoss)


def test_importing_the_package_loads_neither_keras_nor_tensorflow():
    assert run("import gan_utils, sys; print({'keras', 'tensorflow'} & set(sys.modules))") == (
        "set()\n"
    )


@pytest.mark.slow
def test_nothing_stays_on_the_path_of_imports():
    code = (
        "import sys\n"
        "before = list(sys.meta_path)\n"
        "import gan_utils, keras\n"
        "print(sys.meta_path == before, type(keras.__spec__.loader).__name__,\n"
        "      type(gan_utils.losses.__loader__).__name__)"
    )
    out = run(code)
    # Keras and TensorFlow add finders of their own, behind those of Python.
    assert "_Watch" not in out
    assert "SourceFileLoader SourceFileLoader" in out


def test_a_keras_that_cannot_be_imported_says_why(tmp_path: Path):
    (tmp_path / "keras.py").write_text("raise ImportError('no such backend')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import gan_utils\n"
        "try:\n"
        "    import keras\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert run(code) == "no such backend\n"


def test_every_module_that_registers_something_is_listed():
    folder = Path(gan_utils.__file__).parent
    found = {
        path.stem
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "register_keras_serializable"
    }
    assert found <= set(_registration.MODULES)
    assert found >= {"losses", "penalties", "layers", "training"}
