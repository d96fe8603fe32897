"""Temporal convolutional encoders and decoders: residual blocks of dilated convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype, get_activation
from keras_ae.layers.networks._parts import (
    LAST,
    dense_layers,
    initializers_of,
    layer_options,
    network_name,
)


def tcn_encoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 32, 32),
    kernel_size: int = 3,
    causal: bool = False,
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Model:
    """Build a temporal convolutional encoder of windows.

    A residual block for each of `filters`, flattened: two convolutions over time whose steps are
    2**k apart in block k, added to the block's input. The last block sees 1 + 2 * (kernel_size -
    1) * (2**blocks - 1) steps.

    Args:
        input_shape: Tuple (steps, channels) of positive integers.
        filters: Non-empty sequence of positive integers, the channels of the blocks.
        kernel_size: Integer >= 1, steps of the kernels.
        causal: Whether the features of a step come from it and the steps before alone.
        activation: Name of a Keras activation or a callable, that of each layer.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Model` from (batch, steps, channels) to features (batch, steps * filters[-1]).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> tcn_encoder((29, 3), filters=(8, 4), causal=True).output_shape == (None, 29 * 4)
        True

    Reference:
        Bai, Kolter and Koltun, An Empirical Evaluation of Generic Convolutional and Recurrent
        Networks for Sequence Modeling, 2018.
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(2,))
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    window = keras.Input(shape)
    features = _blocks(window, filters, kernel_size, causal, activation, initializers, dtype)
    features = keras.layers.Flatten(data_format=LAST, dtype=dtype)(features)
    return keras.Model(window, features, **network_name(name))


def tcn_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    filters: Sequence[int] = (32, 32, 32),
    kernel_size: int = 3,
    causal: bool = False,
    activation: Any = "relu",
    parameters_per_output: int = 1,
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Model:
    """Build a temporal convolutional decoder of windows.

    A dense layer to filters[0] channels at each step, a residual block for each of `filters`,
    whose convolutions' steps are 2**k apart with the widest first, then a linear layer: what
    leaves are the likelihood's parameters, not data.

    Args:
        output_shape: Tuple (steps, channels) of positive integers.
        latent_dim: Integer >= 1, size of the latent.
        filters: Non-empty sequence of positive integers, the channels of the blocks.
        kernel_size: Integer >= 1, steps of the kernels.
        causal: Whether the blocks at a step take from it and the steps before alone.
        activation: Name of a Keras activation or a callable, that of each layer but the last.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Model` from (batch, latent_dim) to
        (batch, steps, channels * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> tcn_decoder((29, 3), latent_dim=4, filters=(8, 8)).output_shape
        (None, 29, 3)
    """
    steps, channels = _checks.shape("output_shape", output_shape, ranks=(2,))
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    filters = _checks.integers("filters", filters)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    latent = keras.Input((latent_dim,))
    (start,) = dense_layers([steps * filters[0]], get_activation(activation), initializers, dtype)
    features = keras.layers.Reshape((steps, filters[0]), dtype=dtype)(start(latent))
    features = _blocks(
        features, filters, kernel_size, causal, activation, initializers, dtype, widest_first=True
    )
    (last,) = dense_layers([channels], None, initializers, dtype)
    return keras.Model(latent, last(features), **network_name(name))


def _blocks(
    features: Any,
    filters: Sequence[int],
    kernel_size: int,
    causal: bool,
    activation: Any,
    initializers: Iterator[Any],
    dtype: Any,
    widest_first: bool = False,
) -> Any:
    """Return the features after a residual block for each of `filters`."""
    kernel_size = _checks.integer("kernel_size", kernel_size, minimum=1)
    padding = "causal" if _checks.boolean("causal", causal) else "same"
    activation = get_activation(activation)
    for block, channels in enumerate(filters):
        inside = features
        rate = 2 ** (len(filters) - 1 - block if widest_first else block)
        for _ in range(2):
            options = layer_options(activation, initializers, dtype)
            inside = keras.layers.Conv1D(
                channels,
                kernel_size,
                padding=padding,
                dilation_rate=rate,
                data_format=LAST,
                **options,
            )(inside)
        if features.shape[-1] != channels:
            (projection,) = dense_layers([channels], None, initializers, dtype)
            features = projection(features)
        features = keras.layers.Add(dtype=dtype)([features, inside])
        features = keras.layers.Activation(activation, dtype=dtype)(features)
    return features
