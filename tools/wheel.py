"""Build the wheel of gan_utils into dist.

python -m tools.wheel
"""

from book import wheel
from book.pages import ROOT


def main() -> None:
    built = wheel.build(ROOT / "dist")
    print(f"{built.relative_to(ROOT)}: {built.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
