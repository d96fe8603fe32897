"""Separated attribute predictability: how far is the best dimension ahead of the second?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae import _extras
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]


def sap(latent: Any, factors: Any, categorical: Sequence[int] = ()) -> float:
    """Return the separated attribute predictability of latents whose factors are known.

        SAP = mean over factors of [ best score of a dimension - second best ]

    The score of a dimension for a factor whose values have an order is the R**2 of a linear
    regression, their squared correlation; for a categorical factor it is the balanced accuracy of
    thresholds on the dimension, one fewer than the factor has values, as in the paper (chosen by
    a decision tree). A perfect code reaches 1 where factors are ordered, and 1 - 1/values for a
    categorical factor, as another dimension's thresholds still guess.

    Args:
        latent: Array of shape (examples, latent_dim): `model.encode(x)`, at least 2 dimensions.
        factors: Array of shape (examples, factors): integers.
        categorical: Sequence of integers, the columns of `factors` whose values have no order,
            such as 0 for the shape in the data set "shapes".

    Returns:
        Float from 0 to 1.

    Raises:
        ValueError: The arrays don't fit together, or a column doesn't exist.

    Example:
        >>> factors = np.stack(np.meshgrid(range(4), range(4)), -1).reshape(-1, 2)
        >>> print(f"{sap(factors, factors):.2f}, {sap(factors @ [[1, 1], [1, -1]], factors):.2f}")
        1.00, 0.00

    Reference:
        Kumar, Sattigeri and Balakrishnan, Variational Inference of Disentangled Latent Concepts
        from Unlabeled Observations, 2018, section 3.
    """
    values, columns = _data.latent_and_factors(latent, factors)
    categorical = _data.places("categorical", categorical)
    for place in categorical:
        if place >= len(columns):
            raise ValueError(
                f"`categorical` must name columns of `factors`, 0 to {len(columns) - 1}. "
                f"Received: categorical={categorical}"
            )
    gaps = []
    for place, column in enumerate(columns):
        if place in categorical:
            scores = [_threshold_accuracy(each, column) for each in values.T]
        else:
            # Of the values themselves, as their distances count, not of their ranks.
            given = np.asarray(factors)[:, place].astype("float64")
            scores = [_squared_correlation(each, given) for each in values.T]
        first, second = [*sorted(scores, reverse=True), 0.0][:2]
        gaps.append(first - second)
    return float(np.mean(gaps))


def _squared_correlation(dimension: Array, factor: Array) -> float:
    dimension, factor = dimension - dimension.mean(), factor - factor.mean()
    norm = np.square(dimension).sum() * np.square(factor).sum()
    return float((dimension @ factor) ** 2 / norm) if norm > 0 else 0.0


def _threshold_accuracy(dimension: Array, column: Array) -> float:
    _extras.require("sklearn")
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_leaf_nodes=int(column.max()) + 1, class_weight="balanced", random_state=0
    )
    predicted = tree.fit(dimension[:, None], column).predict(dimension[:, None])
    return float(balanced_accuracy_score(column, predicted))
