"""Encoders and decoders for vectors and images, as plain `keras.Sequential` models."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype, get_activation

LAST = "channels_last"  # whatever Keras' image_data_format is: shapes here end in channels


def dense_encoder(
    input_shape: Sequence[int],
    units: Sequence[int] = (400, 200),
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
) -> keras.Sequential:
    """Build a fully connected encoder.

    The input flattened, then a dense layer for each of `units`. The bottleneck does the last
    projection, so no layer here has the latent's size.

    Args:
        input_shape: Tuple of positive integers of any length, an example's shape, no batch axis.
        units: Sequence of positive integers, the sizes of the hidden layers; empty for none.
        activation: Name of a Keras activation or a callable, that of each hidden layer.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.

    Returns:
        A `keras.Sequential` from (batch, *input_shape) to features (batch, units[-1]).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> encoder = dense_encoder((28, 28, 1), units=(400, 20))
        >>> encoder.output_shape
        (None, 20)
    """
    shape = _checks.shape("input_shape", input_shape)
    check_dtype(dtype)
    units = _checks.integers("units", units, empty=True)
    initializers = _initializers(_checks.seed("seed", seed), stream=0)
    activation = get_activation(activation)
    network = [keras.Input(shape), keras.layers.Flatten(data_format=LAST, dtype=dtype)]
    network += _dense(units, activation, initializers, dtype)
    return keras.Sequential(network)


def dense_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    units: Sequence[int] = (200, 400),
    activation: Any = "relu",
    parameters_per_output: int = 1,
    seed: int | None = None,
    dtype: Any = None,
) -> keras.Sequential:
    """Build a fully connected decoder.

    A dense layer for each of `units`, then a linear one: what leaves the decoder are the
    likelihood's parameters (logits, locations), not data.

    Args:
        output_shape: Tuple of positive integers of any length, an example's shape, no batch axis.
        latent_dim: Integer >= 1, size of the latent.
        units: Sequence of positive integers, the sizes of the hidden layers; empty for none.
        activation: Name of a Keras activation or a callable, that of each hidden layer.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.

    Returns:
        A `keras.Sequential` from (batch, latent_dim) to
        (batch, *output_shape[:-1], output_shape[-1] * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> decoder = dense_decoder((28, 28, 1), latent_dim=20, parameters_per_output=2)
        >>> decoder.output_shape
        (None, 28, 28, 2)
    """
    shape = _checks.shape("output_shape", output_shape)
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    units = _checks.integers("units", units, empty=True)
    channels = shape[-1] * _checks.integer(
        "parameters_per_output", parameters_per_output, minimum=1
    )
    initializers = _initializers(_checks.seed("seed", seed), stream=1)
    activation = get_activation(activation)
    network = [keras.Input((latent_dim,)), *_dense(units, activation, initializers, dtype)]
    network += _dense([math.prod(shape[:-1]) * channels], None, initializers, dtype)
    if len(shape) > 1:
        network.append(keras.layers.Reshape((*shape[:-1], channels), dtype=dtype))
    return keras.Sequential(network)


def conv_encoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    kernel_size: int = 3,
    activation: Any = "relu",
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
) -> keras.Sequential:
    """Build a convolutional encoder.

    A convolution of stride 2 for each of `filters`, flattened, then a dense layer for each of
    `units`. Each convolution halves height and width, rounded up, so that any size works:

        (height, width) -> (ceil(height / 2), ceil(width / 2))

    Args:
        input_shape: Tuple (height, width, channels) of positive integers, any sizes.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer.
        units: Sequence of positive integers, the sizes of the last, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.

    Returns:
        A `keras.Sequential` from (batch, height, width, channels) to features (batch, size).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> encoder = conv_encoder((29, 31, 3), filters=(8, 16))
        >>> encoder.output_shape == (None, 8 * 8 * 16)
        True
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(3,))
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    units = _checks.integers("units", units, empty=True)
    initializers = _initializers(_checks.seed("seed", seed), stream=0)
    activation = get_activation(activation)
    network = [keras.Input(shape)]
    for channels in filters:
        options = _options(activation, initializers, dtype)
        network.append(
            keras.layers.Conv2D(
                channels, kernel_size, strides=2, padding="same", data_format=LAST, **options
            )
        )
    network.append(keras.layers.Flatten(data_format=LAST, dtype=dtype))
    network += _dense(units, activation, initializers, dtype)
    return keras.Sequential(network)


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
) -> keras.Sequential:
    """Build a convolutional decoder.

    Dense layers, a transposed convolution of stride 2 for each of `filters`, then a linear one of
    stride 1: what leaves are the likelihood's parameters (logits, locations), not data.

    With k filters it starts from ceil(height / 2**k) x ceil(width / 2**k) and doubles k times.
    What is then too much (fewer than 2**k rows or columns) is cropped at the bottom and the right:
    29 x 31 with two filters is 32 x 32 without its last 3 rows and its last column.

    Args:
        output_shape: Tuple (height, width, channels) of positive integers, any sizes.
        latent_dim: Integer >= 1, size of the latent.
        filters: Non-empty sequence of positive integers, the channels of the convolutions.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable, that of each layer but the last.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        units: Sequence of positive integers, the sizes of the first, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.

    Returns:
        A `keras.Sequential` from (batch, latent_dim) to
        (batch, height, width, channels * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> decoder = conv_decoder((29, 31, 3), latent_dim=16, filters=(16, 8))
        >>> decoder.output_shape
        (None, 29, 31, 3)
    """
    height, width, channels = _checks.shape("output_shape", output_shape, ranks=(3,))
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    filters = _checks.integers("filters", filters)
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    units = _checks.integers("units", units, empty=True)
    initializers = _initializers(_checks.seed("seed", seed), stream=1)
    activation = get_activation(activation)

    stride = 2 ** len(filters)
    start = (math.ceil(height / stride), math.ceil(width / stride), filters[0])
    network = [keras.Input((latent_dim,))]
    network += _dense([*units, math.prod(start)], activation, initializers, dtype)
    network.append(keras.layers.Reshape(start, dtype=dtype))
    steps = [(size, 2, activation) for size in filters] + [(channels, 1, None)]
    for size, strides, step_activation in steps:
        options = _options(step_activation, initializers, dtype)
        network.append(
            keras.layers.Conv2DTranspose(
                size, kernel_size, strides, padding="same", data_format=LAST, **options
            )
        )
    surplus = ((0, start[0] * stride - height), (0, start[1] * stride - width))
    if surplus != ((0, 0), (0, 0)):
        network.append(keras.layers.Cropping2D(surplus, data_format=LAST, dtype=dtype))
    return keras.Sequential(network)


def _dense(units: Sequence[int], activation: Any, initializers: Any, dtype: Any) -> list[Any]:
    return [
        keras.layers.Dense(size, **_options(activation, initializers, dtype)) for size in units
    ]


def _options(activation: Any, initializers: Iterator[Any], dtype: Any) -> dict[str, Any]:
    return {
        "activation": activation,
        "kernel_initializer": next(initializers),
        "dtype": dtype,
    }


def _initializers(seed: int | None, stream: int) -> Iterator[Any]:
    # Hashed, not seed + index: networks of neighbouring seeds would share initial weights.
    for index in itertools.count():
        layer_seed = None
        if seed is not None:
            layer_seed = int(np.random.SeedSequence((seed, stream, index)).generate_state(1)[0])
        yield keras.initializers.GlorotUniform(layer_seed)
