"""What is loaded when, and that every public name is where it should be."""

import subprocess
import sys
from importlib import import_module

import pytest

import gan_utils


@pytest.mark.parametrize(
    "module", ["", ".distributions", ".divergences", ".metrics", ".data", ".dynamics"]
)
def test_numpy_modules_do_not_load_tensorflow(module):
    code = (
        f"import sys, gan_utils{module}; dir(gan_utils); "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_numpy_names_do_not_load_tensorflow_when_they_are_used():
    code = (
        "import sys; from gan_utils import KL, Gaussian, load_images; "
        "KL.quadrature(Gaussian(0, 1), Gaussian(1, 1)); load_images(); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", gan_utils._NAMES["gan_utils"])
def test_every_public_name_is_the_one_of_its_module(module):
    loaded = import_module(f"gan_utils.{module}")
    assert getattr(gan_utils, module) is loaded
    for name in gan_utils._NAMES.get(loaded.__name__, []):
        assert getattr(gan_utils, name) is getattr(loaded, name)
        assert {module, name} <= set(dir(gan_utils))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'gan_utils' has no attribute 'Vae'"):
        gan_utils.Vae  # noqa: B018
