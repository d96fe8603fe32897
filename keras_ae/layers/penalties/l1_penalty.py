"""Sparsity by the absolute value of the code."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.penalty import Code, Penalty
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="keras_ae")
class L1Penalty(Configured, Penalty):
    """Add the absolute values of a code to the loss, so that few of its units are active.

        penalty = weight * mean over examples of the sum over units of |latent|

    Args:
        weight: Number >= 0.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ...).

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: `weight` is not a number.
        ValueError: `weight` is negative.

    Example:
        >>> import numpy as np
        >>> penalty = L1Penalty(weight=0.5)
        >>> latent = penalty(np.array([[1.0, -3.0]]))
        >>> float(penalty.losses[0])
        2.0

    Reference:
        Ng, Sparse autoencoder, CS294A lecture notes, 2011; the same with an L1 norm.
    """

    metric_name = "sparsity"

    def __init__(self, weight: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = _checks.number("weight", weight, minimum=0)

    def values(self, code: Code) -> Any:
        """Return the penalty of each example, of shape (batch,)."""
        return self.weight * sum_event(ops.abs(code.latent))
