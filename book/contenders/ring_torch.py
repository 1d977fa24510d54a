"""Print the seconds that PyTorch takes, eagerly, for one step on the ring of `book.bench`.

python ring_torch.py BATCH STEPS [--fused]

It needs PyTorch alone, so that any Python that has it can run this file. The arithmetic is that
of `book.bench.HandWritten`: gradients of the player's own weights only. The values of the data
do not matter to the clock, so that they are noise.
"""

import argparse
import time

import torch
from torch.nn.functional import softplus

BATCHES = 200
WARM_UP = 50


def mlp(outputs):
    """Two hidden layers of 128 units on points of the plane."""
    return torch.nn.Sequential(
        torch.nn.Linear(2, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, 128),
        torch.nn.ReLU(),
        torch.nn.Linear(128, outputs),
    )


def adam(network, fused):
    """As in `book.bench`. `None` leaves the choice of the implementation to PyTorch."""
    return torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=fused)


def move(network, optimizer, loss):
    """One update of this network and no other."""
    weights = list(network.parameters())
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    optimizer.step()


def step_on(batch, fused):
    """The step, a function of a batch of real data."""
    generator, discriminator = mlp(2), mlp(1)
    optimizers = adam(generator, fused), adam(discriminator, fused)

    def step(real):
        with torch.no_grad():
            fake = generator(torch.randn(batch, 2))
        loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
        move(discriminator, optimizers[1], loss)
        loss = softplus(-discriminator(generator(torch.randn(batch, 2)))).mean()
        move(generator, optimizers[0], loss)

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("batch", type=int)
    parser.add_argument("steps", type=int)
    parser.add_argument("--fused", action="store_true", default=None, help="Adam in one kernel")
    options = parser.parse_args()
    step = step_on(options.batch, options.fused)
    data = torch.randn(BATCHES, options.batch, 2).unbind()
    for i in range(WARM_UP):
        step(data[i])
    started = time.perf_counter()
    for i in range(options.steps):
        step(data[i % BATCHES])
    print((time.perf_counter() - started) / options.steps)


if __name__ == "__main__":
    main()
