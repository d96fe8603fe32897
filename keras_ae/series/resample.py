"""A data frame at times of one step."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _checks


def resample(data: Any, step: Any, max_gap: int = 1) -> Any:
    """Return a data frame at times of one step: the mean of the points within each.

    A step without a point, or without a value in a channel, is filled in linearly between its
    neighbours, up to `max_gap` such steps in a row. A longer gap is refused with its place: split
    the series there and give both parts, or allow it.

    Args:
        data: Data frame whose index is a `pandas.DatetimeIndex`, in any order.
        step: String or timedelta that pandas takes, such as "1min".
        max_gap: Integer >= 0, steps in a row to fill in.

    Returns:
        A data frame of the same columns.

    Raises:
        TypeError: `data` is no data frame with such an index.
        ValueError: pandas can't resample it, or a gap is too long.

    Example:
        >>> import pandas
        >>> times = pandas.to_datetime(["2025-01-01 00:00:02", "2025-01-01 00:00:00"])
        >>> resample(pandas.DataFrame({"level": [3.0, 1.0]}, index=times), "1s")["level"].tolist()
        [1.0, 2.0, 3.0]
    """
    max_gap = _checks.integer("max_gap", max_gap, minimum=0)
    kind = str(getattr(getattr(data, "index", None), "dtype", ""))
    if not hasattr(data, "resample") or not kind.startswith("datetime"):
        raise TypeError(
            "`data` must be a data frame with a pandas.DatetimeIndex. "
            f"Received: a {type(data).__name__}" + (f" with an index of {kind}" if kind else "")
        )
    try:
        regular = data.resample(step).mean()
    except Exception as error:  # pandas documents no list of what it raises
        raise ValueError(
            "`step` must be a step that pandas can resample the data to, such as '1min'. "
            f"Received: step={_checks.shown(step)} ({_checks.shown(str(error))})"
        ) from error
    missing = np.asarray(regular.isna()).reshape(len(regular), -1)
    for number in np.flatnonzero(missing.any(axis=0)):
        edges = np.flatnonzero(np.diff(np.r_[False, missing[:, number], False]))
        starts, ends = edges[::2], edges[1::2]
        long = np.flatnonzero((ends - starts > max_gap) | (starts == 0) | (ends == len(regular)))
        if len(long):
            start, steps = starts[long[0]], ends[long[0]] - starts[long[0]]
            raise ValueError(
                f"`data` must have no gap longer than max_gap={max_gap} steps, and values at both "
                f"ends. Received: {steps:,} steps without a value in column "
                f"{number} from {regular.index[start]}"
            )
    return regular.interpolate(limit_area="inside") if missing.any() else regular
