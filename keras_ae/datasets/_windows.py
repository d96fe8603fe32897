"""What windows of a series are, and the times that they need."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MAX_RELATIVE_JITTER = 1e-3  # of a step, where times are floats: the rounding of unix seconds
RESAMPLE = "keras_ae.series.resample(data, step) makes them so"


def view(values: Array, length: int, stride: int) -> Array:
    """Return a view (windows, length, channels) of a series (time, channels)."""
    windows = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    return np.moveaxis(windows[::stride], -1, 1)


def check_times(name: str, times: Array, before: Array | None = None) -> None:
    """Raise a ValueError that names the place, unless the times rise by one step.

    Args:
        name: What the user calls the data.
        times: Array of times.
        before: Array of the last one or two times that went before, or None.
    """
    if before is not None:
        times = np.concatenate([before, times])
    if len(times) < 2:
        return
    numbers = times.astype("int64") if times.dtype.kind == "M" else times
    steps = np.diff(numbers)
    step = np.median(steps) if before is None else steps[0]
    allowed = MAX_RELATIVE_JITTER * abs(step) if times.dtype.kind == "f" else 0
    shown = f"{step / 1e9:g} s" if times.dtype.kind == "M" else f"{step:g}"
    for wrong, expected, fix in (
        (steps < 0, "times that rise", "data.sort_index() sorts them"),
        (steps == 0, "times that differ", RESAMPLE),
        (np.abs(steps - step) > allowed, f"times at steps of one size, {shown}", RESAMPLE),
    ):
        if wrong.any():
            place = int(np.argmax(wrong)) + 1
            row = place - (0 if before is None else len(before))
            raise ValueError(
                f"`{name}` must have {expected}: {fix}. Received: {_shown_time(times[place])} "
                f"after {_shown_time(times[place - 1])}, at row {row}"
            )


def _shown_time(time: Any) -> str:
    if not isinstance(time, np.datetime64):
        return f"{time:g}"
    return str(time.astype("datetime64[ms]")).removesuffix(".000")
