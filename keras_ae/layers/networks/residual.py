"""Encoders and decoders of images by residual blocks, as those of latent diffusion have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers._activations import check_dtype
from keras_ae.layers.networks._parts import (
    LAST,
    check_halvings,
    checked_units,
    cropping,
    dense_layers,
    initializers_of,
    network_name,
)
from keras_ae.layers.networks._residual_parts import ResidualParts


def resnet_encoder(
    input_shape: Sequence[int | None],
    filters: Sequence[int] = (32, 64),
    blocks: int = 1,
    kernel_size: int = 3,
    activation: Any = "swish",
    normalization: str | None = "group",
    attention: bool = False,
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    spatial: bool = False,
    name: str | None = None,
) -> keras.Model:
    """Build an encoder of images by residual blocks.

    A convolution; for each of `filters` some residual blocks and a convolution of stride 2, which
    halves height and width, rounded up; as many blocks on the smallest map; then all is
    normalized and flattened, and a dense layer for each of `units` follows. A residual block is

        x + convolution(activation(norm(convolution(activation(norm(x))))))

    Args:
        input_shape: Tuple (height, width, channels) of positive integers, any sizes of at least
            2**k for k filters; or (None, None, channels), for a spatial network of images of any
            size. There a decoder returns the same size for multiples of 2**k alone.
        filters: Non-empty sequence of positive integers, the channels before each halving.
        blocks: Integer >= 1, residual blocks at each size.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable.
        normalization: "group", of channels by groups of at least 4 over the whole image; "layer",
            of the channels at each place alone; or None.
        attention: Whether all places of the smallest map attend to each other, after its blocks.
            Time and memory grow with the square of their number.
        units: Sequence of positive integers, the sizes of the last, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and a decoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        spatial: Whether the features stay a map, which isn't flattened; then without `units`.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Model` from (batch, height, width, channels) to features (batch, size), or, if
        spatial, to maps (batch, height / 2**k, width / 2**k, filters[-1]), rounded up.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range, or images are smaller than 2**k.

    Example:
        >>> resnet_encoder((29, 31, 3), filters=(8, 16)).output_shape == (None, 8 * 8 * 16)
        True
        >>> resnet_encoder((None, None, 3), filters=(8, 16), spatial=True).output_shape
        (None, None, None, 16)

    Reference:
        He et al., Identity Mappings in Deep Residual Networks, 2016; Rombach et al.,
        High-Resolution Image Synthesis with Latent Diffusion Models, 2022.
    """
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    shape = _image_shape("input_shape", input_shape, len(filters), spatial)
    units = checked_units(units, spatial)
    initializers = initializers_of(_checks.seed("seed", seed), stream=0)
    parts = ResidualParts(kernel_size, activation, normalization, initializers, dtype)
    blocks = _checks.integer("blocks", blocks, minimum=1)

    x = keras.Input(shape)
    features = parts.convolution(x, filters[0])
    for channels in filters:
        features = parts.blocks(features, channels, blocks)
        features = parts.convolution(features, channels, strides=2)
    features = parts.blocks(features, filters[-1], blocks)
    if _checks.boolean("attention", attention):
        features = parts.attention(features)
    features = parts.activated(features)
    if not spatial:
        features = keras.layers.Flatten(data_format=LAST, dtype=dtype)(features)
        for layer in dense_layers(units, parts.activation, initializers, dtype):
            features = layer(features)
    return keras.Model(x, features, **network_name(name))


def resnet_decoder(
    output_shape: Sequence[int | None],
    latent_dim: int,
    filters: Sequence[int] = (64, 32),
    blocks: int = 1,
    kernel_size: int = 3,
    activation: Any = "swish",
    normalization: str | None = "group",
    attention: bool = False,
    parameters_per_output: int = 1,
    units: Sequence[int] = (),
    seed: int | None = None,
    dtype: Any = None,
    spatial: bool = False,
    name: str | None = None,
) -> keras.Model:
    """Build a decoder of images by residual blocks.

    What a `resnet_encoder` does, backwards: dense layers, or a convolution of a map; residual
    blocks on the smallest map; for each of `filters` each pixel becomes 2 x 2, then a convolution
    and residual blocks; a linear convolution last: what leaves are the likelihood's parameters.
    What is too much at the bottom and the right is cropped, as in `conv_decoder`.

    Maps too large to be decoded at once are decoded by tiles, `model.decode(latent, tile=64)`,
    exactly where each pixel depends on its surroundings alone: with `normalization` "layer" or
    None, and without attention.

    Args:
        output_shape: Tuple (height, width, channels) of positive integers, any sizes of at least
            2**k for k filters; or (None, None, channels), for a spatial network of maps of any
            size, which become 2**k times as large.
        latent_dim: Integer >= 1, size of the latent, or of the vector at each place of a map.
        filters: Non-empty sequence of positive integers, the channels after each doubling.
        blocks: Integer >= 1, residual blocks at each size.
        kernel_size: Integer >= 1, height and width of the kernels.
        activation: Name of a Keras activation or a callable.
        normalization: "group", of channels by groups of at least 4 over the whole image; "layer",
            of the channels at each place alone; or None.
        attention: Whether all places of the smallest map attend to each other, after its blocks.
            Time and memory grow with the square of their number.
        parameters_per_output: Integer >= 1, the likelihood's `parameters_per_output`.
        units: Sequence of positive integers, the sizes of the first, dense layers; empty for none.
        seed: Integer >= 0 or None. A seed makes the initial weights reproducible: each layer has
            its own, and an encoder with the same seed has others.
        dtype: Keras dtype policy of each layer, or None for the global one.
        spatial: Whether the latent is a map, as a spatial `resnet_encoder` with as many filters
            leaves it. Then without `units`.
        name: String, the network's name, or None for one of Keras'.

    Returns:
        A `keras.Model` from (batch, latent_dim), or, if spatial, from maps
        (batch, height / 2**k, width / 2**k, latent_dim), rounded up, to
        (batch, height, width, channels * parameters_per_output).

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: an argument has a value out of range, or images are smaller than 2**k.

    Example:
        >>> resnet_decoder((29, 31, 3), latent_dim=16, filters=(16, 8)).output_shape
        (None, 29, 31, 3)
        >>> resnet_decoder((None, None, 3), 4, filters=(16, 8), spatial=True).input_shape
        (None, None, None, 4)

    Reference:
        As of `resnet_encoder`.
    """
    check_dtype(dtype)
    filters = _checks.integers("filters", filters)
    height, width, channels = _image_shape("output_shape", output_shape, len(filters), spatial)
    latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)
    channels *= _checks.integer("parameters_per_output", parameters_per_output, minimum=1)
    units = checked_units(units, spatial)
    initializers = initializers_of(_checks.seed("seed", seed), stream=1)
    parts = ResidualParts(kernel_size, activation, normalization, initializers, dtype)
    blocks = _checks.integer("blocks", blocks, minimum=1)

    stride = 2 ** len(filters)
    start: list[Any] = [
        None if size is None else math.ceil(size / stride) for size in (height, width)
    ]
    if spatial:
        latent = keras.Input((*start, latent_dim))
        features = parts.convolution(latent, filters[0])
    else:
        features = latent = keras.Input((latent_dim,))
        sizes = [*units, math.prod((*start, filters[0]))]
        for layer in dense_layers(sizes, parts.activation, initializers, dtype):
            features = layer(features)
        features = keras.layers.Reshape((*start, filters[0]), dtype=dtype)(features)
    features = parts.blocks(features, filters[0], blocks)
    if _checks.boolean("attention", attention):
        features = parts.attention(features)
    for size in filters:
        features = parts.convolution(parts.doubled(features), size)
        features = parts.blocks(features, size, blocks)
    features = parts.convolution(parts.activated(features), channels)
    if height is not None:
        for layer in cropping(start, stride, (height, width), dtype):
            features = layer(features)
    return keras.Model(latent, features, **network_name(name))


def _image_shape(name: str, shape: Any, halvings: int, spatial: Any) -> tuple[Any, Any, Any]:
    """Return the shape of an image, whose height and width may be None for any.

    Raises:
        TypeError: It is no tuple of integers and None.
        ValueError: A size is not positive, smaller than the halvings need, or any for a network
            that flattens it.
    """
    height, width, channels = _checks.shape(name, shape, ranks=(3,), any_size=True)
    if height is None:
        if not _checks.boolean("spatial", spatial):
            raise ValueError(
                f"`{name}` must have a height and a width where spatial=False: dense layers take "
                f"one size. Received: {name}={_checks.shown(shape)}"
            )
        return None, None, channels
    check_halvings(name, (height, width, channels), halvings)
    return height, width, channels
