"""The first cell of an exported notebook, which installs the package.

Where gan_utils is installed the cell does nothing. Elsewhere it installs gan_utils alone, from the
book's address where it has one, else from the wheel that the cell itself contains.
"""

import base64
import textwrap
from pathlib import Path

CHARACTERS = 1_000
"""Length of one line of the wheel: short enough for editors, and not ten thousand lines."""

_OPENING = """\
# @title Setup: install gan_utils{where}
# Where gan_utils is installed this cell does nothing. Elsewhere it installs gan_utils alone,
# so that the TensorFlow and NumPy that are already there stay as they are.
"""

_FROM_ADDRESS = """\
import subprocess
import sys
from importlib import invalidate_caches, metadata, util

if util.find_spec("gan_utils") is None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "git+{url}"], check=True)
"""

_FROM_WHEEL = """\
import base64
import subprocess
import sys
import tempfile
from importlib import invalidate_caches, metadata, util
from pathlib import Path

WHEEL = (
{lines}
)

if util.find_spec("gan_utils") is None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "{name}")
        file.write_bytes(base64.b64decode(WHEEL))
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*install, str(file)], check=True)
"""

_REPORT = """\
    invalidate_caches()
    import tensorflow as tf

    for name in ("gan_utils", "tensorflow", "keras", "numpy"):
        print(name, metadata.version(name))
    gpus = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    print("device", ", ".join(gpu.get("device_name", "GPU") for gpu in gpus) or "CPU")"""
"""What the cell does once it has installed the package: say what it found."""


def from_address(url: str) -> str:
    """The text of a setup cell that installs from a repository."""
    return _OPENING.format(where="") + _FROM_ADDRESS.format(url=url) + _REPORT


def from_wheel(built: Path) -> str:
    """The text of a setup cell that holds the wheel."""
    encoded = base64.b64encode(built.read_bytes()).decode()
    lines = "\n".join(f'    "{line}"' for line in textwrap.wrap(encoded, CHARACTERS))
    opening = _OPENING.format(where=", which this cell contains")
    return opening + _FROM_WHEEL.format(lines=lines, name=built.name) + _REPORT
