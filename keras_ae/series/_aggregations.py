"""From what windows say of their points to one value a point."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class MeanOfWindows:
    """A point's value is the mean over all windows that cover it.

    It is final once the last of them is there, `length` - 1 points later. Sums are float64 and
    made in the windows' order, so that they don't depend on how many windows come at once.

    Args:
        length: Integer, points of a window.
        columns: Integer, values of a point.
    """

    def __init__(self, length: int, columns: int) -> None:
        self._length = length
        self._sums = np.zeros((length - 1, columns))  # of the points that aren't final yet
        self._seen = 0  # windows

    def push(self, values: Array) -> Array:
        """Take the next windows; return the points that are final now.

        Args:
            values: Array of shape (windows, length, columns).

        Returns:
            Array of shape (windows, columns): one more window makes one more point final.
        """
        count, length = len(values), self._length
        sums = np.concatenate([self._sums, np.zeros((count, values.shape[2]))])
        for place in reversed(range(length)):  # window after window, for each point
            sums[place : place + count] += values[:, place]
        covered = np.minimum(np.arange(self._seen, self._seen + count) + 1, length)
        self._seen += count
        self._sums = sums[count:]
        return sums[:count] / covered[:, np.newaxis]

    def flush(self) -> Array:
        """Return the last points, which fewer windows cover."""
        covered = np.minimum(np.arange(self._length - 1, 0, -1), self._seen)
        return self._sums / covered[:, np.newaxis]


class LastOfWindow:
    """A point's value is what the window says that ends with it: the past alone.

    The points of the first window, which have no whole past, are valued by that window.

    Args:
        length: Integer, points of a window.
        columns: Integer, values of a point.
    """

    def __init__(self, length: int, columns: int) -> None:
        del length
        self._begun = False
        self._columns = columns

    def push(self, values: Array) -> Array:
        """Take the next windows; return the points that are final now.

        Args:
            values: Array of shape (windows, length, columns).

        Returns:
            Array of shape (points, columns).
        """
        first = values[:0, -1] if self._begun or not len(values) else values[0, :-1]
        self._begun = self._begun or len(values) > 0
        return np.concatenate([first, values[:, -1]]).astype("float64")

    def flush(self) -> Array:
        """Return the points that are left: none."""
        return np.zeros((0, self._columns))


AGGREGATIONS: dict[str, Any] = {"mean": MeanOfWindows, "last": LastOfWindow}
