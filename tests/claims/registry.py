"""Register a claim: a statement about training, the function that measures it, and its bounds.

    @claim("narrow-gaussians", page="probability/optimal_discriminator",
           statement="A discriminator trained on samples follows log p/q.",
           bounds=[Bound("correlation", at_least=0.99)], holds_on=10)
    def narrow_gaussians(seed: int) -> dict[str, float]:
        page = definitions("probability/optimal_discriminator")
        return {"correlation": page["measure"](seed=seed)}

`make claims` runs the function on every seed and writes chapters/claims.json; `make test` runs it
on the first two and compares.
"""

import ast
import hashlib
import importlib
import inspect
import json
import math
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from gan_utils.claims import Statistic
from tests import pages

SEEDS = tuple(range(10))
RERUN_SEEDS = SEEDS[:2]
LEDGER = pages.CHAPTERS / "claims.json"
DIGITS = 6
PACKAGES = ("tensorflow", "keras", "numpy")


@dataclass(frozen=True)
class Bound:
    """What a claim says about one statistic of every run; without limits it is only recorded."""

    name: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Registered:
    """A claim as the code states it; the ledger holds what came of it."""

    name: str
    page: str
    statement: str
    bounds: tuple[Bound, ...]
    holds_on: int
    measure: Callable[[int], dict[str, float]] = field(repr=False)

    def digest(self) -> str:
        """A hash of the code that measures: this function, its helpers and the page's definitions.

        Comments, spacing and text do not count.
        """
        cells = [ast.parse(cell.source) for cell in pages.page(self.page).tagged("definitions")]
        return code_digest([*cells, *used_definitions(self.measure)])


_claims: dict[str, Registered] = {}


def claim(
    name: str, *, page: str, statement: str, bounds: Iterable[Bound], holds_on: int
) -> Callable[[Callable[[int], dict[str, float]]], Callable[[int], dict[str, float]]]:
    """Decorate a function of the seed: its result is the evidence for the statement."""

    def register(measure: Callable[[int], dict[str, float]]) -> Callable[[int], dict[str, float]]:
        if name in _claims:
            raise ValueError(f"name {name!r} is registered twice")
        if not 0 <= holds_on <= len(SEEDS):
            raise ValueError(f"holds_on must be between 0 and {len(SEEDS)}, got {holds_on}")
        _claims[name] = Registered(name, page, statement, tuple(bounds), holds_on, measure)
        return measure

    return register


def registered() -> dict[str, Registered]:
    """Every claim of tests/claims/*.py, by name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in ("__init__", "registry", "test_claims"):
            importlib.import_module(f"tests.claims.{path.stem}")
    return dict(sorted(_claims.items()))


def used_definitions(function: Callable) -> list[ast.AST]:
    """The function's definition and every top-level definition of its module that it uses."""
    tree = ast.parse(Path(inspect.getsourcefile(function)).read_text(encoding="utf-8"))
    top_level = {name: node for node in tree.body for name in _bound_names(node)}
    wanted, found = [function.__name__], {}
    while wanted:
        name = wanted.pop()
        if name in top_level and name not in found:
            found[name] = top_level[name]
            body = _without_decorators(top_level[name])
            wanted += [node.id for node in ast.walk(body) if isinstance(node, ast.Name)]
    return [_without_decorators(found[name]) for name in sorted(found)]


def _bound_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [name.id for target in targets for name in ast.walk(target) if hasattr(name, "id")]
    return []


def _without_decorators(node: ast.AST) -> ast.AST:
    """The statement and the bounds are compared on their own; rewording is not remeasuring."""
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    return node


def code_digest(trees: Iterable[ast.AST]) -> str:
    """A hash of syntax trees that is the same on every Python; docstrings do not count."""
    text = json.dumps([_skeleton(tree) for tree in trees])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _skeleton(node: object) -> object:
    """A tree as nested lists. Empty fields are left out: newer Pythons add some."""
    if isinstance(node, list):
        return [_skeleton(child) for child in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
    if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
        fields = [(name, value[1:] if name == "body" else value) for name, value in fields]
    return [type(node).__name__, *([name, _skeleton(value)] for name, value in fields)]


def measure(entry: Registered, seed: int) -> dict[str, float]:
    """Run a claim on one seed; the statistics must be those that have a `Bound`."""
    result = entry.measure(seed)
    expected = [bound.name for bound in entry.bounds]
    if sorted(result) != sorted(expected):
        raise ValueError(f"{entry.name} must return {sorted(expected)}, returned {sorted(result)}")
    values = {name: float(result[name]) for name in expected}
    if not all(map(math.isfinite, values.values())):
        raise ValueError(f"{entry.name} with seed {seed} is not finite: {values}")
    return values


def record(entry: Registered) -> dict:
    """Run a claim on all its seeds and return what the ledger keeps."""
    runs, seconds = [], []
    for seed in SEEDS:
        started = time.perf_counter()
        runs.append(measure(entry, seed))
        seconds.append(time.perf_counter() - started)
    return {
        "statement": entry.statement,
        "page": entry.page,
        "seeds": list(SEEDS),
        "holds_on": entry.holds_on,
        "statistics": {
            bound.name: statistic_record(bound, [run[bound.name] for run in runs])
            for bound in entry.bounds
        },
        "seconds": round(sum(seconds) / len(seconds), 1),
        "versions": versions(),
        "digest": entry.digest(),
    }


def statistic_record(bound: Bound, values: list[float]) -> dict:
    """The values of one statistic with what follows from them, for those who read the JSON."""
    values = [significant(value) for value in values]
    summary = Statistic(bound.name, tuple(values), bound.unit, bound.at_least, bound.at_most)
    return {
        "unit": bound.unit,
        "at_least": bound.at_least,
        "at_most": bound.at_most,
        "values": values,
        "median": significant(summary.median),
        "minimum": summary.minimum,
        "maximum": summary.maximum,
        "low": significant(summary.low),
        "high": significant(summary.high),
        "holds": sum(summary.holds),
    }


def significant(value: float) -> float:
    """The value to six significant digits."""
    return float(f"{value:.{DIGITS}g}")


def versions() -> dict[str, str]:
    """What the measurement ran on."""
    found = {package: version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **found, "machine": platform.machine()}


def read_ledger() -> dict[str, dict]:
    """The ledger as it is stored."""
    return json.loads(LEDGER.read_text(encoding="utf-8")) if LEDGER.exists() else {}


def write_ledger(records: dict[str, dict]) -> None:
    """Store the ledger, sorted by name, one list of values a line."""
    ordered = {name: records[name] for name in sorted(records)}
    text = json.dumps(ordered, indent=2, ensure_ascii=False)
    LEDGER.write_text(_lists_on_one_line(text) + "\n", encoding="utf-8")


def _lists_on_one_line(text: str) -> str:
    """Numbers of one list stand in one line, so that a change of the ledger can be read."""
    lines, gathered = [], None
    for line in text.splitlines():
        if line.endswith("["):
            gathered = [line]
        elif gathered is None:
            lines.append(line)
        elif line.strip().startswith("]"):
            lines.append(gathered[0] + " ".join(gathered[1:]) + line.strip())
            gathered = None
        else:
            gathered.append(line.strip())
    return "\n".join(lines)
