"""Claims of the page on the minimax objective."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic


@claim(
    "shared-loss-drifts",
    page="probability/minimax_objective",
    statement="Under the shared loss D goes to 1 on real and fake; under −V it tells them apart.",
    statistics=[
        Statistic("shared_loss_mean_D_on_real", at_least=0.99),
        Statistic("shared_loss_mean_D_on_fake", at_least=0.99),
        Statistic("true_loss_mean_D_on_real", at_least=0.73, at_most=0.83),
        Statistic("true_loss_mean_D_on_fake", at_least=0.17, at_most=0.27),
    ],
    holds_on=10,
)
def shared_loss_drifts(seed: int) -> dict[str, float]:
    """The last step of the page's own descent, under either loss."""
    page = definitions("probability/minimax_objective")
    results = {}
    for loss in ("shared_loss", "true_loss"):
        on_real, on_fake = page["descend"](page[loss], seed=seed)[-1]
        results[f"{loss}_mean_D_on_real"] = on_real
        results[f"{loss}_mean_D_on_fake"] = on_fake
    return results
