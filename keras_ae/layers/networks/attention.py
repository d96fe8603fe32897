"""Encoders and decoders of windows by self-attention: transformers of Keras' layers."""

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

HIDDEN_UNITS_PER_WIDTH = 2  # of a block's dense layer
POSITION_STDDEV = 0.1  # of the steps' initial embeddings


def attention_encoder(
    input_shape: Sequence[int],
    width: int = 32,
    blocks: int = 2,
    heads: int = 4,
    causal: bool = False,
    activation: Any = "relu",
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Model:
    """Build an encoder of windows by self-attention.

    Each step is projected to `width` numbers, to which a trained embedding of its place is added.
    Then come blocks of self-attention and a dense network for each step, each added to what it
    takes, which is normalized before; at last all is normalized and flattened.

    Args:
        input_shape: Tuple (steps, channels) of positive integers.
        width: Integer >= 1, numbers of a step within the network, a multiple of `heads`.
        blocks: Integer >= 1.
        heads: Integer >= 1, of each block's attention.
        causal: Whether a step attends to itself and the steps before alone.
        activation: Name of a Keras activation or a callable, that of the dense networks.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Model` from (batch, steps, channels) to features (batch, steps * width).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> attention_encoder((29, 3), width=8, blocks=1, heads=2).output_shape == (None, 29 * 8)
        True

    Reference:
        Vaswani et al., Attention Is All You Need, 2017; Xiong et al., On Layer Normalization in
        the Transformer Architecture, 2020 (normalization first).
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(2,))
    check_dtype(dtype)
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    window = keras.Input(shape)
    features = _blocks(window, width, blocks, heads, causal, activation, initializers, dtype)
    features = keras.layers.Flatten(data_format=LAST, dtype=dtype)(features)
    return keras.Model(window, features, **network_name(name))


def attention_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    width: int = 32,
    blocks: int = 2,
    heads: int = 4,
    causal: bool = False,
    activation: Any = "relu",
    parameters_per_output: int = 1,
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Model:
    """Build a decoder of windows by self-attention.

    The latent at each step, then what an `attention_encoder` does, and a linear layer: what leaves
    are the likelihood's parameters, not data.

    Args:
        output_shape: Tuple (steps, channels) of positive integers.
        latent_dim: Integer >= 1, size of the latent.
        width: Integer >= 1, numbers of a step within the network, a multiple of `heads`.
        blocks: Integer >= 1.
        heads: Integer >= 1, of each block's attention.
        causal: Whether a step attends to itself and the steps before alone.
        activation: Name of a Keras activation or a callable, that of the dense networks.
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
        >>> attention_decoder((29, 3), latent_dim=4, width=8, blocks=1, heads=2).output_shape
        (None, 29, 3)
    """
    steps, channels = _checks.shape("output_shape", output_shape, ranks=(2,))
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    latent = keras.Input((latent_dim,))
    features = keras.layers.RepeatVector(steps, dtype=dtype)(latent)
    features = _blocks(features, width, blocks, heads, causal, activation, initializers, dtype)
    (last,) = dense_layers([channels], None, initializers, dtype)
    return keras.Model(latent, last(features), **network_name(name))


def _blocks(
    features: Any,
    width: int,
    blocks: int,
    heads: int,
    causal: bool,
    activation: Any,
    initializers: Iterator[Any],
    dtype: Any,
) -> Any:
    """Return the steps' features after the embedding and all blocks."""
    width = _checks.integer("width", width, minimum=1)
    blocks = _checks.integer("blocks", blocks, minimum=1)
    heads = _checks.integer("heads", heads, minimum=1)
    causal = _checks.boolean("causal", causal)
    activation = get_activation(activation)
    if width % heads:
        raise ValueError(f"`width` must be a multiple of heads={heads}. Received: width={width}")
    kernel = next(initializers)
    # The embedding of a step's place is the bias of that step: one layer of Keras' own.
    features = keras.layers.EinsumDense(
        "btc,cw->btw",
        (features.shape[1], width),
        bias_axes="tw",
        kernel_initializer=kernel,
        bias_initializer=keras.initializers.RandomNormal(stddev=POSITION_STDDEV, seed=kernel.seed),
        dtype=dtype,
    )(features)
    for _ in range(blocks):
        normal = keras.layers.LayerNormalization(dtype=dtype)(features)
        attended = _attention(normal, width, heads, causal, initializers, dtype)
        features = keras.layers.Add(dtype=dtype)([features, attended])
        inside = keras.layers.LayerNormalization(dtype=dtype)(features)
        for size, own in ((HIDDEN_UNITS_PER_WIDTH * width, activation), (width, None)):
            options = layer_options(own, initializers, dtype)
            inside = keras.layers.Dense(size, **options)(inside)
        features = keras.layers.Add(dtype=dtype)([features, inside])
    return keras.layers.LayerNormalization(dtype=dtype)(features)


def _attention(
    features: Any, width: int, heads: int, causal: bool, initializers: Iterator[Any], dtype: Any
) -> Any:
    """Return what the steps attend to.

    Keras gives all projections of the layer one initializer, and with a seed the same weights:
    each gets its own here.
    """
    layer = keras.layers.MultiHeadAttention(heads, width // heads, dtype=dtype)
    attended = layer(features, features, use_causal_mask=causal)
    for variable in layer.trainable_variables:
        if variable.name == "kernel":
            flat = next(initializers)((width, width), dtype="float32")
            variable.assign(keras.ops.reshape(flat, variable.shape))
    return attended
