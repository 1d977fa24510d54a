"""Run chapters to their end at the full profile, and keep a record of how that went.

python -m tools.full                     every chapter
python -m tools.full first_gan …         only these

What came of a chapter is kept in its record. The exit code is 1 if a chapter failed.
"""

import argparse
import sys

from book import full, pages, records


def main(arguments: list[str] | None = None) -> int:
    known = full.chapters()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="CHAPTER", help=f"of {', '.join(known)}")
    names = [name.split("/")[-1] for name in parser.parse_args(arguments).names] or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"unknown chapter {', '.join(unknown)}; there are: {', '.join(known)}")
    entries = {}
    for name in names:
        entries[name] = full.run(known[name])
        records.update(pages.read(known[name]).name, full=entries[name])
        print(f"{name}: {entries[name]['result']}, {entries[name]['seconds']} s", flush=True)
    print(full.table({name: full.read_record()[name] for name in names}, known))
    return int(any(entry["result"] == "failed" for entry in entries.values()))


if __name__ == "__main__":
    sys.exit(main())
