"""Draw how the chapters build on each other, into images/chapters.svg.

python -m tools.graph
"""

from book import graph, pages


def main() -> None:
    graph.PATH.write_text(graph.drawing(pages.in_order()), encoding="utf-8")


if __name__ == "__main__":
    main()
