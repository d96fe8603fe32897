"""Data as arrays of numbers, and the wording of data errors: what is wrong, and where first."""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np

from keras_ae._checks import shown

# Elements looked at together: temporary arrays stay at a few MB, whatever the data's size.
_VALUES_AT_A_TIME = 2**22


def numbers(name: str, data: Any) -> np.ndarray[Any, Any]:
    """Return data that are held in memory as one array of numbers.

    A data frame's columns may be of several types, among them bool and the nullable ones, whose
    missing values become NaN.

    Args:
        name: What the user calls the data.
        data: Array, tensor, list, or data frame.

    Raises:
        TypeError: The data are sparse or ragged, or values are masked.
        ValueError: They are not numbers; of a frame the column is named.

    Example:
        >>> numbers("x", [["Oslo", 3.5]])
        Traceback (most recent call last):
        ValueError: `x` must be an array of numbers. Received: dtype=<U32
    """
    plain = not isinstance(data, np.ma.MaskedArray)
    if plain and isinstance(data, np.ndarray) and data.dtype.kind in "buif":
        return data
    array = as_array(name, data)
    if array.dtype.kind in "buif":
        return array
    if hasattr(data, "items") and hasattr(data, "columns"):
        return np.column_stack([_column(name, label, column) for label, column in data.items()])
    if array.dtype.kind != "O":
        raise ValueError(f"`{name}` must be an array of numbers. Received: dtype={array.dtype}")
    return _from_objects(name, array)


def as_array(name: str, data: Any) -> np.ndarray[Any, Any]:
    """Return data as an array of any type.

    Raises:
        TypeError: They are sparse, ragged or symbolic, or values are masked.
    """
    dense(name, data)
    try:
        return np.asarray(data)
    except Exception as error:  # lists that NumPy can't stack, and what other libraries raise
        if isinstance(data, (list, tuple)):
            raise _ragged(name, data) from error
        received = f"a {type(data).__name__}, which holds no values"
        raise TypeError(f"`{name}` must be an array. Received: {received}") from error


def labels(name: str, data: Any, examples: int) -> np.ndarray[Any, Any]:
    """Return labels as an array, of one integer or string for each example.

    Raises:
        ValueError: They have another shape or type.

    Example:
        >>> labels("labels", [0.5], 1)
        Traceback (most recent call last):
        ValueError: `labels` must be integers or strings of shape (1,), one for each example...
    """
    array = as_array(name, data)
    if array.shape != (examples,) or array.dtype.kind not in "biuUS":
        raise ValueError(
            f"`{name}` must be integers or strings of shape ({examples},), one for each example. "
            f"Received: shape={array.shape}, dtype={array.dtype}"
        )
    return array


def dense(name: str, data: Any) -> None:
    """Check that `data` are no sparse matrix or tensor, no ragged tensor and not masked.

    Raises:
        TypeError: They are, or a value is masked.
    """
    not_masked(name, data)
    kind = type(data).__name__
    if kind == "RaggedTensor":
        raise _ragged(name, data)
    if kind in ("SparseTensor", "BCOO") or (hasattr(data, "nnz") and hasattr(data, "toarray")):
        raise TypeError(
            f"`{name}` must be a dense array: call toarray() or its like first. "
            f"Received: a sparse {kind}"
        )


def not_masked(name: str, data: Any) -> None:
    """Check that no value is masked: any conversion loses the mask, and shows what it hides.

    Example:
        >>> not_masked("x", np.ma.masked_less([3.0, -1.0], 0.0))
        Traceback (most recent call last):
        TypeError: `x` must have no masked values: call filled(numpy.nan), or filled with another
        value, first. Received: 1 masked of 2 values

    Raises:
        TypeError: A value is masked.
    """
    masked = int(np.count_nonzero(data.mask)) if isinstance(data, np.ma.MaskedArray) else 0
    if masked:
        raise TypeError(
            f"`{name}` must have no masked values: call filled(numpy.nan), or filled with another "
            f"value, first. Received: {masked:,} masked of {data.size:,} values"
        )


def not_empty(name: str, array: Any) -> None:
    """Check that `array` has at least one example, and that an example has at least one value.

    Example:
        >>> not_empty("x", np.zeros((0, 28, 28, 1)))
        Traceback (most recent call last):
        ValueError: `x` must have no axis of size 0. Received: shape=(0, 28, 28, 1)

    Raises:
        ValueError: an axis has size 0.
    """
    shape = np.shape(array)
    if 0 in shape:
        raise ValueError(f"`{name}` must have no axis of size 0. Received: shape={shape}")


def examples(name: str, array: Any) -> None:
    """Raise a ValueError if `array` has no axis, or one of size 0."""
    if not np.ndim(array):
        raise ValueError(f"`{name}` must have shape (examples, ...). Received: shape=()")
    not_empty(name, array)


def finite(name: str, array: Any, missing: bool = False) -> None:
    """Check that no value of `array` is NaN or infinite.

    Args:
        name: What the user calls the array.
        array: Array of numbers, any shape. It is read in chunks: the check needs a few MB.
        missing: Whether NaN may stand for what is missing.

    Raises:
        ValueError: values are NaN or infinite (how many, the index of the first), or not numbers.

    Example:
        >>> finite("x", np.array([[0.5, 1.0], [np.nan, -np.inf]]))
        Traceback (most recent call last):
        ValueError: `x` must be finite. Received: 1 NaN, 1 infinite of 4 values, first at (1, 0)
    """
    array = np.atleast_1d(numbers(name, array))
    if array.dtype.kind in "biu":
        return
    nans = infinities = 0
    first: tuple[int, ...] | None = None
    for start, chunk in _chunks(array):
        wrong = np.isinf(chunk) if missing else ~np.isfinite(chunk)
        if wrong.any():
            found = 0 if missing else int(np.isnan(chunk).sum())
            nans += found
            infinities += int(wrong.sum()) - found
            first = first or _index(start, wrong)
    if first is not None:
        counts = [f"{nans:,} NaN"] * (nans > 0) + [f"{infinities:,} infinite"] * (infinities > 0)
        raise ValueError(
            f"`{name}` must be finite. Received: {', '.join(counts)} of {array.size:,} values, "
            f"first at {first}"
        )


def within(name: str, array: Any, low: float, high: float, fix: str | None = None) -> None:
    """Check that every value of `array` lies in [low, high], bounds included.

    NaN passes: `finite` finds it.

    Args:
        name: What the user calls the array.
        array: Array of numbers, any shape. It is read in chunks: the check needs a few MB.
        low: Float, the least value allowed.
        high: Float, the greatest value allowed.
        fix: String, optional sentence that ends the message. Where values meant to lie in [0, 1]
            look like pixels of 8 or 16 bits, the advice to divide by 255 or 65535 takes its place.

    Raises:
        ValueError: values lie outside (how many, the least and the greatest value, the index of
            the first one outside), or are not numbers.

    Example:
        >>> try:
        ...     within("x", np.array([[0, 255], [128, 0]], "uint8"), 0.0, 1.0)
        ... except ValueError as error:
        ...     print(error)
        `x` must lie in [0, 1]. Received: values from 0 to 255, 2 of 4 outside, first at (0, 1).
        They look like pixels 0..255: divide by 255
    """
    array = np.atleast_1d(numbers(name, array))
    if array.size == 0:
        return
    least = min(float(np.fmin.reduce(chunk, axis=None)) for _, chunk in _chunks(array))
    greatest = max(float(np.fmax.reduce(chunk, axis=None)) for _, chunk in _chunks(array))
    if not (least < low or greatest > high):
        return
    outside, whole = 0, True
    first: tuple[int, ...] | None = None
    for start, chunk in _chunks(array):
        wrong = (chunk < low) | (chunk > high)
        outside += int(wrong.sum())
        whole = whole and bool((chunk == np.floor(chunk)).all())
        if first is None and wrong.any():
            first = _index(start, wrong)
    if (low, high) == (0, 1) and whole and least >= 0 and greatest <= 65535:
        top = 255 if greatest <= 255 else 65535
        fix = f"They look like pixels 0..{top}: divide by {top}"
    raise ValueError(
        f"`{name}` must lie in [{low:g}, {high:g}]. Received: values from {least:g} to "
        f"{greatest:g}, {outside:,} of {array.size:,} outside, first at {first}"
        + (f". {fix}" if fix else "")
    )


def _ragged(name: str, data: Any) -> TypeError:
    return TypeError(
        f"`{name}` must hold examples of one shape: pad or cut them first. "
        f"Received: a ragged {type(data).__name__}"
    )


def _column(name: str, label: Any, column: Any) -> np.ndarray[Any, Any]:
    """Return a data frame's column as numbers."""
    if getattr(column.dtype, "kind", "O") in "buif":
        values: np.ndarray[Any, Any] = column.to_numpy(dtype="float64", na_value=np.nan)
        return values
    array = np.asarray(column)
    if array.dtype.kind in "Mm":
        raise _not_numbers(name, f"dates in column {label!r}", "subtract a date and divide")
    return _from_objects(name, array.astype(object), f" in column {label!r}")


def _from_objects(name: str, array: np.ndarray[Any, Any], where: str = "") -> Any:
    """Return Python's numbers as float64; in a frame what is missing (None, NA) as NaN."""
    values = []
    for value in array.flat:
        if isinstance(value, (Real, np.bool_)):
            values.append(_float(value))
        elif where and (value is None or type(value).__name__ == "NAType"):
            values.append(np.nan)
        elif isinstance(value, str):
            received = f"the text {shown(value)}{where}"
            raise _not_numbers(name, received, "encode it (one column a category) or leave it out")
        elif np.ndim(value):
            raise _ragged(name, value)
        else:
            received = f"a {type(value).__name__}{where}"
            raise _not_numbers(name, received, "encode it as numbers or leave it out")
    return np.array(values, "float64").reshape(array.shape)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of hundreds of digits
        return math.copysign(math.inf, value)


def _not_numbers(name: str, received: str, fix: str) -> ValueError:
    return ValueError(f"`{name}` must be an array of numbers: {fix}. Received: {received}")


def _chunks(array: np.ndarray[Any, Any]) -> Iterator[tuple[int, np.ndarray[Any, Any]]]:
    """Yield runs of whole examples, each with the index of its first one."""
    examples = max(1, _VALUES_AT_A_TIME // max(1, array[:1].size))
    for start in range(0, len(array), examples):
        yield start, array[start : start + examples]


def _index(start: int, wrong: np.ndarray[Any, Any]) -> tuple[int, ...]:
    inside = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    return (start + int(inside[0]), *(int(axis) for axis in inside[1:]))
