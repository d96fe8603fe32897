"""Whether classes are clusters of the latent."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.evaluation import _data

KMEANS_STARTS = 10


def kmeans_nmi(latent: Any, labels: Any, seed: int = 0) -> float:
    """Return the normalized mutual information of k-means clusters and classes.

        NMI = I(cluster; class) / mean(H(cluster), H(class))

    k-means (scikit-learn's, the best of 10 starts) with as many clusters as there are classes, on
    the latent as it is: dimensions that vary more count for more. No label is used to cluster.

    Args:
        latent: Array of shape (examples, latent_dim): `model.encode(x)`.
        labels: Array of shape (examples,): integers or strings, of at least 2 classes.
        seed: Integer >= 0, of the starts.

    Returns:
        Float from 0 (independent) to 1 (the same partition).

    Raises:
        ValueError: The arrays don't fit together.

    Example:
        >>> f"{kmeans_nmi([[0.0], [0.1], [5.0], [5.1]], ['a', 'a', 'b', 'b']):.4f}"
        '1.0000'

    Reference:
        Strehl and Ghosh, Cluster Ensembles, 2002 (who divide by the geometric mean; the
        arithmetic one is scikit-learn's default).
    """
    _extras.require("sklearn")
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    values = _data.matrix("latent", latent)
    target = _data.classes("labels", labels, len(values))
    distinct = len(np.unique(values, axis=0))
    clusters = min(int(target.max()) + 1, distinct)  # equal latents can't be told apart
    found = KMeans(clusters, n_init=KMEANS_STARTS, random_state=seed).fit_predict(values)
    return float(normalized_mutual_info_score(target, found))
