"""What probability/generator_gradient says of a start that is far from the data."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "probability/generator_gradient"


def far_start(loss: str, optimizer: str, seed: int) -> dict[str, float]:
    """Where the generator ends, and the step at which it has arrived."""
    page = definitions(PAGE)
    path = page["far_start"](page[loss], optimizer, seed=seed)
    return {"mean": path[-1, 0], "arrival": page["arrival"](path)}


@claim(
    "far-start-minimax-sgd",
    page=PAGE,
    statement="From 20 s.d. away, minimax loss, SGD: the generator never leaves its start.",
    statistics=[
        Statistic("mean", at_least=19.9, unit="s.d."),
        Statistic("arrival", at_least=1_501, unit="steps"),  # after the last step
    ],
    holds_on=10,
)
def minimax_sgd(seed: int) -> dict[str, float]:
    return far_start("MINIMAX", "SGD", seed)


@claim(
    "far-start-non-saturating-sgd",
    page=PAGE,
    statement="From 20 s.d. away, non-saturating loss, SGD: the generator arrives.",
    statistics=[
        Statistic("mean", at_least=-0.3, at_most=0.3, unit="s.d."),
        Statistic("arrival", at_least=1, at_most=1_000, unit="steps"),
    ],
    holds_on=10,
)
def non_saturating_sgd(seed: int) -> dict[str, float]:
    return far_start("NON_SATURATING", "SGD", seed)


@claim(
    "far-start-adam",
    page=PAGE,
    statement="From 20 s.d. away, Adam: with the minimax loss the generator arrives later.",
    statistics=[
        Statistic("minimax mean", unit="s.d."),
        Statistic("minimax arrival", unit="steps"),
        Statistic("other mean", at_least=-0.3, at_most=0.3, unit="s.d."),
        Statistic("other arrival", at_least=1, at_most=1_000, unit="steps"),
        Statistic("delay", at_least=1, unit="steps"),
    ],
    holds_on=10,
)
def adam(seed: int) -> dict[str, float]:
    minimax, other = (far_start(loss, "Adam", seed) for loss in ("MINIMAX", "NON_SATURATING"))
    return {
        **{f"minimax {name}": value for name, value in minimax.items()},
        **{f"other {name}": value for name, value in other.items()},
        "delay": minimax["arrival"] - other["arrival"],
    }
