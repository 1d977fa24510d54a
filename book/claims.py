"""Claims: the functions that measure what the book says about training.

`claims/<chapter>.py` holds those of one chapter:

    @claim("narrow-gaussians", page="probability/optimal_discriminator",
           statement="A discriminator trained on samples follows log p/q.",
           statistics=[Statistic("correlation", at_least=0.99)], holds_on=10)
    def narrow_gaussians(seed: int) -> dict[str, float]:
        page = definitions("probability/optimal_discriminator")
        return {"correlation": page["measure"](seed=seed)}

`make claims` runs the function on every seed and stores what came of it in the record of the page;
`make test` runs it again on the first seed, and on the second where code has changed, and compares.
"""

import ast
import copy
import functools
import hashlib
import importlib
import inspect
import json
import math
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import gan_utils
from book import machine, pages, records, settings
from gan_utils.book.claims import Claim, Statistic, read_all

SEEDS = tuple(range(10))
RERUN_SEEDS = SEEDS[:2]
DIGITS = 6

FOLDER = pages.ROOT / "claims"
"""One module for each chapter that has claims, by the chapter's name."""

PACKAGE = pages.ROOT / "gan_utils"

Measure = Callable[[int], dict[str, float]]

_claims: dict[str, Claim] = {}
_measures: dict[str, Measure] = {}


def claim(
    name: str, *, page: str, statement: str, statistics: Iterable[Statistic], holds_on: int
) -> Callable[[Measure], Measure]:
    """Decorate a function of the seed: its result is the evidence for the statement."""

    def register(measure: Measure) -> Measure:
        if name in _claims:
            raise ValueError(f"name {name!r} is registered twice")
        if not 0 <= holds_on <= len(SEEDS):
            raise ValueError(f"holds_on must be between 0 and {len(SEEDS)}, got {holds_on}")
        by_name = {statistic.name: statistic for statistic in statistics}
        _claims[name] = Claim(name, statement, page, holds_on, by_name)
        _measures[name] = measure
        return measure

    return register


def registered() -> dict[str, Claim]:
    """Every claim of every chapter as its code states it, by name."""
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem != "__init__":
            importlib.import_module(f"{FOLDER.name}.{path.stem}")
    return dict(sorted(_claims.items()))


def digests(name: str) -> dict[str, str]:
    """Hashes of the code that measures a claim: its own, and that of the package that it uses.

    Comments and text do not belong to it.
    """
    code = measuring_code(_measures[name], pages.page(_claims[name].page))
    return {"digest": code_digest(code), "package": package_digest(code)}


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
    return {name: _binding(node, name) for node in nodes for name in _bound_names(node)}


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
        return [_imported_as(alias) for alias in node.names]
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    names = [name for target in targets if target is not None for name in ast.walk(target)]
    return [name.id for name in names if isinstance(name, ast.Name)]


def _binding(node: ast.stmt, name: str) -> ast.stmt:
    """What of a statement binds that name: of an import only this, of a function no claim's words.

    A claim's statement and bounds are compared on their own; rewording is not remeasuring.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        single = copy.copy(node)
        single.names = [alias for alias in node.names if _imported_as(alias) == name]
        return single
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = [
            decorator
            for decorator in node.decorator_list
            if not ast.unparse(decorator).startswith("claim(")
        ]
    return node


def _imported_as(alias: ast.alias) -> str:
    return alias.asname or alias.name.split(".")[0]


def package_digest(code: Iterable[ast.stmt]) -> str:
    """A hash of the modules of gan_utils that the code uses, and of those that they import."""
    names = {
        (node.module, alias.name)
        for node in code
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    wanted = [_module_of(module, name) for module, name in names if _is_ours(module)]
    used: set[str] = set()
    while wanted:
        module = wanted.pop()
        if module not in used:
            used.add(module)
            wanted += _imports(module)
    return _hashed(_module_skeleton(module) for module in sorted(used))


def _is_ours(module: str | None) -> bool:
    return (module or "").split(".")[0] == PACKAGE.name


def _module_of(module: str, name: str) -> str:
    """Where in the package a name comes from that is imported from one of its modules."""
    if module == PACKAGE.name:
        module = gan_utils._MODULE_OF.get(name, module)
    if _file(f"{module}.{name}"):
        return f"{module}.{name}"
    return _passed_on(module).get(name, module) if _file(module).stem == "__init__" else module


@functools.cache
def _passed_on(package: str) -> dict[str, str]:
    """For the names that a package only passes on, the modules from which it takes them."""
    return {
        _imported_as(alias): _module_of(node.module, alias.name)
        for node in _parsed(package).body
        if isinstance(node, ast.ImportFrom) and _is_ours(node.module)
        for alias in node.names
    }


def _file(module: str) -> Path | None:
    place = PACKAGE.parent.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@functools.cache
def _parsed(module: str) -> ast.Module:
    return ast.parse(_file(module).read_text(encoding="utf-8"))


@functools.cache
def _module_skeleton(module: str) -> object:
    """What of a module counts; most claims use the same modules."""
    return _skeleton(_parsed(module))


@functools.cache
def _imports(module: str) -> list[str]:
    """The modules of the package that one of them imports."""
    nodes = [node for node in ast.walk(_parsed(module)) if isinstance(node, ast.ImportFrom)]
    return [
        _module_of(node.module, alias.name)
        for node in nodes
        if _is_ours(node.module)
        for alias in node.names
    ]


def code_digest(trees: Iterable[ast.AST]) -> str:
    """A hash of syntax trees that is the same on every Python; docstrings do not count."""
    return _hashed(map(_skeleton, trees))


def _hashed(skeletons: Iterable[object]) -> str:
    return hashlib.sha256(json.dumps(list(skeletons)).encode()).hexdigest()[:16]


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


def measure(name: str, seed: int) -> dict[str, float]:
    """Run a claim on one seed; the statistics must be those that the claim states."""
    result = _measures[name](seed)
    expected = list(_claims[name].statistics)
    if sorted(result) != sorted(expected):
        raise ValueError(f"{name} must return {sorted(expected)}, returned {sorted(result)}")
    values = {key: float(result[key]) for key in expected}
    if not all(map(math.isfinite, values.values())):
        raise ValueError(f"{name} with seed {seed} is not finite: {values}")
    return values


def measure_in_process(name: str, seed: int) -> tuple[dict[str, float], float]:
    """`measure`, and the seconds that it took, in a process that may know no claim yet."""
    registered()
    started = time.perf_counter()
    return measure(name, seed), time.perf_counter() - started


def workers(number: int) -> ProcessPoolExecutor:
    """Processes with one thread each: two do more in a minute than one with two threads."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(number, context, initializer=settings.one_thread)


def measure_all(names: Iterable[str]) -> Iterator[Claim]:
    """Run claims on all their seeds, on all processors; each is yielded when it is complete."""
    ledger = read_all()
    longest_first = sorted(names, key=lambda name: -_seconds(ledger.get(name)))
    with workers(machine.threads()) as pool:
        runs = {
            pool.submit(measure_in_process, name, seed): name
            for name in longest_first
            for seed in SEEDS
        }
        left = dict.fromkeys(longest_first, len(SEEDS))
        for run in as_completed(runs):
            name = runs[run]
            left[name] -= 1
            if left[name] == 0:
                yield measured(name, [run for run in runs if runs[run] == name])


def _seconds(claim: Claim | None) -> float:
    """What a run takes, if that is known; a new claim comes first."""
    return math.inf if claim is None else claim.seconds


def measured(name: str, runs: Iterable[Future]) -> Claim:
    """A claim with what its runs, in the order of the seeds, came to."""
    results, seconds = zip(*(run.result() for run in runs), strict=True)
    return with_runs(name, results, sum(seconds) / len(seconds))


def with_runs(name: str, results: Iterable[dict[str, float]], seconds: float) -> Claim:
    """A claim with the results of all its seeds."""
    results = list(results)
    statistics = {
        key: replace(each, values=tuple(significant(result[key]) for result in results))
        for key, each in _claims[name].statistics.items()
    }
    return replace(
        _claims[name],
        statistics=statistics,
        seeds=SEEDS,
        seconds=round(seconds, 1),
        versions=machine.versions(),
        **digests(name),
    )


def significant(value: float) -> float:
    """The value to six significant digits."""
    return float(f"{value:.{DIGITS}g}")


def store(measured: Claim) -> None:
    """Put one claim into the record of its page, and forget those that there are no more."""
    known = {name for name, claim in registered().items() if claim.page == measured.page}
    entries = {
        **records.read(measured.page).get("claims", {}),
        measured.name: measured.record(),
    }
    records.update(
        measured.page, claims={name: entries[name] for name in sorted(entries) if name in known}
    )
