"""What a model makes of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from keras_ae import _checks
from keras_ae.plotting._figure import BLUE, GREY, ORANGE
from keras_ae.plotting._images import draw_rows
from keras_ae.plotting._lines import draw_lines
from keras_ae.plotting._values import images_or_vectors, one_per_example
from keras_ae.plotting._windows import channel_names, draw_windows

_STYLES = {
    "original": {"color": BLUE},
    "corrupted": {"color": GREY, "linestyle": "", "marker": "x"},
    "reconstruction": {"color": ORANGE, "linestyle": "--"},
}


def reconstructions(
    x: Any,
    reconstruction: Any,
    n: int = 10,
    labels: Any = None,
    corrupted: Any = None,
    title: str = "Reconstructions",
    channels: Sequence[str] | None = None,
) -> Figure:
    """Draw examples and their reconstructions: images one above the other, others as two lines.

    Images are shown in [0, 1]; values outside are clipped, and the figure says so. uint8 images
    are divided by 255.

    Args:
        x: Array of images (n, height, width) or (n, height, width, channels), grey or RGB; or
            of vectors (n, d); or, with `channels`, of windows (n, time, channels).
        reconstruction: Array of x's shape, what the model made of each example.
        n: Integer >= 1, how many examples to draw: the first ones, at most all.
        labels: Sequence of one name or number an example, written above it; or None.
        corrupted: Array of x's shape, what the model was given (a denoising model); or None.
        title: String, above the picture.
        channels: Sequence of strings, the names of the channels of windows of a series; None for
            images and vectors.

    Returns:
        A `matplotlib.figure.Figure`: for images one picture, with the rows original, corrupted (if
        given) and reconstruction; for vectors a panel for each example, for windows a column of
        panels, one a channel.

    Raises:
        TypeError: an argument does not hold numbers, or `n` is not an integer.
        ValueError: shapes do not fit, values are not finite, or `n` is not positive.

    Example:
        >>> import numpy as np
        >>> x = np.random.default_rng(0).uniform(size=(4, 28, 28, 1))
        >>> figure = reconstructions(x, 0.5 * x, labels=[7, 2, 1, 0])
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['original', 'reconstruction']
    """
    n = _checks.integer("n", n, minimum=1)
    given = {"original": ("x", x)}
    if corrupted is not None:
        given["corrupted"] = ("corrupted", corrupted)
    given["reconstruction"] = ("reconstruction", reconstruction)
    series = channel_names(channels)
    rows = {row: images_or_vectors(name, value, series) for row, (name, value) in given.items()}
    shape = rows["original"].shape
    for row, (name, _) in given.items():
        if rows[row].shape != shape:
            raise ValueError(
                f"`{name}` must have the shape of `x`. Received: {name} of shape "
                f"{rows[row].shape}, x of shape {shape}"
            )
    names: list[str] = []
    if labels is not None:
        names = [str(label) for label in one_per_example("labels", labels, shape[0])[:n]]
    shown = {row: values[:n] for row, values in rows.items()}
    if series is not None:
        return draw_windows(shown, _STYLES, title, n, series, names)
    if len(shape) == 2:
        return draw_lines(shown, _STYLES, title, columns=5, names=names)
    return draw_rows(list(shown.values()), title, row_names=list(shown), column_names=names)
