"""Maximum mean discrepancy (MMD): how far apart two samples are, with no density needed.

MMD**2 = E[k(x, x')] + E[k(y, y')] - 2 E[k(x, y)], which is zero only for equal distributions if
the kernel is characteristic, as both given here are. It compares whole samples, so it is one
number for two batches (not one an example), in the kernel's unit (not nats). Computed in float32.

Memory: the kernels form all pairwise differences, so n rows against m rows of width d take n m d
floats: 17 MB for two batches of 256 rows of 64. Expanding the square would take less and lose
close pairs to cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from keras_ae import _checks
from keras_ae.probability._tensors import as_float32, checked_function

Tensor = Any
Kernel = Callable[[Tensor, Tensor], Tensor]


def inverse_multiquadratic_kernel(x: Tensor, y: Tensor, scale: float = 1.0) -> Tensor:
    """Kernel with heavy tails, the usual choice for latents: far points still attract.

    k(x, y) = c / (c + |x - y|**2),  c = 2 d scale**2
    c is the squared distance expected between two draws from N(0, scale**2 I) in d dimensions.

    Args:
        x: Tensor of shape (n, d).
        y: Tensor of shape (m, d).
        scale: Float > 0, the standard deviation of the distribution to match. To set it, pass
            `functools.partial(inverse_multiquadratic_kernel, scale=2.0)` as the kernel.

    Returns:
        Values in (0, 1], shape (n, m).

    Example:
        >>> kernel = inverse_multiquadratic_kernel([[0.0, 0.0]], [[2.0, 0.0]])
        >>> print(f"{float(kernel[0, 0]):.4f}")
        0.5000

    Reference:
        Tolstikhin et al. 2018, "Wasserstein auto-encoders", section 4.
    """
    scale = _checks.number("scale", scale, above=0)
    squared_distance, width = _squared_distance(x, y)
    constant = 2.0 * width * scale**2
    return constant / (constant + squared_distance)


def gaussian_kernel(x: Tensor, y: Tensor, bandwidth: float = 1.0) -> Tensor:
    """Kernel of one length: points much farther apart than it don't feel each other.

    k(x, y) = exp(-|x - y|**2 / (2 bandwidth**2))

    Args:
        x: Tensor of shape (n, d).
        y: Tensor of shape (m, d).
        bandwidth: Float > 0, that length. To set it, pass
            `functools.partial(gaussian_kernel, bandwidth=2.0)` as the kernel.

    Returns:
        Values in [0, 1], shape (n, m).

    Example:
        >>> print(f"{float(gaussian_kernel([[0.0, 0.0]], [[2.0, 0.0]])[0, 0]):.4f}")
        0.1353
    """
    bandwidth = _checks.number("bandwidth", bandwidth, above=0)
    squared_distance, _ = _squared_distance(x, y)
    return ops.exp(-0.5 * squared_distance / bandwidth**2)


def _squared_distance(x: Tensor, y: Tensor) -> tuple[Tensor, int]:
    (x,), (y,) = as_float32(x=x), as_float32(y=y)
    if len(x.shape) != 2 or len(y.shape) != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(
            "`x` and `y` must have shapes (n, d) and (m, d). "
            f"Received: x.shape={tuple(x.shape)}, y.shape={tuple(y.shape)}"
        )
    differences = ops.expand_dims(x, 1) - ops.expand_dims(y, 0)
    return ops.sum(ops.square(differences), axis=-1), x.shape[1]


def mmd_penalty(x: Tensor, y: Tensor, kernel: Kernel = inverse_multiquadratic_kernel) -> Tensor:
    """Squared MMD as a penalty to minimize: never negative, zero for equal samples.

    mean_ij[ k(x_i, x_j) ] + mean_ij[ k(y_i, y_j) ] - 2 mean_ij[ k(x_i, y_j) ]
    This V-statistic includes the pairs of a point with itself, so it is too large on average, by
    E[k(x, x) - k(x, x')] / n + E[k(y, y) - k(y, y')] / m. To judge a sample use `mmd_unbiased`.

    Args:
        x: Tensor of shape (n, d), such as a batch of latents.
        y: Tensor of shape (m, d), such as draws from the prior.
        kernel: Function of (n, d) and (m, d) to (n, m), positive definite.

    Returns:
        A number >= 0.

    Raises:
        ValueError: `x` and `y` are not of shapes (n, d) and (m, d).

    Example:
        >>> print(f"{float(mmd_penalty([[0.0], [1.0]], [[0.0], [3.0]], gaussian_kernel)):.4f}")
        0.4323

    Reference:
        Gretton et al. 2012, "A kernel two-sample test", equation 5.
    """
    within = ops.mean(_values(kernel, x, x)) + ops.mean(_values(kernel, y, y))
    # The exact value is a squared norm; rounding may leave some -1e-8.
    return ops.maximum(within - 2.0 * ops.mean(_values(kernel, x, y)), 0.0)


def mmd_unbiased(x: Tensor, y: Tensor, kernel: Kernel = inverse_multiquadratic_kernel) -> Tensor:
    """Squared MMD as a score: right on average at any sample size, so it can be negative.

    mean_{i != j}[ k(x_i, x_j) ] + mean_{i != j}[ k(y_i, y_j) ] - 2 mean_ij[ k(x_i, y_j) ]

    Args:
        x: Tensor of shape (n, d), n >= 2.
        y: Tensor of shape (m, d), m >= 2.
        kernel: Function of (n, d) and (m, d) to (n, m), positive definite.

    Returns:
        A number.

    Raises:
        ValueError: `x` and `y` are not of shapes (n, d) and (m, d), or one has fewer than 2 rows.

    Example:
        >>> print(f"{float(mmd_unbiased([[0.0], [1.0]], [[0.0], [3.0]], gaussian_kernel)):.4f}")
        -0.2588

    Reference:
        Gretton et al. 2012, "A kernel two-sample test", lemma 6, equation 3.
    """
    within_x = _mean_of_distinct_pairs("x", _values(kernel, x, x))
    within_y = _mean_of_distinct_pairs("y", _values(kernel, y, y))
    return within_x + within_y - 2.0 * ops.mean(_values(kernel, x, y))


def _values(kernel: Kernel, x: Tensor, y: Tensor) -> Tensor:
    """Return what a kernel makes of all pairs, if it is one."""
    checked_function("kernel", kernel)
    (x,), (y,) = as_float32(x=x), as_float32(y=y)
    (values,) = as_float32(**{"kernel(x, y)": kernel(x, y)})
    if len(values.shape) != 2:
        raise ValueError(
            "`kernel` must return shape (n, m) for x of (n, d) and y of (m, d). "
            f"Received: shape={tuple(values.shape)}"
        )
    return values


def _mean_of_distinct_pairs(name: str, values: Tensor) -> Tensor:
    if values.shape[0] in (0, 1):
        raise ValueError(f"`{name}` must have at least 2 rows. Received: {values.shape[0]} row(s)")
    rows = ops.cast(ops.shape(values)[0], "float32")
    return (ops.sum(values) - ops.sum(ops.diagonal(values))) / (rows * (rows - 1.0))
