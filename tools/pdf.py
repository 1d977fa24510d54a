"""Print the built book into _build/book.pdf.

python -m tools.pdf
"""

from book import browser, pdf
from book.pages import ROOT


def main() -> None:
    found = browser.path()
    if found is None:
        raise SystemExit(f"No browser: one of {', '.join(browser.NAMES)} is needed to print.")
    pdf.print_book(found)
    print(pdf.PDF.relative_to(ROOT))


if __name__ == "__main__":
    main()
