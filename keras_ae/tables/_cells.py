"""A column's cells: numbers, truths, text or dates, and which are missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

NUMBER, TRUTH, TEXT, DATE = "numbers", "truths", "text", "dates"
CATEGORY, ORDERED = "category", "ordered category"
LARGEST_WHOLE = 2**53  # float64 holds every whole number up to here


@dataclass(frozen=True)
class Cells:
    """The cells of one column.

    Args:
        name: The column's name.
        type: "numbers", "truths", "text" or "dates".
        values: Array of float64 for numbers (NaN where missing) and for dates (microseconds since
            1970, NaN where missing), of objects for all else (None where missing).
        dtype: What pandas calls the type that decoded values shall have; CATEGORY or ORDERED of
            pandas' categorical type; TEXT and a pattern of `strftime` of dates that were text.
        levels: The categories in their order, where the column says which there are.
        ordered: Whether that order means something.
        first_row: The number of the first row, for what is told of one.
    """

    name: str
    type: str
    values: np.ndarray[Any, Any]
    dtype: str
    levels: tuple[Any, ...] | None = None
    ordered: bool = False
    first_row: int = 0

    @property
    def is_numeric(self) -> bool:
        """Whether the values are float64."""
        return self.type in (NUMBER, DATE)

    @property
    def missing(self) -> np.ndarray[Any, Any]:
        """Which cells are missing, as an array of bool."""
        if self.is_numeric:
            return np.isnan(self.values)
        nothing: np.ndarray[Any, Any] = self.values == np.array(None)
        return nothing

    @property
    def present(self) -> np.ndarray[Any, Any]:
        """The cells that aren't missing."""
        return self.values[~self.missing]


def problem(name: Any, expected: str, received: str) -> ValueError:
    """Return the error of a column: what was expected of it, and what is there.

    Example:
        >>> str(problem("age", "hold numbers", "the text 'old'"))
        "Column 'age' must hold numbers. Received: the text 'old'"
    """
    return ValueError(f"Column {name!r} must {expected}. Received: {received}")
