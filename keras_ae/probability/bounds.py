"""Lower bounds of the log-likelihood log p(x), in nats, computed in float32."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae import _arrays
from keras_ae.probability._tensors import as_float32, checked_axis

Tensor = Any


def log_mean_exp(x: Tensor, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Log of the mean of exp(x), with neither overflow nor underflow.

    log(mean(exp(x))) = shift + log(mean(exp(x - shift))),  shift = max(x)

    Args:
        x: Tensor. Elements of -inf count as exp(x) = 0.
        axis: Integer or tuple of integers, the axes to reduce. None reduces all.

    Returns:
        The tensor without the reduced axes.

    Example:
        >>> print(f"{float(log_mean_exp([-1000.0, -1001.0], axis=0)):.4f}")
        -1000.3799
    """
    (x,) = as_float32(x=x)
    _arrays.not_empty("x", x)
    axis = checked_axis(x, axis, several=True)
    # Any shift gives the same value, so it needs no gradient; an infinite one gives inf - inf.
    shift = ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    shift = ops.where(ops.isfinite(shift), shift, 0.0)
    return ops.squeeze(shift, axis=axis) + ops.log(ops.mean(ops.exp(x - shift), axis=axis))


def evidence_bound(log_likelihood: Tensor, kl: Tensor) -> Tensor:
    """The evidence lower bound (ELBO) of log p(x).

    ELBO = E over q(z|x) of [ log p(x|z) ] - KL(q(z|x) || p(z)) = log p(x) - KL(q(z|x) || p(z|x))
    so it falls short of log p(x) by how far the posterior q is from the true one.

    Args:
        log_likelihood: Tensor of shape (batch,): log p(x|z) at a latent drawn from q, or its mean
            over such latents.
        kl: Tensor of shape (batch,): KL(q(z|x) || p(z)).

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(evidence_bound([-80.0], [25.0])[0]):.1f}")
        -105.0

    Reference:
        Kingma and Welling 2014, "Auto-encoding variational Bayes", equation 3.
    """
    log_likelihood, kl = as_float32(log_likelihood=log_likelihood, kl=kl)
    return log_likelihood - kl


def importance_weighted_bound(log_weights: Tensor, axis: int = 0) -> Tensor:
    """The importance-weighted bound: with more latents it rises, on average, to log p(x).

    L_k = log( mean_i[ w_i ] ),  log w_i = log p(x, z_i) - log q(z_i|x),  z_1 ... z_k from q(z|x)
    With one latent it is a draw of the evidence bound. If q is the true posterior, every log w_i
    is log p(x), and so is the bound.

    Args:
        log_weights: Tensor of shape (num_samples, batch), the log w_i.
        axis: Integer, the sample axis.

    Returns:
        Nats, shape (batch,).

    Example:
        >>> print(f"{float(importance_weighted_bound([[-100.0], [-102.0]])[0]):.4f}")
        -100.5662

    Reference:
        Burda et al. 2015, "Importance weighted autoencoders", equation 8.
    """
    (log_weights,) = as_float32(log_weights=log_weights)
    return log_mean_exp(log_weights, axis=checked_axis(log_weights, axis))
