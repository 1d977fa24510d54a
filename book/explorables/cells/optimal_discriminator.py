import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact

from gan_utils import JENSEN_SHANNON, Gaussian, optimal_discriminator, plotting

plotting.use_style()


@interact(
    mean=FloatSlider(2.0, min=-4, max=4, step=0.1, description="mean"),
    deviation=FloatSlider(1.0, min=0.4, max=3, step=0.1, description="std. dev."),
)
def show(mean, deviation):
    """The best discriminator between N(0, 1) and the generator's normal distribution."""
    p, q, x = Gaussian(0.0, 1.0), Gaussian(mean, deviation**2), np.linspace(-6, 6, 241)
    js = JENSEN_SHANNON.quadrature(p, q)
    _, ax = plt.subplots(figsize=(6, 3))
    ax.plot(x, np.exp(p.log_prob(x)), label=r"$p_\mathrm{data}$", **plotting.P_DATA)
    ax.plot(x, np.exp(q.log_prob(x)), label="$p_g$", **plotting.P_G)
    ax.plot(x, optimal_discriminator(p, q, x), label="$D^*$", **plotting.DISCRIMINATOR)
    ax.set(xlabel="x", ylabel="density, or probability", ylim=(0, 1.05))
    ax.legend()
    plt.show()
    print(f"JS = {js:.4f} nats, V(D*, G) = 2 JS − log 4 = {2 * js - np.log(4):.4f} nats")
