"""The records of what was measured, which travel with the package."""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from gan_utils.data import DataUnavailable

RECORDS = files("gan_utils.book") / "records"
"""The folder of the records: one file for each chapter, and what took too long for a chapter."""


def record_names() -> list[str]:
    """Names of all records, in alphabetical order."""
    entries = RECORDS.iterdir() if RECORDS.is_dir() else ()
    return sorted(
        entry.name.removesuffix(".json") for entry in entries if entry.name.endswith(".json")
    )


def read_record(name: str) -> dict[str, Any]:
    """Record of that name: what was measured, and how.

    Parameters
    ----------
    name : a chapter's name, as in "first_gan", or that of a longer run, as in "first_gan_long"

    Raises
    ------
    DataUnavailable
        There is no such record.

    Examples
    --------
    >>> from gan_utils.book import read_record
    >>> sorted(read_record("first_gan"))
    ['claims', 'cost', 'full', 'page']
    """
    record: dict[str, Any] = json.loads(record_file(f"{name}.json").read_text(encoding="utf-8"))
    return record


def record_file(name: str) -> Traversable:
    """File of the records, by its name with the suffix.

    Raises
    ------
    DataUnavailable
        There is no such file.
    """
    file = RECORDS / name
    if not file.is_file():
        known = ", ".join(record_names()) or "none"
        raise DataUnavailable(f"{name}: no such record of the book; there are: {known}")
    return file
