"""From the arrays that files hold to what models take: examples and integer labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _float32
from keras_ae.datasets.errors import DataError

Array = np.ndarray[Any, Any]


def as_examples(source: Any, name: str, array: Array) -> Array:
    """Return tables as float32 (n, d) and images as float32 (n, height, width, channels).

    uint8 images are divided by 255, so that they lie in [0, 1]. All other values are kept: a table
    of uint8 counts isn't pixels, and what float32 is too coarse for stays in the type that it has.
    """
    if array.dtype.kind not in "biuf":
        raise DataError(source, f"numbers in `{name}`", f"dtype {array.dtype}")
    if array.ndim not in (2, 3, 4):
        shapes = "(n, d), (n, height, width) or (n, height, width, channels)"
        raise DataError(source, f"`{name}` of shape {shapes}", f"shape {array.shape}")
    if 0 in array.shape:
        raise DataError(source, f"at least one example in `{name}`", f"shape {array.shape}")
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.dtype == np.uint8 and array.ndim == 4:
        return np.divide(array, np.float32(255.0), dtype=np.float32)
    try:
        with np.errstate(over="raise"):
            examples = np.asarray(array, dtype=np.float32)
    except FloatingPointError as error:
        greatest = f"{np.abs(array[np.isfinite(array)]).max():g} among them"
        raise DataError(source, f"`{name}` to fit in float32", greatest) from error
    return array if _float32.rounds(array) else examples


def as_labels(
    source: Any, arrays: dict[str, Array | None]
) -> tuple[list[Array | None], tuple[str, ...] | None]:
    """Return labels as int64 (n,), and the classes' names where the labels are strings.

    Strings become their place in the sorted list of all that occur, in all the arrays together.
    Numbers that aren't whole (targets of a regression) become float32.

    Args:
        source: The file, for errors.
        arrays: From what the file calls the labels to the labels, or None where it has none.
    """
    flat = [None if a is None else _flat(source, name, a) for name, a in arrays.items()]
    given = [array for array in flat if array is not None]
    if any(array.dtype.kind == "U" for array in given):
        classes = np.unique(np.concatenate([array.astype(str) for array in given]))
        codes = [None if a is None else np.searchsorted(classes, a.astype(str)) for a in flat]
        return list(codes), tuple(classes.tolist())
    whole = all(bool((np.isfinite(a) & (a == np.floor(a))).all()) for a in given)
    return [None if a is None else a.astype(np.int64 if whole else np.float32) for a in flat], None


def _flat(source: Any, name: str, array: Array) -> Array:
    if array.dtype.kind not in "biufU":
        raise DataError(source, f"numbers or strings in `{name}`", f"dtype {array.dtype}")
    if array.ndim == 0 or array.size != len(array):
        raise DataError(source, f"one label for each example in `{name}`", f"shape {array.shape}")
    return array.reshape(-1)
