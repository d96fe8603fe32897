"""What a linear classifier reads in the latent."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.evaluation import _data

MAX_FOLDS = 5


def linear_probe_accuracy(latent: Any, labels: Any, seed: int = 0) -> float:
    """Return how many labels a linear classifier of the latent gets right, on unseen examples.

    Multinomial logistic regression (scikit-learn's, C = 1) on standardized latents, in stratified
    cross-validation: 5 folds, or as many as the smallest class has examples. Every example is
    predicted once, by a classifier that didn't see it. Guessing gives the share of the largest
    class.

    Args:
        latent: Array of shape (examples, latent_dim): `model.encode(x)`.
        labels: Array of shape (examples,): integers or strings, of at least 2 classes with 2
            examples each.
        seed: Integer >= 0, of the folds.

    Returns:
        Float from 0 to 1.

    Raises:
        ValueError: The arrays don't fit together, or a class is too small.

    Example:
        >>> latent = [[-1.0], [-1.1], [-0.9], [1.0], [1.1], [0.9]]
        >>> linear_probe_accuracy(latent, [0, 0, 0, 1, 1, 1])
        1.0

    Reference:
        Alain and Bengio, Understanding intermediate layers using linear classifier probes, 2016.
    """
    _extras.require("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    values = _data.matrix("latent", latent)
    target = _data.classes("labels", labels, len(values), each=2)
    folds = StratifiedKFold(
        min(MAX_FOLDS, int(np.bincount(target).min())), shuffle=True, random_state=seed
    )
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    predicted = cross_val_predict(probe, values, target, cv=folds)
    return float((predicted == target).mean())
