"""Recurrent encoders and decoders for windows of series, as plain `keras.Sequential` models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype
from keras_ae.layers.networks._parts import dense_layers, initializers_of, sequential

CELLS: dict[str, Any] = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def recurrent_encoder(
    input_shape: Sequence[int],
    units: Sequence[int] = (64,),
    cell: str = "lstm",
    unroll: bool = False,
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Sequential:
    """Build a recurrent encoder of windows.

    A recurrent layer for each of `units`; the features are the state of the last one after the
    last step. Each step's state comes from it and the steps before: a recurrent network is causal.

    Args:
        input_shape: Tuple (steps, channels) of positive integers.
        units: Non-empty sequence of positive integers, the sizes of the layers.
        cell: String: lstm or gru.
        unroll: Whether the steps are laid out in the graph one after another, as TFLite needs
            it: the graph grows with the steps.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Sequential` from (batch, steps, channels) to features (batch, units[-1]).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range.

    Example:
        >>> recurrent_encoder((29, 3), units=(16, 8), cell="gru").output_shape
        (None, 8)

    Reference:
        Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Cho et al., Learning Phrase
        Representations using RNN Encoder-Decoder, 2014.
    """
    shape = _checks.shape("input_shape", input_shape, ranks=(2,))
    check_dtype(dtype)
    units = _checks.integers("units", units)
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    network = [keras.Input(shape)]
    network += _recurrent_layers(units, cell, unroll, initializers, dtype, every_step=False)
    return sequential(network, name)


def recurrent_decoder(
    output_shape: Sequence[int],
    latent_dim: int,
    units: Sequence[int] = (64,),
    cell: str = "lstm",
    unroll: bool = False,
    parameters_per_output: int = 1,
    seed: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> keras.Sequential:
    """Build a recurrent decoder of windows.

    The latent at each step, a recurrent layer for each of `units`, then a linear layer: what
    leaves are the likelihood's parameters, not data.

    Args:
        output_shape: Tuple (steps, channels) of positive integers.
        latent_dim: Integer >= 1, size of the latent.
        units: Non-empty sequence of positive integers, the sizes of the layers.
        cell: String: lstm or gru.
        unroll: Whether the steps are laid out in the graph one after another, as TFLite needs
            it: the graph grows with the steps.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
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
        >>> recurrent_decoder((29, 3), latent_dim=4, units=(8,)).output_shape
        (None, 29, 3)

    Reference:
        Srivastava, Mansimov and Salakhutdinov, Unsupervised Learning of Video Representations
        using LSTMs, 2015.
    """
    steps, channels = _checks.shape("output_shape", output_shape, ranks=(2,))
    check_dtype(dtype)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    units = _checks.integers("units", units)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    network = [keras.Input((latent_dim,)), keras.layers.RepeatVector(steps, dtype=dtype)]
    network += _recurrent_layers(units, cell, unroll, initializers, dtype, every_step=True)
    network += dense_layers([channels], None, initializers, dtype)
    return sequential(network, name)


def _recurrent_layers(
    units: Sequence[int],
    cell: str,
    unroll: bool,
    initializers: Iterator[Any],
    dtype: Any,
    every_step: bool,
) -> list[Any]:
    """Return a layer for each of the sizes; the last gives each step's state, or the last."""
    kind = CELLS[_checks.choice("cell", cell, CELLS)]
    unroll = _checks.boolean("unroll", unroll)
    layers = []
    for place, size in enumerate(units):
        kernel = next(initializers)
        layers.append(
            kind(
                size,
                kernel_initializer=kernel,
                recurrent_initializer=keras.initializers.Orthogonal(seed=kernel.seed),
                return_sequences=every_step or place < len(units) - 1,
                unroll=unroll,
                dtype=dtype,
            )
        )
    return layers
