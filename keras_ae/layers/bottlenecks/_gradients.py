"""How the gradient passes a code that was chosen: by its name, as `VectorQuantizer` takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keras import ops

_SMALLEST_NORM = 1e-12  # of a vector whose direction is asked for


def straight_through(features: Any, latent: Any) -> Any:
    """Return the latent, bit for bit; its gradient is that of the features, unchanged."""
    return ops.stop_gradient(latent) + (features - ops.stop_gradient(features))


def rotated(features: Any, latent: Any) -> Any:
    """Return the latent, bit for bit, as the features turned and stretched.

        latent = |latent| / |features| * R features,    R = I - 2 r r' + 2 q e'

    where e and q are the directions of features and latent, and r that of e + q. R and the ratio
    count as constants, so that the gradient turns back with them: it makes the same angle with
    the features as it made with the latent. Between opposite directions there is no such R; there
    the gradient is that of I + 2 q e'.
    """
    from_, to = ops.stop_gradient(features), ops.stop_gradient(latent)
    start, end = _norm(from_), _norm(to)
    e, q = from_ / start, to / end
    r = e + q
    r = r / _norm(r)
    turned = features - 2.0 * _dot(features, r) * r + 2.0 * _dot(features, e) * q
    return straight_through(end / start * turned, latent)


GRADIENTS: Mapping[str, Callable[[Any, Any], Any]] = {
    "straight_through": straight_through,
    "rotation": rotated,
}


def _dot(one: Any, other: Any) -> Any:
    return ops.sum(one * other, axis=-1, keepdims=True)


def _norm(vector: Any) -> Any:
    return ops.maximum(ops.sqrt(_dot(vector, vector)), _SMALLEST_NORM)
