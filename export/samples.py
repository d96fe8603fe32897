"""Examples as the artifacts shall take them: in the model's own types, and drawn like them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_ae import _arrays
from keras_ae.export.exact_cast import extremes, is_exact
from keras_ae.export.signature import fits

HALVES = ("float16", "bfloat16")  # no runtime takes them; what is exported is a float32 model


def read_samples(
    name: str, data: Any, shape: Any, dtype: str | None, missing: bool = False
) -> np.ndarray:
    """Return one input's examples in the type that its files shall take.

    That is the model's own: int64 stays int64 in every format. Only bytes for a model of floats
    stay bytes, so that its files take images as they are stored.

    Args:
        name: String, the input, for errors.
        data: Array of shape (examples, ...).
        shape: Tuple, the model's shape of one example, None where an axis is free; or None.
        dtype: String, the type that the model takes; None for what Keras makes of the data.
        missing: Whether NaN may stand for what is missing.

    Raises:
        TypeError: The data are sparse or ragged.
        ValueError: They aren't finite numbers of that shape, or the type can't hold them.
    """
    array = _arrays.numbers(name, data)
    if not array.ndim or not array.size:
        raise ValueError(
            f"`{name}` must be an array of numbers of shape (examples, ...), not empty. "
            f"Received: shape {array.shape}, dtype {array.dtype}"
        )
    if shape is not None and not fits(array.shape[1:], shape):
        sizes = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(
            f"`{name}` must be of shape (examples, {sizes}). Received: shape {array.shape}"
        )
    _arrays.finite(name, array, missing)
    wanted = _wanted(array, dtype)
    if not is_exact(array, wanted):
        raise ValueError(
            f"`{name}` must hold numbers that {wanted}, the type of the model's input, can "
            f"express. Received: {extremes(array)}"
        )
    return array.astype(wanted)


def _wanted(array: np.ndarray, dtype: str | None) -> str:
    if dtype is None:
        dtype = "float32" if array.dtype.kind == "f" else array.dtype.name
    if dtype in HALVES:
        dtype = "float32"
    return "uint8" if array.dtype == np.uint8 and dtype == "float32" else dtype


def typed(samples: Mapping[str, np.ndarray], types: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return samples in the types that a model's functions take: bytes as floats."""
    return {name: array.astype(types.get(name, array.dtype)) for name, array in samples.items()}


def by_rows(
    run: Callable[[dict[str, np.ndarray]], Mapping[str, Any]],
    inputs: Mapping[str, np.ndarray],
    size: int,
) -> dict[str, np.ndarray]:
    """Return what a function of named arrays gives for all rows, run `size` of them at a time."""
    rows = len(next(iter(inputs.values())))
    parts = [
        run({name: array[start : start + size] for name, array in inputs.items()})
        for start in range(0, rows, size)
    ]
    return {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}


def draw(array: np.ndarray, rows: int, random: Any) -> np.ndarray:
    """Draw inputs uniformly within each feature's own range, in its own type.

    Where all examples are whole numbers, so is what is drawn: floats may be ids, too. Where cells
    are missing (NaN), so are as many of what is drawn.

    Example:
        >>> draw(np.array([[3, 7], [4, 7]]), 3, np.random.default_rng(0)).tolist()
        [[4, 7], [4, 7], [4, 7]]
    """
    missing = array != array
    if missing.any():
        return _drawn_with_missing(array, missing, rows, random)
    low, high = array.min(axis=0), array.max(axis=0)
    shape = (rows, *array.shape[1:])
    if array.dtype.kind == "b":
        return random.integers(low, high.astype("int64") + 1, shape).astype(bool)
    if array.dtype.kind in "iu":
        return random.integers(low, high, shape, array.dtype, endpoint=True)
    if (array == np.rint(array)).all() and np.abs(array).max() < 2.0**53:
        drawn = random.integers(low.astype("int64"), high.astype("int64"), shape, endpoint=True)
    else:
        drawn = random.uniform(low, high, shape)
    return drawn.astype(array.dtype)


def _drawn_with_missing(array: np.ndarray, missing: np.ndarray, rows: int, random: Any) -> Any:
    """Draw each column by itself: those of whole numbers may be codes of categories."""
    shape = (rows, *array.shape[1:])
    found = np.empty((rows, array[0].size), array.dtype)
    for place, (column, absent) in enumerate(
        zip(array.reshape(len(array), -1).T, missing.reshape(len(array), -1).T, strict=True)
    ):
        present = column[~absent] if not absent.all() else np.zeros(1, array.dtype)
        drawn = draw(present, rows, random)
        found[:, place] = np.where(random.random(rows) < absent.mean(), np.nan, drawn)
    return found.reshape(shape)


def resized(
    samples: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int | None, ...]],
    rows: int,
    factors: tuple[float, ...],
) -> dict[str, np.ndarray]:
    """Return examples of another size: what is there, again and again along every free axis.

    Args:
        samples: Dict from input to an array of examples.
        shapes: Dict from input to its shape with the batch axis, None where an axis is free.
        rows: Integer, how many examples.
        factors: By which to multiply the sizes of the axes 1, 2, ... of every input; the last
            factor is that of all further axes.
    """
    found = {}
    for name, array in samples.items():
        larger = np.resize(array, (rows, *array.shape[1:]))
        for axis, size in enumerate(shapes[name]):
            if axis and size is None:
                factor = factors[min(axis, len(factors)) - 1]
                places = np.arange(max(1, int(array.shape[axis] * factor))) % array.shape[axis]
                larger = larger.take(places, axis)
        found[name] = larger
    return found
