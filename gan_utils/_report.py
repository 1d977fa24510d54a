"""The table of a report: its rows, as text and in HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import NamedTuple


class ReportRow(NamedTuple):
    """One metric of a report: value, 95 % interval (low, high), and floor or None."""

    name: str
    value: float
    low: float
    high: float
    floor: float | None


@dataclass(frozen=True)
class Report:
    """All metrics of a generator, each with an interval and, where it was asked for, its floor.

    `rows` are `ReportRow`; each can be read by its name, as in `report.frechet_distance.value`.
    `n` is the number of samples of each kind that were compared, `note` what else is to be said.
    Printed as a table, in a notebook as one of HTML.
    """

    rows: tuple[ReportRow, ...]
    n: int
    note: str

    def __getattr__(self, name: str) -> ReportRow:
        for row in self.__dict__.get("rows", ()):
            if row.name == name:
                return row
        raise AttributeError(f"a report has no row {name!r}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(row.name for row in self.rows)]

    def _cells(self) -> Iterator[list[str]]:
        floors = any(row.floor is not None for row in self.rows)
        yield ["metric", "value", "95 % interval", *(["floor"] if floors else [])]
        for row in self.rows:
            cells = [row.name, f"{row.value:.4g}", f"[{row.low:.4g}, {row.high:.4g}]"]
            if floors:
                cells.append("–" if row.floor is None else f"{row.floor:.4g}")
            yield cells

    def __str__(self) -> str:
        table = list(self._cells())
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
                ]
            )
            for row in table
        ]
        return "\n".join([*lines, self.note])

    def _repr_html_(self) -> str:
        head, *body = ([escape(cell) for cell in row] for row in self._cells())
        columns = "".join(f'<th scope="col">{cell}</th>' for cell in head)
        rows = "".join(
            f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
            for name, *cells in body
        )
        return (
            f"<table><caption>{escape(self.note)}</caption>"
            f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
        )
