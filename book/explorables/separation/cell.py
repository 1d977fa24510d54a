"""How a notebook draws the four measures of one distance."""

import matplotlib.pyplot as plt

from book.explorables.separation.mathematics import separation_state
from gan_utils import plotting


def show(distance, deviation):
    """Four measures of how far apart two normal distributions are that differ by a shift."""
    state = separation_state(distance, deviation)
    curves, numbers = state["columns"]["curves"], state["numbers"]
    _, ax = plt.subplots(figsize=(6, 3))
    for name, style in zip(("kl", "js", "tv"), plotting.SERIES, strict=True):
        ax.plot(curves["distance"], curves[name], label=name.upper(), **style)
        ax.plot(distance, numbers[name], "o", color=style["color"])
        print(f"{name.upper()} {numbers[name]:.4f}", end="   ")
    ax.plot(curves["distance"], curves["w1"], label="$W_1$", **plotting.THEORY)
    ax.set(xlabel="distance of the means", ylim=(0, 3))
    ax.legend()
    print(f"W₁ {distance:.4f}")
    plt.show()
