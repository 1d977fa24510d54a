"""What the book's pages need beside the library: their speed, their records and their claims.

A record is a small file of JSON that says what was measured, by which program, with which versions
and in how many seconds. The records travel with the package, so that a page that is opened far from
the book, in Colab say, prints the same numbers.
"""

from gan_utils.book import claims
from gan_utils.book._records import read_record, record_names
from gan_utils.book.profile import profile, verbosity
from gan_utils.book.race import Race, digit_race

__all__ = [
    "Race",
    "claims",
    "digit_race",
    "profile",
    "read_record",
    "record_names",
    "verbosity",
]
