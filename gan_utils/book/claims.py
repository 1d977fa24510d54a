"""Claims about training: what the book says, and the runs behind it.

A claim about a random program is a statement about many runs. The ledger holds for each claim
the values that every seed gave, and the interval in which one more run is expected:

    mean ± t(0.9995; n − 1) · s · √(1 + 1/n),

the two-sided 99.9 % prediction interval for one new value when n values have mean `mean` and
standard deviation s (Hahn and Meeker, *Statistical Intervals*, Wiley 1991, section 4.7).
"""

import math
import statistics
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scipy.stats import t as student_t

from gan_utils.book import _pictures
from gan_utils.book._records import read_record, record_names

COVERAGE = 0.999
"""Probability with which the interval holds one more run."""

RELATIVE_FLOOR = 1e-4
"""Half-width, relative to the largest value, below which the interval never shrinks.

Single-precision training repeats to about four digits from one processor to the next, so
ten equal values do not mean that the eleventh will be equal to the last bit.
"""

LINE = 84
"""Characters that fit into one line of a printed page."""

COLUMNS = ("median", "smallest", "largest", "claimed", "holds on")
"""What the table of a claim says of each statistic."""

_IN_ASCII = {"≥": ">=", "≤": "<=", "–": "-", "−": "-", "×": "x", "±": "+-", "·": "*"}


@dataclass(frozen=True)
class Statistic:
    """Statistic of a claim: one measured number, over all its seeds, and the bound on it.

    `at_least` and `at_most` are what the claim asserts of every run; None where it asserts nothing.
    `values` is empty as long as nothing has been measured.

    Examples
    --------
    >>> coverage = Statistic("modes", (8.0, 8.0, 7.0), unit="of 8", at_least=8)
    >>> coverage.median, coverage.minimum, coverage.holds
    (8.0, 7.0, (True, True, False))
    """

    name: str
    values: tuple[float, ...] = ()
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def title(self) -> str:
        """Name, in words, with the unit."""
        return self.name.replace("_", " ") + (f" ({self.unit})" if self.unit else "")

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
        """Bounds that are claimed; a dash for none.

        Examples
        --------
        >>> Statistic("x", (1.0,), at_least=0.5, at_most=2).bound
        '≥ 0.5, ≤ 2'
        """
        parts = [("≥", self.at_least), ("≤", self.at_most)]
        claimed = [f"{sign} {limit:g}" for sign, limit in parts if limit is not None]
        return ", ".join(claimed) or "–"

    @property
    def holds(self) -> tuple[bool, ...]:
        """Whether each seed's value keeps the bounds."""
        low = -math.inf if self.at_least is None else self.at_least
        high = math.inf if self.at_most is None else self.at_most
        return tuple(low <= value <= high for value in self.values)

    def row(self) -> tuple[str, ...]:
        """Title, and what each of `COLUMNS` says."""
        claimed = (self.at_least, self.at_most) != (None, None)
        return (
            self.title,
            *(f"{number:.4g}" for number in (self.median, self.minimum, self.maximum)),
            self.bound,
            f"{sum(self.holds)} of {len(self.values)}" if claimed else "–",
        )


@dataclass(frozen=True, repr=False)
class Claim:
    """Claim about training: a sentence, its bounds, and the runs that support it.

    Printed it is a table, in a notebook one of HTML with a picture of the runs. Signs that the
    encoding of standard output lacks are written in ASCII there: >= for ≥.

    `statistics` are by name; `seeds` is empty as long as nothing has been measured. `holds_on` is
    the number of seeds on which all bounds are claimed to hold, `seconds` what one run took.
    `digest` is a hash of the code that was measured, `package` one of what it used of gan_utils.
    """

    name: str
    statement: str
    page: str
    holds_on: int
    statistics: dict[str, Statistic]
    seeds: tuple[int, ...] = ()
    seconds: float = math.nan
    versions: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    package: str = ""

    @property
    def holding(self) -> tuple[int, ...]:
        """The seeds on which every bound of the claim holds."""
        each = zip(*(statistic.holds for statistic in self.statistics.values()), strict=True)
        return tuple(seed for seed, kept in zip(self.seeds, each, strict=True) if all(kept))

    def stated(self) -> "Claim":
        """The claim alone, without what was measured."""
        bare = {name: replace(each, values=()) for name, each in self.statistics.items()}
        return Claim(self.name, self.statement, self.page, self.holds_on, bare)

    def __str__(self) -> str:
        statement = _printable(f"{self.statement} [{self.name}]")
        sentence = textwrap.wrap(statement, LINE, break_on_hyphens=False)
        if not self.seeds:
            return "\n".join([*sentence, "not measured yet"])
        rows = [("", *COLUMNS), *(statistic.row() for statistic in self.statistics.values())]
        return "\n".join(
            [*sentence, *aligned([[_printable(text) for text in row] for row in rows])]
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _pictures.claim(self, COLUMNS)

    def record(self) -> dict[str, Any]:
        """What the ledger keeps of the claim, for JSON; `from_record` reads it."""
        return {
            "statement": self.statement,
            "page": self.page,
            "holds_on": self.holds_on,
            "seeds": list(self.seeds),
            "statistics": {
                name: {
                    "unit": each.unit,
                    "at_least": each.at_least,
                    "at_most": each.at_most,
                    "values": list(each.values),
                }
                for name, each in self.statistics.items()
            },
            "seconds": self.seconds,
            "versions": self.versions,
            "digest": self.digest,
            "package": self.package,
        }


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


def read(name: str) -> Claim:
    """Claim of the ledger, by name.

    Raises
    ------
    ValueError
        The ledger has no claim of that name.
    """
    ledger = read_all()
    if name not in ledger:
        raise ValueError(f"name must be a claim of the ledger ({', '.join(ledger)}), got {name!r}")
    return ledger[name]


def read_all() -> dict[str, Claim]:
    """Claims of the ledger, all of them, by name in alphabetical order."""
    records = (read_record(name).get("claims", {}) for name in record_names())
    found = {name: entry for record in records for name, entry in record.items()}
    return {name: from_record(name, found[name]) for name in sorted(found)}


def from_record(name: str, record: dict[str, Any]) -> Claim:
    """Claim made from what the ledger's JSON holds under its name."""
    statistics = {
        key: Statistic(
            name=key,
            values=tuple(entry["values"]),
            unit=entry["unit"],
            at_least=entry["at_least"],
            at_most=entry["at_most"],
        )
        for key, entry in record["statistics"].items()
    }
    kept = {key: record[key] for key in ("statement", "page", "holds_on", "seconds", "digest")}
    return Claim(
        name=name,
        statistics=statistics,
        seeds=tuple(record["seeds"]),
        versions=dict(record["versions"]),
        package=record.get("package", ""),
        **kept,
    )


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
