"""What residual networks of images are made of: Keras' layers, with reproducible weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers._activations import get_activation
from keras_ae.layers.networks._parts import LAST

NORMALIZATIONS = ("group", "layer")
MAX_GROUPS = 32  # of channels, as in latent diffusion
MIN_CHANNELS_PER_GROUP = 4  # one channel by itself would lose its mean, and its bias all effect


class ResidualParts:
    """Adds convolutions, residual blocks and attention to what a network has computed so far.

    Args:
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable.
        normalization: "group", "layer" or None.
        initializers: The initial kernels, one after another.
        dtype: Keras dtype policy of each layer.
    """

    def __init__(
        self,
        kernel_size: Any,
        activation: Any,
        normalization: Any,
        initializers: Iterator[Any],
        dtype: Any,
    ) -> None:
        self.kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
        self.activation = get_activation(activation)
        if normalization is not None:
            _checks.choice("normalization", normalization, NORMALIZATIONS, " or None")
        self.normalization = normalization
        self.initializers = initializers
        self.dtype = dtype

    def convolution(
        self, x: Any, channels: int, strides: int = 1, kernel_size: int | None = None
    ) -> Any:
        """Return a linear convolution of maps, of the same size for stride 1."""
        return self._convolution(channels, strides, kernel_size)(x)

    def normalized(self, x: Any) -> Any:
        """Return maps of mean 0 and variance 1, in the way that was chosen."""
        if self.normalization is None:
            return x
        if self.normalization == "layer":
            return keras.layers.LayerNormalization(axis=-1, dtype=self.dtype)(x)
        layer = keras.layers.GroupNormalization(_groups(x.shape[-1]), axis=-1, dtype=self.dtype)
        return layer(x)

    def activated(self, x: Any) -> Any:
        """Return maps normalized, then activated."""
        return keras.layers.Activation(self.activation, dtype=self.dtype)(self.normalized(x))

    def blocks(self, x: Any, channels: int, count: int) -> Any:
        """Return maps after some residual blocks; the first one changes the channels."""
        for _ in range(count):
            inside = self.convolution(self.activated(x), channels)
            inside = self.convolution(self.activated(inside), channels)
            if x.shape[-1] != channels:
                x = self.convolution(x, channels, kernel_size=1)
            x = keras.layers.Add(dtype=self.dtype)([x, inside])
        return x

    def doubled(self, x: Any) -> Any:
        """Return maps of which each pixel became 2 x 2."""
        x = keras.layers.UpSampling2D(2, data_format=LAST, dtype=self.dtype)(x)
        if x.shape[1] is None:
            return x
        # Nothing changes; TFLite's converter would no longer know the height, which it needs.
        return keras.layers.Reshape(x.shape[1:], dtype=self.dtype)(x)

    def attention(self, x: Any) -> Any:
        """Return maps to which was added what each place found by attention to all places.

            x + project(softmax(queries @ keys' / sqrt(channels)) @ values)

        Queries keep their map's shape, so that it may have any size. Keys have no bias: it would
        add the same to all that a softmax compares.
        """
        channels = x.shape[-1]
        normal = self.normalized(x)
        queries = self.convolution(normal, channels, kernel_size=1)
        keys, values = (
            self._flat(self._convolution(channels, 1, 1, use_bias=bias)(normal))
            for bias in (False, True)
        )
        scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2))) * channels**-0.5
        found = ops.matmul(keras.layers.Softmax(dtype=self.dtype)(scores), values)
        projected = self.convolution(found, channels, kernel_size=1)
        return keras.layers.Add(dtype=self.dtype)([x, projected])

    def _flat(self, x: Any) -> Any:
        """Return maps (batch, height, width, channels) as (batch, 1, places, channels)."""
        return keras.layers.Reshape((1, -1, x.shape[-1]), dtype=self.dtype)(x)

    def _convolution(
        self, channels: int, strides: int, kernel_size: int | None, use_bias: bool = True
    ) -> Any:
        return keras.layers.Conv2D(
            channels,
            self.kernel_size if kernel_size is None else kernel_size,
            strides=strides,
            padding="same",
            data_format=LAST,
            use_bias=use_bias,
            kernel_initializer=next(self.initializers),
            dtype=self.dtype,
        )


def _groups(channels: int) -> int:
    """Return the most groups that are equal and not too small; one of few channels."""
    most = max(1, min(MAX_GROUPS, channels // MIN_CHANNELS_PER_GROUP))
    return max(groups for groups in range(1, most + 1) if channels % groups == 0)
