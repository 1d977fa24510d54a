"""Time precision, recall, density and coverage of random features, in a process of its own.

python balls.py PROGRAM SAMPLES DIM

PROGRAM is gan_utils or prdc. Prints seconds, MB of memory beyond the features, and the four values.
"""

import resource
import sys
import time

import numpy as np

K = 5


def features(n: int, dim: int, seed: int) -> np.ndarray:
    """Random features along decaying axes, float32."""
    rng = np.random.default_rng(seed)
    deviations = np.arange(1, dim + 1, dtype=np.float32) ** -0.5
    drawn = rng.standard_normal((n, dim), dtype=np.float32)
    drawn *= deviations  # in place: a copy would raise the peak against which memory is counted
    return drawn


def peak() -> float:
    """Megabytes that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> None:
    program, n, dim = sys.argv[1], *map(int, sys.argv[2:])
    real, fake = features(n, dim, 0), features(n, dim, 1)
    if program == "prdc":
        from prdc import compute_prdc as compute

        sys.stdout = sys.stderr  # it prints
    else:
        from gan_utils import prdc as compute
    before, started = peak(), time.perf_counter()
    found = compute(real, fake, K)
    seconds, sys.stdout = time.perf_counter() - started, sys.__stdout__
    values = found.values() if program == "prdc" else found
    print(seconds, peak() - before, *map(float, values))


if __name__ == "__main__":
    main()
