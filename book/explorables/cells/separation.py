import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatSlider, interact

from gan_utils import JENSEN_SHANNON, KL, TOTAL_VARIATION, Gaussian, plotting

plotting.use_style()


@interact(
    distance=FloatSlider(2.0, min=0, max=6, step=0.1, description="distance"),
    deviation=FloatSlider(1.0, min=0.2, max=3, step=0.1, description="std. dev."),
)
def show(distance, deviation):
    """Four measures of how far apart two normal distributions are that differ by a shift."""
    distances = np.linspace(0, 6, 61)
    p, divergences = Gaussian(0.0, 1.0), {"KL": KL, "JS": JENSEN_SHANNON, "TV": TOTAL_VARIATION}
    _, ax = plt.subplots(figsize=(6, 3))
    for (name, divergence), style in zip(divergences.items(), plotting.SERIES, strict=True):
        *curve, here = (
            divergence.quadrature(p, Gaussian(shift / deviation, 1.0))
            for shift in (*distances, distance)
        )
        ax.plot(distances, curve, label=name, **style)
        ax.plot(distance, here, "o", color=style["color"])
        print(f"{name} {here:.4f}", end="   ")
    ax.plot(distances, distances, label="$W_1$", **plotting.THEORY)
    ax.set(xlabel="distance of the means", ylim=(0, 3))
    ax.legend()
    print(f"W₁ {distance:.4f}")
    plt.show()
