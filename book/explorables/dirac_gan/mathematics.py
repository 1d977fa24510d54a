"""The way of the two players of the Dirac-GAN, which plays the minimax loss with R1."""

import numpy as np

from gan_utils import dynamics

STEPS = 200
FIELD = np.linspace(-0.9, 0.9, 12)
"""An even number of places, so that none is the equilibrium, where no direction is defined."""


def dirac_game(penalty):
    """The game with this weight of the penalty."""
    return dynamics.dirac_gan(dynamics.MINIMAX, dynamics.r1(penalty))


def dirac_path(update, start, step, penalty, n=STEPS):
    """The players' places over n steps.

    In simultaneous steps both look at where both stand; in alternating steps the discriminator
    goes first, and the generator answers to where it then stands.
    """
    game = dirac_game(penalty)
    if update == "simultaneous":
        return dynamics.simultaneous(game, start, step, n)
    return dynamics.alternating(game, start, step, n, discriminator_first=True)


def dirac_matrix(update, step, penalty):
    """The step, linearised at the equilibrium."""
    game = dirac_game(penalty)
    if update == "simultaneous":
        return dynamics.simultaneous_matrix(game, step)
    return dynamics.alternating_matrix(game, step, discriminator_first=True)


def dirac_directions(penalty, reach):
    """Strokes over the plane, from places to where the players are pulled there."""
    places = reach * np.stack(np.meshgrid(FIELD, FIELD, indexing="ij"), axis=-1).reshape(-1, 2)
    pulls = dirac_game(penalty).field(places)
    length = np.hypot(*pulls.T)[:, None]
    ends = places + 0.1 * reach * pulls / np.where(length > 0, length, 1)
    return {
        "theta": places[:, 0],
        "psi": places[:, 1],
        "theta_end": ends[:, 0],
        "psi_end": ends[:, 1],
    }


def dirac_finding(start, radius):
    """What the spectral radius says of players that start near the equilibrium."""
    if start < 1e-9:
        return "still"
    if radius > 1 + 1e-9:
        return "repelled"
    return "attracted" if radius < 1 - 1e-9 else "circling"


def dirac_state(update, step, penalty, theta, psi):
    """The players' path from one start, over the directions in which they are pulled."""
    path = dirac_path(update, np.array([theta, psi]), step, penalty)
    distance = np.hypot(*path.T)
    reach = 2.0 ** np.ceil(np.log2(max(2.0, 1.05 * distance.max())))
    radius = dynamics.spectral_radius(dirac_matrix(update, step, penalty))
    columns = {
        "path": {"theta": path[:, 0], "psi": path[:, 1]},
        "start": {"theta": path[:1, 0], "psi": path[:1, 1]},
        "end": {"theta": path[-1:, 0], "psi": path[-1:, 1]},
        "field": dirac_directions(penalty, reach),
        "distances": {
            "step": np.arange(STEPS + 1),
            "distance": np.where(distance > 0, distance, np.nan),
        },
    }
    numbers = {
        "update": update,
        "step": step,
        "penalty": penalty,
        "start": distance[0],
        "distance": distance[-1],
        "radius": radius,
        "reach": reach,
    }
    finding = dirac_finding(distance[0], radius)
    return {"columns": columns, "numbers": numbers, "finding": finding}
