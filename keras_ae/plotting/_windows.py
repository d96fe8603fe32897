"""Windows of a series as small line plots: a column of panels a window, a row a channel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from keras_ae import _checks
from keras_ae.plotting._cells import cut
from keras_ae.plotting._figure import TEXT, WIDTH, new_figure, tidy

_MAX_CHANNELS = 8
_WINDOWS_IN_A_ROW = 3  # so that a phone shows them large enough
_LEAST_WIDTH = 4.6  # inches
_PANEL_HEIGHT = 1.25  # inches


def channel_names(channels: Any) -> list[str] | None:
    """Return the names of a window's channels; None where the examples aren't windows."""
    if channels is None:
        return None
    expected = "a non-empty sequence of strings, one a channel, or None"
    names = [
        _checks.text("channels", each) for each in _checks.items("channels", channels, expected)
    ]
    if not names:
        raise ValueError(f"`channels` must be {expected}. Received: channels=[]")
    return names


def numbered_channels(example_shape: Sequence[int] | None) -> list[str] | None:
    """Return names of the channels of a model's windows; None where its examples are others.

    Example:
        >>> numbered_channels((64, 2)), numbered_channels((28, 28, 1))
        (['channel 0', 'channel 1'], None)
    """
    if example_shape is None or len(example_shape) != 2:
        return None
    return [f"channel {number}" for number in range(example_shape[1])]


def draw_windows(
    curves: Mapping[str, NDArray[np.float32]],
    styles: Mapping[str, Mapping[str, Any]],
    title: str,
    columns: int,
    channels: Sequence[str],
    names: Sequence[str] = (),
) -> Figure:
    """Draw a panel for each channel of each window; the panels of a channel share their axes.

    Args:
        curves: Dictionary from a curve's name, for the legend, to its windows of shape
            (n, time, channels).
        styles: Dictionary from a curve's name to matplotlib's line properties.
        title: String, above the panels.
        columns: Integer, the windows in a row, of which a picture has three at most.
        channels: Sequence of strings, the channels' names.
        names: Sequence of n strings, above the windows; or empty.

    Returns:
        The figure; its axes are the panels, row by row.
    """
    windows, _, count = next(iter(curves.values())).shape
    columns = min(columns, windows, _WINDOWS_IN_A_ROW)
    drawn = min(count, _MAX_CHANNELS)
    if drawn < count:
        title += f" (the first {drawn} of {count} channels)"
    blocks = math.ceil(windows / columns)
    width = max(_LEAST_WIDTH, WIDTH * columns / 4)
    figure = new_figure(width, 1.2 + _PANEL_HEIGHT * blocks * drawn)
    panels = figure.subplots(blocks * drawn, columns, sharex=True, squeeze=False)
    for window, channel in itertools.product(range(blocks * columns), range(drawn)):
        axes = panels[window // columns * drawn + channel, window % columns]
        if window >= windows:
            axes.remove()
            continue
        for name, values in curves.items():
            options = {"linewidth": 1.3, "markersize": 3, **styles[name]}
            axes.plot(values[window, :, channel], label=name, **options)
        tidy(axes)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(3))
        is_first, is_lowest = window % columns == 0, channel == drawn - 1
        axes.tick_params(labelleft=is_first, labelbottom=is_lowest and window + columns >= windows)
        if window:
            axes.sharey(panels[channel, 0])
        if is_first:
            axes.set_ylabel(cut(channels[channel]), fontsize=TEXT)
        if len(names) and not channel:
            axes.set_title(names[window], fontsize=TEXT)
    figure.align_ylabels(panels[:, 0])
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    figure.supxlabel("point of the window", fontsize=TEXT)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    if len(labels) > 1:
        options = {"loc": "outside upper right", "ncols": len(labels)}
        figure.legend(handles, labels, fontsize=TEXT, frameon=False, **options)
    return figure
