"""Execute the notebooks and store their outputs.

python -m tools.outputs                          every notebook
python -m tools.outputs chapters/x.ipynb …       only these

The kernels run at the quick profile and without a GPU.
"""

import argparse
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from book import outputs, pages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    chosen = parser.parse_args().notebooks or pages.paths()
    if missing := [str(path) for path in chosen if not path.is_file()]:
        parser.error(f"there is no {', '.join(missing)}; a page is named chapters/part/name.ipynb")
    for path in [path.resolve() for path in chosen]:
        try:
            outputs.store(path)
        except CellExecutionError as error:
            raise SystemExit(f"{error}\n{path}: this cell failed; nothing is stored.") from None


if __name__ == "__main__":
    main()
