"""What a model makes up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from keras_ae import _checks
from keras_ae.plotting._figure import BLUE
from keras_ae.plotting._images import draw_rows
from keras_ae.plotting._lines import draw_lines
from keras_ae.plotting._values import images_or_vectors
from keras_ae.plotting._windows import channel_names, draw_windows


def samples(
    images: Any,
    columns: int = 8,
    title: str = "Samples",
    channels: Sequence[str] | None = None,
) -> Figure:
    """Draw generated examples in a grid, row by row: images as they are, others as lines.

    Images are shown in [0, 1]; values outside are clipped, and the figure says so. uint8 images
    are divided by 255. Interpolations fit too: a path a row, with `columns` the steps of a path.

    Args:
        images: Array of images (n, height, width) or (n, height, width, channels), grey or RGB;
            or of vectors (n, d); or, with `channels`, of windows (n, time, channels).
        columns: Integer >= 1, the examples in a row.
        title: String, above the picture.
        channels: Sequence of strings, the names of the channels of windows of a series; None for
            images and vectors.

    Returns:
        A `matplotlib.figure.Figure`: for images one picture, for vectors a panel for each, for
        windows a column of panels, one a channel.

    Raises:
        TypeError: `images` does not hold numbers, or `columns` is not an integer.
        ValueError: `images` has another shape or is not finite, or `columns` is not positive.

    Example:
        >>> import numpy as np
        >>> figure = samples(np.random.default_rng(0).uniform(size=(16, 28, 28)), columns=4)
        >>> figure.axes[0].get_title(loc="left")
        'Samples'
    """
    columns = _checks.integer("columns", columns, minimum=1)
    series = channel_names(channels)
    values = images_or_vectors("images", images, series)
    if series is not None:
        styles = {"sample": {"color": BLUE}}
        return draw_windows({"sample": values}, styles, title, columns, series)
    if values.ndim == 2:
        return draw_lines({"sample": values}, {"sample": {"color": BLUE}}, title, columns)
    return draw_rows(
        [values[start : start + columns] for start in range(0, len(values), columns)], title
    )
