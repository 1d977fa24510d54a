"""What tensorflow/training_engine says about training: the 25 modes that many steps can reach."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "tensorflow/training_engine"


@claim(
    "engine-grid",
    page=PAGE,
    statement="10,000 steps of GAN.fit find 25 Gaussians on a grid, and hardly miss them.",
    statistics=[
        Statistic("modes_of_25", at_least=25),
        Statistic("share_of_high_quality", at_least=0.95),
        Statistic("reverse_kl", at_most=0.06, unit="nats"),
    ],
    holds_on=9,
)
def grid_of_25(seed: int) -> dict[str, float]:
    found = definitions(PAGE)["grid_coverage"](seed)
    return {
        "modes_of_25": float(found.modes),
        "share_of_high_quality": found.high_quality,
        "reverse_kl": found.reverse_kl,
    }
