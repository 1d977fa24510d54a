"""Helpers for generative adversarial networks, tested against the mathematics.

Every public name can be imported from here or from its module. A module is loaded when one of its
names is first used, so `import gan_utils` does not load TensorFlow.

>>> import gan_utils
>>> round(float(gan_utils.js([1, 0], [0, 1])), 4)   # log 2: disjoint supports
0.6931
"""

from importlib import import_module
from typing import Any

from gan_utils import _registration

__version__ = "0.2.0"


_NAMES = {
    "distributions": "Gaussian GaussianMixture grid ring",
    "divergences": "FDivergence KL REVERSE_KL JENSEN_SHANNON PEARSON SQUARED_HELLINGER "
    "TOTAL_VARIATION Estimate kl js total_variation squared_hellinger",
    "integration": "",
    "game": "optimal_logit optimal_discriminator game_value",
    "losses": "AdversarialLoss MINIMAX NON_SATURATING LEAST_SQUARES HINGE WASSERSTEIN RELATIVISTIC "
    "f_gan",
    "penalties": "input_gradient_norm_squared r1 r2 wgan_gp",
    "layers": "SpectralNormalization OrthonormalDense GroupSort ClipWeights Pack ClassEmbedding "
    "LeakyReLU",
    "models": "mlp dcgan_generator dcgan_discriminator",
    "pretrained": "digit_classifier digit_features digit_generator digit_race Race",
    "training": "GAN",
    "callbacks": "SampleImages Quality ForPlayer",
    "dynamics": "",
    "metrics": "frechet_distance bures_wasserstein kernel_distance precision_recall "
    "PrecisionRecall density_coverage DensityCoverage prdc PRDC mode_coverage ModeCoverage "
    "wasserstein_1d sliced_wasserstein inception_score classifier_two_sample_test TwoSampleTest "
    "report Report ReportRow",
    "data": "load_images Images DataUnavailable to_unit_range from_unit_range profile verbosity",
    "plotting": "",
    "claims": "",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted([*_MODULE_OF, *_NAMES])


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return import_module(f"{__name__}.{name}")
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


_registration.install()
