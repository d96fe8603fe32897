"""Sparsity by the number of active units."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._straight_through import rectangle, with_gradient
from keras_ae.layers.penalties.penalty import Code, Penalty
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="keras_ae")
class L0Penalty(Configured, Penalty):
    """Add the number of active units to the loss, with a gradient for their thresholds.

        penalty = weight * mean over examples of the number of units with
                  activation > threshold

    A number has no gradient. Its derivative by a threshold is taken to be
    -K((activation - threshold) / bandwidth) / bandwidth, where K(u) = 1 for |u| < 1/2, else 0:
    over many examples that estimates the derivative of the expected number. There is none by the
    activation, so nothing shrinks, as it does under an L1 penalty.

    The logs show the number itself, unweighted, as `l0`. With a linear decoder and a likelihood of
    scale 1 a unit pays where its value is above sqrt(2 * weight).

    Args:
        weight: Number >= 0, in nats for an active unit.
        bandwidth: Number > 0, the width of the kernel, in units of the activation.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ...), whose units are active where it is above 0.

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is not a number.
        ValueError: `weight` is negative, or `bandwidth` not positive.

    Example:
        >>> import numpy as np
        >>> penalty = L0Penalty(weight=0.5)
        >>> latent = penalty(np.array([[1.0, 0.0, 3.0]]))
        >>> float(penalty.losses[0])
        1.0

    Reference:
        Rajamanoharan et al., Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse
        Autoencoders, 2024, equations 9 to 12.
    """

    metric_name = "l0"

    def __init__(self, weight: float = 0.1, bandwidth: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = _checks.number("weight", weight, minimum=0)
        self.bandwidth = _checks.number("bandwidth", bandwidth, above=0)

    def values(self, code: Code) -> Any:
        """Return the number of active units of each example, of shape (batch,)."""
        activation = code.latent if code.activation is None else code.activation
        activation = ops.cast(activation, "float32")
        if code.threshold is None:
            return sum_event(ops.cast(activation > 0, "float32"))
        threshold = ops.cast(code.threshold, "float32")
        active = ops.cast(activation > threshold, "float32")
        derivative = -rectangle(activation, threshold, self.bandwidth)
        return sum_event(with_gradient(active, threshold, derivative))

    def total(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the weight times the mean number, a scalar."""
        return self.weight * super().total(values, sample_weight)
