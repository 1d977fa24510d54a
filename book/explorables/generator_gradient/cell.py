"""How a notebook draws the two losses for the generator."""

import matplotlib.pyplot as plt

from book.explorables.generator_gradient.mathematics import gradient_state
from gan_utils import plotting


def show(logit):
    """Both losses of the generator on one sample, and their slopes in the logit."""
    state = gradient_state(logit)
    curves, numbers = state["columns"]["curves"], state["numbers"]
    _, axes = plt.subplots(2, figsize=(6, 4), sharex=True)
    names = {"minimax": "minimax", "non_saturating": "non-saturating"}
    for (name, label), style in zip(names.items(), plotting.SERIES, strict=False):
        for ax, column in zip(axes, (name, f"{name}_slope"), strict=True):
            ax.plot(curves["logit"], curves[column], label=label, **style)
            ax.plot(logit, numbers[column], "o", color=style["color"])
        print(f"{label}: loss {numbers[name]:.4f}, slope {numbers[f'{name}_slope']:.4f}")
    axes[0].set(ylabel="loss in nats")
    axes[1].set(xlabel="logit of D on a generated sample", ylabel="slope")
    axes[0].legend()
    plt.show()
