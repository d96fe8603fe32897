"""What every scale does."""

from __future__ import annotations

import abc
from typing import Any

import keras
from keras import ops

from keras_ae._config import Configured

Tensor = Any


class Scale(Configured, keras.layers.Layer, abc.ABC):
    """Where a likelihood's scale comes from: a number, a trained weight, or the decoder.

    A subclass says how many numbers the decoder returns for each output, and how they become a
    location and a scale. Scales compute in float32, also under mixed precision.

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * parameters_per_output), what the
            decoder returns.

    Returns:
        The pair that `split` returns.
    """

    parameters_per_output = 1

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        return self.split(parameters)

    def location(self, parameters: Tensor) -> Tensor:
        """Return the location alone, of shape (batch, ..., channels), float32; reads no weight.

        Metrics need it where weights can't be read: JAX has them on loan to the training step.
        """
        channels = parameters.shape[-1] // self.parameters_per_output
        return ops.cast(parameters[..., :channels], "float32")

    @abc.abstractmethod
    def split(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Return location and scale.

        Args:
            parameters: Tensor of shape (batch, ..., channels * parameters_per_output).

        Returns:
            The location, of shape (batch, ..., channels), and the scale, > 0, of a shape that
            broadcasts with it; both float32.
        """
