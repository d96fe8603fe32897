"""The look that all figures share: size, colours, type."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

WIDTH = 9.0  # inches: with DPI, sharp on a high-resolution screen at the width of a README
DPI = 150
TEXT = 11  # points

# Okabe and Ito, 2008: told apart with every common colour vision deficiency, also in grey.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"

# Petroff, 2021 (arXiv:2107.02270): ten classes, chosen for the same purpose.
CLASS_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)


class _Figure(Figure):
    def draw(self, renderer: Any) -> None:
        # Labels and titles are the user's words: a "$" among them begins no formula.
        for text in self.findobj(Text):
            text.set_parse_math(False)
        super().draw(renderer)

    def _repr_png_(self) -> bytes:
        # Without pyplot nothing tells IPython how to show a figure.
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def new_figure(width: float, height: float, layout: Any = "constrained") -> Figure:
    """Return an empty white figure of `width` x `height` inches that renders without a display."""
    figure = _Figure(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def tidy(axes: Axes) -> None:
    """Give `axes` a light grid behind the data, no box around it, and readable numbers."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=TEXT - 1)
