"""Rows of images as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_ae.plotting._figure import DPI, TEXT, WIDTH, new_figure

Pixels = NDArray[np.float32]

_LARGEST_CELL = 1.1  # inches; images of more pixels than fit may take more
_SMALLEST_WIDTH = 4.0  # inches, room for the title


def draw_rows(
    rows: Sequence[Pixels],
    title: str,
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
) -> Figure:
    """Draw rows of images, each pixel a whole number of dots where there is room for that.

    Values outside [0, 1] are clipped, and the figure says so.

    Args:
        rows: Sequence of float32 arrays (n, height, width, 3), the images of a row each; a row may
            be shorter than the first one.
        title: String, above the picture.
        row_names: Sequence of strings, at the left of the rows; or empty.
        column_names: Sequence of strings, above the columns; or empty.

    Returns:
        The figure; its only axes hold the picture.
    """
    columns, height, width = rows[0].shape[:3]
    gap = max(1, round(max(height, width) / 14))
    picture = _mosaic(rows, gap)
    outside = any(row.min() < -1e-3 or row.max() > 1 + 1e-3 for row in rows)

    left = 0.3 + 0.07 * max(map(len, row_names)) if row_names else 0.1
    top = 0.62 if column_names else 0.4
    bottom = 0.35 if outside else 0.1
    cell = min(max(_LARGEST_CELL, width / DPI), (WIDTH - left - 0.1) / columns)
    dots = cell * DPI / (width + gap)  # for a pixel
    if dots >= 1:
        dots = int(dots + 0.3)
    picture_width, picture_height = (
        dots * size / DPI for size in (picture.shape[1], len(picture))
    )
    figure_width = max(left + picture_width + 0.1, _SMALLEST_WIDTH)
    figure_height = top + picture_height + bottom

    figure = new_figure(figure_width, figure_height, layout=None)
    axes = figure.add_axes(
        (
            left / figure_width,
            bottom / figure_height,
            picture_width / figure_width,
            picture_height / figure_height,
        )
    )
    axes.imshow(picture.clip(0, 1), interpolation="nearest" if dots >= 1 else "antialiased")
    axes.spines[:].set_visible(False)
    rows_at = [(height + gap) * index + (height - 1) / 2 for index in range(len(row_names))]
    columns_at = [(width + gap) * index + (width - 1) / 2 for index in range(len(column_names))]
    axes.set_yticks(rows_at, row_names, fontsize=TEXT)
    narrow = 72 * width * dots / DPI / (0.65 * max(map(len, column_names), default=1))
    axes.set_xticks(columns_at, column_names, fontsize=min(TEXT, narrow))
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set_title(title, fontsize=TEXT + 2, loc="left")
    if outside:
        axes.set_xlabel("values outside [0, 1] are clipped", fontsize=TEXT - 2, loc="left")
    return figure


def _mosaic(rows: Sequence[Pixels], gap: int) -> Pixels:
    columns, height, width = rows[0].shape[:3]
    shape = (len(rows) * (height + gap) - gap, columns * (width + gap) - gap)
    # The gaps are transparent: they have the colour of the page that the figure is on.
    picture: Pixels = np.zeros((*shape, 4), np.float32)
    for row_index, row in enumerate(rows):
        for column_index, image in enumerate(row):
            y, x = row_index * (height + gap), column_index * (width + gap)
            picture[y : y + height, x : x + width, :3] = image
            picture[y : y + height, x : x + width, 3] = 1
    return picture
