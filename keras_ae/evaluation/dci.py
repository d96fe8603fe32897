"""Disentanglement, completeness, informativeness: which dimension is needed for which factor."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from keras_ae import _checks, _extras
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]
FOREST_TREES = 20
TREE_DEPTHS = (2, 4, 8, 16)


@dataclasses.dataclass(frozen=True)
class DCI:
    """The three scores of `dci`, each from 0 to 1, higher is better.

    Args:
        disentanglement: Float. Does each dimension hold one factor?
        completeness: Float. Is each factor held by one dimension?
        informativeness: Float. How often are factors predicted right from the latent?

    Example:
        >>> DCI(disentanglement=1.0, completeness=0.9, informativeness=1.0).completeness
        0.9
    """

    disentanglement: float
    completeness: float
    informativeness: float


def dci(latent: Any, factors: Any, seed: int = 0) -> DCI:
    """Return disentanglement, completeness and informativeness of latents with known factors.

        R_ij = importance of dimension i in predicting factor j, summing to 1 over i
        D_i  = 1 - H(R_ij / sum over j of R_ij) / log(factors), weighted by the row's share of R
        C_j  = 1 - H(R_ij / sum over i of R_ij) / log(latent_dim), a mean over factors

    The variant: random forests as in the paper (20 trees; of the depths 2, 4, 8 and 16 the one
    that predicts half of the unseen examples best), as classifiers, since factors are discrete,
    with Gini importances. Informativeness is therefore their accuracy on the other half of the
    unseen examples, a mean over factors, and not the paper's error of a regression. Half of the
    examples are seen.

    Args:
        latent: Array of shape (examples, latent_dim): `model.encode(x)`, at least 2 dimensions.
        factors: Array of shape (examples, factors): integers, at least 2 factors, with at least 4
            examples of each value.
        seed: Integer >= 0, of the halves and the trees.

    Returns:
        A `DCI`.

    Raises:
        ValueError: The arrays don't fit together, or an argument is out of range.

    Example:
        >>> factors = np.random.default_rng(0).integers(0, 4, size=(400, 2))
        >>> result = dci(factors, factors)
        >>> print(f"{result.disentanglement:.2f}, {result.completeness:.2f}")
        1.00, 1.00

    Reference:
        Eastwood and Williams, A Framework for the Quantitative Evaluation of Disentangled
        Representations, 2018, section 2.
    """
    seed = _checks.integer("seed", seed, minimum=0)
    _checks.seed("seed", seed)
    values, columns = _data.latent_and_factors(latent, factors, each=4, least_factors=2)
    predicted = [_forest(values, column, seed) for column in columns]
    importance = np.stack([each for each, _ in predicted], axis=1)  # (latent_dim, factors)
    rows = importance.sum(axis=1)
    disentanglement = (1.0 - _entropy(importance.T)) @ (rows / max(rows.sum(), 1e-12))
    completeness = (1.0 - _entropy(importance)).mean()
    accuracy = np.mean([accuracy for _, accuracy in predicted])
    return DCI(float(disentanglement), float(completeness), float(accuracy))


def _forest(values: Array, column: Array, seed: int) -> tuple[Array, float]:
    """Return each dimension's importance to a factor, and the accuracy on unseen examples."""
    _extras.require("sklearn")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split

    x, x_rest, y, y_rest = train_test_split(
        values, column, test_size=0.5, stratify=column, random_state=seed
    )
    half = len(x_rest) // 2
    # Every split may use every dimension: else trees must lean on ones that don't matter.
    forests = [
        RandomForestClassifier(FOREST_TREES, max_depth=depth, max_features=None, random_state=seed)
        for depth in TREE_DEPTHS
    ]
    chosen = max(forests, key=lambda each: each.fit(x, y).score(x_rest[:half], y_rest[:half]))
    return chosen.feature_importances_, chosen.score(x_rest[half:], y_rest[half:])


def _entropy(weights: Array) -> Array:
    """Return the entropy of each column's shares, in units of its greatest value.

    A column of zeros, of a factor that no dimension predicts, is as spread as can be.
    """
    totals = weights.sum(axis=0)
    shares = weights / np.where(totals > 0, totals, 1.0)
    logs = np.log(np.where(shares > 0, shares, 1.0))
    entropy = -(shares * logs).sum(axis=0) / np.log(len(weights))
    return np.where(totals > 0, entropy, 1.0)
