"""Gradients for steps, which have none of their own."""

from __future__ import annotations

from typing import Any

from keras import ops


def with_gradient(value: Any, threshold: Any, derivative: Any) -> Any:
    """Return `value`, whose derivative by the threshold shall be `derivative`, elementwise."""
    zero = threshold - ops.stop_gradient(threshold)
    return value + ops.stop_gradient(derivative) * zero


def rectangle(activation: Any, threshold: Any, bandwidth: float) -> Any:
    """Return the rectangular kernel K((activation - threshold) / bandwidth) / bandwidth."""
    near = ops.abs(activation - threshold) < 0.5 * bandwidth
    return ops.cast(near, activation.dtype) / bandwidth
