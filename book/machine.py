"""The processors and library versions that a measurement was made with."""

import os
import platform
from importlib.metadata import version

PACKAGES = ("tensorflow", "keras", "numpy")


def threads() -> int:
    """Processors that this process may use."""
    ask = getattr(os, "sched_getaffinity", None)
    return len(ask(0)) if ask else os.cpu_count() or 1


def libraries() -> dict[str, str]:
    """Versions of Python and of the packages that compute."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute, and the kind of processor."""
    return {**libraries(), "machine": platform.machine()}
