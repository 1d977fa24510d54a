"""Write every notebook into build/colab so that it runs wherever it is uploaded.

python -m tools.colab
"""

from book import setup_cell, wheel
from book.colab import OUTPUT, write
from book.pages import ROOT


def main() -> None:
    built = wheel.build(OUTPUT)
    for path in write(OUTPUT, setup_cell.from_wheel(built)):
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB")
    size = built.stat().st_size / 1e6
    print(f"Each holds the wheel of {size:.2f} MB. In Colab: File, Upload notebook.")


if __name__ == "__main__":
    main()
