"""How close an artifact's outputs must be to the model's, and how close they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keras_ae.export.formats import FLOAT16, FLOAT32

ABSOLUTE, RELATIVE = 1e-5, 1e-4  # float32: |error| <= 1e-5 + 1e-4 * |expected|
OF_RANGE = {"tflite": 1e-3, "onnx": 2e-3}  # float16: of the output's range
STEPS_OF_RANGE = 0.02  # int8 on another machine: of the range, from what was recorded


@dataclass(frozen=True)
class Comparison:
    """One output of an artifact beside the model's, the largest of all batches.

    Args:
        endpoint: String.
        output: String, the tensor's name.
        data: String, "sample" or "drawn".
        batches: Tuple of the batch sizes that were run.
        max_absolute: Largest absolute error.
        max_relative: Largest error relative to the expected value, where that isn't 0.
        allowed: What the worst element was allowed.
        passed: Whether every element is within what it is allowed.
    """

    endpoint: str
    output: str
    data: str
    batches: tuple[int, ...]
    max_absolute: float
    max_relative: float
    allowed: float
    passed: bool

    @property
    def text(self) -> str:
        """The comparison in one line."""
        return (
            f"{self.endpoint}/{self.output} on {self.data} data: max absolute error "
            f"{self.max_absolute:.3g} (allowed {self.allowed:.3g}), max relative "
            f"{self.max_relative:.3g}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON holds them."""
        return asdict(self)


def compare(
    name: str,
    expected: np.ndarray,
    received: np.ndarray,
    format_name: str,
    precision: str,
    spread: float,
    near_threshold: np.ndarray | None = None,
) -> tuple[float, float, float, bool]:
    """Compare one output, element by element.

    Args:
        name: The output's name, for errors.
        expected: Array that Keras computed.
        received: Array that the artifact computed.
        format_name: String, the artifact's format.
        precision: String, the artifact's precision; an int8 artifact is compared with what was
            recorded of it.
        spread: Largest minus smallest value of the output over all golden vectors.
        near_threshold: Boolean array: examples whose decision doesn't count; None for none.

    Returns:
        Largest absolute error, largest relative error, what the worst element was allowed, and
        whether all are within it.

    Raises:
        ValueError: Shape or dtype differ.
    """
    if received.shape != expected.shape or received.dtype != expected.dtype:
        raise ValueError(
            f"{name} must be {expected.dtype} {expected.shape}. "
            f"Received: {received.dtype} {received.shape}"
        )
    if expected.dtype == bool:
        wrong = received != expected
        if near_threshold is not None:
            wrong &= ~near_threshold
        return float(wrong.any()), float(wrong.any()), 0.0, not wrong.any()
    truth, value = expected.astype("float64"), received.astype("float64")
    error = np.abs(value - truth)
    if not np.isfinite(value).all():
        return float("inf"), float("inf"), 0.0, False
    allowed = _allowed(truth, expected.dtype, format_name, precision, spread)
    nonzero = truth != 0
    relative = float(np.max(error[nonzero] / np.abs(truth[nonzero]), initial=0.0))
    worst = np.unravel_index(np.argmax(error - allowed), error.shape)
    return float(error.max()), relative, float(allowed[worst]), bool((error <= allowed).all())


def near(
    scores: np.ndarray, threshold: float, format_name: str, precision: str, spread: float
) -> np.ndarray:
    """Return which scores are too close to the threshold for their decision to count."""
    truth = scores.astype("float64")
    allowed = _allowed(truth, scores.dtype, format_name, precision, spread)
    return np.abs(truth - threshold) <= allowed


def spread_of(values: np.ndarray) -> float:
    """Return the largest minus the smallest value; 0 of booleans, which have no range."""
    return 0.0 if values.dtype == bool else float(np.ptp(values.astype("float64")))


def failures(comparisons: Mapping[str, Sequence[Comparison]]) -> list[str]:
    """Return a line for each comparison that failed, of all artifacts."""
    return [
        f"{path}: {comparison.text}"
        for path, each in comparisons.items()
        for comparison in each
        if not comparison.passed
    ]


def _allowed(
    truth: np.ndarray, dtype: Any, format_name: str, precision: str, spread: float
) -> np.ndarray:
    if dtype == np.uint8 and precision in (FLOAT32, FLOAT16):
        return np.ones_like(truth)
    if precision == FLOAT32:
        return ABSOLUTE + RELATIVE * np.abs(truth)
    share = OF_RANGE[format_name] if precision == FLOAT16 else STEPS_OF_RANGE
    return np.full_like(truth, share * spread + ABSOLUTE)
