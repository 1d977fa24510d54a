"""Begin a chapter: its page with outputs, its claims, its tests, its place in the contents.

python -m tools.chapter dynamics/mode_collapse
python -m tools.chapter dynamics/mode_collapse --part 'III. Why training fails'
python -m tools.chapter dynamics/mode_collapse --no-claim

A part that is not in _toc.yml yet needs its title. The page that is written keeps every rule of the
book; CONTRIBUTING.md says how to go on from it.
"""

import argparse
import subprocess
import sys

from book import chapter, pages, toc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", metavar="PART/NAME", help="such as dynamics/mode_collapse")
    parser.add_argument("--part", metavar="TITLE", help="what the part is called, if it is new")
    parser.add_argument("--no-claim", action="store_true", help="say nothing about training")
    chosen = parser.parse_args()
    claims = not chosen.no_claim
    try:
        files = chapter.begin(chosen.name, caption=chosen.part, with_claim=claims)
    except (chapter.ChapterError, toc.ContentsError) as error:
        raise SystemExit(str(error)) from None
    names = [str(file.relative_to(pages.ROOT)) for file in files]
    print("\n".join(["written:", *(f"  {name}" for name in (*names, toc.NAME))]), flush=True)
    if claims:
        _make("claims", chapter.claim_of(chosen.name))
    _make("outputs", names[0])
    own = chosen.name.split("/")[1]
    print(f"Replace its mathematics, then `make outputs NOTEBOOK={names[0]}` and `make check`;")
    print(f"`make test CHAPTER={own}` when it is done. CONTRIBUTING.md says what a page needs.")


def _make(command: str, *arguments: str) -> None:
    """Run another command, each in a process of its own, since some set the quick profile."""
    done = subprocess.run([sys.executable, "-m", f"tools.{command}", *arguments], cwd=pages.ROOT)
    if done.returncode:
        raise SystemExit(f"The files are written; `make {command}` failed, see above.")


if __name__ == "__main__":
    main()
