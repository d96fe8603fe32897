"""The bodies of REST requests, in the two formats that TensorFlow Serving reads.

Rows say what goes into one example together; columns what goes into one tensor. A server answers
rows with "predictions" and columns with "outputs".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def row_body(signature_name: str, tensors: Mapping[str, np.ndarray]) -> str:
    """Return the JSON of a request by rows: one item an example.

    Args:
        signature_name: String, the endpoint.
        tensors: Dictionary of arrays of shape (batch, ...), by name; NaN where a cell is
            missing.

    Returns:
        String; an item is the bare value of the only input, or {name: value} of several.

    Example:
        >>> row_body("decode", {"latent": np.array([[0.1, 2.0]], "float32")}).strip()
        '{"signature_name": "decode", "instances": [[0.1, 2.0]]}'
    """
    columns = {name: _numbers(array) for name, array in tensors.items()}
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    instances = [next(iter(row.values())) for row in rows] if len(columns) == 1 else rows
    return _json({"signature_name": signature_name, "instances": instances})


def columnar_body(signature_name: str, tensors: Mapping[str, np.ndarray]) -> str:
    """Return the JSON of a request by columns: one item an input.

    Args:
        signature_name: String, the endpoint.
        tensors: Dictionary of arrays of shape (batch, ...), by name; NaN where a cell is
            missing.

    Returns:
        String; the only input's bare value, or {name: value} of several.

    Example:
        >>> columnar_body("decode", {"latent": np.array([[0.1, 2.0]], "float32")}).strip()
        '{"signature_name": "decode", "inputs": [[0.1, 2.0]]}'
    """
    columns = {name: _numbers(array) for name, array in tensors.items()}
    inputs = next(iter(columns.values())) if len(columns) == 1 else columns
    return _json({"signature_name": signature_name, "inputs": inputs})


def _numbers(array: np.ndarray) -> Any:
    """Return nested lists; floats as the shortest decimals that give the same float32 again."""
    if array.dtype.kind != "f":
        return array.tolist()
    return array.astype("U32").astype("float64").tolist()


def _json(body: dict[str, Any]) -> str:
    # NaN, which JSON lacks, is written and read by TensorFlow Serving as Python's json does.
    return json.dumps(body) + "\n"
