"""Run a compiled function over an array in batches of one size."""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS = 256


def run(endpoint: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the function's outputs for each example.

    With one size there is one compilation, and a row's result doesn't depend on the others, to the
    last bit. The last batch is filled up with its own rows.

    Args:
        endpoint: A compiled model from an array to a dict of arrays.
        x: Array of shape (examples, ...).
    """
    parts = []
    for start in range(0, len(x), ROWS):
        batch = x[start : start + ROWS]
        outputs = endpoint.predict_on_batch(np.resize(batch, (ROWS, *batch.shape[1:])))
        parts.append({name: value[: len(batch)] for name, value in outputs.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
