"""A race of training recipes on MNIST.

`tools/race.py` trained for 90 seconds with each of several recipes and kept no weights, only what
came of it.
"""

import io
from typing import Any, NamedTuple

import numpy as np

from gan_utils.book._records import read_record, record_file


class Race(NamedTuple):
    """Race of training recipes: its record, and pictures (looks, 12, 28, 28) of two of them."""

    record: dict[str, Any]
    pictures: dict[str, np.ndarray]


def digit_race() -> Race:
    """Race of training recipes: what each learned from MNIST in 90 seconds, and what it drew.

    The first recipe has the networks, losses and optimisers of TensorFlow's DCGAN tutorial, the
    last is that of the book, and each of those between changes one setting of the one before it, or
    two that belong together.

    Returns
    -------
    Race
        `record` says under "recipes" what each recipe is, what it changes, and what was measured
        in its "runs", one for each of the "seeds" and in their order. `pictures` holds under
        "tutorial" and "book" what the first and the last recipe drew with the first seed: (3, 12,
        28, 28) float32 in [-1, 1], twelve samples at each of the moments that the record calls
        "looks", in seconds. The same noise makes a recipe's twelve samples at every look.

    Raises
    ------
    DataUnavailable
        If the record or the pictures are not installed.

    Examples
    --------
    >>> record, pictures = digit_race()
    >>> len(record["recipes"][0]["runs"]) == len(record["seeds"])
    True
    >>> pictures["book"].shape
    (3, 12, 28, 28)
    """
    stored = record_file("digit_race.npz").read_bytes()
    with np.load(io.BytesIO(stored), allow_pickle=False) as file:
        pictures = {key: file[key].astype(np.float32) / 127.5 - 1 for key in file}
    return Race(read_record("digit_race"), pictures)
