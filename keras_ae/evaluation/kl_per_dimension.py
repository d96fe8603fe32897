"""Where in the latent the KL lies."""

from __future__ import annotations

import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.posteriors import Posterior
from keras_ae.layers.priors import Prior, StandardNormalPrior


def kl_per_dimension(posterior: Posterior, prior: Prior | None = None) -> np.ndarray:
    """Return each latent dimension's share of the KL, a mean over the examples.

        KL_i = mean over x of KL(q(latent_i | x) || p(latent_i))

    They sum to the mean KL. A dimension near 0 carries nothing: its posterior is the prior.

    Args:
        posterior: A `Posterior` of independent dimensions: `model.posterior(x)`.
        prior: A `Prior` of independent dimensions; None for N(0, I).

    Returns:
        Array of shape code_shape, (latent_dim,) for vectors, in nats.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The KL isn't a sum over the dimensions.

    Example:
        >>> from keras_ae.layers import NormalPosterior
        >>> posterior = NormalPosterior([[2.0, 0.0], [-2.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]])
        >>> kl_per_dimension(posterior).tolist()
        [2.0, 0.0]
    """
    _checks.instance("posterior", posterior, Posterior, "a Posterior")
    prior = StandardNormalPrior() if prior is None else prior
    _checks.instance("prior", prior, Prior, "a Prior or None")
    each = ops.convert_to_numpy(prior.kl_per_dimension(posterior))
    return each.mean(axis=0, dtype="float64")
