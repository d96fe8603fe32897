"""How well a learned dictionary matches a known one."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _extras
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]


def dictionary_recovery(learned: Any, known: Any) -> float:
    """Return how well a learned dictionary's vectors match known ones, by their cosines.

        mean over known vectors of cos(known_i, learned_p(i)),
        where p pairs each with another learned one so that the sum is largest

    Args:
        learned: Array of shape (units, width), such as the kernel of a linear decoder; at least
            as many vectors as are known.
        known: Array of shape (features, width).

    Returns:
        Float, at most 1. Vectors of opposite directions don't match.

    Raises:
        ValueError: An array isn't of that shape, or a known vector is 0.

    Example:
        >>> dictionary_recovery([[0, 2], [3, 0], [1, 1]], [[1, 0], [0, 1]])
        1.0

    Reference:
        Sharkey, Braun and Millidge, Taking Features out of Superposition with Sparse
        Autoencoders, 2022: the mean max cosine similarity; here by the Hungarian method, so that
        no vector counts twice.
    """
    _extras.require("scipy")
    from scipy.optimize import linear_sum_assignment

    found, wanted = _data.matrix("learned", learned, rows=1), _data.matrix("known", known, rows=1)
    if found.shape[1] != wanted.shape[1] or len(found) < len(wanted):
        raise ValueError(
            f"`learned` must have at least as many vectors as are known, {len(wanted)}, of the "
            f"same width, {wanted.shape[1]}. Received: shape={found.shape}"
        )
    cosine = _unit("known", wanted) @ _unit("learned", found).T
    return float(cosine[linear_sum_assignment(cosine, maximize=True)].mean())


def _unit(name: str, vectors: Array) -> Array:
    """Return vectors of norm 1."""
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not norm.all():
        raise ValueError(
            f"`{name}` must hold vectors that aren't 0, for they have no direction. "
            f"Received: {np.count_nonzero(norm == 0)} that are 0"
        )
    return vectors / norm
