"""What the records say together: the ledger of claims, and what the pages cost."""

from book import pages, records
from gan_utils.book.claims import Claim, read_all

_COST = "| page | quick: seconds | processors | full: minutes | processors |\n|---|--:|--:|--:|--:|"


def ledger() -> str:
    """Every claim in HTML, in the order of its pages, below a sentence that counts them."""
    found = read_all()
    order = [page.name for page in pages.in_order()]
    in_order = sorted(found.values(), key=lambda claim: (order.index(claim.page), claim.name))
    runs = sum(len(claim.seeds) for claim in found.values())
    broken = [claim.name for claim in in_order if len(claim.holding) < claim.holds_on]
    verdict = f"This one does: {', '.join(broken)}" if broken else "None does"
    opening = (
        f"<p>{len(found)} claims, {runs} runs. A claim that failed its own bounds would be a false "
        f"sentence in the book. {verdict}.</p>"
    )
    return "".join([opening, *(claim._repr_html_() + measured(claim) for claim in in_order)])


def measured(claim: Claim) -> str:
    """How a claim was measured, and on how many seeds it holds, in HTML."""
    versions = ", ".join(f"{name} {version}" for name, version in claim.versions.items())
    return (
        f"<p><small>On the page <em>{pages.page(claim.page).title}</em>; all bounds hold on "
        f"{len(claim.holding)} of {len(claim.seeds)} seeds, claimed {claim.holds_on}; "
        f"{claim.seconds:g} s a seed; {versions}.</small></p>"
    )


def costs() -> str:
    """What the pages took when they were last measured: a table in Markdown."""
    quick, full = records.of_all("cost"), records.of_all("full")
    lines = [_COST]
    for page in pages.in_order():
        cost, long = quick.get(page.name), full.get(page.name)
        seconds = f"{cost['seconds']:.0f} | {cost['threads']}" if cost else "– | –"
        minutes = f"{long['seconds'] / 60:.0f} | {long['threads']}" if long else "– | –"
        lines.append(f"| {page.title} | {seconds} | {minutes} |")
    both = [sum(entry["seconds"] for entry in part.values()) for part in (quick, full)]
    lines.append(f"| all of them | {both[0]:.0f} | | {both[1] / 60:.0f} | |")
    return "\n".join(lines)
