r"""Two-player dynamics on a plane: the Dirac-GAN and other two-parameter games (NumPy).

A `Game` is a value: the players' vector field and its Jacobian. Its points are (θ, ψ), the
generator first. `simultaneous` and `alternating` iterate it; `simultaneous_matrix` and
`alternating_matrix` are the same iterations to first order at an equilibrium.

In the Dirac-GAN (Mescheder et al. 2018, definition 2.1) all data are the point 0, all samples the
point θ, and ψx is the logit for *fake*. With the losses A(ψθ) + B(ψ·0) of the discriminator and
C(ψθ) of the generator, both minimised, and a penalty R(ψ), the players move along

.. math:: v(\theta, \psi) =
    \bigl( -C'(\psi\theta) \psi, \; -A'(\psi\theta) \theta - R'(\psi) \bigr).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from gan_utils import _checks

Vectorised = Callable[[np.ndarray], np.ndarray]

_NODES = 64
_QUADRATURE = np.polynomial.hermite_e.hermegauss(_NODES)


def _identity(points: np.ndarray) -> np.ndarray:
    return points


@dataclass(frozen=True)
class Game:
    """Two-player differentiable game: the gradients that the players follow, and their Jacobian.

    Parameters
    ----------
    name : str
    field : callable
        Points (..., 2) -> (..., 2), the velocities of θ and ψ: minus the gradient of each player's
        loss with respect to its own parameter.
    jacobian : callable
        (..., 2) -> (..., 2, 2), the field's component first, then the parameter.
    hessian : callable, optional
        (..., 2) -> (..., 2, 2, 2), the second derivatives of the field; `consensus` needs them.
    project : callable, optional
        (..., 2) -> (..., 2), applied after every update, such as the clipping of weights.

    Examples
    --------
    >>> bilinear().field(np.array([1.0, 2.0]))
    array([-2.,  1.])
    """

    name: str
    field: Vectorised
    jacobian: Vectorised
    hessian: Vectorised | None = None
    project: Vectorised = _identity


@dataclass(frozen=True)
class LogitFunction:
    """Function of one logit, by its first three derivatives, each vectorised."""

    first: Vectorised
    second: Vectorised
    third: Vectorised


@dataclass(frozen=True, repr=False)
class LogitLoss:
    """Adversarial loss of the Dirac-GAN: A, B and C as functions of the logit t for *fake*.

    Parameters
    ----------
    name : str
    fake : LogitFunction
        A(t), what the discriminator pays for the logit at θ.
    real : LogitFunction
        B(t), what it pays for the logit at the data. It matters with instance noise only, since
        the logit at 0 is 0 for every ψ.
    generator : LogitFunction
        C(t), what the generator pays for the logit at θ.
    smooth : bool
        Whether the derivatives are continuous, so that quadrature converges.
    """

    name: str
    fake: LogitFunction
    real: LogitFunction
    generator: LogitFunction
    smooth: bool = True

    def __repr__(self) -> str:
        return f"LogitLoss({self.name!r})"


def _softplus_third(t: np.ndarray) -> np.ndarray:
    return expit(t) * expit(-t) * (expit(-t) - expit(t))


def _mirrored(f: LogitFunction, sign: float = 1.0) -> LogitFunction:
    """The function t -> sign f(−t)."""
    return LogitFunction(
        lambda t: -sign * f.first(-t), lambda t: sign * f.second(-t), lambda t: -sign * f.third(-t)
    )


_SOFTPLUS = LogitFunction(expit, lambda t: expit(t) * expit(-t), _softplus_third)
_IDENTITY = LogitFunction(np.ones_like, np.zeros_like, np.zeros_like)
_HALF_SQUARE = LogitFunction(lambda t: t, np.ones_like, np.zeros_like)
_HALF_SQUARE_FROM_ONE = LogitFunction(lambda t: t + 1, np.ones_like, np.zeros_like)
_ABOVE_MINUS_ONE = LogitFunction(lambda t: (t > -1).astype(float), np.zeros_like, np.zeros_like)

MINIMAX = LogitLoss("minimax", _mirrored(_SOFTPLUS), _SOFTPLUS, _mirrored(_SOFTPLUS, sign=-1.0))
"""Minimax: A = softplus(−t), B = softplus(t), C = −softplus(−t)."""

NON_SATURATING = LogitLoss("non_saturating", _mirrored(_SOFTPLUS), _SOFTPLUS, _SOFTPLUS)
"""Non-saturating: A = softplus(−t), B = softplus(t), C = softplus(t).

Where all data are one point, the relativistic pairing loss has the same field.
"""

WASSERSTEIN = LogitLoss("wasserstein", _mirrored(_IDENTITY), _IDENTITY, _IDENTITY)
"""Wasserstein: A = −t, B = t, C = t, for a critic kept Lipschitz by a penalty or by clipping."""

HINGE = LogitLoss("hinge", _mirrored(_ABOVE_MINUS_ONE), _ABOVE_MINUS_ONE, _IDENTITY, smooth=False)
"""Hinge: A = max(0, 1 − t), B = max(0, 1 + t), C = t."""

LEAST_SQUARES = LogitLoss(
    "least_squares", _HALF_SQUARE, _HALF_SQUARE_FROM_ONE, _HALF_SQUARE_FROM_ONE
)
"""Least squares with targets 0 and 1: A = t²/2, B = (t + 1)²/2, C = (t + 1)²/2.

A discriminator without a bias is content with ψ = 0 wherever θ is: that whole line is at rest.
"""


@dataclass(frozen=True)
class Penalty:
    """Penalty R(ψ) on the discriminator of the Dirac-GAN, whose input gradient is ψ everywhere.

    Parameters
    ----------
    name : str
    slope, curvature : callable
        R′ and R″, (...) -> (...).
    """

    name: str
    slope: Vectorised
    curvature: Vectorised


def r1(gamma: float) -> Penalty:
    """R1 regularisation: (γ/2) ψ².

    Raises
    ------
    ValueError
        If gamma is negative or not finite.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (9).
    """
    return _zero_centred("r1", gamma)


def r2(gamma: float) -> Penalty:
    """R2 regularisation: (γ/2) ψ², the same as `r1`, since a linear logit has one gradient.

    Raises
    ------
    ValueError
        If gamma is negative or not finite.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), equation (10).
    """
    return _zero_centred("r2", gamma)


def _zero_centred(name: str, gamma: float) -> Penalty:
    gamma = _not_negative("gamma", gamma)
    return Penalty(
        f"{name}({gamma:g})", lambda psi: gamma * psi, lambda psi: np.full_like(psi, gamma)
    )


def wgan_gp(weight: float, target: float = 1.0) -> Penalty:
    """Gradient penalty (WGAN-GP): λ (abs(ψ) − target)².

    At ψ = 0 its slope is taken to be 0. Mescheder et al. write λ/2 for our λ.

    Raises
    ------
    ValueError
        If an argument is negative or not finite.

    References
    ----------
    .. [1] Gulrajani et al. (2017), equation (3).
    """
    weight, target = _not_negative("weight", weight), _not_negative("target", target)
    return Penalty(
        f"wgan_gp({weight:g})",
        lambda psi: 2 * weight * (np.abs(psi) - target) * np.sign(psi),
        lambda psi: np.full_like(psi, 2 * weight),
    )


def dirac_gan(
    loss: LogitLoss, *penalties: Penalty, clip: float | None = None, noise_std: float = 0.0
) -> Game:
    """Dirac-GAN: data at 0, the generator at θ, the logit ψx for *fake*.

    Parameters
    ----------
    loss : LogitLoss
    *penalties : Penalty
        Added to the discriminator's loss.
    clip : float > 0, optional
        Weight clipping: after every update ψ is brought into [−clip, clip].
    noise_std : float >= 0
        Instance noise: the standard deviation of normal noise on data and samples, over which the
        field is averaged (64-point Gauss-Hermite quadrature; for the logistic losses its error is
        below 1e-6 while noise_std · abs(ψ) <= 2).

    Raises
    ------
    ValueError
        If an argument is not as described; or for noise with a loss that is not smooth, whose mean
        quadrature does not find.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), "Which training methods for GANs do actually
       converge?", definition 2.1 and section 3.

    Examples
    --------
    Critically damped at γ = 1:

    >>> eigenvalues(dirac_gan(MINIMAX, r1(1.0))).real
    array([-0.5, -0.5])
    """
    _check_kinds(loss, penalties)
    noise_std = _not_negative("noise_std", noise_std)
    if noise_std and not loss.smooth:
        raise ValueError(f"noise_std: expected 0 with the loss {loss.name}, got {noise_std:g}")
    player = _DiracPlayers(loss, penalties, noise_std)
    return Game(
        " + ".join(["dirac_gan", loss.name, *(penalty.name for penalty in penalties)]),
        player.field,
        player.jacobian,
        player.hessian,
        _identity if clip is None else _clipping(_checks.positive("clip", clip)),
    )


def _check_kinds(loss: Any, penalties: tuple[Any, ...]) -> None:
    if not isinstance(loss, LogitLoss):
        raise ValueError(f"loss: expected a LogitLoss, such as dynamics.MINIMAX, got {loss!r}")
    for penalty in penalties:
        if not isinstance(penalty, Penalty):
            raise ValueError(f"penalties: expected such as dynamics.r1(1.0), got {penalty!r}")


def _clipping(limit: float) -> Vectorised:
    def clip(points: np.ndarray) -> np.ndarray:
        return np.stack([points[..., 0], np.clip(points[..., 1], -limit, limit)], axis=-1)

    return clip


class _DiracPlayers:
    """Field of the Dirac-GAN and its derivatives, as means over the nodes of the noise."""

    def __init__(self, loss: LogitLoss, penalties: tuple[Penalty, ...], noise_std: float) -> None:
        self.loss = loss
        self.penalties = penalties
        nodes, weights = _QUADRATURE if noise_std else (np.zeros(1), np.ones(1))
        self.noise = noise_std * nodes
        self.weights = weights / weights.sum()

    def _places(self, points: np.ndarray) -> tuple[np.ndarray, ...]:
        """ψ, the noisy samples and data, and their logits, with the nodes on the last axis."""
        psi = points[..., 1, None]
        x_fake, x_real = points[..., 0, None] + self.noise, self.noise
        return psi, x_fake, x_real, psi * x_fake, psi * x_real

    def _mean(self, values: np.ndarray) -> np.ndarray:
        return (self.weights * values).sum(axis=-1)

    def field(self, points: np.ndarray) -> np.ndarray:
        psi, x_fake, x_real, fake, real = self._places(points)
        a, b, c = self.loss.fake.first(fake), self.loss.real.first(real), self.loss.generator.first
        slope = sum(penalty.slope(points[..., 1]) for penalty in self.penalties)
        theta_velocity = -self._mean(c(fake) * psi)
        return np.stack([theta_velocity, -self._mean(a * x_fake + b * x_real) - slope], axis=-1)

    def jacobian(self, points: np.ndarray) -> np.ndarray:
        psi, x_fake, x_real, fake, real = self._places(points)
        a, b, c = self.loss.fake, self.loss.real, self.loss.generator
        curvature = sum(penalty.curvature(points[..., 1]) for penalty in self.penalties)
        own = self._mean(a.second(fake) * x_fake**2 + b.second(real) * x_real**2)
        return _matrix(
            [-self._mean(c.second(fake) * psi**2), -self._mean(_crossed(c, fake))],
            [-self._mean(_crossed(a, fake)), -own - curvature],
        )

    def hessian(self, points: np.ndarray) -> np.ndarray:
        """Second derivatives of the field; the penalties on offer have no third derivative."""
        psi, x_fake, x_real, fake, real = self._places(points)
        a, b, c = self.loss.fake, self.loss.real, self.loss.generator

        def mixed(f: LogitFunction, factor: np.ndarray) -> np.ndarray:
            return -self._mean((2 * f.second(fake) + f.third(fake) * fake) * factor)

        own = self._mean(a.third(fake) * x_fake**3 + b.third(real) * x_real**3)
        of_theta = [-self._mean(c.third(fake) * psi**3), mixed(c, psi)]
        of_psi = [mixed(a, psi), mixed(a, x_fake)]
        return np.stack(
            [
                _matrix(of_theta, [of_theta[1], mixed(c, x_fake)]),
                _matrix(of_psi, [of_psi[1], -own]),
            ],
            axis=-3,
        )


def _crossed(f: LogitFunction, t: np.ndarray) -> np.ndarray:
    """The mixed second derivative of f(ψθ)."""
    return f.first(t) + f.second(t) * t


def _matrix(*rows: list[np.ndarray]) -> np.ndarray:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def bilinear(coupling: float = 1.0) -> Game:
    """Bilinear game: min over θ, max over ψ of coupling · θψ, whose field only turns.

    Raises
    ------
    ValueError
        If the coupling is not a finite number.

    Examples
    --------
    >>> np.linalg.det(alternating_matrix(bilinear(), 0.3)).round(12)   # areas are kept
    np.float64(1.0)
    """
    turn = float(_number("coupling", coupling)) * np.array([[0.0, -1.0], [1.0, 0.0]])
    return Game(
        f"bilinear({float(coupling):g})",
        lambda points: points @ turn.T,
        lambda points: np.broadcast_to(turn, (*points.shape[:-1], 2, 2)),
        lambda points: np.zeros((*points.shape[:-1], 2, 2, 2)),
    )


def consensus(game: Game, gamma: float) -> Game:
    """Consensus optimisation: both players also descend on γ‖v‖²/2, the square of the field v.

    The new field is v − γ Jᵀv. Far from the equilibrium ‖v‖ can vanish where nothing is at rest, as
    it does for the minimax loss at large ψθ, and consensus then leads there.

    Parameters
    ----------
    game : Game
        With a `hessian`.
    gamma : float >= 0

    Raises
    ------
    ValueError
        If the game has no `hessian`, or gamma is negative or not finite.

    References
    ----------
    .. [1] Mescheder, Nowozin, Geiger (2017), "The numerics of GANs", algorithm 1.

    Examples
    --------
    >>> eigenvalues(consensus(bilinear(), 0.5)).real
    array([-0.5, -0.5])
    """
    gamma = _not_negative("gamma", gamma)
    second = game.hessian
    if second is None:
        raise ValueError(f"game: expected one with second derivatives, got {game.name}")

    def field(points: np.ndarray) -> np.ndarray:
        v, jacobian = game.field(points), game.jacobian(points)
        return v - gamma * np.einsum("...ij,...i->...j", jacobian, v)

    def jacobian(points: np.ndarray) -> np.ndarray:
        v, first = game.field(points), game.jacobian(points)
        squared = np.einsum("...ki,...kj->...ij", first, first)
        return first - gamma * (squared + np.einsum("...k,...kij->...ij", v, second(points)))

    return Game(f"{game.name} + consensus({gamma:g})", field, jacobian, project=game.project)


def simultaneous(game: Game, start: Any, step_size: float, n: int) -> np.ndarray:
    r"""Simultaneous gradient steps: both players move from where both stand.

    .. math:: x_{k+1} = x_k + \eta \, v(x_k), \qquad x = (\theta, \psi).

    Parameters
    ----------
    game : Game
    start : (..., 2) array
        One point or several.
    step_size : float > 0
        η.
    n : int >= 0
        Steps.

    Returns
    -------
    (n + 1, ..., 2) array, the start first. A run that diverges ends in infinity or NaN.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> simultaneous(bilinear(), (1, 0), 0.5, 2)
    array([[1.  , 0.  ],
           [1.  , 0.5 ],
           [0.75, 1.  ]])
    """
    step_size = _checks.positive("step_size", step_size)
    return _iterated(lambda x: game.project(x + step_size * game.field(x)), start, n)


def alternating(
    game: Game,
    start: Any,
    step_size: float,
    n: int,
    discriminator_steps: int = 1,
    *,
    discriminator_first: bool = False,
) -> np.ndarray:
    """Alternating gradient steps: each player moves from where the other now stands.

    By default the generator moves first, as in the analysis of Mescheder et al.; a training loop
    usually lets the discriminator begin.

    Parameters
    ----------
    game : Game
    start : (..., 2) array
        One point or several.
    step_size : float > 0
    n : int >= 0
        Steps of the generator.
    discriminator_steps : int >= 1
        Steps of the discriminator for each one of the generator.
    discriminator_first : bool
        Whether the discriminator begins.

    Returns
    -------
    (n + 1, ..., 2) array, the start first. A run that diverges ends in infinity or NaN.

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), algorithm 2.

    Examples
    --------
    >>> alternating(bilinear(), (1, 0), 0.5, 2)
    array([[1.   , 0.   ],
           [1.   , 0.5  ],
           [0.75 , 0.875]])
    """
    step_size = _checks.positive("step_size", step_size)
    order = _order(discriminator_steps, discriminator_first)

    def update(x: np.ndarray) -> np.ndarray:
        for player in order:
            x = game.project(x + step_size * game.field(x) * (np.arange(2) == player))
        return x

    return _iterated(update, start, n)


def _order(discriminator_steps: int, discriminator_first: bool) -> list[int]:
    """Who moves, one after the other, in one alternating step."""
    discriminator = [1] * _checks.count("discriminator_steps", discriminator_steps)
    return [*discriminator, 0] if discriminator_first else [0, *discriminator]


def _iterated(update: Vectorised, start: Any, n: int) -> np.ndarray:
    x = _points("start", start)
    path = np.empty((_checks.count("n", n, at_least=0) + 1, *x.shape))
    path[0] = x
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(n):
            path[k + 1] = update(path[k])
    return path


def simultaneous_matrix(game: Game, step_size: float, point: Any = (0.0, 0.0)) -> np.ndarray:
    """Derivative of one simultaneous step, I + ηJ, projections aside: (2, 2).

    Raises
    ------
    ValueError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> simultaneous_matrix(dirac_gan(MINIMAX), 0.2)
    array([[ 1. , -0.1],
           [ 0.1,  1. ]])
    """
    step_size = _checks.positive("step_size", step_size)
    return np.eye(2) + step_size * game.jacobian(_one_point("point", point))


def alternating_matrix(
    game: Game,
    step_size: float,
    discriminator_steps: int = 1,
    *,
    discriminator_first: bool = False,
    equilibrium: Any = (0.0, 0.0),
) -> np.ndarray:
    """Derivative of one alternating step at an equilibrium, projections aside: (2, 2).

    It is the product of the players' own updates, I + ηJ with the other player's row of J set to 0,
    in the order in which they move.

    Raises
    ------
    ValueError
        If an argument is not as described, or the field at `equilibrium` is not 0.

    Examples
    --------
    >>> alternating_matrix(dirac_gan(MINIMAX), 0.2, discriminator_first=True)
    array([[ 0.99, -0.1 ],
           [ 0.1 ,  1.  ]])
    """
    step_size = _checks.positive("step_size", step_size)
    point = _one_point("equilibrium", equilibrium)
    if game.field(point).any():
        raise ValueError(f"equilibrium: expected a zero of the field, got {game.field(point)}")
    jacobian, matrix = game.jacobian(point), np.eye(2)
    for player in _order(discriminator_steps, discriminator_first):
        own = np.where(np.arange(2)[:, None] == player, jacobian, 0)
        matrix = matrix + step_size * own @ matrix
    return matrix


def eigenvalues(game: Game, point: Any = (0.0, 0.0)) -> np.ndarray:
    """Eigenvalues of the Jacobian: (2,) complex, by ascending real part.

    In continuous time an equilibrium attracts where both real parts are negative. For the Dirac-GAN
    with the logistic losses and R1 they are −γ/2 ± √(γ²/4 − 1/4).

    Raises
    ------
    ValueError
        If `point` is not two finite numbers.

    References
    ----------
    .. [1] Mescheder, Geiger, Nowozin (2018), lemma 2.3 and lemma 3.3.

    Examples
    --------
    >>> eigenvalues(dirac_gan(MINIMAX))
    array([-0.-0.5j,  0.+0.5j])
    """
    return _eigenvalues(game.jacobian(_one_point("point", point)))


def spectral_radius(matrix: Any) -> float:
    """Spectral radius: the largest modulus of the eigenvalues of a (2, 2) matrix.

    Below 1, an iteration whose derivative the matrix is comes home from near by.

    Raises
    ------
    ValueError
        If the matrix is not of finite numbers and of shape (2, 2).

    Examples
    --------
    >>> round(spectral_radius(simultaneous_matrix(dirac_gan(MINIMAX), 0.2)), 5)   # √(1 + 0.01)
    1.00499
    """
    checked = _checks.shape("matrix", _checks.finite("matrix", matrix), (2, 2))
    return float(np.abs(_eigenvalues(checked)).max())


def _eigenvalues(matrix: np.ndarray) -> np.ndarray:
    """Eigenvalues by the quadratic formula, which keeps a double eigenvalue double."""
    (a, b), (c, d) = matrix
    root = np.sqrt(complex(((a - d) / 2) ** 2 + b * c))
    return (a + d) / 2 + np.array([-root, root])


def _points(name: str, value: Any) -> np.ndarray:
    points = _checks.finite(name, value)
    if points.shape[-1:] != (2,):
        raise ValueError(f"{name}: expected points (theta, psi), (..., 2), got {points.shape}")
    return points


def _one_point(name: str, value: Any) -> np.ndarray:
    return _checks.shape(name, _points(name, value), (2,))


def _number(name: str, value: Any) -> float:
    number = _checks.finite(name, value)
    if number.ndim:
        raise ValueError(f"{name}: expected one number, got {value!r}")
    return float(number)


def _not_negative(name: str, value: Any) -> float:
    number = _number(name, value)
    if number < 0:
        raise ValueError(f"{name}: expected at least 0, got {value!r}")
    return number
