"""Rows of decoded examples: images as one picture, others as lines that change colour."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_ae.plotting._images import draw_rows
from keras_ae.plotting._lines import draw_lines
from keras_ae.plotting._windows import draw_windows


def draw_paths(
    rows: NDArray[np.float32],
    title: str,
    row_names: Sequence[str],
    step_names: Sequence[str],
    channels: Sequence[str] | None = None,
) -> Figure:
    """Draw paths through a latent space: a row of images, a panel of lines or one a channel each.

    Args:
        rows: Float32 array (rows, steps, height, width, 3) of images, (rows, steps, d) of vectors
            or (rows, steps, time, channels) of windows.
        title: String, above the picture.
        row_names: Sequence of strings, one a row; or empty.
        step_names: Sequence of strings, one a step.
        channels: Sequence of strings, the channels of windows; None for images and vectors.
    """
    if rows.ndim == 5:
        return draw_rows(list(rows), title, row_names, step_names)
    steps = rows.shape[1]
    # Light to dark is an order that everyone sees. Yellow, at the end, is hard to see on white.
    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.85, steps))
    named = {0, steps // 2, steps - 1}
    curves, styles = {}, {}
    for step, name in enumerate(step_names):
        # matplotlib's legend leaves out what starts with an underscore.
        label = name if step in named else f"_{step}"
        curves[label] = rows[:, step]
        styles[label] = {"color": colours[step], "marker": ""}
    if channels is not None:
        return draw_windows(curves, styles, title, len(rows), channels, row_names)
    return draw_lines(curves, styles, title, columns=3, names=row_names)
