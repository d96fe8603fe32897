"""What the networks share: layers with reproducible initial weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks

LAST = "channels_last"  # whatever Keras' image_data_format is: shapes here end in channels


def sequential(network: Sequence[Any], name: Any) -> keras.Sequential:
    """Return the layers as a model of that name."""
    return keras.Sequential(list(network), **network_name(name))


def network_name(name: Any) -> dict[str, Any]:
    """Return the name of a network as the option of a Keras model, checked."""
    return {"name": _checks.instance("name", name, (str, type(None)), "a string or None")}


def dense_layers(
    units: Sequence[int], activation: Any, initializers: Any, dtype: Any
) -> list[Any]:
    """Return a dense layer for each of the sizes."""
    return [
        keras.layers.Dense(size, **layer_options(activation, initializers, dtype))
        for size in units
    ]


def layer_options(activation: Any, initializers: Iterator[Any], dtype: Any) -> dict[str, Any]:
    """Return the options of a layer, with the next initializer."""
    return {
        "activation": activation,
        "kernel_initializer": next(initializers),
        "dtype": dtype,
    }


def initializers_of(seed: int | None, stream: int) -> Iterator[Any]:
    """Yield initializers that differ from layer to layer, and between encoder and decoder.

    They are hashed and not seed + index: networks of neighbouring seeds would share weights.
    """
    for index in itertools.count():
        layer_seed = None
        if seed is not None:
            layer_seed = int(np.random.SeedSequence((seed, stream, index)).generate_state(1)[0])
        yield keras.initializers.GlorotUniform(layer_seed)


def checked_units(units: Any, spatial: bool) -> Any:
    """Return the sizes of the dense layers, of which a network of maps has none."""
    sizes = _checks.integers("units", units, empty=True)
    if _checks.boolean("spatial", spatial) and sizes:
        raise ValueError(
            "`units` must be empty for a spatial network: a dense layer would flatten the map. "
            f"Received: units={_checks.shown(units)}"
        )
    return sizes


def cropping(start: Sequence[int], stride: int, sizes: Sequence[int], dtype: Any) -> list[Any]:
    """Return the layer that crops maps of start * stride to their sizes, or none if they fit."""
    surplus = tuple((0, least * stride - size) for least, size in zip(start, sizes, strict=True))
    if not any(end for _, end in surplus):
        return []
    return [keras.layers.Cropping2D(surplus, data_format=LAST, dtype=dtype)]


def check_halvings(name: str, shape: tuple[Any, ...], halvings: int) -> None:
    """Raise a ValueError if the images of that shape are too small to be halved so often."""
    least = 2**halvings
    if min(shape[:2]) < least:
        raise ValueError(
            f"`{name}` must have height and width >= {least}, which {halvings} filters halve "
            f"{halvings} times. Received: {name}={_checks.shown(shape)}"
        )
