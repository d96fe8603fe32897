"""How sparse a code is, and how much it explains."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from keras_ae import _arrays
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]
CHUNK = 4096  # examples at a time: their reconstructions are summed, not kept


@dataclasses.dataclass(frozen=True)
class DictionaryScores:
    """How sparse a code is, and what it keeps.

    Args:
        l0: Float, mean number of units of an example that aren't 0.
        explained_variance: Float, at most 1: the share of the target's variance that the
            reconstruction explains.
        dead_units: Float from 0 to 1, the share of units that are 0 in every example.

    Example:
        >>> DictionaryScores(l0=3.0, explained_variance=0.9, dead_units=0.0).l0
        3.0
    """

    l0: float
    explained_variance: float
    dead_units: float


def dictionary_scores(
    model: Any, x: Any, y: Any = None, batch_size: int | None = None
) -> DictionaryScores:
    """Return how sparse a model's code is, and how much of the data it explains.

        explained_variance = 1 - sum |y - reconstruction(x)|**2 / sum |y - mean of y|**2

    Args:
        model: An autoencoder whose code is made of numbers, such as `topk_sparse`.
        x: Array of shape (examples, ...), at least 2.
        y: Array, what a transcoder shall return for each example; None for x.
        batch_size: As in the model's `encode`.

    Returns:
        The `DictionaryScores`.

    Raises:
        ValueError: The data aren't the model's, or `y` isn't of the reconstruction's
            shape, is missing for a model that trains on pairs, or doesn't vary.

    Example:
        >>> import numpy as np
        >>> import keras_ae
        >>> model = keras_ae.create_model("topk_sparse", (8,), 16, k=3, seed=0)
        >>> dictionary_scores(model, np.eye(8, dtype="float32")).l0
        3.0

    Reference:
        Gao et al., Scaling and Evaluating Sparse Autoencoders, 2024, sections 2 and 4.
    """
    inputs = _data.examples("x", x)
    if y is None and model.trains_on_pairs:
        raise ValueError("`y` must be given for a model that trains on pairs. Received: y=None")
    targets = inputs if y is None else _data.examples("y", y)
    shape = (
        len(inputs),
        *model.decode(model.encode(inputs[:1], batch_size), batch_size).shape[1:],
    )
    if targets.shape != shape:
        raise ValueError(
            f"`y` must have the reconstruction's shape, {shape}. Received: shape={targets.shape}"
        )
    _arrays.finite("x" if y is None else "y", targets)
    targets = targets.astype("float64")
    variance = np.square(targets - targets.mean(axis=0)).sum()
    if not variance:
        raise ValueError(
            f"`{'x' if y is None else 'y'}` must hold examples that differ, to explain their "
            f"variance. Received: {len(targets)} that are alike"
        )
    active, error, seen = 0, 0.0, []
    for start in range(0, len(inputs), CHUNK):
        part = slice(start, start + CHUNK)
        latent = model.encode(inputs[part], batch_size)
        on = (latent != 0).reshape(-1, latent.shape[-1])
        active += int(np.count_nonzero(on))
        seen.append(on.any(axis=0))
        error += np.square(targets[part] - model.decode(latent, batch_size)).sum()
    return DictionaryScores(
        l0=float(active / len(inputs)),
        explained_variance=float(1.0 - error / variance),
        dead_units=float(1.0 - np.any(seen, axis=0).mean()),
    )
