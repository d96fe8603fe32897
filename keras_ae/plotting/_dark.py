"""The same figure for light pages and for dark ones."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

# What white and black become: a page that is nearly black, and text that is nearly white.
PAPER, INK = "#16181d", "#e8e8ea"
_MAX_CHANNEL_DIFFERENCE = 0.02  # how much the channels of a grey may differ


def png(figure: Figure) -> bytes:
    """Return the figure as a PNG file."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi="figure")
    return content.getvalue()


def darkened(figure: Figure) -> Figure:
    """Return a copy of a figure whose white is nearly black and whose black is nearly white.

    Greys change places by their lightness. Colours, which stand for data, stay as they are, and
    so do images.
    """
    copy: Figure = pickle.loads(pickle.dumps(figure))
    if copy.canvas.manager is not None:  # pyplot has the figure, and now has the copy too
        from matplotlib import pyplot

        pyplot.close(copy)
    copy.draw_without_rendering()  # makes the ticks, which exist only once they are drawn
    for artist in copy.findobj():
        if isinstance(artist, Text):
            artist.set_color(_dark(artist.get_color()))
            if artist.get_path_effects():  # a rim that lifts the text off what is behind it
                artist.set_path_effects([withStroke(linewidth=3, foreground=PAPER)])
        elif isinstance(artist, Line2D):
            _repaint_line(artist)
        elif isinstance(artist, Patch):
            artist.set_edgecolor(_dark(artist.get_edgecolor()))
            artist.set_facecolor(_dark(artist.get_facecolor()))
        elif isinstance(artist, Collection) and artist.get_array() is None:
            artist.set_facecolor(_dark_each(artist.get_facecolor()))
            artist.set_edgecolor(_dark_each(artist.get_edgecolor()))
    return copy


def _repaint_line(line: Line2D) -> None:
    colours = [line.get_color(), line.get_markerfacecolor(), line.get_markeredgecolor()]
    line.set_color(_dark(colours[0]))
    line.set_markerfacecolor(_dark(colours[1]))
    line.set_markeredgecolor(_dark(colours[2]))


def _dark(colour: Any) -> Any:
    if isinstance(colour, str) and colour.lower() in ("none", "auto"):
        return colour
    red, green, blue, alpha = to_rgba(colour)
    if not alpha:
        return "none"  # a colour would take the alpha of the whole artist
    if max(red, green, blue) - min(red, green, blue) > _MAX_CHANNEL_DIFFERENCE:
        return colour
    paper, ink = np.array(to_rgba(PAPER)), np.array(to_rgba(INK))
    mixed = red * paper + (1 - red) * ink
    return (*(float(channel) for channel in mixed[:3]), alpha)


def _dark_each(colours: Any) -> list[Any]:
    return [_dark(tuple(colour)) for colour in colours]
