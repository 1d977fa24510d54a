"""What tensorflow/convolutional_gan says about training, in runs of 200 steps."""

from book.claims import claim
from book.pages import definitions
from gan_utils.book.claims import Statistic

PAGE = "tensorflow/convolutional_gan"


@claim(
    "conv-checkerboards-trained",
    page=PAGE,
    statement="200 steps of the digits' recipe remove the lines at ½; 200 of the other leave them.",
    statistics=[
        Statistic("5_x_5_before", at_least=5.0),
        Statistic("5_x_5_after", at_most=3.0),
        Statistic("4_x_4_before", at_least=5.0),
        Statistic("4_x_4_after", at_most=3.0),
        Statistic("tutorial_form_before"),
        Statistic("tutorial_form_after", at_least=3.0),
    ],
    holds_on=9,
)
def trained(seed: int) -> dict[str, float]:
    """The page's training of three generators from one seed."""
    page = definitions(PAGE)
    penalties = [page["r1"](3.0)]
    found = {}
    for name, generator, terms, adam in (
        ("5_x_5", page["generator_with"](page["transposed"](5), seed), penalties, "fast_adam"),
        ("4_x_4", page["generator_with"](page["transposed"](4), seed), penalties, "fast_adam"),
        ("tutorial_form", page["tutorial_form"](seed), [], "slow_adam"),
    ):
        before, after = page["trained_excess"](generator, terms, page[adam], seed=seed)
        found |= {f"{name}_before": before, f"{name}_after": after}
    return found
