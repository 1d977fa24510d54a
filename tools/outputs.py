"""Execute the notebooks and store their outputs.

python -m tools.outputs                          every notebook
python -m tools.outputs chapters/x.ipynb …       only these

The kernels run at the quick profile and without a GPU.
"""

import argparse
from pathlib import Path

from book import outputs, pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    chosen = parser.parse_args().notebooks or pages.paths()
    for path in [path.resolve() for path in chosen]:
        outputs.store(path)


if __name__ == "__main__":
    main()
