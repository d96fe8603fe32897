"""How the columns of a table go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae import _arrays, _checks
from keras_ae.plotting._cells import cut
from keras_ae.plotting._figure import TEXT, WIDTH, new_figure

_LEAST_WIDTH = 4.6  # inches: three such pictures stand side by side on a page
_CELL, _BESIDE = 0.3, 1.9  # inches: of a column in a wide picture, and what stands beside it
_MAX_WRITTEN = 9  # columns whose associations are written into the cells
# Of text on light and on dark cells. No greys: they would change places on a dark page, where the
# cells keep their colours.
_ON_LIGHT, _ON_DARK, _MISSING = "#0d0d2b", "#fffff0", "#9a9aa8"
_DARK_FROM = 0.6


def association_heatmap(
    associations: Any, names: Sequence[str] | None = None, title: str = "Associations"
) -> Figure:
    """Draw a matrix of correlations or other associations, or the difference of two.

    The colours go from -1 to 1 whatever the matrix holds, so that pictures compare. Of up to nine
    columns the numbers are written into the cells. NaN, an association that isn't defined, is
    grey.

    Args:
        associations: Array of shape (columns, columns) of numbers from -1 to 1, or to 2 for a
            difference: `keras_ae.evaluation.association_matrix(x)`.
        names: Sequence of strings, the columns' names; None for numbers.
        title: String, above the matrix.

    Returns:
        A `matplotlib.figure.Figure`; its axes are the matrix and the scale of colours.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `associations` has another shape or larger numbers, or there are more or fewer
            names than columns.

    Example:
        >>> figure = association_heatmap([[1.0, -0.5], [-0.5, 1.0]], ["age", "income"])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['1.00', '-0.50', '-0.50', '1.00']
    """
    values = _arrays.numbers("associations", associations).astype("float64")
    expected = "a square matrix of numbers from -1 to 1, or -2 to 2 for a difference"
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not values.size:
        raise ValueError(f"`associations` must be {expected}. Received: shape={values.shape}")
    if np.nanmax(np.abs(values), initial=0.0) > 2.0:
        largest = f"{np.nanmax(np.abs(values)):.4g} among them"
        raise ValueError(f"`associations` must be {expected}. Received: {largest}")
    columns = len(values)
    called = [str(place) for place in range(columns)]
    if names is not None:
        expected = f"a sequence of {columns} strings, one a column"
        called = [_checks.text("names", each) for each in _checks.items("names", names, expected)]
        if len(called) != columns:
            raise ValueError(f"`names` must be {expected}. Received: {len(called)} names")
    _checks.instance("title", title, str, "a string")

    width = float(np.clip(_CELL * columns + _BESIDE, _LEAST_WIDTH, WIDTH))
    figure = new_figure(width, width - 0.5)
    axes = figure.subplots()
    axes.set_facecolor(_MISSING)
    image = axes.imshow(values, cmap="RdBu_r", vmin=-1.0, vmax=1.0)
    if columns <= _MAX_WRITTEN:
        for row, column in np.ndindex(columns, columns):
            value = values[row, column]
            if not np.isnan(value):
                colour = _ON_DARK if abs(value) > _DARK_FROM else _ON_LIGHT
                size = min(TEXT - 1, 80 / (columns + 1))
                options: dict[str, Any] = {
                    "ha": "center",
                    "va": "center",
                    "color": colour,
                    "fontsize": size,
                }
                axes.text(column, row, f"{value:.2f}".replace("-0.00", "0.00"), **options)
    short = [cut(name) for name in called]
    axes.set_xticks(np.arange(columns), short, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(np.arange(columns), short)
    axes.tick_params(length=0, labelsize=TEXT - 1 if columns <= 20 else TEXT - 3)
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=30, ticks=[-1, -0.5, 0, 0.5, 1])
    bar.ax.tick_params(labelsize=TEXT - 2)
    bar.outline.set_visible(False)
    figure.suptitle(title, fontsize=TEXT + 1, x=0.01, ha="left")
    return figure
