"""Windows of a series as one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.datasets._windows import view
from keras_ae.series._reading import check_length, check_window, read_all


def windows(data: Any, length: int, stride: int = 1) -> np.ndarray[Any, Any]:
    """Return the windows of a series, as `fit` takes them.

    Window k holds the points k * stride to k * stride + length - 1; points behind the last whole
    window are left out. The windows of an array are a view of it, which takes no memory; what
    takes the windows whole, as `model.fit(windows(...))` does, still needs room for them all:
    `stream_windows` gives them batch by batch.

    Args:
        data: Array of shape (time, channels), or (time,) for one channel; a data frame whose
            index is the time, at steps of one size; or a list or tuple of several such series
            with the same channels, whose windows are copied into one array.
        length: Integer >= 1, points of a window.
        stride: Integer >= 1, points from one window's beginning to the next one's.

    Returns:
        Array of shape (windows, length, channels), in the data's own type; read-only where it is
        a view.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A series is shorter than a window, has values that are missing, or times that
            aren't sorted or aren't of one step; the place is named.

    Example:
        >>> series = np.arange(10.0).reshape(5, 2)
        >>> windows(series, length=3, stride=2)[..., 0].tolist()
        [[0.0, 2.0, 4.0], [4.0, 6.0, 8.0]]
    """
    length, stride = check_window(length, stride)
    series = read_all("data", data)
    check_length("data", series, length)
    views = [view(each.values, length, stride) for each in series]
    return views[0] if len(views) == 1 else np.concatenate(views)
