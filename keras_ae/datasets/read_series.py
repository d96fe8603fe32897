"""Read the windows of a series from a .csv file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks, _float32
from keras_ae.datasets._windows import check_times, view
from keras_ae.datasets.dataset import Dataset
from keras_ae.datasets.errors import DataError
from keras_ae.datasets.read_csv import read_csv


def read_series(
    path: str | Path,
    length: int,
    stride: int = 1,
    time: str | None = None,
    test_fraction: float = 0.0,
) -> Dataset:
    r"""Read a .csv file in the order of time, a row a point, as windows.

    The test part is the last of the series: no window of it shares a point with one of the
    training part.

    Args:
        path: String or path of a file as `read_csv` takes it.
        length: Integer >= 1, points of a window.
        stride: Integer >= 1, points from one window's beginning to the next one's.
        time: String, the column of the times: dates and times as ISO 8601 has them, or numbers.
            They must rise by one step. None for a file without one.
        test_fraction: Number >= 0 and < 1, the share of the points that are for the test.

    Returns:
        A `Dataset` of windows (n, length, channels).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: One is out of range, a value is missing, or the times don't rise by one step;
            the place is named.
        DataError: The file can't be read, has no such column or times, or fewer points than a
            window in one of the parts.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "log.csv")
        ...     rows = [f"2025-01-01T00:0{minute},{minute % 2}" for minute in range(8)]
        ...     _ = path.write_text("\n".join(["time,level", *rows]))
        ...     data = read_series(path, length=2, time="time", test_fraction=0.25)
        >>> data.x_train.shape, data.x_test.shape, data.feature_names
        ((5, 2, 1), (1, 2, 1), ('level',))
    """
    length = _checks.integer("length", length, minimum=1)
    stride = _checks.integer("stride", stride, minimum=1)
    test_fraction = _checks.number("test_fraction", test_fraction, minimum=0, below=1)
    try:
        table = read_csv(path, label=time)
    except DataError as error:
        words = error.expected.replace("`label`", "`time`")
        received = error.received.replace("label=", "time=")
        raise DataError(path, words, received) from error
    _arrays.finite(f"{path}: x", table.x_train)
    points = _float32.cast(f"{path}: x", table.x_train)
    if table.y_train is not None:
        check_times(f"{path}: {time}", _times(table))
    tested = math.ceil(len(points) * test_fraction)
    parts = [points[: len(points) - tested], points[len(points) - tested :]]
    for part, name in zip(parts, ("train on", "test on"), strict=True):
        if len(part) < length and (len(part) or name == "train on"):
            raise DataError(path, f"{length} points or more to {name}", len(part))
    x_train = view(parts[0], length, stride)
    x_test = view(parts[1], length, stride) if tested else x_train[:0]
    return Dataset(
        table.name,
        x_train,
        None,
        x_test,
        None,
        source=table.source,
        feature_names=table.feature_names,
        sha256=table.sha256,
    )


def _times(table: Dataset) -> np.ndarray[Any, Any]:
    """Return the labels that are times."""
    if table.class_names is None or table.y_train is None:
        numbers: np.ndarray[Any, Any] = np.asarray(table.y_train)
        return numbers
    names = []
    for name in table.class_names:
        try:
            names.append(np.datetime64(name.removesuffix("Z"), "ns"))
        except ValueError as error:
            expected = "times as numbers or in ISO 8601, such as 2025-01-31T23:59:00"
            raise DataError(table.source, expected, _checks.shown(name)) from error
    return np.array(names)[table.y_train]
