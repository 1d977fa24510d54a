"""Print the seconds that `GAN.fit` takes for one step on the ring of `book.bench`.

python -m book.contenders.ring_fit BATCH STEPS

A process of its own can give TensorFlow another number of threads: TF_NUM_INTRAOP_THREADS=1 keeps
it from splitting a small product of matrices among several.
"""

import sys

from book import bench


def main() -> None:
    batch, steps = map(int, sys.argv[1:])
    steps = max(steps, bench.BATCHES)  # as many as one execution takes, at least
    seconds = bench.fitting(bench.ring_gan(), bench.ring_batches(batch))
    seconds(2 * bench.BATCHES)
    print(seconds(steps) / steps)


if __name__ == "__main__":
    main()
