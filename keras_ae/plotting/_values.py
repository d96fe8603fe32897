"""Checks of what is given to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_ae import _arrays, _checks

IMAGES_OR_VECTORS = (
    "images (n, height, width) or (n, height, width, channels) with 1 or 3 channels, "
    "or vectors (n, d)"
)


def numbers(name: str, value: Any, expected: str, ranks: Sequence[int]) -> NDArray[np.float32]:
    """Return `value` as a float32 array; uint8 is taken for 0..255 and divided by 255.

    Raises:
        TypeError: `value` does not hold numbers.
        ValueError: `value` is empty, not finite, or its number of axes is not one of `ranks`.
    """
    array = _arrays.as_array(name, value)
    if array.dtype.kind not in "buif":
        raise TypeError(f"`{name}` must be {expected}. Received: dtype={array.dtype}")
    if array.ndim not in ranks:
        raise ValueError(f"`{name}` must be {expected}. Received: shape={array.shape}")
    _arrays.not_empty(name, array)
    result: NDArray[np.float32] = array.astype(np.float32)
    _arrays.finite(name, result)
    return result / np.float32(255) if array.dtype == np.uint8 else result


def windows(name: str, value: Any, channels: Sequence[str]) -> NDArray[np.float32]:
    """Return windows of a series, (n, time, channels)."""
    expected = f"windows (n, time, {len(channels)}), as `channels` has {len(channels)} names"
    array = numbers(name, value, expected, ranks=(3,))
    if array.shape[2] != len(channels):
        raise ValueError(f"`{name}` must be {expected}. Received: shape={array.shape}")
    return array


def images_or_vectors(
    name: str, value: Any, channels: Sequence[str] | None = None
) -> NDArray[np.float32]:
    """Return images as (n, height, width, 3), vectors as (n, d), windows of named channels."""
    if channels is not None:
        return windows(name, value, channels)
    array = numbers(name, value, IMAGES_OR_VECTORS, ranks=(2, 3, 4))
    if array.ndim == 2:
        return array
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.shape[-1] not in (1, 3):
        raise ValueError(f"`{name}` must be {IMAGES_OR_VECTORS}. Received: shape={array.shape}")
    return np.repeat(array, 3, axis=-1) if array.shape[-1] == 1 else array


def one_per_example(name: str, value: Any, examples: int) -> NDArray[Any]:
    """Return `value` as an array of shape (examples,); a last axis of size 1 is dropped."""
    array = _arrays.as_array(name, value)
    if array.shape not in ((examples,), (examples, 1)):
        raise ValueError(
            f"`{name}` must hold one value for each of the {examples} examples. "
            f"Received: shape={array.shape}"
        )
    return array.reshape(-1)


def rows_of_examples(
    name: str, value: Any, each: str, channels: Sequence[str] | None = None
) -> NDArray[np.float32]:
    """Return rows of images as (rows, steps, height, width, 3), of vectors as (rows, steps, d).

    Those of windows are (rows, steps, time, channels).

    Args:
        name: String, what the caller calls the array.
        value: The array.
        each: String, what a row is.
        channels: Sequence of strings, the channels of windows; None for images and vectors.
    """
    kinds = "images or of vectors" if channels is None else "windows"
    expected = f"an array ({each}, steps, ...) of {kinds}"
    array = _arrays.as_array(name, value)
    if array.ndim not in ((3, 4, 5) if channels is None else (4,)):
        raise ValueError(f"`{name}` must be {expected}. Received: shape={array.shape}")
    _arrays.not_empty(name, array)
    flat = images_or_vectors(name, array.reshape(-1, *array.shape[2:]), channels)
    return flat.reshape(*array.shape[:2], *flat.shape[1:])


def decoded(
    decode: Any, latent: NDArray[np.float32], channels: Sequence[str] | None = None
) -> NDArray[np.float32]:
    """Return what `decode` makes of latents: images (n, height, width, 3), vectors or windows."""
    if not callable(decode):
        raise TypeError(
            "`decode` must be a function from latents (n, latent_dim) to examples, such as "
            f"`model.decode`. Received: decode={_checks.shown(decode)}"
        )
    made = _checks.called("decode", decode, latent)
    result = images_or_vectors("decode(latent)", made, channels)
    if len(result) != len(latent):
        raise ValueError(
            f"`decode` must return an example for each of {len(latent)} latents. "
            f"Received: {len(result)} examples"
        )
    return result


def one_latent(latent: Any) -> NDArray[np.float32]:
    """Return one latent, a vector or a map; a batch of one is taken too."""
    expected = "one latent of shape (latent_dim,), such as `model.encode(x)[0]`"
    array = numbers("latent", latent, expected, ranks=(1, 2, 3, 4))
    if array.ndim % 2:
        return array
    if len(array) != 1:
        raise ValueError(f"`latent` must be {expected}. Received: shape={array.shape}")
    return array[0]


def some_dimensions(dimensions: Any, latent_dim: int) -> list[int]:
    """Return `dimensions` as a list of different places in a latent, from 0.

    Raises:
        TypeError: It isn't a sequence of integers.
        ValueError: It is empty, or has a place twice or one that a latent doesn't have.
    """
    expected = f"different integers from 0 to {latent_dim - 1}"
    array = _arrays.as_array("dimensions", dimensions)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(
            f"`dimensions` must be {expected}. Received: dimensions={_checks.shown(dimensions)}"
        )
    if (
        array.ndim != 1
        or not array.size
        or array.min() < 0
        or array.max() >= latent_dim
        or len(np.unique(array)) < array.size
    ):
        raise ValueError(
            f"`dimensions` must be {expected}. Received: dimensions={_checks.shown(dimensions)}"
        )
    return [int(dimension) for dimension in array]


def truth_values(name: str, value: Any, examples: int) -> NDArray[np.bool_]:
    """Return `value` as an array (examples,) of truth values; it holds 0 and 1, or such."""
    array = one_per_example(name, value, examples)
    if array.dtype.kind not in "biuf" or not np.isin(array, (0, 1)).all():
        raise ValueError(
            f"`{name}` must hold truth values, or 0 and 1. "
            f"Received: {_checks.shown(array[:5].tolist())}"
        )
    return array.astype(bool)
