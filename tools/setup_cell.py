"""Print the setup cell that opens every notebook, or write it into the notebooks.

python -m tools.setup_cell                       print the cell
python -m tools.setup_cell --stamp               write it into every notebook
python -m tools.setup_cell --repository URL      set the address in _config.yml, then stamp
"""

import argparse

import nbformat

from book import pages, setup_cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stamp", action="store_true", help="write the cell into every notebook")
    parser.add_argument("--repository", metavar="URL", help="set the address, then stamp")
    arguments = parser.parse_args()
    if arguments.repository is not None:
        try:
            setup_cell.set_repository(arguments.repository)
        except ValueError as error:
            parser.error(str(error))
    elif not arguments.stamp:
        print(setup_cell.source())
        return
    for path in pages.paths():
        notebook = nbformat.read(path, as_version=4)
        setup_cell.stamp(notebook, setup_cell.source())
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
