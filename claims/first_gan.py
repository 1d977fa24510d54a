"""Claims of the page on the first GAN."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "tensorflow/first_gan"


@claim(
    "first-gan",
    page=PAGE,
    statement="The loop, and GAN.fit, train to within 0.01 nats of the data.",
    statistics=[
        Statistic("JS_of_the_loop", at_most=0.01, unit="nats"),
        Statistic("the_same_in_3200_bins", at_most=0.01, unit="nats"),
        Statistic("JS_of_GAN_fit", at_most=0.01, unit="nats"),
        Statistic("last_loss_of_D", at_least=1.38, at_most=1.40, unit="nats"),
        Statistic("share_where_G_falls"),
    ],
    holds_on=9,
)
def first_gan(seed: int) -> dict[str, float]:
    """The page's own loop, then the same players in the package, from one seed."""
    page = definitions(PAGE)
    players = page["make_players"](seed)
    losses, snapshots = page["train"](players, seed, chunk=page["STEPS"])
    fitted = page["make_players"](seed)
    gan = page["packaged"](fitted, seed, steps_per_execution=500)
    gan.fit(page["batches"](seed, page["STEPS"]), verbose=0)
    return {
        "JS_of_the_loop": page["binned_js"](snapshots[page["STEPS"]]),
        "the_same_in_3200_bins": page["binned_js"](snapshots[page["STEPS"]], bins=3_200),
        "JS_of_GAN_fit": page["binned_js"](page["generated"](fitted.generator)),
        "last_loss_of_D": page["last_loss"](losses),
        "share_where_G_falls": page["falling_share"](snapshots[page["STEPS"]]),
    }


@claim(
    "first-gan-careless",
    page=PAGE,
    statement="Equal constant rates with momentum: the same loss, a larger divergence.",
    statistics=[
        Statistic("JS_of_the_loop", at_least=0.003, unit="nats"),
        Statistic("last_loss_of_D", at_least=1.38, at_most=1.40, unit="nats"),
        Statistic("share_where_G_falls"),
    ],
    holds_on=9,
)
def careless(seed: int) -> dict[str, float]:
    """The page's loop with equal rates, momentum and no decay."""
    page = definitions(PAGE)
    players = page["careless_players"](seed)
    losses, snapshots = page["train"](players, seed, chunk=page["STEPS"])
    return {
        "JS_of_the_loop": page["binned_js"](snapshots[page["STEPS"]]),
        "last_loss_of_D": page["last_loss"](losses),
        "share_where_G_falls": page["falling_share"](snapshots[page["STEPS"]]),
    }


@claim(
    "first-gan-shallow",
    page=PAGE,
    statement="Two hidden layers instead of three: how far from the data the loop ends.",
    statistics=[Statistic("JS_of_the_loop", unit="nats"), Statistic("share_where_G_falls")],
    holds_on=10,
)
def shallow(seed: int) -> dict[str, float]:
    """The page's loop and rates with networks of two hidden layers."""
    page = definitions(PAGE)
    players = page["make_players"](seed, depth=2)
    _, snapshots = page["train"](players, seed, chunk=page["STEPS"])
    values = snapshots[page["STEPS"]]
    return {
        "JS_of_the_loop": page["binned_js"](values),
        "share_where_G_falls": page["falling_share"](values),
    }


@claim(
    "first-gan-rectifiers",
    page=PAGE,
    statement="Asked to tell the data from the data, Adam kills plain rectifiers.",
    statistics=[
        Statistic("live_before", unit="of 64"),
        Statistic("live_with_epsilon_1e-7", at_most=32, unit="of 64"),
        Statistic("live_with_epsilon_1e-2", at_least=33, unit="of 64"),
    ],
    holds_on=9,
)
def rectifiers(seed: int) -> dict[str, float]:
    """The page's discriminator of plain rectifiers with nothing to learn, under two ε."""
    page = definitions(PAGE)
    before, small = page["nothing_to_learn"](seed, epsilon=1e-7)
    _, large = page["nothing_to_learn"](seed, epsilon=1e-2)
    return {
        "live_before": before,
        "live_with_epsilon_1e-7": small,
        "live_with_epsilon_1e-2": large,
    }
