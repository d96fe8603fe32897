"""Indices of a code: integers below the number of codes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def check_indices(indices: Any, codes: int) -> None:
    """Raise unless these are integers from 0 to `codes` - 1, where their values are known.

    Raises:
        TypeError: They aren't integers.
        ValueError: There is no such code.
    """
    expected = f"`indices` must be integers from 0 to {codes - 1}. Received: "
    indices = indices if hasattr(indices, "dtype") else np.asarray(indices)
    dtype = keras.backend.standardize_dtype(indices.dtype)
    if "int" not in dtype:
        raise TypeError(f"{expected}{dtype}")
    try:
        values = np.asarray(indices)
    except (NotImplementedError, TypeError, ValueError):  # while a graph is traced
        return
    if values.size and (values.min() < 0 or values.max() >= codes):
        raise ValueError(f"{expected}values from {values.min()} to {values.max()}")
