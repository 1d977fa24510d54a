"""Validation of images whose pixels lie in [-1, 1]."""

import numpy as np
import numpy.typing as npt

from gan_utils import _checks

TOLERANCE = 1e-6
"""Rounding that is clipped: some eight units in the last place of float32 just above one."""


def pixels(name: str, images: npt.ArrayLike) -> np.ndarray:
    """Images clipped to [-1, 1] as float64; raise ValueError if one is outside beyond rounding."""
    array = _checks.filled(name, images)
    if np.abs(array).max() > 1 + TOLERANCE:
        raise ValueError(
            f"{name}: expected pixels in [-1, 1], got values from {array.min():.9g} "
            f"to {array.max():.9g}"
        )
    return np.clip(array, -1.0, 1.0)
