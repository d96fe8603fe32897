"""Run a compiled function over an array in batches of one size."""

from __future__ import annotations

import numpy as np

from keras_ae.execution.endpoint import Endpoint

BATCH_SIZE = 256


def run(endpoint: Endpoint, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the function's outputs for each example.

    With one size there is one compilation, and a row's result doesn't depend on the others, to the
    last bit. The last batch is filled up with its own rows.

    Args:
        endpoint: An `Endpoint` from one array to a dict of arrays.
        x: Array of shape (examples, ...).
    """
    parts = []
    for start in range(0, len(x), BATCH_SIZE):
        batch = x[start : start + BATCH_SIZE]
        parts.append(endpoint.predict_on_batch([batch], BATCH_SIZE))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
