"""The windows of one series or several, made where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_ae.datasets._sources import number_type
from keras_ae.datasets._windows import view

Array = np.ndarray[Any, Any]


class WindowSource:
    """Windows by number, as an array has its rows; a read copies what is asked for, no more.

    It is what `stream_dataset` calls a source, and what trainings take for an array.

    Args:
        series: Sequence of arrays of shape (time, channels), each of `length` points or more.
        length: Integer, points of a window.
        stride: Integer, points from one window to the next.
    """

    ndim = 3

    def __init__(self, series: Sequence[Array], length: int, stride: int = 1) -> None:
        self.series = list(series)
        self.length, self.stride = length, stride
        self.views = [view(each, length, stride) for each in self.series]
        self._ends = np.cumsum([len(each) for each in self.views])
        self.examples = int(self._ends[-1])
        self.example_shape: tuple[int, ...] = self.views[0].shape[1:]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that all windows would have as one array."""
        return (self.examples, *self.example_shape)

    def __len__(self) -> int:
        return self.examples

    def __getitem__(self, rows: Any) -> Array:
        numbers = np.arange(self.examples)[rows] if isinstance(rows, slice) else np.asarray(rows)
        if len(self.views) == 1:
            found: Array = self.views[0][numbers]
            return found
        owner = np.searchsorted(self._ends, numbers, side="right")
        windows = np.empty((len(numbers), *self.example_shape), self.views[0].dtype)
        for place in np.unique(owner):
            own = owner == place
            first = self._ends[place] - len(self.views[place])
            windows[own] = self.views[place][numbers[own] - first]
        return windows

    def read(self, rows: Array) -> Array:
        """Return these windows as float32."""
        return self[rows].astype("float32")

    def shuffled(self, random: np.random.Generator, batch_size: int) -> Array:
        """Return the numbers of all windows in a random order."""
        del batch_size
        return random.permutation(self.examples).astype(number_type(self.examples))

    def points(self) -> Array:
        """Return the points of all series, one after another."""
        return self.series[0] if len(self.series) == 1 else np.concatenate(self.series)
