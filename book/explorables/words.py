"""How figures write numbers; `explorables.js` writes them alike."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

_PLACE = re.compile(r"\{(?P<name>\w+)(?::(?P<form>\w+))?\}")


def fixed(number: float, digits: int) -> str:
    """A decimal number with a true minus sign, and without one for zero.

    >>> fixed(-1.38629, 4), fixed(-0.00001, 4)
    ('−1.3863', '0.0000')
    """
    # As JavaScript's toFixed does it, half of a last digit goes up.
    text = f"{Decimal(float(number)).quantize(Decimal(10) ** -digits, ROUND_HALF_UP):f}"
    return text.lstrip("-") if not text.strip("-0.") else text.replace("-", "−")


def short(number: float) -> str:
    """Four decimals where they say something, powers of ten elsewhere.

    >>> short(0.25), short(4.12e-9)
    ('0.2500', '4.1 × 10⁻⁹')
    """
    if number == 0 or 1e-3 <= abs(number) < 1e4:
        return fixed(number, 4)
    mantissa, exponent = f"{number:.1e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.replace('-', '−')} × 10{power}"


def percent(share: float) -> str:
    """A share in hundredths."""
    return fixed(100 * share, 1)


def fill(sentence: str, numbers: Mapping[str, float | str]) -> str:
    """A sentence with numbers in its places, each written as the place asks.

    A place is `{name:2}` for that many decimals, `{name:short}` or `{name:percent}`, and `{name}`
    for a word.

    >>> fill("JS is {js:4} nats, {share:percent} % of log 2", {"js": 0.34657, "share": 0.5})
    'JS is 0.3466 nats, 50.0 % of log 2'

    Raises
    ------
    KeyError
        A place names no number, or a form that does not exist.
    """

    def word(match: re.Match[str]) -> str:
        number, form = numbers[match["name"]], match["form"]
        if form is None:
            return str(number)
        return fixed(number, int(form)) if form.isdigit() else _FORMS[form](number)

    return _PLACE.sub(word, sentence)


_FORMS = {"short": short, "percent": percent}
