"""The distance behind FID, for features of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_ae.evaluation import _data

Array = np.ndarray[Any, Any]


def frechet_distance(
    x: Any, generated: Any, feature_model: Callable[[Any], Any] | None = None
) -> float:
    """Return the squared Frechet distance between normals fitted to the features of two samples.

        |mean1 - mean2|**2 + trace(cov1 + cov2 - 2 (cov1 cov2)**(1/2))

    This is the FID of the literature if `feature_model` is its Inception network (the 2,048
    pooled activations) and its preprocessing; of other features it is a number of its own. Too
    large on average for small samples, by about 1/n: use far more examples than features, and
    compare at one sample size.

    Args:
        x: Array of shape (n, ...), real examples, n >= 2.
        generated: Array of shape (m, ...), m >= 2: `model.generate(m)`.
        feature_model: Function or Keras model from examples to features, or a model of this
            package (its `encode`); None where the arrays hold features already.

    Returns:
        A number >= 0, in the features' squared units.

    Raises:
        TypeError: `feature_model` can't be called.
        ValueError: There are fewer than 2 examples, or the features have different widths.

    Example:
        >>> print(f"{frechet_distance([[0.0], [2.0]], [[5.0], [9.0]]):.4f}")
        38.0000

    Reference:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
        Equilibrium, 2017, equation 6. Dowson and Landau, The Frechet distance between multivariate
        normal distributions, 1982.
    """
    real = _data.features_of("x", x, feature_model)
    other = _data.features_of("generated", generated, feature_model)
    if real.shape[1] != other.shape[1]:
        raise ValueError(
            "`generated` must be as wide as `x`. "
            f"Received: {other.shape[1]} features an example, and {real.shape[1]} in x"
        )
    offset = np.square(real.mean(0) - other.mean(0)).sum()
    cov1, cov2 = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (real, other))
    # trace (cov1 cov2)**(1/2) by a symmetric matrix of the same eigenvalues: a general square
    # root turns complex where a covariance is singular, as it is with few examples.
    root = _root(cov1)
    eigenvalues = np.linalg.eigvalsh(root @ cov2 @ root)
    cross = np.sqrt(np.maximum(eigenvalues, 0.0)).sum()
    return max(0.0, float(offset + np.trace(cov1) + np.trace(cov2) - 2.0 * cross))


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
