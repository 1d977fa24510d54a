"""Measure the claims and write chapters/claims.json.

python -m tools.claims                  every claim
python -m tools.claims NAME …           only these; the others stay as they are

The ledger is written after every claim, so an interrupted run keeps what it has measured.
"""

import argparse
import time

from gan_utils.claims import from_record
from tests.claims import registry


def main() -> None:
    claims = registry.registered()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(claims)}")
    names = parser.parse_args().names
    chosen = names or list(claims)
    unknown = sorted(set(chosen) - set(claims))
    if unknown:
        parser.error(f"unknown claim {', '.join(unknown)}; there are: {', '.join(claims)}")
    if not names:  # a full run forgets the claims that no longer exist
        kept = {key: value for key, value in registry.read_ledger().items() if key in claims}
        registry.write_ledger(kept)
    for name in chosen:
        started = time.perf_counter()
        entry = registry.record(claims[name])
        # Read again before writing: another run may have stored another claim meanwhile.
        ledger = {**registry.read_ledger(), name: entry}
        registry.write_ledger(ledger)
        print(f"{from_record(name, entry)}\n{time.perf_counter() - started:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
