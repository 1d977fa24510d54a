"""The records of the pages: what each costs, how its full run went, what its claims measured.

A page has one file, `gan_utils/book/records/<name>.json`, which travels with the package. Whoever
measures writes a part of it and leaves the others as they are.
"""

import json
from pathlib import Path
from typing import Any

from book import pages

FOLDER = pages.ROOT / "gan_utils" / "book" / "records"

PARTS = ("page", "cost", "full", "claims")
"""What a record may hold, in the order in which it is stored."""


def path(page: str) -> Path:
    """Where the record of the page of that name is stored; the names end differently."""
    return FOLDER / f"{page.rpartition('/')[2]}.json"


def read(page: str) -> dict[str, Any]:
    """The record of a page; of one that was never measured it holds the page's name."""
    file = path(page)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"page": page}


def update(page: str, **parts: dict[str, Any]) -> None:
    """Store parts of a record. The file is read only now: others may have written it meanwhile."""
    record = {**read(page), **parts}
    kept = {name: record[name] for name in PARTS if record.get(name)}
    text = _lists_on_one_line(json.dumps(kept, indent=2, ensure_ascii=False))
    path(page).write_text(text + "\n", encoding="utf-8")


def of_all(part: str) -> dict[str, dict[str, Any]]:
    """That part of the record of each page that has it, by the pages' names."""
    found = {record["page"]: record.get(part) for record in stored().values()}
    return {page: entry for page, entry in found.items() if entry}


def stored() -> dict[str, dict[str, Any]]:
    """The stored records of pages, by the names of their files."""
    files = sorted(FOLDER.glob("*.json"))
    found = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {name: record for name, record in found.items() if "page" in record}


def _lists_on_one_line(text: str) -> str:
    """Numbers of one list stand in one line, so that a change of a record can be read."""
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
