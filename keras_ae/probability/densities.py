"""Log-densities, in nats.

Every `*_log_prob` computes in float32 whatever the inputs' types, and gives one number an example:
the sum over all axes but the first, so inputs of shape (batch, ...) give (batch,). Arguments
broadcast.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from keras_ae.probability._tensors import as_float32, check_rank

Tensor = Any

LOG_2 = math.log(2.0)
LOG_2_PI = math.log(2.0 * math.pi)


def sum_event(x: Tensor) -> Tensor:
    """Sum over all axes but the first: shape (batch, ...) gives (batch,)."""
    return ops.sum(x, axis=tuple(range(1, len(x.shape))))


def diagonal(matrix: Tensor) -> Tensor:
    """Return the diagonals of the last two axes: shape (..., d, d) gives (..., d).

    By a mask: TFLite has no operation of its own that takes a diagonal out.
    """
    here = np.eye(matrix.shape[-1], dtype=bool)
    return ops.sum(ops.where(here, matrix, ops.zeros_like(matrix)), axis=-1)


def solve_lower(scale_tril: Tensor, right: Tensor) -> Tensor:
    """Solve scale_tril @ solution = right; the axes before the last two broadcast."""
    right = right + ops.zeros_like(scale_tril[..., :1])
    size = scale_tril.shape[-1]
    scale_tril = ops.broadcast_to(scale_tril, (*ops.shape(right)[:-2], size, size))
    return ops.solve_triangular(scale_tril, right, lower=True)


def polynomial(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    """Return coefficients[0] + coefficients[1] x + coefficients[2] x**2 + ..., elementwise."""
    result = ops.zeros_like(x)
    for coefficient in reversed(coefficients):
        result = coefficient + x * result
    return result


def normal_log_prob(x: Tensor, mean: Tensor, scale: Tensor) -> Tensor:
    """Log-density of independent normals (a diagonal covariance).

    log p(x) = sum[ -((x - mean) / scale)**2 / 2 - log(scale) - log(2 pi) / 2 ]

    Args:
        x: Tensor of shape (batch, ...).
        mean: Tensor that broadcasts with `x`.
        scale: Tensor that broadcasts with `x`, standard deviations > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(normal_log_prob([[0.0, 1.0]], mean=0.0, scale=1.0)[0]):.4f}")
        -2.3379
    """
    x, mean, scale = as_float32(x=x, mean=mean, scale=scale)
    standardized = (x - mean) / scale
    return sum_event(-0.5 * ops.square(standardized) - ops.log(scale) - 0.5 * LOG_2_PI)


def standard_normal_log_prob(x: Tensor) -> Tensor:
    """Log-density of independent normals of mean 0 and scale 1, N(0, I).

    Args:
        x: Tensor of shape (batch, ...).

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(standard_normal_log_prob([[0.0, 1.0]])[0]):.4f}")
        -2.3379
    """
    (x,) = as_float32(x=x)
    return sum_event(-0.5 * ops.square(x) - 0.5 * LOG_2_PI)


def multivariate_normal_log_prob(x: Tensor, mean: Tensor, scale_tril: Tensor) -> Tensor:
    """Log-density of a normal with covariance `scale_tril @ transpose(scale_tril)`.

    log p(x) = -|w|**2 / 2 - sum(log(diagonal(scale_tril))) - d log(2 pi) / 2
    where w solves scale_tril @ w = x - mean: no inverse and no determinant is formed.

    Args:
        x: Tensor of shape (batch, d).
        mean: Tensor that broadcasts with `x`.
        scale_tril: Tensor of shape (batch, d, d) or (d, d), the Cholesky factor of the covariance:
            lower triangular, its diagonal > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> x, mean, scale_tril = [[0.0, 1.0]], [0.0, 0.0], [[1.0, 0.0], [0.5, 1.0]]
        >>> print(f"{float(multivariate_normal_log_prob(x, mean, scale_tril)[0]):.4f}")
        -2.3379
    """
    x, mean, scale_tril = as_float32(
        factors=("scale_tril",), x=x, mean=mean, scale_tril=scale_tril
    )
    whitened = solve_lower(scale_tril, ops.expand_dims(x - mean, -1))
    log_determinant = ops.sum(ops.log(diagonal(scale_tril)), axis=-1)
    constant = 0.5 * scale_tril.shape[-1] * LOG_2_PI
    return -0.5 * ops.sum(ops.square(whitened), axis=(-2, -1)) - log_determinant - constant


def bernoulli_log_prob(x: Tensor, logits: Tensor) -> Tensor:
    """Log-probability of independent Bernoulli variables, from logits.

    log p(x) = sum[ x log(sigmoid(logits)) + (1 - x) log(sigmoid(-logits)) ]
    For grey levels, 0 < x < 1, it is minus a cross-entropy and not a log-density:
    `continuous_bernoulli_log_prob` is one.

    Args:
        x: Tensor of shape (batch, ...), values in [0, 1].
        logits: Tensor that broadcasts with `x`, log-odds of a 1.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(bernoulli_log_prob([[1.0, 0.0]], logits=[[2.0, 2.0]])[0]):.4f}")
        -2.2539
    """
    return sum_event(_bernoulli(*as_float32(x=x, logits=logits)))


def _bernoulli(x: Tensor, logits: Tensor) -> Tensor:
    # `x * logits - softplus(logits)` rounds away the small probabilities of a sure prediction.
    # Here what is large cancels exactly, and both signs have the right gradient at logits of 0,
    # which a form with `abs(logits)` hasn't. Factors, not `where`: TensorFlow's int8 quantizer
    # gives a layer whose output a `where` selects from the range of the selection.
    positive = ops.cast(logits >= 0, logits.dtype)
    large = positive * logits
    small = ops.softplus((1.0 - 2.0 * positive) * logits)
    return x * logits - large - small


def continuous_bernoulli_log_prob(x: Tensor, logits: Tensor) -> Tensor:
    """Log-density on [0, 1] of independent continuous Bernoulli variables.

    log p(x) = sum[ x log(sigmoid(logits)) + (1 - x) log(sigmoid(-logits)) + log C(logits) ]
    It is the Bernoulli's formula, normalized: a true density for grey levels.

    Args:
        x: Tensor of shape (batch, ...), values in [0, 1].
        logits: Tensor that broadcasts with `x`.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(continuous_bernoulli_log_prob([[0.0]], logits=[[2.0]])[0]):.4f}")
        -1.1614

    Reference:
        Loaiza-Ganem and Cunningham 2019, "The continuous Bernoulli: fixing a pervasive error in
        variational autoencoders", section 3.
    """
    x, logits = as_float32(x=x, logits=logits)
    return sum_event(_bernoulli(x, logits) + continuous_bernoulli_log_normalizer(logits))


def continuous_bernoulli_log_normalizer(logits: Tensor) -> Tensor:
    """Log of the constant C that makes the continuous Bernoulli integrate to one on [0, 1].

    log C = log(logits / tanh(logits / 2)), log(2) at 0; by its Taylor series for |logits| < 1/2.

    Args:
        logits: Tensor of any shape.

    Returns:
        Nats, elementwise: the shape of `logits`.

    Example:
        >>> print(f"{float(continuous_bernoulli_log_normalizer(0.0)):.4f}")
        0.6931

    Reference:
        Loaiza-Ganem and Cunningham 2019, section 3: 2 atanh(1 - 2 p) / (1 - 2 p), there by
        p = sigmoid(logits).
    """
    (logits,) = as_float32(logits=logits)
    near_zero, small, large = _split_near_zero(logits)
    square = ops.square(0.5 * small)
    coefficients = (1 / 3, -7 / 90, 62 / 2835, -127 / 18900)
    series = LOG_2 + square * polynomial(square, coefficients)
    size = ops.abs(large)
    return ops.where(near_zero, series, ops.log(size / ops.tanh(0.5 * size)))


def continuous_bernoulli_mean(logits: Tensor) -> Tensor:
    """Mean of the continuous Bernoulli, which isn't the sigmoid.

    mean = sigmoid(logits) / tanh(logits / 2) - 1 / logits, 1/2 at 0; by its Taylor series for
    |logits| < 1/2.

    Args:
        logits: Tensor of any shape.

    Returns:
        Values in (0, 1), elementwise: the shape of `logits`.

    Example:
        >>> print(f"{float(continuous_bernoulli_mean(2.0)):.4f}")
        0.6565

    Reference:
        Loaiza-Ganem and Cunningham 2019, section 3, there by p = sigmoid(logits).
    """
    (logits,) = as_float32(logits=logits)
    near_zero, small, large = _split_near_zero(logits)
    half = 0.5 * small
    odd_terms = half * polynomial(ops.square(half), (1 / 3, -1 / 45, 2 / 945))
    direct = ops.sigmoid(large) / ops.tanh(0.5 * large) - 1.0 / large
    return ops.where(near_zero, 0.5 + 0.5 * odd_terms, direct)


def _split_near_zero(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # Each branch of a `where` gets arguments at which it is finite: the gradient of the branch not
    # taken is multiplied by zero, and zero times infinity is NaN. By factors, as in `_bernoulli`.
    near_zero = ops.abs(logits) < 0.5
    near = ops.cast(near_zero, logits.dtype)
    return near_zero, near * logits, near + (1.0 - near) * logits


def laplace_log_prob(x: Tensor, location: Tensor, scale: Tensor) -> Tensor:
    """Log-density of independent Laplace variables.

    log p(x) = sum[ -|x - location| / scale - log(2 scale) ]

    Args:
        x: Tensor of shape (batch, ...).
        location: Tensor that broadcasts with `x`: the mean and median.
        scale: Tensor that broadcasts with `x`, > 0: the mean of |x - location|.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(laplace_log_prob([[0.0, 1.0]], location=0.0, scale=1.0)[0]):.4f}")
        -2.3863
    """
    x, location, scale = as_float32(x=x, location=location, scale=scale)
    return sum_event(-ops.abs(x - location) / scale - ops.log(scale) - LOG_2)


def categorical_log_prob(x: Tensor, logits: Tensor) -> Tensor:
    """Log-probability of independent categorical variables, from logits along the last axis.

    log p(x) = sum[ x log(softmax(logits)) ]
    For probabilities instead of one-hot codes it is minus a cross-entropy.

    Args:
        x: Tensor of shape (batch, ..., k): one-hot codes or probabilities along the last axis.
        logits: Tensor that broadcasts with `x`, finite.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(categorical_log_prob([[0.0, 1.0]], logits=[[1.0, 1.0]])[0]):.4f}")
        -0.6931
    """
    x, logits = as_float32(x=x, logits=logits)
    check_rank("logits", logits)
    return sum_event(x * ops.log_softmax(logits, axis=-1))
