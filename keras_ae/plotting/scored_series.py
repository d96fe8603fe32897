"""A series with the points that a detector flags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from keras_ae import _checks
from keras_ae.plotting._figure import BLUE, GREY, ORANGE, TEXT, WIDTH, new_figure, tidy
from keras_ae.plotting._values import numbers, truth_values


def scored_series(
    series: Any,
    scores: Any,
    threshold: float,
    labels: Any = None,
    names: Sequence[str] | None = None,
    unit: str = "nats",
    title: str = "Strange points",
    start: int = 0,
) -> Figure:
    """Draw each channel of a series over its scores; what lies above the threshold is marked.

    Args:
        series: Array of shape (time, channels), or (time,) for one channel.
        scores: Array of shape (time,), higher is stranger: `-detector.score_samples(series)`.
        threshold: Number: `-detector.offset_`.
        labels: Sequence of one truth value a point, whose anomalies get a grey background; None
            where they aren't known.
        names: Sequence of strings, the channels' names; None for numbers.
        unit: String, the scores' unit.
        title: String, above the panels.
        start: Integer, the number of the first point, where it isn't the first of the series.

    Returns:
        A `matplotlib.figure.Figure`; its axes are the channels' and, at last, the scores'.

    Raises:
        TypeError: `series` or `scores` does not hold numbers, or `threshold` is not a number.
        ValueError: An array has another shape or values that aren't finite, or there are more or
            fewer names than channels.

    Example:
        >>> figure = scored_series([0.0, 1.0, 9.0, 1.0], [1.0, 1.0, 8.0, 1.0], threshold=4.0)
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['flagged (1 of 4)', 'threshold 4 nats']
    """
    values = numbers("series", series, "an array (time, channels) of numbers", ranks=(1, 2))
    values = values.reshape(len(values), -1)
    points, channels = values.shape
    strange = numbers("scores", scores, "an array (time,) of numbers", ranks=(1,))
    if len(strange) != points:
        raise ValueError(
            f"`scores` must hold one value for each of the {points} points. "
            f"Received: shape={strange.shape}"
        )
    threshold = _checks.number("threshold", threshold)
    start = _checks.integer("start", start)
    marks = None if labels is None else truth_values("labels", labels, points)
    expected = f"a sequence of {channels} strings, one a channel"
    called = [f"channel {number}" for number in range(channels)]
    if names is not None:
        called = [_checks.text("names", each) for each in _checks.items("names", names, expected)]
        if len(called) != channels:
            raise ValueError(f"`names` must be {expected}. Received: {len(called)} names")

    figure = new_figure(WIDTH, 1.4 + 1.3 * (channels + 1))
    panels = figure.subplots(channels + 1, 1, sharex=True)
    flagged = np.flatnonzero(strange > threshold)
    time = start + np.arange(points)
    for axes, name, line in zip(
        panels, [*called, f"score, {unit}"], [*values.T, strange], strict=True
    ):
        axes.plot(time, line, color=BLUE, linewidth=1.0)
        axes.plot(
            time[flagged],
            line[flagged],
            color=ORANGE,
            linestyle="",
            marker="o",
            markersize=3,
            label=f"flagged ({len(flagged):,} of {points:,})",
        )
        if marks is not None:
            _shade(axes, marks, start)
        axes.set_ylabel(name, fontsize=TEXT)
        tidy(axes)
    label = f"threshold {threshold:.4g} {unit}"
    panels[-1].axhline(threshold, color="0.2", linestyle=":", linewidth=2, label=label)
    panels[-1].set_xlabel("point", fontsize=TEXT)
    panels[-1].set_xlim(start - 0.5, start + points - 0.5)
    panels[-1].xaxis.set_major_locator(MaxNLocator(8, integer=True))
    figure.align_ylabels(panels)
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    handles, legend = panels[-1].get_legend_handles_labels()
    figure.legend(handles, legend, loc="outside lower left", ncols=3, fontsize=TEXT, frameon=False)
    return figure


def _shade(axes: Any, marks: Any, first: int) -> None:
    """Give runs of labelled points a grey background."""
    edges = np.flatnonzero(np.diff(np.r_[False, marks, False].astype(int)))
    for number, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        label = "labelled" if number == 0 else None
        span = (first + start - 0.5, first + end - 0.5)
        axes.axvspan(*span, color=GREY, alpha=0.25, linewidth=0, label=label)
