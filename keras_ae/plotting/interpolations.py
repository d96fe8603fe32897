"""What lies between examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from keras_ae.plotting._rows import draw_paths
from keras_ae.plotting._values import one_per_example, rows_of_examples
from keras_ae.plotting._windows import channel_names


def interpolations(
    paths: Any,
    labels: Any = None,
    title: str = "Interpolations",
    channels: Sequence[str] | None = None,
) -> Figure:
    """Draw the ways from one example to another through the latent space, a row each.

    Above the columns stands how much of the way is done, from 0% to 100%. Images are shown in
    [0, 1]; values outside are clipped, and the figure says so. uint8 images are divided by 255.

    Args:
        paths: Array of images (pairs, steps, height, width) or (pairs, steps, height, width,
            channels), or of vectors (pairs, steps, d): what `model.interpolate` returns; or, with
            `channels`, of windows (pairs, steps, time, channels).
        labels: Sequence of one name a pair, at the left of its row; or None.
        title: String, above the picture.
        channels: Sequence of strings, the names of the channels of windows of a series; None for
            images and vectors.

    Returns:
        A `matplotlib.figure.Figure`: for images one picture, for vectors a panel a pair whose
        lines go from dark to light, for windows a column of them, one a channel.

    Raises:
        TypeError: `paths` does not hold numbers.
        ValueError: `paths` has another shape, fewer than 2 steps or values that aren't finite, or
            `labels` has another length.

    Example:
        >>> import numpy as np
        >>> paths = np.random.default_rng(0).uniform(size=(3, 5, 28, 28, 1))
        >>> figure = interpolations(paths)
        >>> [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
        ['0%', '25%', '50%', '75%', '100%']
    """
    series = channel_names(channels)
    rows = rows_of_examples("paths", paths, "pairs", series)
    pairs, steps = rows.shape[:2]
    if steps < 2:
        raise ValueError(f"`paths` must have at least 2 steps. Received: shape={rows.shape}")
    marks = () if labels is None else one_per_example("labels", labels, pairs)
    shares = [f"{step / (steps - 1):.0%}" for step in range(steps)]
    return draw_paths(rows, title, [str(mark) for mark in marks], shares, series)
