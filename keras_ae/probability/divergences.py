"""Kullback-Leibler divergences, in nats: KL(P || Q) = E over P of [ log p - log q ].

Every function computes in float32 and gives one number an example, shape (batch,), the sum over
all event axes. The closed forms are sums of terms none of which can be negative, so rounding can't
make a divergence negative, and it is zero only where the parameters are equal, however close.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from keras_ae.probability._tensors import as_float32, check_rank, checked_function
from keras_ae.probability.densities import (
    diagonal,
    polynomial,
    solve_lower,
    sum_event,
)

Tensor = Any

# The largest relative change of a scale or a probability for which `_change_minus_log` is exact.
_MAX_CHANGE_OF_SERIES = 0.4
# Processors may flush smaller float32 numbers to zero: so that all agree, they count as zero.
_SMALLEST_NORMAL = 2.0**-126


def kl_discrete(p: Tensor, q: Tensor) -> Tensor:
    """KL(P || Q) of discrete distributions given by their probabilities.

    KL = sum[ p log(p / q) ], where 0 log 0 = 0: zeros in P are allowed. Where Q has a zero and P
    has none, Q calls impossible what P calls possible, and KL is +inf; the gradient stays finite,
    as if that outcome were left out. Each term is computed as p log(p / q) - p + q, which is never
    negative; what is added cancels in the sum, as P and Q both sum to one.

    Args:
        p: Tensor of shape (batch, ..., k), or (k,): probabilities that sum to one along the last
            axis. Less than 1.2e-38 counts as zero.
        q: Tensor that broadcasts with `p`, probabilities too.

    Returns:
        Nats, shape (batch,): axes between the first and the last hold independent variables. A
        single number for shape (k,).

    Example:
        >>> p, q = [9 / 25, 12 / 25, 4 / 25], [1 / 3, 1 / 3, 1 / 3]
        >>> print(f"{float(kl_discrete(p, q)):.7f} {float(kl_discrete(q, p)):.7f}")
        0.0852996 0.0974550
    """
    p, q = as_float32(p=p, q=q)
    p, q = p + ops.zeros_like(q), q + ops.zeros_like(p)
    p_positive, q_positive = p >= _SMALLEST_NORMAL, q >= _SMALLEST_NORMAL
    both = ops.logical_and(p_positive, q_positive)
    # Arguments at which every branch is finite, or its gradient would be NaN where it isn't taken.
    safe_p, safe_q = ops.where(both, p, 1.0), ops.where(both, q, 1.0)
    terms = p * (ops.log(safe_p) - ops.log(safe_q)) + (q - p)
    # Where p and q are close, a value without cancellation. The gradient stays the formula's: the
    # quotient's own has 1 / p**2, which overflows.
    precise = ops.stop_gradient(p * _change_minus_log((q - p) / safe_p))
    near = ops.logical_and(both, ops.abs(q - p) < _MAX_CHANGE_OF_SERIES * p)
    terms = ops.where(near, precise + (terms - ops.stop_gradient(terms)), terms)
    impossible = ops.logical_and(p_positive, ops.logical_not(q_positive))
    terms = ops.where(impossible, float("inf"), terms)
    rank = len(terms.shape)
    return ops.sum(terms, axis=tuple(range(min(1, rank - 1), rank)))


def _change_minus_log(change: Tensor) -> Tensor:
    """Return change - log(1 + change) where |change| < 0.4, without cancellation: never negative.

    With s = change / (2 + change), log(1 + change) = 2 atanh(s) = 2 (s + s**3/3 + s**5/5 + ...).
    Beyond |change| < 0.4 the value is wrong, but finite with a finite gradient.
    """
    ratio = change / (2.0 + change)
    square = ops.square(ratio)
    tail = polynomial(square, (1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11))
    return ratio * (change - 2.0 * square * tail)


def _scale_terms(change: Tensor, ratio: Tensor) -> Tensor:
    """Return (ratio**2 - 1) / 2 - log(ratio), given also change = ratio - 1 without rounding."""
    far = change - ops.log(ratio)
    terms = ops.where(ops.abs(change) < _MAX_CHANGE_OF_SERIES, _change_minus_log(change), far)
    return 0.5 * ops.square(change) + terms


def kl_normal(mean1: Tensor, scale1: Tensor, mean2: Tensor, scale2: Tensor) -> Tensor:
    """KL(N(mean1, scale1**2) || N(mean2, scale2**2)) of independent normals.

    KL = sum[ ((mean1 - mean2) / scale2)**2 / 2 + (r**2 - 1) / 2 - log(r) ],  r = scale1 / scale2

    Args:
        mean1: Tensor of shape (batch, ...), the mean of P.
        scale1: Tensor that broadcasts with `mean1`, the standard deviations of P, > 0.
        mean2: Tensor that broadcasts with `mean1`, the mean of Q.
        scale2: Tensor that broadcasts with `mean1`, the standard deviations of Q, > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(kl_normal([[0.0]], 1.0, [[1.0]], 2.0)[0]):.4f}")
        0.4431
    """
    mean1, scale1, mean2, scale2 = as_float32(
        mean1=mean1, scale1=scale1, mean2=mean2, scale2=scale2
    )
    scale_terms = _scale_terms((scale1 - scale2) / scale2, scale1 / scale2)
    return sum_event(0.5 * ops.square((mean1 - mean2) / scale2) + scale_terms)


def kl_standard_normal(mean: Tensor, scale: Tensor) -> Tensor:
    """KL(N(mean, scale**2) || N(0, I)): the penalty of a variational autoencoder.

    KL = sum[ (mean**2 + scale**2 - 1) / 2 - log(scale) ]

    Args:
        mean: Tensor of shape (batch, ...).
        scale: Tensor that broadcasts with `mean`, standard deviations > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(kl_standard_normal([[1.0, 0.0]], [[1.0, 2.0]])[0]):.4f}")
        1.3069

    Reference:
        Kingma and Welling 2014, "Auto-encoding variational Bayes", appendix B.
    """
    return sum_event(kl_standard_normal_per_dimension(mean, scale))


def kl_standard_normal_per_dimension(mean: Tensor, scale: Tensor) -> Tensor:
    """KL(N(mean, scale**2) || N(0, 1)) of each latent dimension: what `kl_standard_normal` sums.

    Args:
        mean: Tensor of shape (batch, d).
        scale: Tensor that broadcasts with `mean`, standard deviations > 0.

    Returns:
        Nats, shape (batch, d). A dimension near zero for every example carries no information.

    Example:
        >>> kl = kl_standard_normal_per_dimension([[1.0, 0.0]], [[1.0, 2.0]])
        >>> print([f"{float(value):.4f}" for value in kl[0]])
        ['0.5000', '0.8069']
    """
    mean, scale = as_float32(mean=mean, scale=scale)
    return 0.5 * ops.square(mean) + _scale_terms(scale - 1.0, scale)


def kl_multivariate_normal(
    mean1: Tensor, scale_tril1: Tensor, mean2: Tensor, scale_tril2: Tensor
) -> Tensor:
    """KL between two normals with full covariances S = scale_tril @ transpose(scale_tril).

    KL = 1/2 [ (m2 - m1)' S2^-1 (m2 - m1) + tr(S2^-1 S1) - log(|S1| / |S2|) - d ]
    by two triangular solves instead of an inverse. Let scale_tril2 @ w = m2 - m1 and
    scale_tril2 @ n = scale_tril1 - scale_tril2, so that n_ii = r_i - 1 for r the ratio of the
    diagonals. Then KL = sum[ w_i**2 / 2 ] + sum[ n_ij**2 / 2 ] + sum[ r_i - 1 - log(r_i) ].

    Args:
        mean1: Tensor of shape (batch, d), the mean of P.
        scale_tril1: Tensor of shape (batch, d, d) or (d, d), the Cholesky factor of P's
            covariance: lower triangular, its diagonal > 0.
        mean2: Tensor that broadcasts with `mean1`, the mean of Q.
        scale_tril2: Tensor of shape (batch, d, d) or (d, d), the Cholesky factor of Q's
            covariance.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> narrow, wide = [[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 2.0]]
        >>> kl = kl_multivariate_normal([[0.0, 0.0]], narrow, [[0.0, 1.0]], wide)
        >>> print(f"{float(kl[0]):.4f}")
        0.7613
    """
    mean1, scale_tril1, mean2, scale_tril2 = as_float32(
        factors=("scale_tril1", "scale_tril2"),
        mean1=mean1,
        scale_tril1=scale_tril1,
        mean2=mean2,
        scale_tril2=scale_tril2,
    )
    whitened = solve_lower(scale_tril2, ops.expand_dims(mean2 - mean1, -1))
    difference = solve_lower(scale_tril2, scale_tril1 - scale_tril2)
    ratio = diagonal(scale_tril1) / diagonal(scale_tril2)
    return _multivariate(ops.squeeze(whitened, -1), difference, ratio)


def kl_multivariate_standard_normal(mean: Tensor, scale_tril: Tensor) -> Tensor:
    """KL(N(mean, S) || N(0, I)) for a full covariance S = scale_tril @ transpose(scale_tril).

    KL = 1/2 [ |mean|**2 + sum_ij[ scale_tril_ij**2 ] - d ] - sum_i[ log(scale_tril_ii) ]
    No Cholesky decomposition and no solve, which some runtimes of exported graphs lack.

    Args:
        mean: Tensor of shape (batch, d).
        scale_tril: Tensor of shape (batch, d, d) or (d, d): lower triangular, its diagonal > 0.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> scale_tril = [[1.0, 0.0], [0.5, 1.0]]
        >>> print(f"{float(kl_multivariate_standard_normal([[0.0, 1.0]], scale_tril)[0]):.4f}")
        0.6250
    """
    mean, scale_tril = as_float32(factors=("scale_tril",), mean=mean, scale_tril=scale_tril)
    check_rank("mean", mean)
    difference = scale_tril - ops.eye(scale_tril.shape[-1], dtype="float32")
    return _multivariate(mean, difference, diagonal(scale_tril))


def _multivariate(whitened: Tensor, difference: Tensor, ratio: Tensor) -> Tensor:
    off_diagonal = difference * (1.0 - ops.eye(difference.shape[-1], dtype="float32"))
    mean_terms = 0.5 * ops.sum(ops.square(whitened), axis=-1)
    correlation_terms = 0.5 * ops.sum(ops.square(off_diagonal), axis=(-2, -1))
    scale_terms = ops.sum(_scale_terms(diagonal(difference), ratio), axis=-1)
    return mean_terms + correlation_terms + scale_terms


class MonteCarloKL(NamedTuple):
    """A divergence estimated from samples, and how far off it may be.

    Attributes:
        kl: Nats, shape (batch,): the mean over the samples. Unbiased, so it can be negative.
        standard_error: Nats, shape (batch,). No gradient: it is a report, not an objective.
    """

    kl: Tensor
    standard_error: Tensor


def monte_carlo_kl(
    log_prob_p: Callable[[Tensor], Tensor],
    log_prob_q: Callable[[Tensor], Tensor],
    samples: Tensor,
) -> MonteCarloKL:
    """Estimate KL(P || Q) of any two distributions from samples of P.

    KL ~= mean over samples of [ log p(sample) - log q(sample) ]
    The samples must be draws from P: the log-ratio at P's mean is no estimate of the divergence.

    Args:
        log_prob_p: Function of one draw for each example, shape (batch, ...), to log p, shape
            (batch,), such as the `log_prob` of a posterior.
        log_prob_q: Function of the same kind to log q, such as the `log_prob` of a prior.
        samples: Tensor of shape (num_samples, batch, ...): at least 2 independent draws from P.

    Returns:
        MonteCarloKL(kl, standard_error), each in nats, shape (batch,).

    Raises:
        ValueError: `samples` holds fewer than 2 draws, or has no batch axis.

    Example:
        >>> samples = [[[-0.5]], [[0.5]], [[1.0]], [[-1.0]]]
        >>> estimate = monte_carlo_kl(lambda x: -x[:, 0], lambda x: x[:, 0] - 1.0, samples)
        >>> print(f"{float(estimate.kl[0]):.2f} +- {float(estimate.standard_error[0]):.2f}")
        1.00 +- 0.91
    """
    checked_function("log_prob_p", log_prob_p)
    checked_function("log_prob_q", log_prob_q)
    (samples,) = as_float32(samples=samples)
    if len(samples.shape) < 2 or samples.shape[0] in (0, 1):
        raise ValueError(
            "`samples` must have shape (num_samples, batch, ...) with num_samples >= 2. "
            f"Received: samples.shape={tuple(samples.shape)}"
        )

    def log_ratio(draw: Tensor) -> Tensor:
        results = {"log_prob_p(draw)": log_prob_p(draw), "log_prob_q(draw)": log_prob_q(draw)}
        log_p, log_q = as_float32(**results)
        return log_p - log_q

    log_ratios = ops.vectorized_map(log_ratio, samples)
    kl = ops.mean(log_ratios, axis=0)
    count = ops.cast(ops.shape(log_ratios)[0], "float32")
    variance = ops.sum(ops.square(log_ratios - kl), axis=0) / (count - 1.0)
    return MonteCarloKL(kl, ops.stop_gradient(ops.sqrt(variance / count)))
