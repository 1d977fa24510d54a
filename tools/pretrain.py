"""Train on MNIST the networks that the package ships, and write gan_utils/weights/.

python -m tools.pretrain                      the classifier, then the generator that it judges
python -m tools.pretrain digit_generator      only this one
python -m tools.pretrain --remeasure NAME …   only measure again what is stored

`gan_utils.load_images` finds MNIST; GAN_UTILS_DATA may name the folder. The trainings use a GPU
where TensorFlow finds one. Weights that miss their targets are not written.
"""

import argparse

from book.pretrain import DATA, RECIPES, pretrain, remeasure
from gan_utils import load_images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RECIPES)}")
    parser.add_argument("--remeasure", action="store_true", help="train nothing")
    chosen = parser.parse_args()
    names = chosen.names or list(RECIPES)
    unknown = sorted(set(names) - set(RECIPES))
    if unknown:
        parser.error(f"unknown network {', '.join(unknown)}; there are: {', '.join(RECIPES)}")
    train, test = load_images(DATA, "train"), load_images(DATA, "test")
    for name in names:
        (remeasure if chosen.remeasure else pretrain)(name, train, test)


if __name__ == "__main__":
    main()
