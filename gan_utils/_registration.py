"""Registration of the package's classes with Keras, so that saved models load in a new process.

`keras.saving.load_model` looks a class up in Keras' registry, and since 3.13 imports no module but
Keras' own to find it. A class enters the registry when its module is imported, and this package
imports its modules only when they are used, so that `import gan_utils` loads neither TensorFlow nor
Keras. Between both stands this module: whoever has imported `gan_utils` and `keras`, in either
order, has everything registered.

Where Keras is loaded already, the modules are imported at once. Where it is not, a finder on
`sys.meta_path` waits until it is. It waits for modules of this package too: one that is itself
about to import Keras must be whole before another one imports from it.
"""

import importlib
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES = ("losses", "penalties", "layers", "models", "training")
"""Those that register classes or functions, in an order in which none imports a later one."""

_PACKAGE = __name__.rpartition(".")[0]


def install() -> None:
    """Register everything now, if Keras is loaded, else as soon as it is."""
    if "keras" in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _Finder())


def _register() -> None:
    """Import the modules, unless Keras computes with another library than TensorFlow."""
    config = getattr(sys.modules["keras"], "config", None)
    if config is not None and config.backend() == "tensorflow":
        for name in MODULES:
            importlib.import_module(f"{_PACKAGE}.{name}")


class _Finder(MetaPathFinder):
    """Watches the imports of Keras and of this package's modules; the other finders find them."""

    def __init__(self) -> None:
        self.running = 0
        self.lock = threading.Lock()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras" and not name.startswith(f"{_PACKAGE}."):
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Watch(spec.loader, self)
        return spec

    def begin(self) -> None:
        with self.lock:
            self.running += 1

    def end(self) -> None:
        """Register, once Keras is there and no watched module is half imported any more."""
        with self.lock:
            self.running -= 1
            due = self.running == 0 and "keras" in sys.modules and self in sys.meta_path
            if due:
                sys.meta_path.remove(self)
        if due:
            _register()


class _Watch(Loader):
    """Another loader, which tells the finder when a module begins and ends to run."""

    def __init__(self, loader: Any, finder: _Finder) -> None:
        self._loader, self._finder = loader, finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # Nothing of this stays behind, for whoever asks the module for its source or its data.
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._finder.begin()
        try:
            self._loader.exec_module(module)
        except BaseException:
            sys.modules.pop(module.__name__, None)  # as importlib does next: it is not there
            raise
        finally:
            self._finder.end()
