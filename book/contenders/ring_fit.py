"""Print the seconds that `GAN.fit` takes for one step on the ring of `book.bench`.

python -m book.contenders.ring_fit BATCH STEPS

A process of its own can give TensorFlow another number of threads: TF_NUM_INTRAOP_THREADS=1 keeps
it from splitting a small product of matrices among several.
"""

import sys

from book import bench
from gan_utils import ring


def main() -> None:
    batch, steps = map(int, sys.argv[1:])
    points = ring().sample(bench.BATCHES * batch, seed=0).astype("float32")
    seconds = bench.fitting(bench.ring_gan(), points.reshape(bench.BATCHES, batch, 2))
    seconds(2 * bench.BATCHES)
    print(seconds(max(steps, bench.BATCHES)) / max(steps, bench.BATCHES))


if __name__ == "__main__":
    main()
