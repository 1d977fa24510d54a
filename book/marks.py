"""Which test checks which statement: the marks `pytest.mark.theorem("thm-…")`, read from source."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book.pages import ROOT

FOLDER = ROOT / "tests" / "theorems"

MARK = "pytest.mark.theorem"


@dataclass(frozen=True)
class Mark:
    """One marked test: its label, its name, what its docstring says, and what it does."""

    label: str
    test: str
    says: str
    asserts: bool
    may_skip: bool


def marks(source: str) -> list[Mark]:
    """One for every mark in a test file."""
    return list(_marks(ast.parse(source)))


def book_marks() -> list[Mark]:
    """Those of all theorem tests of the book."""
    files: list[Path] = sorted(FOLDER.glob("test_*.py"))
    return [mark for path in files for mark in marks(path.read_text(encoding="utf-8"))]


def _marks(tree: ast.Module) -> Iterator[Mark]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        says = " ".join((ast.get_docstring(function) or "").split("\n\n")[0].split())
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARK:
                label = ast.literal_eval(decorator.args[0])
                yield Mark(label, function.name, says, _asserts(function), _may_skip(function))


def _asserts(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and "assert" in ast.unparse(node.func))
        for node in ast.walk(function)
    )


def _may_skip(function: ast.FunctionDef) -> bool:
    """Whether pytest is told, above the test or inside it, to pass it by or to expect a failure."""
    names = [ast.unparse(node) for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    return any(re.fullmatch(r"pytest\.(mark\.)?(skip|skipif|xfail)", name) for name in names)
