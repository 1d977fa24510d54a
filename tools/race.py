"""Train on MNIST for 90 seconds with each recipe, and write gan_utils/book/records/digit_race.*.

python -m tools.race              every recipe with every seed: three quarters of an hour
python -m tools.race --seconds 3  a rehearsal, which writes nothing

`gan_utils.load_images` finds MNIST; GAN_UTILS_DATA may name the folder. The trainings use a GPU
where TensorFlow finds one.
"""

import argparse

from book import race


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=race.SECONDS, help="of training, for each")
    seconds = parser.parse_args().seconds
    if seconds <= 0:
        parser.error(f"--seconds: expected a positive number, got {seconds:g}")
    rehearsal = seconds != race.SECONDS
    record, pictures = race.race(seconds, race.SEEDS[:1] if rehearsal else race.SEEDS)
    if not rehearsal:
        race.store(record, pictures)


if __name__ == "__main__":
    main()
