"""Imports run downwards only, and importing a module of the book changes no environment."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from book.pages import ROOT
from tests.gates.layers import MAY_IMPORT
from tests.gates.test_repository import tracked_files

IMPORTED = ("book", "claims", "tools")
"""The packages whose import leaves the environment alone."""

FOR_OTHER_PYTHONS = {"book.contenders.ring_jax", "book.contenders.ring_torch"}
"""Programs that import what this Python need not have."""


def imported(source: str) -> set[str]:
    """The modules that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
    return found


def part(path: Path) -> str:
    """The part of the repository to which a file belongs."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def sources() -> list[Path]:
    """The Python files of the repository."""
    return sorted(path for path in tracked_files() if path.suffix == ".py")


def faults(home: str, source: str) -> list[str]:
    """The imports in a source of that part which run upwards or sideways."""
    others = set(MAY_IMPORT) - {home} - MAY_IMPORT[home]
    return sorted(name for name in imported(source) if name.split(".")[0] in others)


def test_every_python_file_belongs_to_a_part():
    assert {part(path) for path in sources()} == set(MAY_IMPORT)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_imports_run_downwards(name: str):
    files = [path for path in sources() if part(path) == name]
    found = {path.name: faults(name, path.read_text(encoding="utf-8")) for path in files}
    assert {file: upwards for file, upwards in found.items() if upwards} == {}


@pytest.mark.parametrize(
    ("home", "source", "upwards"),
    [
        ("book", "from tests.gates.rules import terms", ["tests.gates.rules"]),
        ("book", "def f():\n    import claims.first_gan", ["claims.first_gan"]),
        ("tools", "import numpy, tests", ["tests"]),
        ("gan_utils", "from book import pages", ["book"]),
        ("claims", "from book.claims import claim\nfrom gan_utils.book import claims", []),
        ("gan_utils", "from . import data\nfrom gan_utils.data import Images", []),
    ],
)
def test_an_import_that_runs_upwards_is_noticed(home: str, source: str, upwards: list[str]):
    assert faults(home, source) == upwards


IMPORT = """\
import importlib, json, os, sys

libraries, modules = json.loads(sys.argv[1])
for name in libraries:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        pass
before = dict(os.environ)
for name in modules:
    importlib.import_module(name)
changed = {key for key in {*before, *os.environ} if before.get(key) != os.environ.get(key)}
print(json.dumps([sorted(changed), "tensorflow" in sys.modules]))
"""
"""Says which variables the modules change beyond what the libraries do, and what they load."""


def effects(folder: Path, libraries: set[str], modules: list[str]) -> tuple[list[str], bool]:
    """The variables that importing changes, and whether TensorFlow is loaded then."""
    set_by_tests = ("GAN_BOOK_PROFILE", "CUDA_VISIBLE_DEVICES", "TF_CPP_MIN_LOG_LEVEL")
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, json.dumps([sorted(libraries), modules])],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in set_by_tests},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def modules() -> dict[str, Path]:
    """The modules whose import is tried."""
    names = {path: path.relative_to(ROOT).with_suffix("").as_posix() for path in sources()}
    named = {name.replace("/", ".").removesuffix(".__init__"): path for path, name in names.items()}
    return {name: path for name, path in named.items() if name.split(".")[0] in IMPORTED}


def test_importing_changes_no_environment():
    """Libraries may: what TensorFlow and others set is there before the book's modules come."""
    tried = {name: path for name, path in modules().items() if name not in FOR_OTHER_PYTHONS}
    some = {"book.pages", "book.explorables.dirac_gan.cell", "claims.first_gan", "tools.pretrain"}
    assert some <= set(tried) < set(modules())
    used = set().union(*(imported(path.read_text(encoding="utf-8")) for path in tried.values()))
    libraries = {name for name in used if name.split(".")[0] not in MAY_IMPORT}
    assert effects(ROOT, libraries, list(tried)) == ([], True)


@pytest.mark.parametrize("name", ["tools.claims", "tools.long_run", "tools.outputs"])
def test_who_sets_the_environment_has_not_loaded_tensorflow(name: str):
    assert effects(ROOT, set(), [name]) == ([], False)


def test_a_module_that_sets_a_variable_is_noticed(tmp_path: Path):
    text = "import os\nos.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')\nos.environ['NEW'] = ''\n"
    (tmp_path / "talking.py").write_text(text, encoding="utf-8")
    assert effects(tmp_path, set(), ["talking"])[0] == ["NEW", "TF_CPP_MIN_LOG_LEVEL"]
    assert effects(tmp_path, {"talking"}, ["talking"])[0] == []
