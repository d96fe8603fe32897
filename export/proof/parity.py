"""How close an artifact's outputs must be to the model's, and how close they are."""

from __future__ import annotations

import numpy as np

from keras_ae.export.formats.tolerance import Tolerance


def compare(
    name: str,
    expected: np.ndarray,
    received: np.ndarray,
    tolerance: Tolerance,
    spread: float,
    near_threshold: np.ndarray | None = None,
    rounded: bool = False,
) -> tuple[float, float, float, bool]:
    """Compare one output, element by element.

    NaN, infinity and minus infinity must be where they are expected; complex numbers are compared
    as such. Integers and truth values must be equal, unless they come from floats.

    Args:
        name: The output's name, for errors.
        expected: Array that Keras computed.
        received: Array that the artifact computed.
        tolerance: What each number is allowed.
        spread: What `spread_of` says of the output over all golden vectors.
        near_threshold: Boolean array: examples whose decision doesn't count; None for none.
        rounded: Whether integers or truth values come from floats: a share of them may differ.

    Returns:
        Largest absolute error, largest relative error, what the worst element was allowed, and
        whether all are within it. Of integers and truth values the errors are the share that
        differs.

    Raises:
        ValueError: Shape or dtype differ.
    """
    if received.shape != expected.shape or received.dtype != expected.dtype:
        raise ValueError(
            f"{name} must be {expected.dtype} {expected.shape}. "
            f"Received: {received.dtype} {received.shape}"
        )
    if expected.dtype == np.uint8 and rounded:
        return _compare_bytes(expected, received, max(1.0, tolerance.of_spread * spread))
    if expected.dtype.kind in "biu":
        return _compare_whole(expected, received, tolerance, near_threshold, rounded)
    if not (_unusual(expected) == _unusual(received)).all():
        return float("inf"), float("inf"), 0.0, False
    truth, value = _finite(expected), _finite(received)  # what isn't finite is equal
    error, allowed = np.abs(value - truth), tolerance.allowed(truth, spread)
    nonzero = truth != 0
    relative = float(np.max(error[nonzero] / np.abs(truth[nonzero]), initial=0.0))
    worst = np.unravel_index(np.argmax(error - allowed), error.shape)
    return float(error.max()), relative, float(allowed[worst]), bool((error <= allowed).all())


def _compare_bytes(
    expected: np.ndarray, received: np.ndarray, allowed: float
) -> tuple[float, float, float, bool]:
    """Compare the pixels of images, of which the next byte will do."""
    truth = expected.astype("float64")
    error = np.abs(received - truth)
    relative = float(np.max(error / np.maximum(truth, 1.0)))
    return float(error.max()), relative, allowed, bool((error <= allowed).all())


def _compare_whole(
    expected: np.ndarray,
    received: np.ndarray,
    tolerance: Tolerance,
    near_threshold: np.ndarray | None,
    rounded: bool,
) -> tuple[float, float, float, bool]:
    wrong = received != expected
    if near_threshold is not None:
        wrong &= ~near_threshold
    allowed = 0
    if rounded and near_threshold is None:
        allowed = max(1, int(tolerance.share * wrong.size))
    size = max(1, wrong.size)
    share, differing = float(wrong.sum() / size), int(wrong.sum())
    return share, share, allowed / size, differing <= allowed


def _parts(values: np.ndarray) -> np.ndarray:
    """Return the real and imaginary parts on a last axis."""
    return np.stack([values.real, values.imag], axis=-1).astype("float64")


def _unusual(values: np.ndarray) -> np.ndarray:
    """Return which kind each number is: 0 finite, 1 NaN, 2 infinity, 3 minus infinity."""
    parts = _parts(values)
    return np.select([np.isnan(parts), np.isposinf(parts), np.isneginf(parts)], [1, 2, 3], 0)


def _finite(values: np.ndarray) -> np.ndarray:
    """Return the numbers in double precision, with 0 for what isn't finite."""
    parts = np.nan_to_num(_parts(values), nan=0.0, posinf=0.0, neginf=0.0)
    return parts[..., 0] + 1j * parts[..., 1] if values.dtype.kind == "c" else parts[..., 0]


def near(scores: np.ndarray, threshold: float, tolerance: Tolerance, spread: float) -> np.ndarray:
    """Return which scores are too close to the threshold for their decision to count."""
    truth = scores.astype("float64")
    return np.abs(truth - threshold) <= tolerance.allowed(truth, spread)


def spread_of(values: np.ndarray) -> float:
    """Return the largest minus the smallest finite value, of both parts of complex numbers.

    It is 0 of booleans and of integers that may be names; bytes are an image's.
    """
    if values.dtype.kind in "biu" and values.dtype != np.uint8:
        return 0.0
    parts = (values.real, values.imag) if values.dtype.kind == "c" else (values,)
    finite = [part[np.isfinite(part)].astype("float64") for part in parts]
    return max(float(np.ptp(part)) if part.size else 0.0 for part in finite)
