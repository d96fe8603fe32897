"""How much of each column of a table is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae import _checks
from keras_ae.plotting._cells import cut
from keras_ae.plotting._figure import BLUE, ORANGE, TEXT, new_figure, tidy

_MAX_BARS = 30
_WIDTH = 4.6  # inches
_MAX_NAME_CHARACTERS = 24


def missing_bars(real: Any, generated: Any = None, title: str = "Missing cells") -> Figure:
    """Draw the share of missing cells of each column, the largest first.

    Columns without a missing cell are counted below the bars.

    Args:
        real: Dictionary from a column's name to its share of missing cells, 0 to 1, or a pandas
            Series: `frame.isna().mean()`.
        generated: The same of generated rows, of the same columns; None to draw the real ones
            alone.
        title: String, above the bars.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        TypeError: `real` or `generated` is no dictionary of numbers.
        ValueError: It is empty, a number is no share, or the columns differ.

    Example:
        >>> figure = missing_bars({"age": 0.05, "income": 0.3, "country": 0.0})
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['income', 'age']
        >>> figure.axes[0].get_xlabel().splitlines()
        ['missing, %', '1 column has no missing cell']
    """
    groups = {"real": _shares("real", real)}
    if generated is not None:
        groups["generated"] = _shares("generated", generated)
        if groups["generated"].keys() != groups["real"].keys():
            raise ValueError(
                "`generated` must have the columns of `real`, "
                f"{_checks.shown(list(groups['real']))}. "
                f"Received: {_checks.shown(list(groups['generated']))}"
            )
    _checks.instance("title", title, str, "a string")
    largest = {name: max(shares[name] for shares in groups.values()) for name in groups["real"]}
    ordered = sorted(largest, key=lambda name: -largest[name])
    gaps = [name for name in ordered if largest[name] > 0]
    shown = gaps[:_MAX_BARS] or ordered[:1]

    figure = new_figure(_WIDTH, 1.6 + 0.32 * len(shown))
    axes = figure.subplots()
    height = 0.8 / len(groups)
    for place, (name, colour) in enumerate(zip(groups, (BLUE, ORANGE), strict=False)):
        heights = [100 * groups[name][each] for each in shown]
        at = np.arange(len(shown)) + (place - (len(groups) - 1) / 2) * height
        bars = axes.barh(at, heights, height, color=colour, label=name)
        axes.bar_label(bars, [f"{each:.3g}" for each in heights], padding=3, fontsize=TEXT - 2)
    tidy(axes)
    axes.grid(visible=False, axis="y")
    axes.set_yticks(np.arange(len(shown)), [cut(each, _MAX_NAME_CHARACTERS) for each in shown])
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(0, min(100.0, max(1.0, 112 * largest[shown[0]])))
    axes.set_xlabel(f"missing, %{_others(gaps, len(ordered))}", fontsize=TEXT)
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    if len(groups) > 1:
        figure.legend(loc="outside lower left", ncols=2, fontsize=TEXT, frameon=False)
    return figure


def _shares(name: str, value: Any) -> dict[str, float]:
    expected = "a dictionary from columns to their shares of missing cells, or a pandas Series"
    if not hasattr(value, "items") or hasattr(value, "columns"):
        raise TypeError(f"`{name}` must be {expected}. Received: {name}={_checks.shown(value)}")
    found = {
        str(column): float(_checks.number(name, share, minimum=0, maximum=1))
        for column, share in value.items()
    }
    if not found:
        raise ValueError(f"`{name}` must be {expected}. Received: no columns")
    return found


def _others(gaps: list[str], columns: int) -> str:
    """Return what is said of the columns without a bar."""
    told = []
    more = len(gaps) - _MAX_BARS
    if more > 0:
        told.append(f"{more:,} more {'columns have' if more > 1 else 'column has'} gaps")
    none = columns - len(gaps)
    if none:
        told.append(f"{none:,} {'columns have' if none > 1 else 'column has'} no missing cell")
    return "".join(f"\n{each}" for each in told)
