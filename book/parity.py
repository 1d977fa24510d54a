"""Self-contained notebooks under the versions of the libraries that Colab has, and had before.

Each runtime is an environment in build/runtimes with the pinned packages and without gan_utils:
the notebooks of `book.colab` bring it, and it is taken away again before the next one starts. The
profile is quick and GPUs are hidden.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book import kernels, settings
from book.pages import ROOT

ENVIRONMENTS = ROOT / "build" / "runtimes"

PAGE_SECONDS = 900

AROUND = (
    "scikit-learn==1.6.1",
    "ipython==7.34.0",
    "ipywidgets==7.7.1",
    "ipykernel==6.17.1",
    "nbclient",
)
"""What a page needs besides the numerical packages; IPython and ipywidgets are Colab's.

With ipykernel 7 a cell that shows a figure with sliders sometimes never ends under nbclient.
"""


@dataclass(frozen=True)
class Runtime:
    """A Python and packages that Colab has at one time."""

    name: str
    python: str
    packages: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where its environment is."""
        return ENVIRONMENTS / self.name

    @property
    def executable(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"


RUNTIMES = (
    Runtime(
        "now",
        "3.13",
        {
            "tensorflow": "2.20.0",
            "keras": "3.13.2",
            "numpy": "2.1.3",
            "scipy": "1.16.3",
            "matplotlib": "3.10.0",
        },
    ),
    Runtime(
        "before",
        "3.12",
        {
            "tensorflow": "2.19.0",
            "keras": "3.10.0",
            "numpy": "2.0.2",
            "scipy": "1.15.3",
            "matplotlib": "3.10.0",
        },
    ),
)

SETTINGS = {
    **settings.for_kernel("quick"),
    "PYTHONNOUSERSITE": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

DROPPED = ("PYTHONPATH", "PYTHONHOME", "GAN_UTILS_DATA", "MPLBACKEND")
"""Variables that would let something of this machine in."""


def environment() -> dict[str, str]:
    """The variables that a page runs under."""
    return {key: value for key, value in os.environ.items() if key not in DROPPED} | SETTINGS


def run(runtime: Runtime, *arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run the runtime's Python outside the repository."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [runtime.executable, *map(str, arguments)],
            cwd=folder,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,
        )


def candidates(version: str) -> Iterator[str]:
    """Commands that may start this version of Python."""
    yield f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))


def interpreter(version: str) -> str:
    """A Python of this version, or the one that runs this where there is none."""
    for command in candidates(version):
        if shutil.which(command) is None:
            continue
        # A command may be found and yet refuse, as pyenv's stand-ins do.
        asked = [command, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True)
        if answer.returncode == 0 and answer.stdout.strip() == version:
            return command
    return sys.executable


def prepare(runtime: Runtime) -> None:
    """Make the runtime's environment, unless there is one with just these packages."""
    wanted = [f"{name}=={version}" for name, version in runtime.packages.items()]
    wanted += AROUND
    record = runtime.folder / "packages.json"
    if record.exists() and json.loads(record.read_text(encoding="utf-8")) == wanted:
        return
    shutil.rmtree(runtime.folder, ignore_errors=True)
    subprocess.run([interpreter(runtime.python), "-m", "venv", runtime.folder], check=True)
    print(f"installing {', '.join(wanted)}", flush=True)
    done = run(runtime, "-m", "pip", "install", "--quiet", *wanted)
    if done.returncode:
        raise RuntimeError(f"{runtime.name}: pip failed\n{done.stdout[-4000:]}")
    record.write_text(json.dumps(wanted), encoding="utf-8")


def remove_package(runtime: Runtime) -> None:
    """Take gan_utils away, so that the next page has to bring it."""
    run(runtime, "-m", "pip", "uninstall", "--quiet", "--yes", "gan-utils")
    if run(runtime, "-c", "import gan_utils").returncode == 0:
        raise RuntimeError(f"{runtime.name}: gan_utils can be imported without its wheel")


def installed(runtime: Runtime) -> dict[str, str]:
    """Every package of the runtime but gan_utils, with its version."""
    listed = run(runtime, "-m", "pip", "list", "--format", "json").stdout
    packages = json.loads(listed[listed.index("[") :])
    found = {package["name"].lower(): package["version"] for package in packages}
    return {name: found[name] for name in found if name != "gan_utils" and name != "gan-utils"}


def describe(runtime: Runtime) -> str:
    """Which Python the runtime has, and which it should have."""
    found = run(runtime, "-c", "import platform; print(platform.python_version())").stdout.strip()
    missing = "" if found.startswith(f"{runtime.python}.") else f" (Colab: {runtime.python})"
    packages = ", ".join(f"{name} {version}" for name, version in runtime.packages.items())
    return f"{runtime.name}: Python {found}{missing}, {packages}"


def execute(runtime: Runtime, path: Path) -> str:
    """Execute one notebook without gan_utils and say how that ended."""
    remove_package(runtime)
    before = installed(runtime)
    result = runtime.folder / "executed" / path.name
    result.parent.mkdir(exist_ok=True)
    started = time.perf_counter()
    try:
        done = run(runtime, "-P", kernels.__file__, path, result, timeout=PAGE_SECONDS)
    except subprocess.TimeoutExpired:
        return f"FAILED: not done after {PAGE_SECONDS} s"
    seconds = time.perf_counter() - started
    if done.returncode:
        return f"FAILED after {seconds:.0f} s: {last_line(done.stdout)}"
    if installed(runtime) != before:
        return "FAILED: the page changed the installed packages"
    return f"ok {seconds:4.0f} s"


def last_line(text: str) -> str:
    """The last line that says something: the error."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
