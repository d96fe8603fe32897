"""How far generated examples are from real ones, with no model of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae import _checks
from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]
KERNEL_ROWS_AT_A_TIME = 512
MAX_EXAMPLES_FOR_BANDWIDTH = 1000


def kernel_mmd(
    x: Any,
    generated: Any,
    feature_model: Callable[[Any], Any] | None = None,
    bandwidth: float | None = None,
) -> float:
    """Return the unbiased squared maximum mean discrepancy between real and generated examples.

        MMD**2 = E[k(x, x')] + E[k(y, y')] - 2 E[k(x, y)],  k(x, y) = exp(-|x - y|**2 / (2 b**2))

    0 for two samples of one distribution, at any sample size, give or take the draw: it can be
    negative; at most 2. On pixels it sees what a Euclidean distance of images sees, which isn't
    what people see: use the features of an encoder that knows the data for that. It isn't an FID,
    nor comparable with one. Values compare only at the same data, features and bandwidth.

    Args:
        x: Array of shape (n, ...), real examples, n >= 2.
        generated: Array of shape (m, ...), m >= 2: `model.generate(m)`.
        feature_model: Function or Keras model from examples to features, or a model of this
            package (its `encode`); None for the pixels, or columns, themselves.
        bandwidth: Number > 0, b; None for the median distance between real examples (the first
            1,000 of them).

    Returns:
        A number.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument is out of range, or the examples have different widths.

    Example:
        >>> print(f"{kernel_mmd([[0.0], [1.0]], [[0.0], [3.0]], bandwidth=1.0):.4f}")
        -0.2588

    Reference:
        Gretton et al., A Kernel Two-Sample Test, 2012, lemma 6; the median heuristic: section 8.
    """
    real = _data.features_of("x", x, feature_model)
    other = _data.features_of("generated", generated, feature_model)
    if real.shape[1] != other.shape[1]:
        raise ValueError(
            "`generated` must be as wide as `x`. "
            f"Received: {other.shape[1]} numbers an example, and {real.shape[1]} in x"
        )
    if bandwidth is None:
        bandwidth = _median_distance(real[:MAX_EXAMPLES_FOR_BANDWIDTH])
    else:
        bandwidth = _checks.number("bandwidth", bandwidth, above=0)
    n, m = len(real), len(other)
    # A point's kernel with itself is 1, and isn't an estimate of anything.
    within_real = (_kernel_sum(real, real, bandwidth) - n) / (n * (n - 1))
    within_other = (_kernel_sum(other, other, bandwidth) - m) / (m * (m - 1))
    return within_real + within_other - 2.0 * _kernel_sum(real, other, bandwidth) / (n * m)


def _kernel_sum(x: Array, y: Array, bandwidth: float) -> float:
    starts = range(0, len(x), KERNEL_ROWS_AT_A_TIME)
    distances = (
        _squared_distances(x[start : start + KERNEL_ROWS_AT_A_TIME], y) for start in starts
    )
    return sum(float(np.exp(-0.5 * each / bandwidth**2).sum()) for each in distances)


def _squared_distances(x: Array, y: Array) -> Array:
    # |x|**2 - 2 xy + |y|**2 loses close pairs to cancellation in float32; here it is float64.
    squares = np.square(x).sum(1)[:, None] + np.square(y).sum(1)
    return np.maximum(squares - 2.0 * (x @ y.T), 0.0)


def _median_distance(x: Array) -> float:
    pairs = np.triu_indices(len(x), 1)
    median = float(np.sqrt(np.median(_squared_distances(x, x)[pairs])))
    if median <= 0:
        raise ValueError(
            "`bandwidth` must be given where half of the examples are equal. "
            "Received: bandwidth=None"
        )
    return median
