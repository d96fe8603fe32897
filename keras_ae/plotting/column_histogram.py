"""What a column of a table holds, and what a model makes up for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from keras_ae import _checks
from keras_ae.plotting._cells import (
    CATEGORY,
    DATE,
    SORTS,
    PlottedCells,
    cut,
    plotted_cells,
    sort_of,
    word,
)
from keras_ae.plotting._figure import BLUE, ORANGE, TEXT, new_figure, tidy

Values = NDArray[np.float64]

_SIZE = (4.6, 3.2)  # inches: three such pictures stand side by side on a page
_MAX_TITLE_CHARACTERS = 44  # that fit above it
_FEWEST_BINS, _MOST_BINS = 10, 40
_BINS_A_ROOT = 1.5  # for each square root of a group's cells
_MAX_BARS = 10  # categories; the others are pooled
_REACH = 3.0  # how far an axis goes beyond the middle 98 %, in widths of those
_SKEW = 1.0  # from where on positive numbers are drawn on a logarithmic axis
_LEAST_RATIO = 10.0  # of the ends of a logarithmic axis
_GROWTH = 0.25  # of the bins of counts on one, in shares of the count
_STYLES = {"real": (BLUE, "-"), "generated": (ORANGE, "--")}


def column_histogram(
    real: Any,
    generated: Any = None,
    kind: str | None = None,
    order: Sequence[Any] | None = None,
    title: str = "Column",
) -> Figure:
    """Draw how a column's cells are distributed, generated ones beside the real ones.

    Numbers are a histogram in their own units: on a logarithmic axis if they are positive or
    counts, and skewed. Dates are one on an axis of dates. A few cells far out are put into the
    bins at the ends, and the axis says so. Categories are bars of shares: the most frequent ones
    of the real cells, and all others as one. Real and generated cells each add up to 100 %.

    Args:
        real: Sequence of the column's cells: numbers, dates, or categories; None, NaN and alike
            where they are missing.
        generated: Sequence of generated ones, of any length; None to draw the real ones alone.
        kind: String: numeric, positive, count, datetime, binary, categorical or ordinal, as
            `TableColumn.kind`; None for numeric, datetime or categorical, as the cells are.
        order: Sequence of categories in the order in which to draw them; None for the most
            frequent first.
        title: String, above the histogram: the column's name.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A column is empty, all of it is missing, or its cells aren't of the kind.

    Example:
        >>> figure = column_histogram(["a", "b", "a", None], ["b", "b"], title="letter")
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['real (4, 25.0% missing)', 'generated (2)']
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['a', 'b']
    """
    if kind is not None:
        _checks.choice("kind", kind, SORTS)
    sort = SORTS[kind] if kind is not None else sort_of("real", real)
    given = {"real": real} if generated is None else {"real": real, "generated": generated}
    groups = {name: plotted_cells(name, data, sort) for name, data in given.items()}
    for name, group in groups.items():
        if not len(group.values):
            raise ValueError(
                f"`{name}` must have a cell that isn't missing. Received: {group.words}"
            )
    if order is not None:
        order = _checks.items("order", order, "a sequence of categories")
    _checks.instance("title", title, str, "a string")
    figure = new_figure(*_SIZE)
    axes = figure.subplots()
    tidy(axes)
    if sort == CATEGORY:
        _draw_bars(axes, groups, order)
    else:
        _draw_bins(axes, groups, sort, kind)
    figure.suptitle(cut(title, _MAX_TITLE_CHARACTERS), fontsize=TEXT + 1, x=0.01, ha="left")
    figure.legend(loc="outside lower left", ncols=2, fontsize=TEXT - 1, frameon=False)
    return figure


def _draw_bars(axes: Axes, groups: dict[str, PlottedCells], order: Sequence[Any] | None) -> None:
    counts = [Counter(group.values.tolist()) for group in groups.values()]
    frequent = [name for name, _ in counts[0].most_common()]
    frequent += sorted(set().union(*counts) - set(frequent))  # generated ones alone
    if len(frequent) > _MAX_BARS:
        frequent, rest = frequent[: _MAX_BARS - 1], frequent[_MAX_BARS - 1 :]
    else:
        rest = []
    if order is not None:
        places = {word(name): place for place, name in enumerate(order)}
        frequent.sort(key=lambda name: places.get(name, len(places)))
    names = [cut(name) for name in frequent] + [f"{len(rest):,} others"] * bool(rest)
    height = 0.8 / len(groups)
    for place, (which, group) in enumerate(groups.items()):
        count = counts[place]
        shares = [count[name] for name in frequent]
        shares += [sum(count[name] for name in rest)] * bool(rest)
        axes.barh(
            np.arange(len(names)) + (place - (len(groups) - 1) / 2) * height,
            100 * np.array(shares) / len(group.values),
            height,
            color=_STYLES[which][0],
            label=f"{which} ({group.words})",
        )
    axes.set_yticks(np.arange(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("share, %", fontsize=TEXT)


def _draw_bins(axes: Axes, groups: dict[str, PlottedCells], sort: str, kind: str | None) -> None:
    values = {name: _as_numbers(group.values, sort) for name, group in groups.items()}
    together = np.concatenate(list(values.values()))
    is_logarithmic = kind in ("positive", "count") and _suits_logarithm(values["real"])
    low, high = _span(together, is_logarithmic)
    fewest = min(map(len, values.values()))
    bins = int(np.clip(_BINS_A_ROOT * np.sqrt(fewest), _FEWEST_BINS, _MOST_BINS))
    inside = together[(together >= low) & (together <= high)]
    edges = _edges(inside, low, high, bins, is_logarithmic)
    for name, each in values.items():
        colour, line = _STYLES[name]
        weights = np.full(len(each), 100 / len(each))
        heights, _ = np.histogram(each.clip(edges[0], edges[-1]), edges, weights=weights)
        if name == "real":
            axes.stairs(heights, edges, fill=True, color=colour, alpha=0.3)
        label = f"{name} ({groups[name].words})"
        axes.stairs(heights, edges, color=colour, linestyle=line, linewidth=1.5, label=label)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("share, %", fontsize=TEXT)
    beyond = int(((together < low) | (together > high)).sum())
    if beyond:
        words = (
            "cells beyond are in the end bins" if beyond > 1 else "cell beyond is in an end bin"
        )
        axes.set_xlabel(f"{beyond:,} {words}", fontsize=TEXT - 2)
    if sort == DATE:
        drawn: Any = dates  # whose functions have no types
        locator = drawn.AutoDateLocator(minticks=3, maxticks=6)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(drawn.ConciseDateFormatter(locator))
    else:
        _set_number_axis(axes, edges, is_logarithmic)
    axes.set_xlim(edges[0], edges[-1])


def _as_numbers(values: Any, sort: str) -> Values:
    drawn: Any = dates
    found: Values = drawn.date2num(values) if sort == DATE else values
    return found


def _suits_logarithm(real: Values) -> bool:
    """Whether numbers >= 0 are skewed and of several sizes."""
    centred = real - real.mean()
    deviation = real.std()
    if real.min() < 0 or deviation == 0 or float(np.mean((centred / deviation) ** 3)) <= _SKEW:
        return False
    return bool(real.max() >= _LEAST_RATIO * max(real.min(), 1.0 if real.min() == 0 else 0.0))


def _span(values: Values, is_logarithmic: bool) -> tuple[float, float]:
    """Return the ends of the axis: of all values, or of most where a few lie far out."""
    if is_logarithmic:
        shift = 0.0 if values.min() > 0 else 1.0
        low, high = np.exp(_span(np.log(values + shift), False)) - shift
        # An exponential of a logarithm may be a rounding error off the smallest and the largest.
        return float(max(low, values.min())), float(min(high, values.max()))
    first, last = np.quantile(values, [0.01, 0.99])
    reach = _REACH * (last - first) if last > first else np.inf
    low, high = max(values.min(), first - reach), min(values.max(), last + reach)
    return float(low), float(max(high, low))


def _edges(inside: Values, low: float, high: float, bins: int, is_logarithmic: bool) -> Values:
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    if bool((inside == np.rint(inside)).all()):
        if is_logarithmic and high - low > _MOST_BINS:
            found = [low]
            while found[-1] <= high:
                found.append(found[-1] + max(1.0, round(_GROWTH * found[-1])))
            return np.array(found) - 0.5
        width = max(1, round((high - low + 1) / bins))
        return np.arange(low, high + width + 1, width) - 0.5
    if is_logarithmic and low > 0:
        edges: Values = np.geomspace(low, high, bins + 1)
        return edges
    return np.linspace(low, high, bins + 1)


def _set_number_axis(axes: Axes, edges: Values, is_logarithmic: bool) -> None:
    if not is_logarithmic:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(_number))
        return
    if edges[0] > 0:
        axes.set_xscale("log")
        decades = np.log10(edges[-1] / edges[0])
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0,) if decades > 3 else (1.0, 3.0)))
    else:
        axes.set_xscale("symlog", linthresh=1.0)
        between = (1, 3) if edges[-1] < 1000 else (1,)
        ticks = [0.0, *(one * 10.0**power for power in range(16) for one in between)]
        axes.set_xticks([tick for tick in ticks if tick <= edges[-1]])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_number))


def _number(value: float, place: int | None = None) -> str:
    """Return a tick's label: without the formulas of matplotlib's own, which aren't drawn."""
    del place
    return f"{value:,.10g}" if 1e-4 <= abs(value) < 1e7 or not value else f"{value:g}"
