"""Convolutional encoders and decoders for images, as plain `keras.Sequential` models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype, get_activation
from keras_ae.layers.networks._parts import (
    LAST,
    check_halvings,
    checked_units,
    cropping,
    dense_layers,
    initializers_of,
    layer_options,
    sequential,
)


def conv_encoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    kernel_size: int = 3,
    activation: Any = "relu",
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    spatial: bool = False,
    name: str | None = None,
) -> keras.Sequential:
    """Build a convolutional encoder.

    A convolution of stride 2 for each of `filters`, flattened, then a dense layer for each of
    `units`. Each convolution halves height and width, rounded up, so that any size works:

        (height, width) -> (ceil(height / 2), ceil(width / 2))

    Args:
        input_shape: Tuple (height, width, channels) of positive integers, any sizes; of at least
            2**k for a spatial network of k filters.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer.
        units: Sequence of positive integers, the sizes of the last, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        spatial: Whether the features stay a map, which isn't flattened; then without `units`.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Sequential` from (batch, height, width, channels) to features (batch, size), or,
        if spatial, to maps (batch, height / 2**k, width / 2**k, filters[-1]), rounded up.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range, or images of a spatial network are
            smaller than 2**k.

    Example:
        >>> encoder = conv_encoder((29, 31, 3), filters=(8, 16))
        >>> encoder.output_shape == (None, 8 * 8 * 16)
        True
        >>> conv_encoder((29, 31, 3), filters=(8, 16), spatial=True).output_shape
        (None, 8, 8, 16)
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(3,))
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    units = checked_units(units, spatial)
    if spatial:
        check_halvings("input_shape", shape, len(filters))
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    activation = get_activation(activation)
    network = [keras.Input(shape)]
    for channels in filters:
        options = layer_options(activation, initializers, dtype)
        network.append(
            keras.layers.Conv2D(
                channels, kernel_size, strides=2, padding="same", data_format=LAST, **options
            )
        )
    if not spatial:
        network.append(keras.layers.Flatten(data_format=LAST, dtype=dtype))
        network += dense_layers(units, activation, initializers, dtype)
    return sequential(network, name)


def conv_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    filters: Sequence[int] = (64, 32),
    kernel_size: int = 3,
    activation: Any = "relu",
    parameters_per_output: int = 1,
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    spatial: bool = False,
    name: str | None = None,
) -> keras.Sequential:
    """Build a convolutional decoder.

    Dense layers, a transposed convolution of stride 2 for each of `filters`, then a linear one of
    stride 1: what leaves are the likelihood's parameters (logits, locations), not data.

    With k filters it starts from ceil(height / 2**k) x ceil(width / 2**k) and doubles k times.
    What is then too much (fewer than 2**k rows or columns) is cropped at the bottom and the right:
    29 x 31 with two filters is 32 x 32 without its last 3 rows and its last column.

    Args:
        output_shape: Tuple (height, width, channels) of positive integers, any sizes; of at least
            2**k for a spatial network of k filters.
        latent_dim: Integer >= 1, size of the latent, or of the vector at each place of a map.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer but the last.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        units: Sequence of positive integers, the sizes of the first, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        spatial: Whether the latent is a map, as a spatial `conv_encoder` with as many filters
            leaves it: a convolution takes the dense layers' place. Then without `units`.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Sequential` from (batch, latent_dim), or, if spatial, from maps
        (batch, height / 2**k, width / 2**k, latent_dim), rounded up, to
        (batch, height, width, channels * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range, or images of a spatial network are
            smaller than 2**k.

    Example:
        >>> decoder = conv_decoder((29, 31, 3), latent_dim=16, filters=(16, 8))
        >>> decoder.output_shape
        (None, 29, 31, 3)
        >>> conv_decoder((29, 31, 3), 4, filters=(16, 8), spatial=True).input_shape
        (None, 8, 8, 4)
    """
    shape = _checks.shape("output_shape", output_shape, ranks=(3,))
    height, width, channels = shape
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    units = checked_units(units, spatial)
    if spatial:
        check_halvings("output_shape", shape, len(filters))
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    activation = get_activation(activation)

    stride = 2 ** len(filters)
    start = (math.ceil(height / stride), math.ceil(width / stride), filters[0])
    if spatial:
        network = [keras.Input((*start[:2], latent_dim))]
        options = layer_options(activation, initializers, dtype)
        network.append(
            keras.layers.Conv2D(
                filters[0], kernel_size, padding="same", data_format=LAST, **options
            )
        )
    else:
        network = [keras.Input((latent_dim,))]
        network += dense_layers([*units, math.prod(start)], activation, initializers, dtype)
        network.append(keras.layers.Reshape(start, dtype=dtype))
    steps = [(size, 2, activation) for size in filters] + [(channels, 1, None)]
    for size, strides, step_activation in steps:
        options = layer_options(step_activation, initializers, dtype)
        network.append(
            keras.layers.Conv2DTranspose(
                size, kernel_size, strides, padding="same", data_format=LAST, **options
            )
        )
    network += cropping(start[:2], stride, (height, width), dtype)
    return sequential(network, name)
