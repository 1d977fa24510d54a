"""The setup cell that opens every notebook, and the repository address that it names.

The address stands in one place, `repository: url:` of _config.yml; the cell copies it.
"""

import re
from pathlib import Path

import nbformat

from book.pages import ROOT, tags

CONFIG = ROOT / "_config.yml"
PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"

TAG = "setup"

_TEMPLATE = """\
# Where gan_utils is installed this cell does nothing. In Colab it installs gan_utils alone,
# so that the TensorFlow and NumPy that are already there stay as they are.
import subprocess
import sys
from importlib import invalidate_caches, metadata, util

REPOSITORY = "{url}"

if util.find_spec("gan_utils") is None:
    if REPOSITORY.endswith("OWNER/REPOSITORY"):
        raise ModuleNotFoundError(
            "gan_utils is not installed and this copy of the book does not say where it is "
            "published. Run `make colab` and open the page that it writes to build/colab instead."
        )
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*install, f"git+{{REPOSITORY}}"], check=True)
{report}"""

REPORT = """\
    invalidate_caches()
    import tensorflow as tf

    for name in ("gan_utils", "tensorflow", "keras", "numpy"):
        print(name, metadata.version(name))
    gpus = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
    print("device", ", ".join(gpu.get("device_name", "GPU") for gpu in gpus) or "CPU")"""
"""What a setup cell does once it has installed the package: say what it found."""

_URL_LINE = re.compile(r"(?m)^(?P<head>  url: )(?P<url>\S+)")


def repository_url(config: Path = CONFIG) -> str:
    """The address in _config.yml."""
    found = _URL_LINE.findall(config.read_text(encoding="utf-8"))
    if len(found) != 1:
        raise ValueError(f"{config} must have exactly one line '  url: …', found {len(found)}")
    return found[0][1]


def source(url: str | None = None) -> str:
    """The text of the setup cell."""
    return _TEMPLATE.format(url=repository_url() if url is None else url, report=REPORT)


def stamp(notebook: nbformat.NotebookNode, text: str) -> None:
    """Write the text into the notebook's cells tagged `setup`."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and TAG in tags(cell):
            cell.source = text


def set_repository(url: str, config: Path = CONFIG) -> None:
    """Write the address into _config.yml."""
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(f"URL must read https://host/owner/repository, got {url!r}")
    repository_url(config)
    url = url.removesuffix(".git")
    text = config.read_text(encoding="utf-8")
    config.write_text(_URL_LINE.sub(lambda line: line["head"] + url, text), encoding="utf-8")
