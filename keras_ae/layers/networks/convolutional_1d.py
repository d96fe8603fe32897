"""Convolutional encoders and decoders for windows, as plain `keras.Sequential` models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype, get_activation
from keras_ae.layers.networks._parts import (
    LAST,
    dense_layers,
    initializers_of,
    layer_options,
    sequential,
)


def conv1d_encoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    kernel_size: int = 5,
    activation: Any = "relu",
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Sequential:
    """Build a convolutional encoder of windows.

    A convolution over time of stride 2 for each of `filters`, flattened, then a dense layer for
    each of `units`. Each convolution halves the steps, rounded up, so that any length works.

    Args:
        input_shape: Tuple (steps, channels) of positive integers, any sizes.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, steps of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer.
        units: Sequence of positive integers, the sizes of the last, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Sequential` from (batch, steps, channels) to features (batch, size).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> conv1d_encoder((29, 3), filters=(8, 16)).output_shape == (None, 8 * 16)
        True
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(2,))
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    units = _checks.integers("units", units, empty=True)
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    activation = get_activation(activation)
    network = [keras.Input(shape)]
    for channels in filters:
        options = layer_options(activation, initializers, dtype)
        network.append(
            keras.layers.Conv1D(
                channels, kernel_size, 2, padding="same", data_format=LAST, **options
            )
        )
    network.append(keras.layers.Flatten(data_format=LAST, dtype=dtype))
    network += dense_layers(units, activation, initializers, dtype)
    return sequential(network, name)


def conv1d_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    filters: Sequence[int] = (64, 32),
    kernel_size: int = 5,
    activation: Any = "relu",
    parameters_per_output: int = 1,
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Sequential:
    """Build a convolutional decoder of windows.

    Dense layers, a transposed convolution of stride 2 for each of `filters`, then a linear one of
    stride 1: what leaves are the likelihood's parameters, not data. With k filters it starts from
    ceil(steps / 2**k) steps and doubles them k times; what is then too much is cropped at the end.

    Args:
        output_shape: Tuple (steps, channels) of positive integers, any sizes.
        latent_dim: Integer >= 1, size of the latent.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, steps of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer but the last.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        units: Sequence of positive integers, the sizes of the first, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Sequential` from (batch, latent_dim) to
        (batch, steps, channels * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> conv1d_decoder((29, 3), latent_dim=4, filters=(16, 8)).output_shape
        (None, 29, 3)
    """
    steps, channels = _checks.shape("output_shape", output_shape, ranks=(2,))
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    units = _checks.integers("units", units, empty=True)
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    activation = get_activation(activation)
    stride = 2 ** len(filters)
    start = math.ceil(steps / stride)
    network = [keras.Input((latent_dim,))]
    network += dense_layers([*units, start * filters[0]], activation, initializers, dtype)
    network.append(keras.layers.Reshape((start, filters[0]), dtype=dtype))
    for size, strides, own in [*((each, 2, activation) for each in filters), (channels, 1, None)]:
        options = layer_options(own, initializers, dtype)
        network.append(
            keras.layers.Conv1DTranspose(
                size, kernel_size, strides, padding="same", data_format=LAST, **options
            )
        )
    if start * stride != steps:
        surplus = (0, start * stride - steps)
        network.append(keras.layers.Cropping1D(surplus, dtype=dtype))
    return sequential(network, name)
