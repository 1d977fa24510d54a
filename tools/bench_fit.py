"""Print the seconds that `GAN.fit` takes for one step on the ring of `tools.bench`.

python -m tools.bench_fit BATCH STEPS

A process of its own can give TensorFlow another number of threads: TF_NUM_INTRAOP_THREADS=1 keeps
it from splitting a small product of matrices among several.
"""

import sys

from gan_utils import ring
from tools import bench


def main() -> None:
    batch, steps = map(int, sys.argv[1:])
    points = ring().sample(bench.BATCHES * batch, seed=0).astype("float32")
    seconds = bench.fitting(bench.ring_gan(), points.reshape(bench.BATCHES, batch, 2))
    seconds(2 * bench.BATCHES)
    print(seconds(max(steps, bench.BATCHES)) / max(steps, bench.BATCHES))


if __name__ == "__main__":
    main()
