"""Log-densities of what stands in tables: heavy tails, counts and ordered categories.

Per example, in nats, in float32. Log-gamma is made of logarithms here: no exported format has an
operation for it, and the difference of two large ones would have no digits left. Counts follow
Loader's way, where what is large cancels before it is computed.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from keras_ae.probability._tensors import as_float32, check_rank
from keras_ae.probability.densities import LOG_2_PI, sum_event

Tensor = Any

STIRLING = (1 / 12, -1 / 360, 1 / 1260)  # of 1/z, 1/z**3, 1/z**5
FAR = 8.0  # where three terms of Stirling's series are exact to float32


def student_t_log_prob(x: Tensor, degrees: Tensor, location: Tensor, scale: Tensor) -> Tensor:
    """Log-density of independent Student-t variables: normal ones with heavier tails.

    log p(x) = sum[ log Gamma((v + 1) / 2) - log Gamma(v / 2) - log(v pi) / 2 - log(scale)
    - (v + 1) / 2 log(1 + ((x - location) / scale)**2 / v) ],   v = degrees

    Args:
        x: Tensor of shape (batch, ...).
        degrees: Tensor that broadcasts with `x`, degrees of freedom > 0.
        location: Tensor that broadcasts with `x`: the mean, for more than one degree.
        scale: Tensor that broadcasts with `x`, > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(student_t_log_prob([[0.0, 1.0]], 4.0, 0.0, 1.0)[0]):.4f}")
        -2.5195
    """
    x, degrees, location, scale = as_float32(x=x, degrees=degrees, location=location, scale=scale)
    standardized = (x - location) / scale
    half = 0.5 * (degrees + 1.0)
    # Gamma's part depends on the degrees alone; the last factor has the shape of x.
    constant = _log_gamma(half) - _log_gamma(0.5 * degrees) - 0.5 * ops.log(math.pi * degrees)
    tail = half * ops.log1p(ops.square(standardized) / degrees)
    return sum_event(constant - ops.log(scale) - tail)


def poisson_log_prob(x: Tensor, rate: Tensor) -> Tensor:
    """Log-probability of independent Poisson counts.

    log p(x) = sum[ x log(rate) - rate - log(x!) ]

    Args:
        x: Tensor of shape (batch, ...), whole numbers >= 0.
        rate: Tensor that broadcasts with `x`, > 0: the mean.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(poisson_log_prob([[0.0, 3.0]], rate=2.0)[0]):.4f}")
        -3.7123

    Reference:
        Loader, Fast and Accurate Computation of Binomial Probabilities, 2000.
    """
    x, rate = as_float32(x=x, rate=rate)
    return sum_event(-_deviance(x, rate) - _log_stirling(x))


def negative_binomial_log_prob(x: Tensor, mean: Tensor, total: Tensor) -> Tensor:
    """Log-probability of independent counts that vary more than Poisson's.

    log p(x) = sum[ log Gamma(x + total) - log Gamma(total) - log(x!)
    + total log(total / (total + mean)) + x log(mean / (total + mean)) ]
    The variance is mean + mean**2 / total: Poisson's where total is large.

    Args:
        x: Tensor of shape (batch, ...), whole numbers >= 0.
        mean: Tensor that broadcasts with `x`, > 0.
        total: Tensor that broadcasts with `x`, > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(negative_binomial_log_prob([[0.0, 3.0]], 2.0, 1.0)[0]):.4f}")
        -3.4136

    Reference:
        Loader, Fast and Accurate Computation of Binomial Probabilities, 2000.
    """
    x, mean, total = as_float32(x=x, mean=mean, total=total)
    count, both = x + total, mean + total
    # A binomial of `total` among `count`, by its deviances, times total / count.
    of_total = _deviance(total, count * (total / both))
    of_x = _deviance(x, count * (mean / both))
    stirling = _stirling_error(count) - _stirling_error(total)
    some = stirling - of_total - of_x - _log_stirling(x) + 0.5 * (ops.log(total) - ops.log(count))
    none = -total * ops.log1p(mean / total)
    return sum_event(ops.where(x > 0, some, none + ops.zeros_like(some)))


def ordinal_log_prob(x: Tensor, thresholds: Tensor) -> Tensor:
    """Log-probability of independent ordered categories, from thresholds on a line.

    P(category <= r) = sigmoid(thresholds[r]): the probability of a category is the difference of
    two such, and is computed without one.

    Args:
        x: Tensor of shape (batch, ..., k), one-hot codes of k >= 2 categories.
        thresholds: Tensor of shape (batch, ..., k - 1), which rise along the last axis.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(ordinal_log_prob([[0.0, 1.0, 0.0]], [[-1.0, 1.0]])[0]):.4f}")
        -0.7719

    Reference:
        McCullagh, Regression Models for Ordinal Data, 1980.
    """
    (x,), (thresholds,) = as_float32(x=x), as_float32(thresholds=thresholds)
    check_rank("thresholds", thresholds)
    return sum_event(x * ordinal_log_probs(thresholds))


def ordinal_log_probs(thresholds: Tensor) -> Tensor:
    """Return each of the k log-probabilities: shape (..., k - 1) gives (..., k)."""
    none = ops.zeros_like(thresholds[..., :1])
    below = ops.concatenate([-ops.softplus(-thresholds), none], axis=-1)
    above = ops.concatenate([none, -ops.softplus(thresholds)], axis=-1)
    if thresholds.shape[-1] == 1:
        return below + above
    # sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b))
    gaps = thresholds[..., 1:] - thresholds[..., :-1]
    between = ops.log(1.0 - ops.exp(-ops.maximum(gaps, 1e-6)))
    return below + above + ops.concatenate([none, between, none], axis=-1)


def _log_gamma(z: Tensor) -> Tensor:
    """Return log Gamma(z), z > 0: eight steps up the recurrence, then Stirling's series."""
    near = z < FAR
    small = ops.where(near, z, ops.ones_like(z))
    product = small
    for step in range(1, int(FAR)):
        product = product * (small + float(step))
    steps = ops.where(near, ops.log(product), ops.zeros_like(z))
    w = ops.where(near, z + FAR, z)
    return (w - 0.5) * ops.log(w) - w + 0.5 * LOG_2_PI + _series(w) - steps


def _series(z: Tensor) -> Tensor:
    square = 1.0 / ops.square(z)
    first, second, third = STIRLING
    return (first + square * (second + square * third)) / z


def _stirling_error(z: Tensor) -> Tensor:
    """Return log(z!) - (z + 1/2) log(z) + z - log(2 pi) / 2, z > 0."""
    near = z < FAR
    small = ops.where(near, z, ops.ones_like(z))
    direct = _log_gamma(small + 1.0) - (small + 0.5) * ops.log(small) + small - 0.5 * LOG_2_PI
    return ops.where(near, direct, _series(ops.where(near, FAR * ops.ones_like(z), z)))


def _log_stirling(x: Tensor) -> Tensor:
    """Return log(x!) - x log(x) + x of counts; 0 at 0."""
    some = ops.where(x > 0, x, ops.ones_like(x))
    value = _stirling_error(some) + 0.5 * (ops.log(some) + LOG_2_PI)
    return ops.where(x > 0, value, ops.zeros_like(x))


def _deviance(x: Tensor, mean: Tensor) -> Tensor:
    """Return x log(x / mean) + mean - x, whose large terms cancel where the two are near."""
    some = ops.where(x > 0, x, ops.ones_like(x))
    ratio = (mean - x) / some
    near = ops.logical_and(x > 0, ops.abs(ratio) < 0.5)
    close = ops.where(near, ratio, ops.zeros_like(ratio))
    apart = ops.where(near, ops.ones_like(ratio), mean / some)
    direct = mean - x - x * ops.log(apart)
    return ops.where(near, x * (close - ops.log1p(close)), direct)
