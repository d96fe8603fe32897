"""The mutual information gap: is each factor in one latent dimension alone?"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]


def mig(latent: Any, factors: Any, bins: int = 20) -> float:
    """Return the mutual information gap of latents whose factors are known.

        MIG = mean over factors k of [ I(latent_j; v_k) - I(latent_i; v_k) ] / H(v_k)

    where latent_j tells most about factor v_k, and latent_i second most. 1: each factor can be
    read from one dimension, and no other dimension tells anything about it. 0: two dimensions
    tell as much. It doesn't mind one dimension that holds several factors.

    The variant of Locatello et al. (2019): mutual information of histograms, with the latent (its
    mean) cut into 20 bins of equal width. Chen et al. integrate over the posterior's noise
    instead. A factor of more values than bins can't reach 1, and histograms of few examples find
    some information in noise, about (bins - 1) (values - 1) / (2 examples) nats, in every
    dimension.

    Args:
        latent: Array of shape (examples, latent_dim): `model.encode(x)`, at least 2 dimensions.
        factors: Array of shape (examples, factors): integers.
        bins: Integer >= 2.

    Returns:
        Float from 0 to 1.

    Raises:
        ValueError: The arrays don't fit together, or an argument is out of range.

    Example:
        >>> factors = np.stack(np.meshgrid(range(4), range(4)), -1).reshape(-1, 2)
        >>> print(f"{mig(factors, factors):.4f}, {mig(factors @ [[1, 1], [1, -1]], factors):.4f}")
        1.0000, 0.0000

    Reference:
        Chen, Li, Grosse and Duvenaud, Isolating Sources of Disentanglement in Variational
        Autoencoders, 2018, equation 6. Locatello et al., Challenging Common Assumptions in the
        Unsupervised Learning of Disentangled Representations, 2019, appendix C.
    """
    _extras.require("sklearn")
    from sklearn.metrics import mutual_info_score

    bins = _checks.integer("bins", bins, minimum=2)
    values, columns = _data.latent_and_factors(latent, factors)
    codes = [_binned(dimension, bins) for dimension in values.T]
    gaps = []
    for column in columns:
        information = sorted((mutual_info_score(column, code) for code in codes), reverse=True)
        first, second = [*information, 0.0][:2]
        gaps.append((first - second) / mutual_info_score(column, column))
    return float(np.mean(gaps))


def _binned(dimension: Array, bins: int) -> Array:
    low, high = dimension.min(), dimension.max()
    if low == high:
        return np.zeros(len(dimension), "int64")
    return np.minimum((dimension - low) / (high - low) * bins, bins - 1).astype("int64")
