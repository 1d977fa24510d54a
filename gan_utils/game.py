r"""The game between two players who know everything: its value and its optimal discriminator.

p is the data's distribution (real) and comes first, q the generator's (fake); logarithms are
natural (nats).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from gan_utils import _checks


def optimal_logit(p: Any, q: Any, x: ArrayLike) -> np.ndarray:
    r"""Logit of the optimal discriminator between p (real) and q (fake): the log density ratio.

    .. math:: \ell^*(x) = \log p(x) - \log q(x)

    Parameters
    ----------
    p, q : distributions with `log_prob`
    x : (n, dim) array, or (n,) in one dimension

    Returns
    -------
    (n,) float64. Where both densities vanish every value is optimal, and this returns 0.

    Raises
    ------
    ValueError
        If x has NaN or does not have the dimension of p and q.

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", proposition 1.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> optimal_logit(Gaussian(0.0, 1.0), Gaussian(1.0, 1.0), [0.0, 0.5, 2.0])   # 1/2 - x
    array([ 0.5,  0. , -1.5])
    """
    _checks.one_space(p, q)
    log_p, log_q = p.log_prob(x), q.log_prob(x)
    with np.errstate(invalid="ignore"):
        return np.where(np.isneginf(np.maximum(log_p, log_q)), 0.0, log_p - log_q)


def optimal_discriminator(p: Any, q: Any, x: ArrayLike) -> np.ndarray:
    r"""Optimal discriminator between p (real) and q (fake): the posterior, which maximises V(D, G).

    .. math:: D^*(x) = \frac{p(x)}{p(x) + q(x)} = \sigma(\ell^*(x))

    Arguments, shapes and errors are those of `optimal_logit`; returns (n,) float64 in [0, 1].

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", proposition 1.

    Examples
    --------
    >>> from gan_utils import Gaussian
    >>> optimal_discriminator(Gaussian(0.0, 1.0), Gaussian(1.0, 1.0), [0.5])
    array([0.5])
    """
    return expit(optimal_logit(p, q, x))


def game_value(real_logits: ArrayLike, fake_logits: ArrayLike) -> float:
    r"""Value of the game V(D, G), estimated from logits: maximised by D, at most 0.

    .. math:: V(D, G) &= \mathbb E_{p_{\text{data}}} \log D(x) + \mathbb E_{p_g} \log(1 - D(x)) \\
                      &= -\mathbb E\,\mathrm{softplus}(-\ell_{\text{real}})
                        - \mathbb E\,\mathrm{softplus}(\ell_{\text{fake}})

    Parameters
    ----------
    real_logits, fake_logits : (n,) or (n, 1) arrays, not necessarily of the same n

    Returns
    -------
    float in nats; an unbiased estimate of V(D, G) for the given D.

    Raises
    ------
    ValueError
        If an array is empty or has NaN.

    References
    ----------
    .. [1] Goodfellow et al. (2014), "Generative adversarial nets", equation (1).

    Examples
    --------
    >>> round(game_value([0.0, 0.0], [0.0]), 4)   # D = 1/2: -log 4
    -1.3863
    """
    real_logits = _checks.filled("real_logits", real_logits, _checks.numbers)
    fake_logits = _checks.filled("fake_logits", fake_logits, _checks.numbers)
    return float(-np.logaddexp(0, -real_logits).mean() - np.logaddexp(0, fake_logits).mean())
