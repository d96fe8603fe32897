"""How well scores tell anomalies from normal examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae import _checks, _extras
from keras_ae.plotting._figure import BLUE, CLASS_COLOURS, GREY, ORANGE, TEXT, new_figure, tidy
from keras_ae.plotting._values import numbers, truth_values

_COLOURS = (BLUE, ORANGE, *CLASS_COLOURS[2:])
_DASHES = ((1, 0), (4, 1.5), (6, 1.5, 1, 1.5), (1, 1.5))


def roc(
    scores: Any,
    labels: Any,
    threshold: float | None = None,
    title: str = "Receiver operating characteristic",
) -> Figure:
    """Draw how many anomalies are found against how many false alarms that takes.

    Each threshold of the score is a point: the share of normal examples above it to the right, the
    share of anomalies above it upwards. The area under the curve, AUROC, is the probability that
    an anomaly's score exceeds a normal example's.

    Args:
        scores: Array of shape (examples,), higher is stranger; or a dictionary from a name to such
            an array, for a curve each.
        labels: Sequence of one truth value an example, true or 1 for an anomaly; both occur.
        threshold: Number, the threshold in use, drawn as a point; with one curve only. Or None.
        title: String, above the curve.

    Returns:
        A `matplotlib.figure.Figure` whose legend tells the areas.

    Raises:
        TypeError: `scores` does not hold numbers, or `threshold` is not a number.
        ValueError: `scores` has another shape or values that aren't finite; `labels` has another
            length, values other than 0 and 1 or only one of them; or there is a `threshold` for
            several curves.

    Example:
        >>> figure = roc([1.0, 2.0, 3.0, 4.0], labels=[0, 1, 0, 1])
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['AUROC 0.750', 'chance 0.500']

    Reference:
        Fawcett, An introduction to ROC analysis, 2006.
    """
    _extras.require("sklearn")
    from sklearn.metrics import roc_auc_score, roc_curve

    several = isinstance(scores, Mapping)
    given = dict(scores) if several else {"": scores}
    if not given:
        raise ValueError("`scores` must have at least one entry. Received: scores={}")
    if threshold is not None:
        threshold = _checks.number("threshold", threshold)
        if len(given) > 1:
            raise ValueError(
                "`threshold` must be None for several curves. "
                f"Received: threshold={_checks.shown(threshold)}"
            )
    expected = "an array (examples,) of numbers, or a dictionary of such arrays"
    values = {name: numbers("scores", each, expected, (1,)) for name, each in given.items()}
    figure = new_figure(5.2, 5.2)
    axes = figure.subplots()
    for place, (name, each) in enumerate(values.items()):
        marks = truth_values("labels", labels, len(each))
        if marks.all() or not marks.any():
            raise ValueError(
                "`labels` must hold anomalies and normal examples. "
                f"Received: {int(marks.sum())} anomalies of {len(marks)} examples"
            )
        right, up, _ = roc_curve(marks, each, drop_intermediate=False)
        area = f"AUROC {roc_auc_score(marks, each):.3f}"
        label = f"{name}: {area}" if several else area
        (line,) = axes.plot(right, up, label=label, linewidth=2)
        line.set_color(_COLOURS[place % len(_COLOURS)])
        line.set_dashes(_DASHES[place % len(_DASHES)])
        if threshold is not None:
            false, found = np.mean(each[~marks] > threshold), np.mean(each[marks] > threshold)
            words = f"threshold {threshold:.4g}: {found:.1%} found, {false:.1%} false alarms"
            axes.plot([false], [found], "o", color=ORANGE, markersize=9, label=words)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="chance 0.500")
    tidy(axes)
    axes.set_aspect("equal")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel("false positive rate (share of normal examples)", fontsize=TEXT)
    axes.set_ylabel("true positive rate (share of anomalies)", fontsize=TEXT)
    axes.set_title(title, fontsize=TEXT + 2, loc="left")
    axes.legend(
        loc="lower right", fontsize=TEXT - 1, facecolor="white", edgecolor="none", framealpha=0.9
    )
    return figure
