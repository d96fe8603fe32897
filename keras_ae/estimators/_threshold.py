"""Where a threshold lies among the training data's strangeness."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks

FENCE_INTERQUARTILE_RANGES = 1.5  # above the upper quartile


def check_contamination(value: Any) -> float | None:
    """Return the share of the training data to flag; None for "auto"."""
    if isinstance(value, str):
        if value == "auto":
            return None
        raise ValueError(
            "`contamination` must be 'auto' or a number > 0 and <= 0.5. "
            f"Received: contamination={_checks.shown(value)}"
        )
    return _checks.number("contamination", value, above=0, maximum=0.5)


def threshold_of(strangeness: np.ndarray, contamination: float | None) -> float:
    """Return the strangeness that a share of the data exceeds; for None, Tukey's fence."""
    if contamination is not None:
        return float(np.quantile(strangeness, 1.0 - contamination))
    low, high = np.quantile(strangeness, (0.25, 0.75))
    return float(high + FENCE_INTERQUARTILE_RANGES * (high - low))
