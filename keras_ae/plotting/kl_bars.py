"""How much information each latent dimension carries."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae.plotting._figure import BLUE, TEXT, WIDTH, new_figure, tidy
from keras_ae.plotting._values import numbers

_MAX_NAMES = 40  # that fit below the bars


def kl_bars(kl: Any, title: str = "KL of each latent dimension") -> Figure:
    """Draw the KL divergence of each latent dimension from the prior, the largest first.

    A dimension whose KL is near 0 carries nothing: its posterior is the prior for every example.

    Args:
        kl: Array of shape (latent_dim,), the mean KL of each dimension, or of shape (examples,
            latent_dim), whose mean over the examples is drawn; in nats.
        title: String, above the bars; the sum of all bars is added to it.

    Returns:
        A `matplotlib.figure.Figure`; its bars are numbered from 0, as in `latent[:, 0]`.

    Raises:
        TypeError: `kl` does not hold numbers.
        ValueError: `kl` has another shape, is empty or isn't finite.

    Example:
        >>> figure = kl_bars([0.5, 2.0, 0.0])
        >>> figure.axes[0].get_title(loc="left")
        'KL of each latent dimension: 2.5 nats in all'
        >>> [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
        ['1', '0', '2']
    """
    expected = "an array (latent_dim,) or (examples, latent_dim) of numbers"
    values = numbers("kl", kl, expected, ranks=(1, 2))
    values = values if values.ndim == 1 else values.mean(axis=0)
    order = np.argsort(-values, kind="stable")
    figure = new_figure(float(np.clip(0.4 * len(values), 5.0, WIDTH)), 3.3)
    axes = figure.subplots()
    axes.bar(np.arange(len(values)), values[order], color=BLUE, width=0.8)
    tidy(axes)
    axes.grid(visible=False, axis="x")
    if len(values) <= _MAX_NAMES:
        axes.set_xticks(np.arange(len(values)), [str(place) for place in order])
        axes.set_xlabel("latent dimension", fontsize=TEXT)
    else:
        axes.set_xlabel("latent dimensions, by their KL", fontsize=TEXT)
    axes.set_ylabel("KL, nats per example", fontsize=TEXT)
    total = f"{values.sum():.3g} nats in all"
    axes.set_title(f"{title}: {total}", fontsize=TEXT + 2, loc="left")
    return figure
