"""How training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from keras_ae import _checks
from keras_ae.plotting._figure import BLUE, ORANGE, TEXT, WIDTH, new_figure, tidy

_PANELS = {
    "loss": "loss",
    "nll": "nll (negative log-likelihood)",
    "kl": "kl (divergence from the prior)",
}


def training_curves(
    history: Mapping[str, Sequence[float]],
    title: str = "Training curves",
    penalties: Sequence[str] = ("kl",),
) -> Figure:
    """Draw loss, nll and penalties over the epochs, training and validation together.

    One panel each for those that the history has; its other entries are left out. NaN leaves a gap
    in the line.

    Args:
        history: Dictionary from a name, such as `"nll"` or `"val_nll"`, to its values, one an
            epoch: what `model.fit(...).history` is.
        title: String, above the panels.
        penalties: Sequence of strings, the names of the penalties in the history: of a model
            `[each.metric_name for each in model.penalties]`.

    Returns:
        A `matplotlib.figure.Figure` with a panel for each quantity, in nats per example.

    Raises:
        TypeError: `history` is not a dictionary of lists of numbers, or `penalties` no sequence of
            strings.
        ValueError: `history` has none of these entries, or lists that are empty or differ in
            length.

    Example:
        >>> figure = training_curves({"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]})
        >>> [axes.get_title() for axes in figure.axes]
        ['loss']
    """
    if not isinstance(history, Mapping):
        raise TypeError(
            "`history` must be a dictionary of lists, such as `model.fit(...).history`. "
            f"Received: history={_checks.shown(history)}"
        )
    expected = "a sequence of names of penalties"
    named = _checks.items("penalties", penalties, expected)
    for each in named:
        _checks.instance("penalties", each, str, expected)
    known = dict.fromkeys(("loss", "nll", *named))
    names = [name for name in known if name in history]
    if not names:
        raise ValueError(
            f"`history` must have at least one of the entries {', '.join(known)}. "
            f"Received: the entries {list(history)}"
        )
    curves = {
        key: _values(key, history[key])
        for name in names
        for key in (name, f"val_{name}")
        if key in history
    }
    lengths = {key: len(values) for key, values in curves.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "`history` must have one value an epoch in every entry (NaN where there is none). "
            f"Received: lengths {lengths}"
        )

    figure = new_figure(max(4.5, WIDTH * len(names) / 3), 3.3)
    panels = figure.subplots(1, len(names), squeeze=False)[0]
    for name, axes in zip(names, panels, strict=True):
        for key, label, style in (
            (name, "training", {"color": BLUE}),
            (f"val_{name}", "validation", {"color": ORANGE, "linestyle": "--"}),
        ):
            if key in curves:
                values = curves[key]
                marker = "o" if len(values) <= 30 else ""
                epochs = np.arange(1, len(values) + 1)
                axes.plot(epochs, values, label=label, marker=marker, markersize=3.5, **style)
        tidy(axes)
        axes.set_title(_PANELS.get(name, name), fontsize=TEXT)
        axes.set_xlabel("epoch", fontsize=TEXT)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    panels[0].set_ylabel("nats per example", fontsize=TEXT)
    panels[0].legend(fontsize=TEXT - 1, frameon=False)
    figure.suptitle(title, fontsize=TEXT + 2, x=0.01, ha="left")
    return figure


def _values(key: str, values: Any) -> NDArray[np.float64]:
    message = f"`history` must hold a non-empty list of numbers in every entry. Received: {key}="
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(message + repr(values)) from None
    if array.ndim != 1 or array.size == 0:
        raise ValueError(message + repr(values))
    return array
