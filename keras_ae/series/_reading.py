"""Series as they come: arrays, or data frames whose index is the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.datasets._windows import MAX_RELATIVE_JITTER, check_times

Array = np.ndarray[Any, Any]

NANOSECONDS = 1e9  # of a second
EXPECTED = "an array of shape (time, channels), a data frame, or a sequence of those"


@dataclass(frozen=True)
class Series:
    """One series: its values, and of a data frame its times and the channels' names.

    Args:
        values: Array of numbers of shape (time, channels).
        times: Array of shape (time,) of datetime64, integers or floats; None without an index.
        names: Tuple of the channels' names, or None.
    """

    values: Array
    times: Array | None = None
    names: tuple[str, ...] | None = None

    @property
    def step(self) -> float | None:
        """The time from one point to the next, in seconds for dates; None where it isn't known."""
        return None if self.times is None else step_of(self.times)

    def channel(self, number: int) -> str:
        """Return how an error calls a channel."""
        return str(number) if self.names is None else repr(self.names[number])


def read_all(name: str, data: Any) -> list[Series]:
    """Return the series that the user gave: one, or a sequence of them with the same channels.

    Raises:
        TypeError: They are no numbers.
        ValueError: They have another shape, gaps or no regular time, or differ in channels.
    """
    if not (isinstance(data, (list, tuple)) and data and all(np.ndim(each) for each in data)):
        return [read(name, data)]
    if not all(hasattr(each, "shape") for each in data):
        return [read(name, data)]  # rows of numbers
    found = [read(f"{name}[{place}]", each) for place, each in enumerate(data)]
    for place, each in enumerate(found):
        check_step(f"{name}[{place}]", each.times, found[0].step)
        if each.values.shape[1] != found[0].values.shape[1] or each.names != found[0].names:
            raise ValueError(
                f"`{name}` must be series with the same channels. Received: "
                f"{channels(found[0])} in the first, {channels(each)} in number {place}"
            )
    return found


def read(
    name: str, data: Any, count: int | None = None, trained: tuple[str, ...] | None = None
) -> Series:
    """Return one series, checked: finite numbers at regular times.

    Args:
        name: What the user calls the data.
        data: Array or data frame.
        count: Integer, how many channels there must be; None for any.
        trained: Tuple of the channels' names, or None.
    """
    frame = hasattr(data, "index") and hasattr(data, "to_numpy")
    values = _arrays.numbers(name, data)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2:
        raise ValueError(f"`{name}` must be {EXPECTED}. Received: shape={values.shape}")
    _arrays.not_empty(name, values)
    names = None
    times = None
    if frame:
        if hasattr(data, "columns"):
            names = tuple(map(str, data.columns))
        times = times_of(name, data.index)
        check_times(name, times)
    series = Series(values, times, names)
    others = None not in (names, trained) and names != trained
    if others or count not in (None, values.shape[1]):
        wanted = f"{count}" if trained is None else f"{count} ({', '.join(trained)})"
        raise ValueError(
            f"`{name}` must have the channels of the training: {wanted}. "
            f"Received: {channels(series)}"
        )
    if values.dtype.kind == "f" and count is None:
        for number in range(values.shape[1]):
            if np.isnan(values[0, number]) and np.isnan(values[:, number]).all():
                raise ValueError(
                    f"`{name}` must have values in each channel. "
                    f"Received: channel {series.channel(number)} with none"
                )
    _arrays.finite(name, values)
    return series


def channels(series: Series) -> str:
    """Return the channels in words."""
    count = series.values.shape[1]
    return f"{count}" if series.names is None else f"{count} ({', '.join(series.names)})"


def step_of(times: Array) -> float | None:
    """Return the time from one point to the next, in seconds for dates; None of a single one."""
    if len(times) < 2:
        return None
    step = np.median(np.diff(times.astype("int64") if times.dtype.kind == "M" else times))
    return float(step / NANOSECONDS if times.dtype.kind == "M" else step)


def check_step(name: str, times: Array | None, step: float | None) -> None:
    """Raise a ValueError if times have another step than those of the training."""
    own = None if times is None else step_of(times)
    if own is None or step is None or abs(own - step) <= MAX_RELATIVE_JITTER * abs(step):
        return
    raise ValueError(
        f"`{name}` must have the time step of the training: {step:g}. Received: {own:g}"
    )


def times_of(name: str, index: Any) -> Array:
    """Return a data frame's index as times: datetime64, integers or floats."""
    kind = str(getattr(index, "dtype", ""))
    times: Array = np.asarray(index, "datetime64[ns]" if kind.startswith("datetime") else None)
    if times.dtype.kind not in "Miuf" or times.ndim != 1:
        raise ValueError(
            f"`{name}` must have the time for its index, such as "
            f"data.set_index(pandas.to_datetime(data['time'])). Received: an index of {kind}"
        )
    missing = np.flatnonzero(np.isnat(times) if times.dtype.kind == "M" else ~np.isfinite(times))
    if len(missing):
        raise ValueError(
            f"`{name}` must have a time at each row. Received: none at row {missing[0]}"
        )
    return times


def check_length(name: str, series: list[Series], length: int) -> None:
    """Raise a ValueError if a series has fewer points than a window."""
    for place, each in enumerate(series):
        points = len(each.values)
        if points < length:
            which = f" number {place}" if len(series) > 1 else ""
            raise ValueError(
                f"`length` must be at most the number of points of `{name}`. "
                f"Received: length={length}, a series{which} of {points:,} points"
            )


def check_window(length: Any, stride: Any = 1) -> tuple[int, int]:
    """Return the arguments of windows, checked."""
    length = _checks.integer("length", length, minimum=1)
    return length, _checks.integer("stride", stride, minimum=1)
