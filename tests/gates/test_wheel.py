"""The wheel holds the package, its weights and records; importing it loads no TensorFlow."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from book.pages import ROOT

LARGEST = 1_000_000
"""Bytes. Two networks in half precision are 0.65 MB of it; this catches data that slipped in."""

FOLDERS = ("gan_utils", "gan_utils/book", "gan_utils/weights", "gan_utils/book/records")

SUFFIXES = {".py", ".pyi", ".typed", ".npz", ".json"}


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it, which borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    run(*pip, "--no-deps", wheel, cwd=folder)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", ask, cwd=folder).strip())
    # A path file adds the folder but runs no path files in it: not the editable install.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def contents_faults(names: list[str]) -> list[str]:
    """What a wheel lacks or should not have: the package, its data, its own description."""
    package = {
        f"{folder}/{path.name}"
        for folder in FOLDERS
        for path in (ROOT / folder).iterdir()
        if path.suffix in SUFFIXES
    }
    described = [name for name in names if ".dist-info/" in name]
    return [
        *(f"lacks {name}" for name in sorted(package - set(names))),
        *(f"has {name}" for name in sorted(set(names).difference(package, described))),
    ]


def test_wheel_holds_the_package_and_its_data_only(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    assert contents_faults(names) == []
    assert contents_faults([*names, "gan_utils/weights.npz"]) == ["has gan_utils/weights.npz"]
    for missing in (
        "gan_utils/losses.py",
        "gan_utils/py.typed",
        "gan_utils/weights/digit_generator.npz",
        "gan_utils/book/records/first_gan.json",
    ):
        without = [name for name in names if name != missing]
        assert contents_faults(without) == [f"lacks {missing}"]


def test_wheel_is_small(wheel: Path, record_testsuite_property):
    size = wheel.stat().st_size
    record_testsuite_property("wheel_bytes", size)
    print(f"{wheel.name}: {size / 1000:.0f} kB")
    assert size < LARGEST


LOADED = (
    "import sys, gan_utils, gan_utils.divergences, gan_utils.book\n"
    "print(sorted({name.split('.')[0] for name in sys.modules} & {'tensorflow', 'keras'}))"
)


def test_import_does_not_load_tensorflow(python: Path):
    where = run(python, "-c", "import gan_utils; print(gan_utils.__file__)", cwd=python.parents[2])
    assert where.startswith(str(python.parents[1])), "not the installed wheel"
    assert run(python, "-c", LOADED, cwd=python.parents[2]) == "[]\n"


def test_an_import_of_tensorflow_is_noticed(python: Path, tmp_path: Path):
    """In a package that loads it, or what stands in for it here."""
    shutil.copytree(ROOT / "gan_utils", tmp_path / "gan_utils")
    (tmp_path / "tensorflow.py").touch()
    with (tmp_path / "gan_utils" / "__init__.py").open("a", encoding="utf-8") as file:
        file.write("\nimport tensorflow\n")
    assert run(python, "-c", LOADED, cwd=tmp_path) == "['tensorflow']\n"


def test_every_public_name_can_be_imported(python: Path):
    code = (
        "import gan_utils\n"
        "print([name for name in gan_utils.__all__ if getattr(gan_utils, name, None) is None])"
    )
    assert run(python, "-c", code, cwd=python.parents[2]) == "[]\n"


def test_installed_weights_are_found(python: Path):
    code = (
        "from gan_utils import digit_classifier, digit_generator\n"
        "from gan_utils.book import digit_race\n"
        "print(digit_classifier().count_params(), digit_generator().count_params())\n"
        "print(len(digit_race().pictures))"
    )
    assert run(python, "-c", code, cwd=python.parents[2]).split() == ["98442", "244993", "2"]


def test_installed_records_are_found_from_anywhere(python: Path):
    code = (
        "from gan_utils.book import claims, read_record\n"
        "print(len(claims.read_all()), read_record('first_gan')['page'])"
    )
    number, page = run(python, "-c", code, cwd=python.parents[2]).split()
    assert int(number) > 0
    assert page == "tensorflow/first_gan"
