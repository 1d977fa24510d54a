"""Claims: statements about training, the functions that measure them, and their bounds.

`claims/<chapter>.py` holds those of one chapter:

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
import multiprocessing
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from book import machine, pages, settings
from gan_utils.claims import Statistic

SEEDS = tuple(range(10))
RERUN_SEEDS = SEEDS[:2]
DIGITS = 6

FOLDER = pages.ROOT / "claims"
"""One module for each chapter that has claims, by the chapter's name."""

RECORDED_AS = {"book.pages": "tests.pages"}
"""Modules that have moved since a digest was recorded, with the name that they had then.

Where `definitions` is imported from does not change what a claim measures.
"""


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
        """A hash of `measuring_code`, to which comments and text do not belong."""
        return code_digest(measuring_code(self.measure, pages.page(self.page)))


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
    """Every claim of every chapter, by name."""
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem != "__init__":
            importlib.import_module(f"{FOLDER.name}.{path.stem}")
    return dict(sorted(_claims.items()))


def measuring_code(function: Callable, page: pages.Page) -> list[ast.stmt]:
    """The function and every definition, of its module and of the page, that it comes to use.

    A function uses the names that it mentions, and the parts of the page that it mentions as
    strings, as in `page["train"]`; what these use in their turn counts as well.
    """
    module = ast.parse(Path(inspect.getsourcefile(function)).read_text(encoding="utf-8"))
    cells = [ast.parse(cell.source) for cell in page.tagged("definitions")]
    in_module = _by_name(module.body)
    on_page = _by_name([node for cell in cells for node in cell.body])
    found: dict[tuple[str, str], ast.stmt] = {}
    _collect([function.__name__], in_module, "module", found)
    strings = {
        node.value
        for tree in found.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    _collect(sorted(strings), on_page, "page", found)
    return [found[key] for key in sorted(found)]


def _by_name(nodes: list[ast.stmt]) -> dict[str, ast.stmt]:
    return {name: _as_recorded(node) for node in nodes for name in _bound_names(node)}


def _collect(
    wanted: list[str],
    scope: dict[str, ast.stmt],
    origin: str,
    found: dict[tuple[str, str], ast.stmt],
) -> None:
    """Add to `found` the wanted names of a scope, and the names of it that they use."""
    wanted = list(wanted)
    while wanted:
        name = wanted.pop()
        if name in scope and (origin, name) not in found:
            found[origin, name] = scope[name]
            nodes = ast.walk(scope[name])
            wanted += [node.id for node in nodes if isinstance(node, ast.Name)]


def _bound_names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.split(".")[0] for alias in node.names]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    names = [name for target in targets if target is not None for name in ast.walk(target)]
    return [name.id for name in names if isinstance(name, ast.Name)]


def _as_recorded(node: ast.stmt) -> ast.stmt:
    """A statement without what does not measure: the claim's wording, and where a module lies.

    The claim's statement and bounds are compared on their own; rewording is not remeasuring.
    """
    if isinstance(node, ast.ImportFrom):
        node.module = RECORDED_AS.get(node.module, node.module)
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = [
            decorator
            for decorator in node.decorator_list
            if not ast.unparse(decorator).startswith("claim(")
        ]
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


def measure_named(name: str, seed: int) -> dict[str, float]:
    """`measure` for a process of its own, to which a name can be sent and a claim cannot."""
    return measure(registered()[name], seed)


def workers(number: int) -> ProcessPoolExecutor:
    """Processes with one thread each: two do more in a minute than one with two threads."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(number, context, initializer=settings.one_thread)


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
        "versions": machine.versions(),
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


def read_ledger() -> dict[str, dict]:
    """The ledger as it is stored: one record for each claim, by name."""
    return json.loads(pages.LEDGER.read_text(encoding="utf-8")) if pages.LEDGER.exists() else {}


def write_ledger(records: dict[str, dict]) -> None:
    """Store the ledger, sorted by name, one list of values a line."""
    ordered = {name: records[name] for name in sorted(records)}
    text = json.dumps(ordered, indent=2, ensure_ascii=False)
    pages.LEDGER.write_text(_lists_on_one_line(text) + "\n", encoding="utf-8")


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
