"""What int8 loses, in numbers."""

from __future__ import annotations

import numpy as np

from keras_ae import _extras


def relative(name: str, truth: np.ndarray, value: np.ndarray) -> float:
    """Return the root mean square error, relative to the spread around each channel's mean."""
    truth, value = _comparable(truth), _comparable(value)
    odd = ~np.isfinite(truth)
    if odd.any():  # NaN and infinity must be where they belong; the rest is judged
        if not np.array_equal(truth[odd], value[odd], equal_nan=True):
            return float("inf")
        truth, value = np.where(odd, 0.0, truth), np.where(odd, 0.0, value)
    spread = np.sqrt(np.mean((truth - truth.mean(axis=tuple(range(max(truth.ndim - 1, 1))))) ** 2))
    if name.startswith("scale") or not spread:  # scales may be alike for all examples
        spread = np.sqrt(np.mean(truth**2)) or 1.0
    return float(np.sqrt(mean_square(truth, value)) / spread)


def _comparable(values: np.ndarray) -> np.ndarray:
    """Return real numbers in double precision; of complex ones both parts, on a last axis."""
    if values.dtype.kind == "c":
        values = np.stack([values.real, values.imag], axis=-1)
    return values.astype("float64")


def mean_square(truth: np.ndarray, value: np.ndarray) -> float:
    """Return the mean square error; infinite where it isn't a number."""
    error = np.mean((value.astype("float64") - truth.astype("float64")) ** 2)
    return float(error) if np.isfinite(error) else float("inf")


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    _extras.require("sklearn")
    from sklearn.metrics import roc_auc_score

    labels = np.asarray(labels)
    if len(np.unique(labels)) < 2:
        raise ValueError(
            "`labels` must have both 0 and 1 among the examples that int8 is judged on. "
            f"Received: {len(labels)} labels, all {labels[0]}"
        )
    if not np.isfinite(scores).all():
        return 0.0
    return float(roc_auc_score(labels, scores))
