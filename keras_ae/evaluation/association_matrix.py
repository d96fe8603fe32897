"""How columns of numbers and of categories go together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]


def association_matrix(x: Any, categorical: Sequence[int] = ()) -> Array:
    """Return the association of each pair of columns, by the rows in which neither is missing.

        two columns of numbers    Spearman's rank correlation, -1 to 1
        two of categories         Cramer's V = sqrt(chi**2 / (n (min(rows, columns) - 1))), 0 to 1
        one of each               correlation ratio of the ranks, 0 to 1:
                                  eta**2 = variance between categories / variance
                                         = H / (n - 1) of the Kruskal-Wallis test

    Ranks make them the same for a column and its logarithm. V and eta of few rows and many
    categories are above 0 by chance, too.

    Args:
        x: Array of shape (rows, columns), NaN where a cell is missing: a category is a number, as
            `TableSchema.encode` makes it.
        categorical: Sequence of integers, the columns whose values have no order.

    Returns:
        Symmetric array of shape (columns, columns), 1 on its diagonal; NaN where the rows of a
        pair are fewer than 2, or one of its columns has a single value there.

    Raises:
        TypeError: `categorical` is no sequence of integers.
        ValueError: `x` has another shape, is infinite somewhere, or there is no such column.

    Example:
        >>> nan = float("nan")
        >>> x = [[1.0, 0.0, 2.0], [2.0, 0.0, 8.0], [4.0, 1.0, 9.0], [9.0, 1.0, nan]]
        >>> association_matrix(x, categorical=[1]).round(3).tolist()
        [[1.0, 0.894, 1.0], [0.894, 1.0, 0.866], [1.0, 0.866, 1.0]]

    Reference:
        Cramer, Mathematical Methods of Statistics, 1946, chapter 21.9; Kruskal and Wallis, Use of
        Ranks in One-Criterion Variance Analysis, 1952.
    """
    values = _arrays.numbers("x", x)
    if values.ndim != 2 or 0 in values.shape:
        raise ValueError(f"`x` must have shape (rows, columns). Received: shape={values.shape}")
    _arrays.finite("x", values, missing=True)
    columns = values.shape[1]
    named = set(_data.places("categorical", categorical))
    if named and max(named) >= columns:
        raise ValueError(
            f"`categorical` must be places from 0 to {columns - 1}. "
            f"Received: categorical={_checks.shown(categorical)}"
        )
    present = ~np.isnan(values)
    whole = present.all(axis=0)
    # Ranks of numbers, places of categories; where cells are missing, of each pair's rows anew.
    seen = [_seen(values[present[:, each], each], each in named) for each in range(columns)]
    found = np.full((columns, columns), np.nan)
    for one, other in itertools.combinations_with_replacement(range(columns), 2):
        pair = [seen[one], seen[other]]
        if not (whole[one] and whole[other]):
            both = present[:, one] & present[:, other]
            pair = [_seen(values[both, each], each in named) for each in (one, other)]
        kinds = (one in named) + (other in named)
        if len(pair[0]) > 1 and all(each.min() < each.max() for each in pair):
            if one in named and kinds == 1:
                pair.reverse()
            value = 1.0 if one == other else (_spearman, _eta, _cramer)[kinds](*pair)
            found[one, other] = found[other, one] = value
    return found


def _seen(values: Array, is_categorical: bool) -> Array:
    """Return the places of categories, or the ranks of numbers: equal ones share their mean."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    places = places.reshape(-1)
    if is_categorical:
        return places
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def _spearman(one: Array, other: Array) -> float:
    return float(np.clip(np.corrcoef(one, other)[0, 1], -1.0, 1.0))


def _eta(ranks: Array, places: Array) -> float:
    centred = ranks - ranks.mean()
    sums, counts = np.bincount(places, centred), np.bincount(places)
    between = np.sum(sums**2 / np.maximum(counts, 1))
    return float(np.sqrt(min(between / np.sum(centred**2), 1.0)))


def _cramer(one: Array, other: Array) -> float:
    shape = (int(one.max()) + 1, int(other.max()) + 1)
    counts = np.bincount(one * shape[1] + other, minlength=shape[0] * shape[1]).reshape(shape)
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / len(one)
    chi_squared = np.sum((counts - expected) ** 2 / expected)
    return float(np.sqrt(min(chi_squared / (len(one) * (min(shape) - 1)), 1.0)))
