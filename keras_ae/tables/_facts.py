"""What a schema needs to know of a column's cells, gathered piece by piece in bounded memory."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from keras_ae.tables._cells import DATE, LARGEST_WHOLE, NUMBER, Cells, problem
from keras_ae.tables._moments import Moments

Array = np.ndarray[Any, Any]

MAX_DIFFERENT = 10_000  # values of a column that are remembered
MOST_DECIMALS = 6
MICROSECONDS_A_DAY = 86_400e6
LARGEST_NUMBER = 1e100  # of a column: the squares of many have a sum in float64


class Facts:
    """What was seen of a column's cells.

    All of it is exact but two things. Of more than `MAX_DIFFERENT` different values the first are
    remembered; whether all cells differ is then judged by those. Means and deviations of several
    pieces differ from those of the whole column in the last digits.

    Args:
        name: The column's name.
        type: As in `Cells`.
    """

    def __init__(self, name: str, type: str) -> None:
        self.name, self.type = name, type
        self.rows = self.missing = 0
        self.levels: tuple[Any, ...] | None = None
        self.ordered = False
        self.different = DifferentValues()
        self.numbers = Numbers() if type in (NUMBER, DATE) else None
        self.seen_dtype: str | None = None

    @property
    def present(self) -> int:
        """How many cells aren't missing."""
        return self.rows - self.missing

    @property
    def dtype(self) -> str:
        """As in `Cells`, of the whole column."""
        dtype = self.seen_dtype or "float64"
        if not self.missing:
            return dtype
        # A piece without a missing cell may be of a type of NumPy's that has none.
        if dtype.startswith(("int", "uint")) and not dtype.endswith("]"):
            return "float64"
        return "boolean" if dtype == "bool" else dtype

    def see(self, cells: Cells) -> None:
        """Take the next piece of the column in.

        Raises:
            ValueError: It has numbers whose squares float64 can't hold.
        """
        present = cells.present
        if len(present) or self.seen_dtype is None:
            self.seen_dtype = cells.dtype
        self.rows += len(cells.values)
        self.missing += len(cells.values) - len(present)
        if cells.levels is not None:
            known = dict.fromkeys([*(self.levels or ()), *cells.levels])
            self.levels, self.ordered = tuple(known), cells.ordered
        if not len(present):
            return
        if self.numbers is not None:
            self.numbers.see(cells)
        self.different.see(present)

    def values(self) -> list[Any]:
        """Return the different values, sorted, as JSON holds them; of levels, in their order."""
        if self.levels is not None:
            here = self.different.values
            return [value for value in self.levels if self.ordered or value in here]
        values = set(self.different.values)
        if self.type == NUMBER:
            values = {int(value) if value.is_integer() else value for value in values}
        return sorted(values)


class DifferentValues:
    """The different values of a column, the first `MAX_DIFFERENT` of them."""

    def __init__(self) -> None:
        self.values: dict[Any, None] = {}
        self.count = 0
        self.is_exact = True  # the count, which else is the least that it may be
        self.repeated = False  # whether one was seen twice

    def __str__(self) -> str:
        return f"{'' if self.is_exact else 'at least '}{self.count:,}"

    def see(self, present: Array) -> None:
        """Take cells in that aren't missing."""
        import pandas as pd

        values = pd.unique(present)
        self.repeated |= len(values) < len(present)
        if self.count <= MAX_DIFFERENT:
            new = [value for value in values.tolist() if value not in self.values]
            self.repeated |= len(new) < len(values)
            self.count += len(new)
            room = MAX_DIFFERENT - len(self.values)
            self.values.update(dict.fromkeys(itertools.islice(new, room)))
            return
        self.is_exact = False
        if not self.repeated:
            self.repeated = any(value in self.values for value in values.tolist())


class Numbers:
    """Facts of numbers, or of dates as microseconds since 1970."""

    def __init__(self) -> None:
        self.low, self.high = np.inf, -np.inf
        self.moments, self.log_moments = Moments(), Moments()
        self.not_a_count: tuple[float, int] | None = None  # and its row
        self.are_days = self.are_seconds = True
        self.are_running = True
        self._exact = np.ones(MOST_DECIMALS + 1, bool)  # by how many decimals
        self._last: float | None = None

    def see(self, cells: Cells) -> None:
        """Take cells in.

        Raises:
            ValueError: There are numbers whose squares float64 can't hold.
        """
        values = cells.present
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        if cells.type == NUMBER and self.largest > LARGEST_NUMBER:
            expected = f"hold numbers below {LARGEST_NUMBER:g}"
            raise problem(cells.name, expected, f"{self.largest:g}")
        for decimals in np.flatnonzero(self._exact):
            self._exact[decimals] = (np.round(values, decimals) == values).all()
        self.moments.see(values)
        if cells.type == DATE:
            self.are_days &= bool((values % MICROSECONDS_A_DAY == 0).all())
            self.are_seconds &= bool((values % 1e6 == 0).all())
            return
        if self.low > 0:
            self.log_moments.see(np.log(values))
        if self.not_a_count is None:
            with np.errstate(invalid="ignore"):
                wrong = (cells.values < 0) | (cells.values != np.rint(cells.values))
            places = np.flatnonzero(wrong & ~np.isnan(cells.values))
            if len(places):
                place = int(places[0])
                self.not_a_count = float(cells.values[place]), place + cells.first_row
        if self.are_running:
            steps = np.diff(values) if self._last is None else np.diff([self._last, *values])
            self.are_running = bool((steps == 1).all())
            self._last = float(values[-1])

    @property
    def largest(self) -> float:
        """The largest number without its sign."""
        return max(abs(self.low), abs(self.high))

    @property
    def decimals(self) -> int | None:
        """How many decimals say all the numbers; None if a few don't."""
        return int(self._exact.argmax()) if self._exact.any() else None

    @property
    def are_whole(self) -> bool:
        """Whether all numbers are whole."""
        return bool(self._exact[0])

    @property
    def merge(self) -> bool:
        """Whether whole numbers lie beyond those that float64 tells apart."""
        return self.are_whole and self.largest > LARGEST_WHOLE
