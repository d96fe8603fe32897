"""Sparsity by a target for the mean activity of each unit."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.penalty import Code, Penalty, batch_mean
from keras_ae.probability.divergences import kl_discrete


@keras.saving.register_keras_serializable(package="keras_ae")
class TargetActivityPenalty(Configured, Penalty):
    """Ask each unit of a sigmoid code to be active in a given share of the examples.

        penalty = weight * sum over units of KL(Bernoulli(target) || Bernoulli(mean activity of the
        unit))

    The mean activity is that of the batch, so batches should be large against 1 / target.

    Args:
        target: Number between 0 and 1 (exclusive), the wished mean activity.
        weight: Number >= 0.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ...), values in [0, 1], as a sigmoid gives.

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: An argument is not a number.
        ValueError: An argument is out of its range.

    Example:
        >>> import numpy as np
        >>> penalty = TargetActivityPenalty(target=0.25, weight=1.0)
        >>> latent = penalty(np.array([[0.5], [0.0]]))  # mean activity 0.25
        >>> round(float(penalty.losses[0]), 6)
        0.0

    Reference:
        Ng, Sparse autoencoder, CS294A lecture notes, 2011, section 3.
    """

    metric_name = "sparsity"
    code_range = (0.0, 1.0)

    def __init__(self, target: float = 0.05, weight: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = _checks.number("target", target, above=0, below=1)
        self.weight = _checks.number("weight", weight, minimum=0)

    def values(self, code: Code) -> Any:
        """Return the code itself: the penalty is one of the batch's mean activities."""
        return code.latent

    def total(self, values: Any, sample_weight: Any = None) -> Any:
        """Return the penalty of the batch's mean activities, a scalar in nats."""
        active = ops.clip(batch_mean(values, sample_weight), _SMALLEST, 1.0 - _SMALLEST)
        actual = ops.stack([active, 1.0 - active], axis=-1)
        wished = ops.convert_to_tensor([self.target, 1.0 - self.target], dtype=actual.dtype)
        wished = ops.broadcast_to(wished, ops.shape(actual))
        return self.weight * ops.sum(kl_discrete(wished, actual))

    def logged(self, values: Any) -> Any:
        """Return the batch's penalty once for each example, of shape (batch,), in nats."""
        first = ops.reshape(values, (ops.shape(values)[0], -1))[:, 0]
        return self.total(values) * ops.ones_like(first)


# A mean activity of exactly 0 or 1 would make the divergence, and its gradient, infinite.
_SMALLEST = 1e-6
