"""A few steps of every chapter with its constants of the full profile, one module a chapter.

    def trial(page: Namespace) -> list[object]:
        losses = page["train"](seed=0, steps=2)
        return [losses, page["STEPS"]]

`page` holds the definitions of the page at the full profile; returned is what must be finite.
tests/gates/test_full.py calls the trials.
"""

import importlib
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent

Namespace = dict[str, object]


def of(page: str) -> Callable[[Namespace], list[object]]:
    """The trial of the page of that name."""
    return importlib.import_module(f"{__name__}.{page.split('/')[-1]}").trial
