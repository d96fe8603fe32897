"""How strange examples are, and from where on they count as anomalies."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from keras_ae import _checks
from keras_ae.plotting._figure import BLUE, ORANGE, TEXT, new_figure, tidy
from keras_ae.plotting._values import numbers, truth_values

_BINS = 50
# How far the axis goes beyond the middle 98 %, in widths of those; its last bin holds the rest.
_MAX_REACH = 3.0


def score_histogram(
    scores: Any,
    labels: Any = None,
    threshold: float | None = None,
    unit: str = "nats",
    title: str = "Anomaly scores",
) -> Figure:
    """Draw the distribution of anomaly scores, and from where on one is strange.

    Normal examples and anomalies each add up to 100 %, however few one of them are. A few extreme
    scores don't squeeze all others together: they are put into the last bin, and the axis says so.

    Args:
        scores: Array of shape (examples,), higher is stranger: `model.anomaly_score(x)`.
        labels: Sequence of one truth value an example, true or 1 for an anomaly; None where it
            isn't known.
        threshold: Number, drawn as a line with the share of scores above it; or None.
        unit: String, the scores' unit.
        title: String, above the histogram.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        TypeError: `scores` does not hold numbers, or `threshold` is not a number.
        ValueError: `scores` has another shape or values that aren't finite, `labels` has another
            length or values other than 0 and 1, or `threshold` is not finite.

    Example:
        >>> figure = score_histogram([1.0, 2.0, 2.0, 9.0], labels=[0, 0, 0, 1], threshold=4.0)
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['normal (3)', 'anomalies (1)', 'threshold 4 nats']
    """
    expected = "an array (examples,) of numbers"
    values = numbers("scores", scores, expected, ranks=(1,)).astype("float64")
    marks = None if labels is None else truth_values("labels", labels, len(values))
    if threshold is not None:
        threshold = _checks.number("threshold", threshold)
    groups = {"examples": values}
    if marks is not None:
        groups = {"normal": values[~marks], "anomalies": values[marks]}
    groups = {name: each for name, each in groups.items() if len(each)}

    figure = new_figure(6.5, 3.8)
    axes = figure.subplots()
    low, high = _span(values, threshold)
    edges = np.linspace(low, high, _BINS + 1)
    styles = {"anomalies": (ORANGE, "--")}
    for name, each in groups.items():
        colour, line = styles.get(name, (BLUE, "-"))
        weights = np.full(len(each), 100 / len(each))
        heights, _ = np.histogram(each.clip(low, high), edges, weights=weights)
        label = f"{name} ({len(each):,})"
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.3)
        axes.stairs(heights, edges, color=colour, linestyle=line, linewidth=1.6, label=label)
    tidy(axes)
    axes.set_xlim(low, high)
    axes.set_ylim(bottom=0)
    beyond = int((values > high).sum())
    more = f" (the last bin holds {beyond:,} beyond {high:.4g})" if beyond else ""
    axes.set_xlabel(f"score, {unit}{more}", fontsize=TEXT)
    axes.set_ylabel("share of examples, %", fontsize=TEXT)
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    if threshold is not None:
        _draw_threshold(axes, threshold, groups, f"threshold {threshold:.4g} {unit}")
    figure.legend(loc="outside lower left", ncols=3, fontsize=TEXT, frameon=False)
    return figure


def _span(values: NDArray[np.float64], threshold: float | None) -> tuple[float, float]:
    """Return the ends of the axis: of all scores, or of most where a few lie far out."""
    low, high = float(values.min()), float(values.max())
    first, last = np.quantile(values, [0.01, 0.99])
    high = min(high, max(float(last + _MAX_REACH * (last - first)), low))
    if threshold is not None:
        low, high = min(low, threshold), max(high, threshold)
    if low == high:
        return low - 0.5, high + 0.5
    room = 0.03 * (high - low)
    return low - room, high + room


def _draw_threshold(
    axes: Axes, threshold: float, groups: dict[str, NDArray[np.float64]], label: str
) -> None:
    axes.axvline(threshold, color="0.2", linestyle=":", linewidth=2, label=label)
    above = [
        f"{np.mean(each > threshold):.1%} of {name}"
        if len(groups) > 1
        else f"{np.mean(each > threshold):.1%}"
        for name, each in groups.items()
    ]
    axes.set_title(f"above the threshold: {', '.join(above)}", fontsize=TEXT, loc="left")
