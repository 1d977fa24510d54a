"""A trained discriminator against the logarithm of the density ratio, on four pairs."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "probability/optimal_discriminator"

FOLLOWS = (
    Statistic("correlation", at_least=0.99),
    Statistic("mean_abs_error", at_most=0.05, unit="nats"),
    Statistic("share_within_4_nats", at_least=0.95),
)


@claim(
    "optimal-discriminator-gaussians",
    page=PAGE,
    statement="Trained on samples of N(0, 1) and N(1, 1), the logit follows log p/q.",
    statistics=FOLLOWS,
    holds_on=10,
)
def gaussians(seed: int) -> dict[str, float]:
    return _trained_against_exact("two Gaussians", seed)


@claim(
    "optimal-discriminator-correlated",
    page=PAGE,
    statement="Trained on samples of two correlated Gaussians, the logit follows log p/q.",
    statistics=FOLLOWS,
    holds_on=10,
)
def correlated(seed: int) -> dict[str, float]:
    return _trained_against_exact("correlated Gaussians", seed)


@claim(
    "optimal-discriminator-mixture",
    page=PAGE,
    statement="Trained on samples of a mixture and a Gaussian, the logit follows log p/q.",
    statistics=FOLLOWS,
    holds_on=10,
)
def mixture(seed: int) -> dict[str, float]:
    return _trained_against_exact("mixture and Gaussian", seed)


@claim(
    "optimal-discriminator-wide",
    page=PAGE,
    statement="On the wide pair the value is right and the logit is not.",
    statistics=(
        Statistic("value_error", at_most=1e-3, unit="nats"),
        Statistic("regret", at_most=1e-3, unit="nats"),
        Statistic("mean_abs_error", unit="nats"),
        Statistic("mean_abs_error_in_the_dark", unit="nats"),
        Statistic("share_of_error_in_the_dark", at_least=0.5),
        Statistic("share_of_regret_in_the_dark", at_most=0.05),
        Statistic("error_at_minus_12", unit="nats"),
    ),
    holds_on=10,
)
def wide(seed: int) -> dict[str, float]:
    page = definitions(PAGE)
    p, q = page["PAIRS"]["wide"]
    return page["judge_wide"](page["train_discriminator"](p, q, seed=seed), p, q, seed=seed)


def _trained_against_exact(pair: str, seed: int) -> dict[str, float]:
    page = definitions(PAGE)
    p, q = page["PAIRS"][pair]
    return page["compare"](page["train_discriminator"](p, q, seed=seed), p, q, seed=seed)
