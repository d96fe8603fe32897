"""A decoder's layer that shares the encoder's kernel."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers._activations import get_activation


@keras.saving.register_keras_serializable(package="keras_ae")
class TransposedDense(Configured, keras.layers.Layer):
    """A dense layer with the transposed kernel of another, and a bias of its own.

        output = activation(input @ transpose(kernel) + bias)

    The kernel is shared, not copied: one variable, owned and saved by the other layer. Call `tie`
    before the first use; a model that owns both layers calls it in its constructor, so that it
    holds after loading too.

    Args:
        units: Integer >= 1, size of the output: the number of inputs of the layer that it is tied
            to.
        activation: Keras activation (name or function), or None for a linear layer.
        **kwargs: Keras' layer arguments.

    Call arguments:
        inputs: Tensor of shape (batch, units of the tied layer).

    Returns:
        Tensor of shape (batch, units).

    Raises:
        TypeError: `units` is not an integer, or `tie` was given something without a kernel.
        ValueError: `units` is less than 1, or the layer is used before it is tied.

    Example:
        >>> import numpy as np
        >>> encoder = keras.layers.Dense(2)
        >>> code = encoder(np.ones((1, 3)))
        >>> decoder = TransposedDense(3)
        >>> decoder.tie(encoder)
        >>> tuple(decoder(code).shape), len(decoder.weights)  # the bias alone is its own
        ((1, 3), 1)

    Reference:
        Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders, 2008,
        section 2.2.
    """

    def __init__(self, units: int, activation: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = _checks.integer("units", units, minimum=1)
        self.activation = get_activation(activation)
        self._tied = _nothing

    def tie(self, dense: Any) -> None:
        """Use the kernel of `dense`, a `keras.layers.Dense`, from now on."""
        _checks.instance("dense", dense, keras.layers.Dense, "a keras.layers.Dense")
        # A function hides the layer from Keras' tracking: the kernel stays the other layer's
        # alone.
        self._tied = lambda: dense

    @property
    def tied_to(self) -> Any:
        """The layer whose kernel this one uses."""
        dense = self._tied()
        if dense is None:
            raise ValueError(
                f"{self.name} must be tied to a Dense layer before its first use: call "
                "tie(layer). "
                "Received: no layer"
            )
        return dense

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the kernel's shape tells
        if self.tied_to.built and self.tied_to.kernel.shape[0] != self.units:
            raise ValueError(
                f"`units` must be the number of inputs of {self.tied_to.name}, to which "
                f"{self.name} "
                f"is tied: {self.tied_to.kernel.shape[0]}. Received: units={self.units}"
            )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        kernel = ops.cast(self.tied_to.kernel, inputs.dtype)
        return self.activation(ops.matmul(inputs, ops.transpose(kernel)) + self.bias)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)


def _nothing() -> None:
    return None
