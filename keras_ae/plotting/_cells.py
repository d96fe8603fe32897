"""A column's cells that are there, as pictures take them: numbers, dates or categories."""

from __future__ import annotations

import datetime
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from keras_ae import _arrays, _checks

Array = np.ndarray[Any, Any]

NUMBER, DATE, CATEGORY = "numbers", "dates", "categories"
SORTS = {  # of a column's kinds
    "numeric": NUMBER,
    "positive": NUMBER,
    "count": NUMBER,
    "datetime": DATE,
    "binary": CATEGORY,
    "categorical": CATEGORY,
    "ordinal": CATEGORY,
}
MAX_NAME_CHARACTERS = 16  # of a category or a column


class PlottedCells(NamedTuple):
    """The cells of a column that are there, and how many there are in all."""

    values: Array  # float64, datetime64[us], or text
    total: int

    @property
    def words(self) -> str:
        """How many rows there are, and the share of missing ones if there are any."""
        missing = self.total - len(self.values)
        return f"{self.total:,}" + (f", {missing / self.total:.1%} missing" if missing else "")


def sort_of(name: str, data: Any) -> str:
    """Return whether a column holds numbers, dates or categories, as its cells are.

    Example:
        >>> sort_of("x", [1.5, None]), sort_of("x", [True, False]), sort_of("x", ["a", "b"])
        ('numbers', 'categories', 'categories')
    """
    array = _column(name, data)
    if array.dtype.kind == "O":
        there = array[~_missing(array)].tolist()
        if there and all(isinstance(each, datetime.date) for each in there):
            return DATE
        numbers = all(isinstance(each, Real) and not isinstance(each, bool) for each in there)
        return NUMBER if there and numbers else CATEGORY
    return {"M": DATE, "i": NUMBER, "u": NUMBER, "f": NUMBER}.get(array.dtype.kind, CATEGORY)


def plotted_cells(name: str, data: Any, sort: str) -> PlottedCells:
    """Return a column's cells.

    Args:
        name: What the user calls the column.
        data: Sequence of cells; None, NaN and alike where they are missing.
        sort: What they are taken for.

    Raises:
        TypeError: `data` is no sequence.
        ValueError: It is empty, or not of that sort.
    """
    array = _column(name, data)
    there = array[~_missing(array)]
    if sort == CATEGORY:
        return PlottedCells(np.array([word(each) for each in there.tolist()], "str"), len(array))
    kind = "datetime64[us]" if sort == DATE else "float64"
    wrong = there.dtype.kind not in ("MO" if sort == DATE else "biufO")
    try:
        values = there.astype(kind)
    except (TypeError, ValueError, OverflowError):
        wrong = True
    if wrong:
        raise ValueError(
            f"`{name}` must hold {sort}. Received: {_checks.shown(there[:5].tolist())}"
        )
    if sort == NUMBER:
        _arrays.finite(name, values)
    return PlottedCells(values, len(array))


def word(value: Any) -> str:
    """Return a category's name; whole numbers have no point, as in a column that lacks some."""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def cut(name: str, most: int = MAX_NAME_CHARACTERS) -> str:
    """Return a name as a picture has room for it: long ones lose their middle.

    Example:
        >>> cut("a name that is too long, 33")
        'a name tha…g, 33'
    """
    end = most // 3
    return name if len(name) <= most else f"{name[: most - end - 1]}…{name[-end:]}"


def _column(name: str, data: Any) -> Array:
    array = _arrays.as_array(name, data)
    if array.ndim != 1 or not len(array):
        raise ValueError(
            f"`{name}` must be the cells of a column, shape (rows,). Received: shape={array.shape}"
        )
    return array


def _missing(array: Array) -> Array:
    if array.dtype.kind == "O":
        return np.array([is_missing(each) for each in array], bool)
    found: Array = np.isnat(array) if array.dtype.kind in "Mm" else array != array
    return found


def is_missing(value: Any) -> bool:
    """Whether a cell is missing: None, NaN, NaT or NA."""
    # pandas' NA is neither equal to itself nor not.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)
