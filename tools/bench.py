"""Time the package against other ways to do the same: what was asked, and what is reached.

python -m tools.bench                  every case: ten minutes
python -m tools.bench ring frechet     only these
python -m tools.bench --rounds 1       a rehearsal
python -m tools.bench --torch PYTHON   a Python that has PyTorch; by default this one is asked
python -m tools.bench --jax PYTHON     a Python that has JAX and Optax, likewise
python -m tools.bench --prdc PYTHON    a Python that has prdc, likewise

Everything runs on the processor alone.
"""

import argparse
import shutil
import sys

from book import bench, settings

LIBRARIES = ("torch", "jax", "prdc")


def arguments(argv):
    """The names of the cases, the number of rounds and the Pythons that have other libraries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(bench.CASES)}")
    parser.add_argument("--rounds", type=int, default=bench.ROUNDS)
    for library in LIBRARIES:
        parser.add_argument(f"--{library}", default=sys.executable, metavar="PYTHON")
    options = parser.parse_args(argv)
    unknown = sorted(set(options.names) - set(bench.CASES))
    if unknown:
        parser.error(f"unknown case {', '.join(unknown)}; there are: {', '.join(bench.CASES)}")
    if options.rounds < 1:
        parser.error(f"--rounds: expected at least 1, got {options.rounds}")
    for library in LIBRARIES:
        if shutil.which(python := getattr(options, library)) is None:
            parser.error(f"--{library}: expected a Python, got {python}")
    return options


def main(argv=None):
    options = arguments(argv)
    settings.processor_only()
    for name in options.names or bench.CASES:
        for text in bench.CASES[name](options):
            print(f"{text}\n", flush=True)


if __name__ == "__main__":
    main()
