"""Checks of what is given to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_ae import _arrays

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
    array = np.asarray(value)
    if array.dtype.kind in "OSUTMmc":
        raise TypeError(f"`{name}` must be {expected}. Received: dtype={array.dtype}")
    if array.ndim not in ranks:
        raise ValueError(f"`{name}` must be {expected}. Received: shape={array.shape}")
    _arrays.not_empty(name, array)
    result: NDArray[np.float32] = array.astype(np.float32)
    _arrays.finite(name, result)
    return result / np.float32(255) if array.dtype == np.uint8 else result


def images_or_vectors(name: str, value: Any) -> NDArray[np.float32]:
    """Return images as (n, height, width, 3), vectors as (n, d)."""
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
    array = np.asarray(value)
    if array.shape not in ((examples,), (examples, 1)):
        raise ValueError(
            f"`{name}` must hold one value for each of the {examples} examples. "
            f"Received: shape={array.shape}"
        )
    return array.reshape(-1)
