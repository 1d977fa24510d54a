"""Build the book as its reader does."""

import subprocess
import sys
from pathlib import Path


def build(source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    """Build as `make book` does, but into a folder that was not there before."""
    assert not output.exists(), "an old build hides warnings"
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "--warningiserror"]
    command += ["--nitpick", "--path-output", output, source]
    return subprocess.run(command, capture_output=True, text=True)
