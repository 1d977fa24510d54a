"""Run what belongs to the inner loop: the light tests, and the pages that have changed.

python -m tools.check

The exit code is 1 if anything failed.
"""

import sys
import time

from book import check, settings


def main() -> int:
    started = time.perf_counter()
    settings.quick()
    passed = check.check()
    print(f"{'passed' if passed else 'FAILED'} in {time.perf_counter() - started:.0f} s")
    return int(not passed)


if __name__ == "__main__":
    sys.exit(main())
