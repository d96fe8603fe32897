"""How much the latent tells about which example it came from."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from keras import ops

from keras_ae import _arrays, _checks
from keras_ae.layers.posteriors import Posterior
from keras_ae.layers.priors import Prior, StandardNormalPrior

MAX_PAIRS_AT_A_TIME = 2**22  # log-densities at a time: 32 MB


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
    if mean.ndim < 2 or len(mean) < 2:
        raise ValueError(
            f"`posterior` must be of at least 2 examples. Received: a mean of shape {mean.shape}"
        )
    _arrays.finite("posterior.mean", mean)
    latent = ops.convert_to_numpy(posterior.sample(seed=seed))
    examples = len(mean)
    own, aggregate = np.empty(examples), np.empty(examples)
    rows = max(1, MAX_PAIRS_AT_A_TIME // examples)
    for start in range(0, examples, rows):
        chunk = np.arange(start, min(start + rows, examples))
        log_q = posterior.pairwise_log_prob(latent[chunk])  # (chunk, examples)
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
