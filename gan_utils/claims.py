"""Ledger of claims: what the book says about training, and the runs behind it.

A claim about a random program is a statement about many runs. The ledger holds for each claim
the values that every seed gave, and the interval in which one more run is expected:

    mean ± t(0.9995; n − 1) · s · √(1 + 1/n),

the two-sided 99.9 % prediction interval for one new value when n values have mean `mean` and
standard deviation s (Hahn and Meeker, *Statistical Intervals*, Wiley 1991, section 4.7).
"""

import importlib.metadata
import json
import math
import statistics
import sys
import textwrap
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import t as student_t

from gan_utils.data import DataUnavailable

COVERAGE = 0.999
"""Probability with which the interval holds one more run."""

RELATIVE_FLOOR = 1e-4
"""Half-width, relative to the largest value, below which the interval never shrinks.

Single-precision training repeats to about four digits from one processor to the next, so
ten equal values do not mean that the eleventh will be equal to the last bit.
"""

LINE = 84
"""Characters that fit into one line of a printed page."""

_ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds the package: the book's repository, or an environment's packages."""

_IN_ASCII = {"≥": ">=", "≤": "<=", "–": "-", "−": "-", "×": "x", "±": "+-", "·": "*"}


@dataclass(frozen=True)
class Statistic:
    """One measured number of a claim, over all its seeds.

    `at_least` and `at_most` are what the claim asserts of every run; None where it asserts nothing.

    Examples
    --------
    >>> coverage = Statistic("modes", (8.0, 8.0, 7.0), unit="of 8", at_least=8)
    >>> coverage.median, coverage.minimum, coverage.holds
    (8.0, 7.0, (True, True, False))
    """

    name: str
    values: tuple[float, ...]
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def median(self) -> float:
        """The median over seeds."""
        return statistics.median(self.values)

    @property
    def minimum(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def maximum(self) -> float:
        """The largest value."""
        return max(self.values)

    @property
    def interval(self) -> tuple[float, float]:
        """Where one more run is expected to fall: `prediction_interval`, by ratios if it can be.

        Examples
        --------
        A loss that was 1, 10 or 100 may be 1,000,000 and will not be negative:

        >>> low, high = Statistic("loss", (1.0, 10.0, 100.0)).interval
        >>> low > 0, high > 1e6
        (True, True)
        """
        if self.minimum > 0:
            return positive_prediction_interval(self.values)
        return prediction_interval(self.values)

    @property
    def low(self) -> float:
        """Lower end of `interval`."""
        return self.interval[0]

    @property
    def high(self) -> float:
        """Upper end of `interval`."""
        return self.interval[1]

    @property
    def bound(self) -> str:
        """Bounds that are claimed, in signs that standard output can print; a dash for none.

        Examples
        --------
        >>> Statistic("x", (1.0,), at_least=0.5, at_most=2).bound
        '≥ 0.5, ≤ 2'
        """
        parts = [("≥", self.at_least), ("≤", self.at_most)]
        claimed = [f"{sign} {limit:g}" for sign, limit in parts if limit is not None]
        return _printable(", ".join(claimed) or "–")

    @property
    def holds(self) -> tuple[bool, ...]:
        """Whether each seed's value keeps the bounds."""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return tuple(low <= value <= high for value in self.values)


@dataclass(frozen=True)
class Claim:
    """Claim about training, with the runs that support it; `str(claim)` is a table.

    Signs that the encoding of standard output lacks are written in ASCII there: >= for ≥.
    """

    name: str
    statement: str
    page: str
    seeds: tuple[int, ...]
    holds_on: int
    statistics: dict[str, Statistic]
    versions: dict[str, str]
    seconds: float
    digest: str

    @property
    def holding(self) -> tuple[int, ...]:
        """The seeds on which every bound of the claim holds."""
        each = zip(*(statistic.holds for statistic in self.statistics.values()), strict=True)
        return tuple(seed for seed, kept in zip(self.seeds, each, strict=True) if all(kept))

    def __str__(self) -> str:
        rows: list[Sequence[str]] = [("", "median", "smallest", "largest", "claimed", "holds on")]
        for statistic in self.statistics.values():
            unit = f" ({statistic.unit})" if statistic.unit else ""
            numbers = (statistic.median, statistic.minimum, statistic.maximum)
            claimed = (statistic.at_least, statistic.at_most) != (None, None)
            rows.append(
                (
                    _printable(statistic.name.replace("_", " ") + unit),
                    *(f"{number:.4g}" for number in numbers),
                    statistic.bound,
                    f"{sum(statistic.holds)} of {len(self.seeds)}" if claimed else _printable("–"),
                )
            )
        statement = _printable(f"{self.statement} [{self.name}]")
        sentence = textwrap.wrap(statement, LINE, break_on_hyphens=False)
        return "\n".join([*sentence, *aligned(rows)])


def prediction_interval(values: Iterable[float]) -> tuple[float, float]:
    """Prediction interval: holds one more value with probability 99.9 %, if values are normal.

    mean ± t(0.9995; n − 1) · s · √(1 + 1/n), never narrower than ± 1e-4 of the largest magnitude.

    Parameters
    ----------
    values : at least two finite floats, one per independent run.

    Raises
    ------
    ValueError
        Fewer than two values, or one that is not finite.

    Examples
    --------
    Two values 1 apart: mean ½, s = √½, and t with one degree of freedom is tan(0.4995 π) = 636.6.

    >>> low, high = prediction_interval([0.0, 1.0])
    >>> print(f"{low:.1f} {high:.1f}")
    -550.8 551.8
    """
    values = _runs(values)
    return _interval(values, RELATIVE_FLOOR * max(map(abs, values)))


def positive_prediction_interval(values: Iterable[float]) -> tuple[float, float]:
    """Prediction interval of positive values: that of their logarithms, taken back.

    It holds one more value with probability 99.9 % if their logarithms are normal. It is never
    narrower than a factor of exp(±1e-4) about the geometric mean.

    Parameters
    ----------
    values : at least two positive finite floats, one per independent run.

    Raises
    ------
    ValueError
        Fewer than two values, or one that is not finite or not positive.

    Examples
    --------
    Ratios are what counts: the ends for 1 and e are those of `prediction_interval` for 0 and 1.

    >>> low, high = positive_prediction_interval([1.0, math.e])
    >>> print(f"{math.log(low):.1f} {math.log(high):.1f}")
    -550.8 551.8
    """
    values = _runs(values)
    if min(values) <= 0:
        raise ValueError(f"values must be positive, got {values}")
    low, high = _interval([math.log(value) for value in values], RELATIVE_FLOOR)
    return _exp(low), _exp(high)


def _exp(x: float) -> float:
    return math.inf if x > math.log(sys.float_info.max) else math.exp(x)


def _runs(values: Iterable[float]) -> tuple[float, ...]:
    values = tuple(values)
    if len(values) < 2:
        raise ValueError(f"values must hold at least two runs, got {len(values)}")
    if not all(map(math.isfinite, values)):
        raise ValueError(f"values must be finite, got {values}")
    return values


def _interval(values: Sequence[float], floor: float) -> tuple[float, float]:
    """Student's interval for one more value, with a half-width of at least `floor`."""
    n = len(values)
    mean = statistics.fmean(values)
    quantile = float(student_t.ppf(0.5 + COVERAGE / 2, n - 1))
    half_width = max(quantile * statistics.stdev(values) * math.sqrt(1 + 1 / n), floor)
    return mean - half_width, mean + half_width


def read(name: str, path: Path | None = None) -> Claim:
    """Claim of the ledger, by name.

    Parameters
    ----------
    name : the claim's name.
    path : the ledger; by default the book's own, `ledger_path`.

    Raises
    ------
    ValueError
        The ledger has no claim of that name.
    DataUnavailable
        `path` is not given, and there is no ledger.
    """
    ledger = read_all(path)
    if name not in ledger:
        raise ValueError(f"name must be a claim of the ledger ({', '.join(ledger)}), got {name!r}")
    return ledger[name]


def read_all(path: Path | None = None) -> dict[str, Claim]:
    """Claims of the ledger, all of them, by name in alphabetical order.

    Raises
    ------
    DataUnavailable
        `path` is not given, and there is no ledger.
    """
    path = ledger_path() if path is None else path
    records = json.loads(path.read_text(encoding="utf-8"))
    return {name: from_record(name, records[name]) for name in sorted(records)}


def from_record(name: str, record: dict) -> Claim:
    """Claim made from what the ledger's JSON holds under its name."""
    return Claim(
        name=name,
        statement=record["statement"],
        page=record["page"],
        seeds=tuple(record["seeds"]),
        holds_on=record["holds_on"],
        statistics={
            key: Statistic(
                name=key,
                values=tuple(entry["values"]),
                unit=entry["unit"],
                at_least=entry["at_least"],
                at_most=entry["at_most"],
            )
            for key, entry in record["statistics"].items()
        },
        versions=dict(record["versions"]),
        seconds=record["seconds"],
        digest=record["digest"],
    )


def ledger_path() -> Path:
    """Path of the book's ledger of claims: `book_file("claims.json")`.

    Raises
    ------
    DataUnavailable
        There is none.
    """
    return book_file("claims.json")


def book_file(name: str) -> Path:
    """Path of one of the book's records: `claims.json`, or `costs.json`, the seconds of each page.

    It is that in `chapters/` beside the package, where the package is imported from the book's
    repository, else the copy that was installed with it. The working directory does not matter,
    and nobody else's file of that name is taken.

    Raises
    ------
    DataUnavailable
        Neither is there.
    """
    candidates = [_ROOT / "chapters" / name] if _is_repository(_ROOT) else []
    candidates += _installed(name)
    for candidate in candidates:
        if candidate.is_file():
            return candidate.resolve()
    raise DataUnavailable(
        f"no {name}: {_ROOT} is not the book's repository with a chapters/{name}, and no copy was "
        "installed with this gan-utils. Install the wheel, or import the package from a clone."
    )


def _is_repository(folder: Path) -> bool:
    """Whether the folder is the book's: its project has the package's name."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return project.get("project", {}).get("name") == "gan-utils"


def _installed(name: str) -> list[Path]:
    """The files of that name which were installed together with this very package."""
    package = Path(__file__).resolve().parent
    return [
        Path(file.locate())
        for distribution in importlib.metadata.distributions(name="gan-utils")
        if Path(str(distribution.locate_file("gan_utils"))).resolve() == package
        for file in distribution.files or []
        if file.parts[-3:] == ("share", "gan_utils", name)
    ]


def _printable(text: str) -> str:
    """The text as standard output can encode it: signs that it lacks in ASCII."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_in_ascii(sign, encoding) for sign in text)
    return text


def _in_ascii(sign: str, encoding: str) -> str:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        plain = _IN_ASCII.get(sign) or unicodedata.normalize("NFKD", sign).replace("\u2044", "/")
        return plain.encode("ascii", errors="ignore").decode("ascii") or "?"
    return sign


def aligned(rows: list[Sequence[str]]) -> list[str]:
    """Lines of a table, the first column aligned to the left, the others to the right.

    Parameters
    ----------
    rows : equally many texts each

    Examples
    --------
    >>> aligned([("a", "10"), ("bc", "9")])
    ['a   10', 'bc   9']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    ]
