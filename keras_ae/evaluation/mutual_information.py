"""How much the latent tells about which example it came from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from keras_ae import _arrays, _checks
from keras_ae.layers.posteriors import FullNormalPosterior, NormalPosterior, Posterior
from keras_ae.layers.priors import Prior, StandardNormalPrior

Array = np.ndarray[Any, Any]
PAIRS = 2**22  # log-densities at a time: 32 MB


@dataclasses.dataclass(frozen=True)
class MutualInformation:
    """An estimate of the mutual information between example and latent, and how good it is.

    Args:
        mutual_information: Float, nats: I(example; latent).
        standard_error: Float, nats, of that mean over the examples' draws.
        marginal_kl: Float, nats: KL(q(latent) || p(latent)), how far the aggregate posterior is
            from the prior. The mean KL is the sum of the two, but for the noise of the draws.
        limit: Float, nats: log(examples), which no estimate from so many examples exceeds. One
            near it says that the examples are too few, not how much information there is.

    Example:
        >>> result = MutualInformation(2.0, 0.1, marginal_kl=1.5, limit=9.2)
        >>> result.mutual_information < result.limit
        True
    """

    mutual_information: float
    standard_error: float
    marginal_kl: float
    limit: float


def mutual_information(
    posterior: Posterior, prior: Prior | None = None, seed: int = 0
) -> MutualInformation:
    """Estimate the mutual information between example and latent, on all examples together.

        I = mean over n of [ log q(latent_n | x_n) - log q(latent_n) ],  latent_n ~ q(latent | x_n)
        q(latent) = 1/N sum over m of q(latent | x_m)
        KL(q(latent | x) || p) = I + KL(q(latent) || p)     (means over x)

    The second line is the aggregate posterior of the examples at hand, computed from all N of
    them, not from minibatches: the estimate is unbiased for the information about *which of these
    examples* it is, at most log N, and so a lower bound, on average, for more data.

    Args:
        posterior: A `Posterior` of N >= 2 examples: `model.posterior(x)`.
        prior: A `Prior`; None for N(0, I).
        seed: Integer >= 0, seed of the one latent drawn for each example.

    Returns:
        A `MutualInformation`, in nats.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: There are fewer than 2 examples, or values that aren't finite.

    Example:
        >>> from keras_ae.layers import NormalPosterior
        >>> apart = NormalPosterior([[-50.0], [50.0]], [[1.0], [1.0]])
        >>> result = mutual_information(apart)
        >>> f"{result.mutual_information:.4f} of at most {result.limit:.4f}"
        '0.6931 of at most 0.6931'

    Reference:
        Hoffman and Johnson, ELBO surgery: yet another way to carve up the variational evidence
        lower bound, 2016, equation 6 (where I is the "index-code mutual information").
    """
    _checks.instance("posterior", posterior, Posterior, "a Posterior")
    prior = StandardNormalPrior() if prior is None else prior
    _checks.instance("prior", prior, Prior, "a Prior or None")
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    mean = np.asarray(ops.convert_to_numpy(posterior.mean), "float64")
    if mean.ndim != 2 or len(mean) < 2:
        raise ValueError(
            f"`posterior` must be of at least 2 examples. Received: a mean of shape {mean.shape}"
        )
    _arrays.finite("posterior.mean", mean)
    latent = ops.convert_to_numpy(posterior.sample(seed=seed))
    examples = len(mean)
    log_density = _log_density(posterior, mean)
    own, aggregate = np.empty(examples), np.empty(examples)
    rows = max(1, PAIRS // examples)
    for start in range(0, examples, rows):
        chunk = np.arange(start, min(start + rows, examples))
        log_q = log_density(latent[chunk])  # (chunk, examples)
        own[chunk] = log_q[np.arange(len(chunk)), chunk]
        highest = log_q.max(axis=1)
        aggregate[chunk] = highest + np.log(np.exp(log_q - highest[:, None]).mean(axis=1))
    log_prior = np.asarray(ops.convert_to_numpy(prior.log_prob(latent)), "float64")
    each = own - aggregate
    return MutualInformation(
        float(each.mean()),
        float(each.std(ddof=1) / math.sqrt(examples)),
        float((aggregate - log_prior).mean()),
        math.log(examples),
    )


def _log_density(posterior: Any, mean: Array) -> Callable[[Array], Array]:
    """Return a function of latents (n, latent_dim) to their log-densities (n, examples).

    Normal densities are products of matrices, (z - m)' P (z - m) = zz':P - 2 z'Pm + m'Pm, in
    float64, where the cancellation costs nothing that matters.
    """
    if isinstance(posterior, NormalPosterior):
        scale = np.asarray(ops.convert_to_numpy(posterior.scale), "float64")
        _arrays.finite("posterior.scale", scale)
        precision, weighted = scale**-2, mean / scale**2
        log_determinant, squares = np.log(scale).sum(1), _squares
    elif isinstance(posterior, FullNormalPosterior):
        scale_tril = np.asarray(ops.convert_to_numpy(posterior.scale_tril), "float64")
        _arrays.finite("posterior.scale_tril", scale_tril)
        inverse = np.linalg.inv(scale_tril)
        precision = inverse.swapaxes(1, 2) @ inverse
        weighted = np.einsum("mij,mj->mi", precision, mean)
        precision = precision.reshape(len(mean), -1)
        log_determinant = np.log(np.diagonal(scale_tril, axis1=1, axis2=2)).sum(1)
        squares = _outer
    else:
        return lambda latent: np.stack([_log_prob(posterior, mean, each) for each in latent])
    constant = -log_determinant - 0.5 * mean.shape[1] * math.log(2.0 * math.pi)
    constant -= 0.5 * (mean * weighted).sum(1)

    def log_density(latent: Array) -> Array:
        latent = latent.astype("float64")
        return constant + latent @ weighted.T - 0.5 * (squares(latent) @ precision.T)

    return log_density


def _squares(latent: Array) -> Array:
    return np.square(latent)


def _outer(latent: Array) -> Array:
    products: Array = latent[:, :, None] * latent[:, None, :]
    return products.reshape(len(latent), -1)


def _log_prob(posterior: Posterior, mean: Array, latent: Array) -> Array:
    """Return one latent's log-density under each example's posterior."""
    everywhere = np.broadcast_to(latent, mean.shape).astype("float32")
    return np.asarray(ops.convert_to_numpy(posterior.log_prob(everywhere)), "float64")
