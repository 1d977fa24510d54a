"""The inner loop: what can be asked while one writes, and of the pages only what has changed.

Changed is what differs from git's HEAD. Where there is no git, all pages are asked for their rules,
and no outputs are compared.
"""

import re
import subprocess
import sys
from pathlib import Path

from book import records
from book.pages import ROOT

SECONDS = 30
"""What the comparison of changed pages may take, by what they took when their outputs were stored.

With the light tests of the package on both cores this keeps the whole within 90 seconds.
"""

LIGHT = "not slow and not accessibility"
"""The tests of the package that are run."""

PACKAGE = "tests/package"
RULES = "keeps_the_rules"
"""The test that asks a page for all its rules."""

TOGETHER = "correspond or returned or before_it_is_proved or table_agree or files_agree"
"""Tests of what the pages are together: each looks at all of them and takes no time."""

_FILES = ("pages", "theorems", "references", "notation", "book")
GATES = tuple(f"tests/gates/test_{name}.py" for name in _FILES)
"""Where these stand."""

PYTEST = (sys.executable, "-m", "pytest", "-q")
SHARED = ("-n", "auto", "--dist", "loadgroup", "--no-loadscope-reorder")


def changed(root: Path = ROOT) -> list[str] | None:
    """The names of the pages that are new or differ from git's HEAD; None without git."""
    folder, suffix = "chapters/", ".ipynb"
    found: list[str] = []
    for command in (
        ["diff", "--name-only", "HEAD"],
        ["ls-files", "--others", "--exclude-standard"],
    ):
        try:
            done = subprocess.run(
                ["git", *command, "--", folder],
                cwd=root,
                capture_output=True,
                text=True,
                check=True,
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
        found += done.stdout.splitlines()
    return sorted(
        file.removeprefix(folder).removesuffix(suffix)
        for file in found
        if file.endswith(suffix) and (root / file).is_file()
    )


def compared(names: list[str], seconds: dict[str, float]) -> list[str]:
    """Of these pages as many as fit into `SECONDS`, quickest first; a new one counts nothing."""
    chosen: list[str] = []
    left = float(SECONDS)
    for name in sorted(names, key=lambda name: seconds.get(name, 0.0)):
        left -= seconds.get(name, 0.0)
        if left >= 0:
            chosen.append(name)
    return chosen


def costs() -> dict[str, float]:
    """The seconds that each page took when its outputs were stored."""
    return {name: cost["seconds"] for name, cost in records.of_all("cost").items()}


def commands(pages: list[str] | None, quick: list[str]) -> list[list[str]]:
    """What is run: gates of the pages, then the package and the outputs of the quick pages."""
    asked = [TOGETHER]
    if pages is None:
        asked.append(RULES)
    elif pages:
        asked.append(f"({RULES} and ({' or '.join(pages)}))")
    notebooks = [f"chapters/{name}.ipynb" for name in quick]
    return [
        [*PYTEST, *GATES, "-k", " or ".join(asked)],
        [*PYTEST, *SHARED, "-m", LIGHT, "--nbval", PACKAGE, *notebooks],
    ]


def left_out(pages: list[str] | None, quick: list[str], root: Path = ROOT) -> list[str]:
    """What was not run, and what would run it."""
    slow = [
        path.name
        for path in sorted((root / PACKAGE).glob("test_*.py"))
        if re.search(r"mark\.slow\b", path.read_text(encoding="utf-8"))
    ]
    return [
        *(
            f"stored outputs of {name}: make test CHAPTER={name.split('/')[-1]}"
            for name in pages or []
            if name not in quick
        ),
        f"slow tests of {', '.join(slow)}: make test",
        "theorems, solutions, claims, doctests, other gates, the built book: make test",
    ]


def check() -> bool:
    """Run it all, say what was not run, and return whether everything passed."""
    pages = changed()
    quick = compared(pages or [], costs())
    codes = [subprocess.run(command, cwd=ROOT).returncode for command in commands(pages, quick)]
    print("\n".join(["", "Not run:", *(f"  {line}" for line in left_out(pages, quick))]))
    return not any(codes)
