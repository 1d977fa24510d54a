import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact
from scipy.special import expit

from gan_utils import plotting

plotting.use_style()


@interact(logit=FloatSlider(-4.0, min=-8, max=8, step=0.1, description="logit"))
def show(logit):
    """Both losses of the generator on one sample, and their slopes in the logit."""
    logits = np.linspace(-8, 8, 161)
    losses = {
        "minimax": (lambda t: -np.logaddexp(0, t), lambda t: -expit(t)),
        "non-saturating": (lambda t: np.logaddexp(0, -t), lambda t: -expit(-t)),
    }
    _, axes = plt.subplots(2, figsize=(6, 4), sharex=True)
    for (name, pair), style in zip(losses.items(), plotting.SERIES, strict=False):
        for ax, curve in zip(axes, pair, strict=True):
            ax.plot(logits, curve(logits), label=name, **style)
            ax.plot(logit, curve(logit), "o", color=style["color"])
        print(f"{name}: loss {pair[0](logit):.4f}, slope {pair[1](logit):.4f}")
    axes[0].set(ylabel="loss in nats")
    axes[1].set(xlabel="logit of D on a generated sample", ylabel="slope")
    axes[0].legend()
    plt.show()
