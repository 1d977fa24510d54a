import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact

from gan_utils import dynamics, plotting

plotting.use_style()


@interact(
    update=["simultaneous", "alternating"],
    step=FloatSlider(0.2, min=0.02, max=0.6, step=0.02, description="step size"),
    penalty=FloatSlider(0.0, min=0, max=2, step=0.05, description="penalty"),
    theta=FloatSlider(1.0, min=-2, max=2, step=0.1, description="start of θ"),
    psi=FloatSlider(0.0, min=-2, max=2, step=0.1, description="start of ψ"),
)
def show(update, step, penalty, theta, psi):
    """200 steps of the Dirac-GAN, over the directions in which the players are pulled."""
    game = dynamics.dirac_gan(dynamics.MINIMAX, dynamics.r1(penalty))
    if update == "simultaneous":
        way = dynamics.simultaneous(game, (theta, psi), step, 200)
    else:
        way = dynamics.alternating(game, (theta, psi), step, 200, discriminator_first=True)
    reach = max(2.0, 1.05 * abs(way).max())
    places = np.stack(np.meshgrid(*2 * [np.linspace(-reach, reach, 12)]), axis=-1)
    pulls = game.field(places)
    _, ax = plt.subplots(figsize=(4.5, 4.5))
    ax.quiver(*np.moveaxis(places, -1, 0), *np.moveaxis(pulls, -1, 0), color="#9a9a9a")
    ax.plot(*way.T, marker=".", markersize=4, **plotting.SERIES[0])
    ax.plot(*way[0], "ko")
    ax.set(xlabel="θ, the generator", ylabel="ψ, the discriminator", aspect="equal")
    plt.show()
    start, end = np.hypot(*way[0]), np.hypot(*way[-1])
    print(f"after 200 {update} steps the players are {end:.4f} away; they started {start:.4f} away")
