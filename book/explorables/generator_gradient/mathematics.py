"""Both losses of the generator on one sample, and their slopes in the logit."""

import numpy as np
from scipy.special import expit

from gan_utils import game_value

LOGITS = np.linspace(-8, 8, 161)


def minimax_loss(logit):
    """The loss log(1 - D): the sample's part of the value of the game."""
    return game_value([np.inf], [logit])


def non_saturating_loss(logit):
    """The loss -log D."""
    return -game_value([logit], [-np.inf])


def losses_over(logits):
    """Losses in nats, and their slopes in the logit."""
    return {
        "logit": logits,
        "minimax": np.array([minimax_loss(each) for each in logits]),
        "non_saturating": np.array([non_saturating_loss(each) for each in logits]),
        "minimax_slope": -expit(logits),
        "non_saturating_slope": -expit(-logits),
    }


def gradient_state(logit):
    """Both losses over the logit, and at one."""
    marker = losses_over(np.array([logit]))
    numbers = {
        **{name: column[0] for name, column in marker.items()},
        "probability": expit(logit),
        "ratio": np.exp(abs(logit)),
    }
    # A control moves by rounded steps.
    side = np.sign(round(logit, 9))
    finding = {-1: "recognised", 0: "even", 1: "deceived"}[side]
    columns = {"curves": losses_over(LOGITS), "marker": marker}
    return {"columns": columns, "numbers": numbers, "finding": finding}
