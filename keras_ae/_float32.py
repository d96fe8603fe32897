"""What float32 makes of a table: where it is too coarse, centre in float64 first.

Models compute in float32, which keeps 24 bits of a number. A column far from 0 beside its spread
(metres of a map grid, unix seconds) loses what it says by the cast, unless its center is
subtracted before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

NORMAL_INTERQUARTILE_RANGE = (
    1.3489795003921634  # interquartile range of a standard normal distribution
)
RELATIVE_SPACING = 2.0**-23  # of float32's numbers
MAX_RELATIVE_ROUNDING = 1e-4  # of a column's scale: a coarser rounding is felt
LARGEST_EXACT_INTEGER = 2.0**24  # float32 holds every whole number up to here
MAX_SAMPLED_ROWS = 1000  # to estimate a column's scale
EXACT_TYPES = ("f2", "f4", "i1", "i2", "u1", "u2", "b1")  # types whose values float32 holds


def center_and_scale(table: Array) -> tuple[Array, Array]:
    """Return the median and the robust scale of each column, float64.

    The scale is the interquartile range / 1.349, which is the standard deviation of a normal
    column; where it is 0 (most rows are alike) the standard deviation, and 1 of a constant column.

    Args:
        table: Array of finite numbers of shape (rows, columns).
    """
    table = table.astype("float64")
    low, center, high = np.quantile(table, (0.25, 0.5, 0.75), axis=0)
    scale, deviation = (high - low) / NORMAL_INTERQUARTILE_RANGE, table.std(axis=0)
    return center, np.where(scale > 0, scale, np.where(deviation > 0, deviation, 1.0))


def location(table: Array) -> Array | None:
    """Return what to subtract from each column before it becomes float32; None for nothing.

    That is the median of a column that is so far from 0 beside its scale that float32 would round
    it by more than a ten-thousandth of the scale, or to whole units; and 0 of any other.

    Args:
        table: Array of finite numbers of shape (rows, columns).

    Example:
        >>> northings = 5_432_100 + np.arange(5) / 100
        >>> location(np.stack([northings, np.arange(5)], axis=1)).tolist()
        [5432100.02, 0.0]
    """
    if table.dtype.str[1:] in EXACT_TYPES:
        return None
    center, scale = center_and_scale(table)
    rounding = RELATIVE_SPACING / 2 * np.abs(center)
    far = (rounding > MAX_RELATIVE_ROUNDING * scale) | (
        (rounding >= 0.5) & (np.abs(center) > 10 * scale)
    )
    return np.where(far, center, 0.0) if far.any() else None


def cast(name: str, array: Array, center: Array | None = None) -> Array:
    """Return an array as float32, after the subtraction of `center`; warn where values merge.

    Args:
        name: What the user calls the array.
        array: Array of numbers.
        center: Array of float64 that is subtracted before, or None.

    Raises:
        ValueError: A finite value is beyond float32's range.
    """
    if center is not None:
        array = array.astype("float64") - center
    try:
        with np.errstate(over="raise"):
            rounded = np.asarray(array, "float32")
    except FloatingPointError as error:
        largest = np.abs(array[np.isfinite(array)]).max()
        raise ValueError(
            f"`{name}` must fit in float32. Received: {largest:g} among its values"
        ) from error
    warn_merged(name, array)
    return rounded


def rounds(array: Array) -> bool:
    """Whether float32 is too coarse for the array: values merge, or a column has a `location`."""
    if next(merged(array), None) is not None:
        return True
    if array.ndim != 2:
        return False
    complete = array[np.isfinite(array).all(axis=1)]
    return bool(len(complete)) and location(complete) is not None


def warn_merged(name: str, array: Array) -> None:
    """Warn of the first column in which different values become one as float32.

    Args:
        name: What the user calls the array.
        array: Array of numbers of shape (examples, ..., columns).
    """
    for column, values, left in merged(array):
        warnings.warn(
            f"`{name}`: float32 leaves {left:,} of the {values:,} different values of column "
            f"{column}, as they are far from 0 beside their differences. Subtract a constant from "
            "the column, such as its median, before",
            UserWarning,
            stacklevel=3,
        )
        return


def merged(array: Array) -> Iterator[tuple[int, int, int]]:
    """Yield each column that loses by becoming float32: its number, its values before and after.

    Whole numbers lose when two become one. Others do when values merge that differ by more than
    a ten-thousandth of the column's scale, or by more than a unit that float32 would tell apart
    around 0; nearer ones are the noise of the last digits.
    """
    if array.dtype.str[1:] in EXACT_TYPES or array.dtype.kind not in "iuf" or not array.size:
        return
    columns = array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)
    with np.errstate(invalid="ignore"):
        reach = np.maximum(np.fmax.reduce(columns), -np.fmin.reduce(columns).astype("float64"))
        # What is merged differs by no more than the greatest value's spacing.
        sample = columns[:: -(-len(columns) // MAX_SAMPLED_ROWS)].astype("float64")
        _, scale = center_and_scale(np.where(np.isfinite(sample), sample, 0.0))
    limit = np.maximum(
        2 * RELATIVE_SPACING * scale, np.minimum(1.0, MAX_RELATIVE_ROUNDING * scale)
    )
    for column in np.flatnonzero(
        (RELATIVE_SPACING * reach > limit) | (reach > LARGEST_EXACT_INTEGER)
    ):
        values = np.unique(columns[:, column])
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        with np.errstate(over="ignore"):
            rounded = values.astype("float32")
        starts = np.flatnonzero(np.append(True, rounded[1:] != rounded[:-1]))
        ends = np.append(starts[1:], len(values)) - 1
        widest = float((values[ends] - values[starts]).max())
        if widest > (0.0 if (values == np.floor(values)).all() else limit[column]):
            yield int(column), len(values), len(starts)
