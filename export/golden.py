"""Golden vectors: inputs of every endpoint, and what Keras computes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_ae.export.endpoints import Endpoint

BATCHES = (1, 3, 17)  # what artifacts with a free batch axis are tried at
ROWS = max(BATCHES)
QUALITY_ROWS = 512  # int8 is judged on as many examples, where there are so many
Arrays = dict[str, Any]  # {"inputs": {tensor: array}, "outputs": {endpoint: {tensor: array}}}


def make_golden(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], batch: int | None
) -> dict[str, Arrays]:
    """Compute golden vectors on the sample data and on inputs drawn within their ranges.

    Returns:
        Dict {"sample" | "drawn": {"inputs": {tensor: array}, "outputs": {endpoint: {tensor:
        array}}}}: each input is there once, whichever endpoints take it.
    """
    rows = batch or ROWS
    random = np.random.default_rng(0)
    drawn = {name: draw(array, rows, random) for name, array in samples.items()}
    taken = {name: np.resize(array, (rows, *array.shape[1:])) for name, array in samples.items()}
    return {"sample": compute(endpoints, taken), "drawn": compute(endpoints, drawn)}


def make_quality(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], batch: int | None
) -> Arrays:
    """Compute what int8 is judged by: as `make_golden`, on more of the sample data."""
    rows = min(len(next(iter(samples.values()))), QUALITY_ROWS)
    rows = rows - rows % batch if batch and rows >= batch else rows
    whole = {name: array[:rows] for name, array in samples.items()}
    if batch and rows < batch:
        whole = {name: np.resize(a, (batch, *a.shape[1:])) for name, a in samples.items()}
    return compute(endpoints, whole, batch or 64)


def compute(
    endpoints: Mapping[str, Endpoint], samples: Mapping[str, np.ndarray], size: int | None = None
) -> Arrays:
    """Run every endpoint with Keras, `size` rows at a time."""
    outputs: dict[str, dict[str, np.ndarray]] = {}
    used: set[str] = set()
    for name, endpoint in endpoints.items():
        inputs = {each.name: samples[each.name] for each in endpoint.signature.inputs}
        used.update(inputs)
        rows = len(next(iter(inputs.values())))
        step = size or rows
        parts = [
            endpoint.run({key: value[start : start + step] for key, value in inputs.items()})
            for start in range(0, rows, step)
        ]
        outputs[name] = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return {"inputs": {name: samples[name] for name in sorted(used)}, "outputs": outputs}


def draw(array: np.ndarray, rows: int, random: Any) -> np.ndarray:
    """Draw inputs uniformly within each feature's own range."""
    low, high = array.min(axis=0), array.max(axis=0)
    shape = (rows, *array.shape[1:])
    if array.dtype == np.uint8:
        return random.integers(low, high.astype("int64") + 1, shape).astype("uint8")
    return random.uniform(low, high, shape).astype(array.dtype)
