"""Vectors as small line plots, one panel an example."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from keras_ae.plotting._figure import TEXT, WIDTH, new_figure, tidy


def draw_lines(
    curves: Mapping[str, NDArray[np.float32]],
    styles: Mapping[str, Mapping[str, Any]],
    title: str,
    columns: int,
    names: Sequence[str] = (),
) -> Figure:
    """Draw a panel an example with a line for each of `curves`; all panels share their axes.

    Args:
        curves: Dictionary from a curve's name, for the legend, to its values, (n, d).
        styles: Dictionary from a curve's name to matplotlib's line properties.
        title: String, above the panels.
        columns: Integer, the panels in a row.
        names: Sequence of n strings, above the panels; or empty.

    Returns:
        The figure; its axes are the panels, row by row.
    """
    examples, features = next(iter(curves.values())).shape
    columns = min(columns, examples)
    rows = math.ceil(examples / columns)
    figure = new_figure(max(4.0, WIDTH * min(1.0, columns / 4)), 1.1 + 1.4 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    marker = "o" if features <= 30 else ""
    for index, axes in enumerate(panels[:examples]):
        for name, values in curves.items():
            options = {"marker": marker, "markersize": 3, "linewidth": 1.4, **styles[name]}
            axes.plot(np.arange(1, features + 1), values[index], label=name, **options)
        tidy(axes)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        if len(names):
            axes.set_title(names[index], fontsize=TEXT)
        axes.tick_params(labelbottom=index + columns >= examples)
    for axes in panels[examples:]:
        axes.remove()
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    figure.supxlabel("feature", fontsize=TEXT)
    figure.supylabel("value", fontsize=TEXT)
    if len(curves) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside upper right",
            ncols=len(curves),
            fontsize=TEXT,
            frameon=False,
        )
    return figure
