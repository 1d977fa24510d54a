"""Run chapters to their end at the full profile, and keep a record of how that went.

Each notebook is executed in a fresh kernel, on the processor, and every assertion of the page has
to hold. What came of it goes into the page's record (book/records.py); stored outputs stay those of
the quick profile. No run fails for being slow: there is no limit of time.
"""

import hashlib
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import nbformat

from book import kernels, machine, pages, records, settings
from gan_utils.book.claims import aligned


def chapters() -> dict[str, Path]:
    """The notebooks that ask for the profile, by their short names, in the order of reading."""
    asking = [
        page
        for page in pages.in_order()
        if any("profile()" in cell.source for cell in page.tagged("definitions"))
    ]
    return {page.path.stem: page.path for page in asking}


def execute(path: Path) -> str:
    """Run the notebook in a fresh kernel; returns what went wrong, nothing if nothing did."""
    notebook = nbformat.read(path, as_version=4)
    variables = settings.for_kernel("full")
    return kernels.error_of(notebook, path.parent, variables, cell_seconds=None)


def run(path: Path) -> dict[str, object]:
    """The entry of one chapter: what came of it, when, how long it took, and with what."""
    code, started, before = code_digest(path), time.perf_counter(), os.times()
    error = execute(path)
    seconds, after = time.perf_counter() - started, os.times()
    # On a machine that others use as well, the wall's seconds say little and these say more.
    processor = sum(after[2:4]) - sum(before[2:4])
    return {
        "result": "failed" if error else "passed",
        **({"error": error} if error else {}),
        "seconds": round(seconds),
        "processor_seconds": round(processor),
        "threads": machine.threads(),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": machine.libraries(),
        "code": code,
    }


def code_digest(path: Path) -> str:
    """A hash of the page's code, which tells whether an entry is about the page as it is."""
    code = "\n".join(cell.source for cell in pages.read(path).code)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def read_record() -> dict[str, dict]:
    """How the full runs went, by the chapters' short names."""
    return {name.rpartition("/")[2]: entry for name, entry in records.of_all("full").items()}


def table(record: dict[str, dict], paths: dict[str, Path]) -> str:
    """The record as text, one line for each chapter that has an entry."""
    rows = [("chapter", "result", "minutes", "of processors", "threads", "date", "the page has")]
    for name, entry in record.items():
        same = code_digest(paths[name]) == entry["code"]
        rows.append(
            (
                name,
                entry["result"],
                f"{entry['seconds'] / 60:.1f}",
                f"{entry['processor_seconds'] / 60:.1f}",
                str(entry["threads"]),
                entry["date"],
                "not changed" if same else "changed since",
            )
        )
    errors = [f"{name}: {entry['error']}" for name, entry in record.items() if "error" in entry]
    return "\n".join([*aligned(rows), *errors])
