"""The wheel of gan_utils, built from the files that belong in it and nothing else."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from book.pages import ROOT

INGREDIENTS = ("pyproject.toml", "README.md", "LICENSE", "gan_utils")


def build(folder: Path) -> Path:
    """Write the wheel into the folder and return its path.

    It is built from a copy, so that nothing of an older build gets in, and needs no network.
    """
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        for ingredient in INGREDIENTS:
            target = source / ingredient
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / ingredient).is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / ingredient, target, ignore=ignore)
            else:
                shutil.copy(ROOT / ingredient, target)
        for old in folder.glob("gan_utils-*.whl"):
            old.unlink()  # pip would keep it beside one of another version
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
        options = ["--no-build-isolation", "--wheel-dir", str(folder), str(source)]
        subprocess.run([*pip, *options], check=True)
    return next(folder.glob("gan_utils-*.whl"))
