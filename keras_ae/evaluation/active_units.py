"""How many latent dimensions a model uses."""

from __future__ import annotations

from typing import Any

from keras_ae import _arrays, _checks


def active_units(means: Any, threshold: float = 0.01) -> int:
    """Count the latent dimensions whose posterior mean depends on the example.

        active units = number of dimensions with Var over x of E[latent | x] > threshold

    A dimension that carries no information has the same posterior for every example, and so a
    variance of 0. The threshold suits a prior of variance 1, where active and inactive dimensions
    lie orders of magnitude apart.

    Args:
        means: Array of shape (examples, latent_dim), the posterior means: `model.encode(x)`; of
            maps (examples, height, width, channels) every number counts as a dimension.
        threshold: Number >= 0, the variance above which a dimension counts as active.

    Returns:
        Integer from 0 to latent_dim.

    Raises:
        TypeError: `threshold` is not a number.
        ValueError: `means` has another shape, fewer than 2 examples or values that aren't finite,
            or `threshold` is negative.

    Example:
        >>> active_units([[3.0, 0.5, 0.01], [-3.0, 0.5, -0.01], [0.0, 0.5, 0.0]])
        1

    Reference:
        Burda, Grosse and Salakhutdinov, Importance Weighted Autoencoders, 2016, section 5.3 (with
        the threshold 0.01).
    """
    threshold = _checks.number("threshold", threshold, minimum=0)
    array = _arrays.numbers("means", means)
    if array.ndim < 2 or len(array) < 2:
        raise ValueError(
            "`means` must have shape (examples, latent_dim) with at least 2 examples. "
            f"Received: shape={array.shape}"
        )
    _arrays.finite("means", array)
    return int((array.astype("float64").var(axis=0) > threshold).sum())
