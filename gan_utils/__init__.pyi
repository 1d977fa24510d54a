"""The public names of `gan_utils`, one module after the other: `__init__.py` reads them here."""

from gan_utils import (
    book as book,
    callbacks as callbacks,
    data as data,
    distributions as distributions,
    divergences as divergences,
    dynamics as dynamics,
    game as game,
    integration as integration,
    layers as layers,
    losses as losses,
    metrics as metrics,
    models as models,
    penalties as penalties,
    plotting as plotting,
    pretrained as pretrained,
    training as training,
)
from gan_utils.book import (
    profile as profile,
    verbosity as verbosity,
)
from gan_utils.callbacks import (
    ForPlayer as ForPlayer,
    Quality as Quality,
    SampleImages as SampleImages,
)
from gan_utils.data import (
    DataUnavailable as DataUnavailable,
    Images as Images,
    from_unit_range as from_unit_range,
    load_images as load_images,
    to_unit_range as to_unit_range,
)
from gan_utils.distributions import (
    Gaussian as Gaussian,
    GaussianMixture as GaussianMixture,
    grid as grid,
    ring as ring,
)
from gan_utils.divergences import (
    JENSEN_SHANNON as JENSEN_SHANNON,
    KL as KL,
    PEARSON as PEARSON,
    REVERSE_KL as REVERSE_KL,
    SQUARED_HELLINGER as SQUARED_HELLINGER,
    TOTAL_VARIATION as TOTAL_VARIATION,
    Estimate as Estimate,
    FDivergence as FDivergence,
    js as js,
    kl as kl,
    squared_hellinger as squared_hellinger,
    total_variation as total_variation,
)
from gan_utils.game import (
    game_value as game_value,
    optimal_discriminator as optimal_discriminator,
    optimal_logit as optimal_logit,
)
from gan_utils.layers import (
    ClassEmbedding as ClassEmbedding,
    ClipWeights as ClipWeights,
    GroupSort as GroupSort,
    LeakyReLU as LeakyReLU,
    OrthonormalDense as OrthonormalDense,
    Pack as Pack,
    SpectralNormalization as SpectralNormalization,
)
from gan_utils.losses import (
    HINGE as HINGE,
    LEAST_SQUARES as LEAST_SQUARES,
    MINIMAX as MINIMAX,
    NON_SATURATING as NON_SATURATING,
    RELATIVISTIC as RELATIVISTIC,
    WASSERSTEIN as WASSERSTEIN,
    AdversarialLoss as AdversarialLoss,
    f_gan as f_gan,
)
from gan_utils.metrics import (
    PRDC as PRDC,
    DensityCoverage as DensityCoverage,
    ModeCoverage as ModeCoverage,
    PrecisionRecall as PrecisionRecall,
    Report as Report,
    ReportRow as ReportRow,
    TwoSampleTest as TwoSampleTest,
    bures_wasserstein as bures_wasserstein,
    classifier_two_sample_test as classifier_two_sample_test,
    density_coverage as density_coverage,
    frechet_distance as frechet_distance,
    inception_score as inception_score,
    kernel_distance as kernel_distance,
    mode_coverage as mode_coverage,
    prdc as prdc,
    precision_recall as precision_recall,
    report as report,
    sliced_wasserstein as sliced_wasserstein,
    wasserstein_1d as wasserstein_1d,
)
from gan_utils.models import (
    dcgan_discriminator as dcgan_discriminator,
    dcgan_generator as dcgan_generator,
    mlp as mlp,
)
from gan_utils.penalties import (
    input_gradient_norm_squared as input_gradient_norm_squared,
    r1 as r1,
    r2 as r2,
    wgan_gp as wgan_gp,
)
from gan_utils.pretrained import (
    digit_classifier as digit_classifier,
    digit_features as digit_features,
    digit_generator as digit_generator,
)
from gan_utils.training import (
    GAN as GAN,
)

__version__: str
