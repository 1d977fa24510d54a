"""How a notebook draws the Dirac-GAN."""

import matplotlib.pyplot as plt

from book.explorables.dirac_gan.mathematics import dirac_state
from gan_utils import plotting


def show(update, step, penalty, theta, psi):
    """200 steps of the Dirac-GAN, over the directions in which the players are pulled."""
    state = dirac_state(update, step, penalty, theta, psi)
    path, field, numbers = state["columns"]["path"], state["columns"]["field"], state["numbers"]
    reach = numbers["reach"]
    _, ax = plt.subplots(figsize=(4.5, 4.5))
    stroke = field["theta_end"] - field["theta"], field["psi_end"] - field["psi"]
    ax.quiver(field["theta"], field["psi"], *stroke, color="#9a9a9a", angles="xy")
    ax.plot(path["theta"], path["psi"], marker=".", markersize=4, **plotting.SERIES[0])
    ax.plot(theta, psi, "ko")
    ax.set(xlabel="θ, the generator", ylabel="ψ, the discriminator", aspect="equal")
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    plt.show()
    away = f"the players are {numbers['distance']:.4f} away; they started {numbers['start']:.4f}"
    print(f"after 200 {update} steps {away} away")
