"""Helpers for generative adversarial networks, tested against the mathematics.

Every public name can be imported from here or from its module. A module is loaded when one of its
names is first used, so `import gan_utils` does not load TensorFlow.

>>> import gan_utils
>>> round(float(gan_utils.js([1, 0], [0, 1])), 4)   # log 2: disjoint supports
0.6931
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

from gan_utils import _registration

__version__ = "0.2.0"


def _public_names() -> dict[str, list[str]]:
    """What the stub beside this file, which type checkers and editors read, imports from where."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {str(node.module): [alias.name for alias in node.names] for node in imports}


_NAMES = _public_names()
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _MODULE_OF[name] == __name__:
        return import_module(f"{__name__}.{name}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__


_registration.install()
