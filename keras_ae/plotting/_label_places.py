"""Room for labels: each near its point, none on top of another."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

_MAX_ROUNDS = 1000
_GAP_DOTS = 8.0  # between two labels


def separate(texts: list[Text], axes: Axes) -> None:
    """Move the texts of `axes` apart, as little as it takes; a thin line leads to the old place.

    Args:
        texts: List of `matplotlib.text.Text` in data coordinates, centred at their points.
        axes: The `Axes` that they are in, with everything else drawn and its size final.
    """
    if not texts:
        return
    figure: Any = axes.get_figure()
    figure.draw_without_rendering()  # settles the layout, and with it what a data unit is in dots
    to_dots = axes.transData
    anchors = to_dots.transform([text.get_position() for text in texts])
    boxes = [text.get_window_extent() for text in texts]
    sizes = np.array([(box.width, box.height) for box in boxes]) + _GAP_DOTS
    frame = axes.get_window_extent()
    places = free_places(anchors, sizes, (frame.x0, frame.y0), (frame.x1, frame.y1))
    for text, anchor, place, size in zip(texts, anchors, places, sizes, strict=True):
        if np.allclose(anchor, place):
            continue
        x, y = to_dots.inverted().transform(place)
        text.set_position((float(x), float(y)))
        if (np.abs(place - anchor) > size / 2).any():
            ends = to_dots.inverted().transform([anchor, place])
            line = Line2D(*ends.T, color="0.2", linewidth=1, zorder=text.get_zorder() - 0.5)
            axes.add_artist(line)  # unlike plot and add_line, it leaves the limits as they are


def free_places(
    anchors: NDArray[np.float64],
    sizes: NDArray[np.float64],
    low: tuple[float, float],
    high: tuple[float, float],
) -> NDArray[np.float64]:
    """Return centres for boxes near `anchors`, so that none overlaps another and all are inside.

    In turn, two boxes that overlap each give way by half of the overlap, along the axis where it
    is smaller.

    Args:
        anchors: Array of shape (boxes, 2), the centres that are wanted.
        sizes: Array of shape (boxes, 2), widths and heights.
        low: The least coordinates of the frame.
        high: The greatest coordinates of the frame, which has room for all boxes.

    Example:
        >>> anchors, sizes = np.array([[5.0, 5.0], [5.0, 6.0]]), np.full((2, 2), 4.0)
        >>> free_places(anchors, sizes, (0, 0), (20, 20)).round(3).tolist()
        [[5.0, 3.5], [5.0, 7.5]]
    """
    least, most = np.array(low) + sizes / 2, np.array(high) - sizes / 2
    places = np.clip(np.array(anchors, "float64"), least, np.maximum(least, most))
    for _ in range(_MAX_ROUNDS):
        free = True
        for one in range(len(places)):
            for other in range(one):
                apart = places[one] - places[other]
                overlap = (sizes[one] + sizes[other]) / 2 - np.abs(apart)
                if (overlap <= 1e-9).any():
                    continue
                free = False
                axis = int(np.argmin(overlap))
                push = overlap[axis] / 2 * (1.0 if apart[axis] >= 0 else -1.0)
                places[one, axis] += push
                places[other, axis] -= push
        places = np.clip(places, least, np.maximum(least, most))
        if free:
            break
    return places
