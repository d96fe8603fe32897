"""Points of a series scored as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_ae.datasets._windows import view
from keras_ae.estimators.detection_model import BATCH_SIZE
from keras_ae.series._aggregations import AGGREGATIONS

Array = np.ndarray[Any, Any]


class Live:
    """What is kept of a stream: its last points, and sums for those that aren't final yet.

    A whole series is scored as a stream of one piece, so that both give the same numbers.

    Args:
        contributions: Function from windows (windows, length, channels) to arrays (some windows,
            length, columns), one after another: what each says of its points.
        aggregation: String, of `AGGREGATIONS`.
        length: Integer, points of a window.
        channels: Integer; a point has one value more.
    """

    def __init__(
        self,
        contributions: Callable[[Array], Iterator[Array]],
        aggregation: str,
        length: int,
        channels: int,
    ) -> None:
        self._contributions = contributions
        self._points = AGGREGATIONS[aggregation](length, channels + 1)
        self._length, self._columns = length, channels + 1
        self._tail = np.zeros((0, channels), "float32")  # of the series, for the next window
        self.points = 0  # that came
        self.times: Array | None = None  # the last two, where points have times

    def push(self, points: Array) -> Array:
        """Take the next points; return the values of those that are final, (points, columns)."""
        rows = np.concatenate([self._tail, points])
        found = [np.zeros((0, self._columns))]
        if len(rows) >= self._length:
            windows = view(rows, self._length, 1)
            found += [self._points.push(values) for values in self._contributions(windows)]
            rows = rows[len(windows) :]
        self._tail = rows.copy()
        self.points += len(points)
        return np.concatenate(found)

    def flush(self) -> Array:
        """Return the values of the points that are left."""
        values: Array = self._points.flush()
        return values


def contributions(
    model: Any, length: int, totals: list[Array] | None = None
) -> Callable[[Array], Iterator[Array]]:
    """Return what `Live` asks of windows, by a `DetectionModel` of them.

    The last column is the rest of the window's strangeness, shared out among its points.

    Args:
        model: A `DetectionModel`.
        length: Integer, points of a window.
        totals: List to which the windows' strangeness as a whole is appended, or None.
    """

    def of(windows: Array) -> Iterator[Array]:
        for start in range(0, len(windows), BATCH_SIZE):
            terms = model._run_centred("attribute", windows[start : start + BATCH_SIZE])
            each = terms["contributions"].astype("float64")
            rest = terms["rest"].astype("float64")[:, np.newaxis, np.newaxis] / length
            values = np.concatenate([each, np.broadcast_to(rest, (*each.shape[:2], 1))], axis=2)
            if totals is not None:
                totals.append(values.sum(axis=(1, 2)))
            yield values

    return of
