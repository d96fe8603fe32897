"""What every penalty does: add a term to the loss, and hand its values to the model's logs."""

from __future__ import annotations

import abc
import threading
from typing import Any

import keras
from keras import ops

Tensor = Any


class Penalty(keras.layers.Layer, abc.ABC):
    """A named term of the loss.

    `call` computes values for each example and gives them to `record`, which adds their total to
    the loss with `add_loss`. A model of this package takes the values back in `compute_loss`, to
    log them under `metric_name` and to weigh them by `sample_weight`, which a layer cannot see.
    Penalties compute in float32 also under mixed precision.

    Args:
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.
    """

    metric_name = "penalty"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self._recorded = _Recorded()

    @abc.abstractmethod
    def total(self, values: Tensor, sample_weight: Tensor = None) -> Tensor:
        """Return the scalar that joins the loss: a weighted mean of the recorded values."""

    @abc.abstractmethod
    def logged(self, values: Tensor) -> Tensor:
        """Return what the logs show, of shape (batch,), from the recorded values."""

    def record(self, values: Tensor) -> None:
        """Keep the values of this call for `take`, and add their total to the loss."""
        self._recorded.values = values
        self.add_loss(self.total(values))

    def take(self) -> Tensor:
        """Return the values of the last call, once; None if there was none since."""
        values, self._recorded.values = self._recorded.values, None
        return values


class _Recorded(threading.local):
    """The values of one call, for each thread: TensorFlow traces replicas in turns."""

    values: Tensor = None


def batch_mean(values: Tensor, sample_weight: Tensor = None) -> Tensor:
    """Return the mean over the first axis, weighted by `sample_weight` where given.

    The weighted mean divides by the sum of the weights, so that weights of 0 and 1 equal dropping
    rows. A batch whose weights are all 0 counts as 0.
    """
    if sample_weight is None:
        return ops.mean(values, axis=0)
    weight = ops.reshape(
        ops.cast(sample_weight, values.dtype), (-1,) + (1,) * (len(values.shape) - 1)
    )
    total = ops.sum(weight)
    safe = ops.where(total == 0, ops.ones_like(total), total)
    return ops.sum(weight * values, axis=0) / safe
