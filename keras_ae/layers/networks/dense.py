"""Fully connected encoders and decoders, as plain `keras.Sequential` models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype, get_activation
from keras_ae.layers.networks._parts import LAST, dense_layers, initializers_of, sequential


def dense_encoder(
    input_shape: Sequence[int],
    units: Sequence[int] = (400, 200),
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
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
        name: String, the network's name, or None for one of Keras'.

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
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    activation = get_activation(activation)
    network = [keras.Input(shape), keras.layers.Flatten(data_format=LAST, dtype=dtype)]
    network += dense_layers(units, activation, initializers, dtype)
    return sequential(network, name)


def dense_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    units: Sequence[int] = (200, 400),
    activation: Any = "relu",
    parameters_per_output: int = 1,
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
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
        name: String, the network's name, or None for one of Keras'.

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
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    activation = get_activation(activation)
    network = [keras.Input((latent_dim,)), *dense_layers(units, activation, initializers, dtype)]
    network += dense_layers([math.prod(shape[:-1]) * channels], None, initializers, dtype)
    if len(shape) > 1:
        network.append(keras.layers.Reshape((*shape[:-1], channels), dtype=dtype))
    return sequential(network, name)
