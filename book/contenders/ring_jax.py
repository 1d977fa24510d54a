"""Print the seconds that JAX takes for one step on the ring of `book.bench`, all in one scan.

python ring_jax.py BATCH STEPS

It needs JAX and Optax alone, so that any Python that has them can run this file. The arithmetic is
that of `book.bench.HandWritten`; steps are taken 200 at a time, each 200 in one `lax.scan`.
"""

import argparse
import time
from functools import partial

import jax
import optax
from jax import numpy as jnp

BATCHES = 200
ADAM = optax.adam(1e-3, b1=0.5)


def layers(key, widths):
    """Glorot-uniform weights and zero biases."""
    keys = jax.random.split(key, len(widths) - 1)
    glorot = jax.nn.initializers.glorot_uniform()
    pairs = zip(keys, widths[:-1], widths[1:], strict=True)
    return [(glorot(k, (a, b)), jnp.zeros(b)) for k, a, b in pairs]


def mlp(weights, x):
    """Two hidden layers of rectifiers."""
    *hidden, (last, bias) = weights
    for kernel, shift in hidden:
        x = jax.nn.relu(x @ kernel + shift)
    return x @ last + bias


def mean_softplus(x):
    return jax.nn.softplus(x).mean()


def discriminator_loss(d, real, fake):
    return mean_softplus(-mlp(d, real)) + mean_softplus(mlp(d, fake))


def generator_loss(g, d, z):
    return mean_softplus(-mlp(d, mlp(g, z)))


def move(loss, weights, moments):
    """One update of Adam."""
    updates, moments = ADAM.update(jax.grad(loss)(weights), moments)
    return optax.apply_updates(weights, updates), moments


def step(state, real):
    """One update of each network on a batch of real points."""
    key, (d, d_moments), (g, g_moments) = state
    key, for_d, for_g = jax.random.split(key, 3)
    fake = mlp(g, jax.random.normal(for_d, real.shape))
    d, d_moments = move(lambda w: discriminator_loss(w, real, fake), d, d_moments)
    z = jax.random.normal(for_g, real.shape)
    g, g_moments = move(lambda w: generator_loss(w, d, z), g, g_moments)
    return (key, (d, d_moments), (g, g_moments)), None


@partial(jax.jit, donate_argnums=0)
def steps(state, batches):
    """As many steps as there are batches."""
    return jax.lax.scan(step, state, batches)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("batch", type=int)
    parser.add_argument("steps", type=int)
    options = parser.parse_args()
    key, for_d, for_g, for_data = jax.random.split(jax.random.key(0), 4)
    networks = layers(for_d, (2, 128, 128, 1)), layers(for_g, (2, 128, 128, 2))
    state = key, *((weights, ADAM.init(weights)) for weights in networks)
    data = jax.random.normal(for_data, (BATCHES, options.batch, 2))
    state = jax.block_until_ready(steps(state, data))
    executions = -(-options.steps // BATCHES)
    started = time.perf_counter()
    for _ in range(executions):
        state = steps(state, data)
    jax.block_until_ready(state)
    print((time.perf_counter() - started) / (executions * BATCHES))


if __name__ == "__main__":
    main()
