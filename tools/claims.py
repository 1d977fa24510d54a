"""Measure the claims, and store what came of them in the records of their pages.

python -m tools.claims                  every claim
python -m tools.claims NAME …           only these; the others stay as they are

Each claim is stored as soon as it is complete, so an interrupted run keeps what it has measured.
All processors work, each on one seed at a time. Claims are measured at the quick profile and not on
a GPU, as the tests repeat them: a GPU rounds otherwise, and networks as small as these gain little
by one.
"""

import argparse
import time

from book import claims, settings


def main() -> None:
    settings.quick()
    known = claims.registered()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    names = parser.parse_args().names or list(known)
    unknown = sorted(set(names) - set(known))
    if unknown:
        parser.error(f"unknown claim {', '.join(unknown)}; there are: {', '.join(known)}")
    started = time.perf_counter()
    for measured in claims.measure_all(names):
        claims.store(measured)
        print(f"{measured}\nafter {time.perf_counter() - started:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
