"""Set the address of the published book in _config.yml.

python -m tools.repository https://host/owner/name

From then on the book's buttons lead there, and exported notebooks install the package from there.
"""

import argparse

from book import address


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", metavar="URL", help="https://host/owner/name")
    try:
        address.store(parser.parse_args().url)
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
