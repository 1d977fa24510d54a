"""How a notebook draws the optimal discriminator."""

import matplotlib.pyplot as plt

from book.explorables.optimal_discriminator.mathematics import discriminator_state
from gan_utils import plotting


def show(mean, deviation):
    """The best discriminator between N(0, 1) and the generator's normal distribution."""
    state = discriminator_state(mean, deviation)
    curves, numbers = state["columns"]["curves"], state["numbers"]
    _, ax = plt.subplots(figsize=(6, 3))
    ax.plot(curves["x"], curves["p"], label=r"$p_\mathrm{data}$", **plotting.P_DATA)
    ax.plot(curves["x"], curves["q"], label="$p_g$", **plotting.P_G)
    ax.plot(curves["x"], curves["d"], label="$D^*$", **plotting.DISCRIMINATOR)
    ax.set(xlabel="x", ylabel="density, or probability", xlim=(-6, 6), ylim=(0, 1.05))
    ax.legend()
    plt.show()
    print(f"JS = {numbers['js']:.4f} nats, V(D*, G) = 2 JS − log 4 = {numbers['value']:.4f} nats")
