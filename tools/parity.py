"""Execute every self-contained notebook under the versions that Colab has, and had before.

python -m tools.parity                     both runtimes, every page
python -m tools.parity now                 one runtime
python -m tools.parity --page first_gan    the pages whose name contains this

The exit code is 1 if any page failed.
"""

import argparse
import sys

from book import colab, setup_cell, wheel
from book.parity import RUNTIMES, describe, execute, prepare


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [runtime.name for runtime in RUNTIMES]
    parser.add_argument("runtimes", nargs="*", choices=[*names, []], metavar="|".join(names))
    parser.add_argument("--page", default="", help="only pages whose name contains this")
    arguments = parser.parse_args()
    chosen = [
        each for each in RUNTIMES if not arguments.runtimes or each.name in arguments.runtimes
    ]
    written = colab.write(colab.OUTPUT, setup_cell.from_wheel(wheel.build(colab.OUTPUT)))
    paths = [path for path in written if arguments.page in path.stem]
    if not paths:
        parser.error(f"no page's name contains {arguments.page!r}")
    table: dict[str, list[str]] = {path.stem: [] for path in paths}
    for runtime in chosen:
        prepare(runtime)
        print(describe(runtime), flush=True)
        for path in paths:
            table[path.stem].append(execute(runtime, path))
            print(f"  {path.stem:24}{table[path.stem][-1]}", flush=True)
    print("\n" + f"{'page':24}" + "".join(f"{runtime.name:12}" for runtime in chosen))
    for page, results in table.items():
        print(f"{page:24}" + "".join(f"{result:12}" for result in results))
    sys.exit(any("FAILED" in result for results in table.values() for result in results))


if __name__ == "__main__":
    main()
