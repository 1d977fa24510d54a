"""Measure the claims and write chapters/claims.json.

python -m tools.claims                  every claim
python -m tools.claims NAME …           only these; the others stay as they are

The ledger is written after every claim, so an interrupted run keeps what it has measured. Claims
are measured at the quick profile and on the processor, as the tests repeat them: a GPU rounds
otherwise, and networks as small as these gain little by one.
"""

import argparse
import time

from book import claims, settings
from gan_utils.claims import from_record


def main() -> None:
    settings.quick()
    known = claims.registered()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}")
    names = parser.parse_args().names
    chosen = names or list(known)
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        parser.error(f"unknown claim {', '.join(unknown)}; there are: {', '.join(known)}")
    if not names:  # a full run forgets the claims that no longer exist
        kept = {key: value for key, value in claims.read_ledger().items() if key in known}
        claims.write_ledger(kept)
    for name in chosen:
        started = time.perf_counter()
        entry = claims.record(known[name])
        # Read again before writing: another run may have stored another claim meanwhile.
        ledger = {**claims.read_ledger(), name: entry}
        claims.write_ledger(ledger)
        print(f"{from_record(name, entry)}\n{time.perf_counter() - started:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
