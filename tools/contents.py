"""Say what is wrong with the table of contents, before Sphinx stumbles over it.

python -m tools.contents

The exit code is 1 if anything is wrong.
"""

from book import pages, toc


def main() -> None:
    try:
        toc.read(pages.ROOT)
    except toc.ContentsError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
