"""How often each code of a codebook is used."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, StrMethodFormatter

from keras_ae.plotting._figure import BLUE, ORANGE, TEXT, WIDTH, new_figure, tidy
from keras_ae.plotting._values import numbers

PANEL_HEIGHT = 2.4  # inches, of one codebook


def code_bars(counts: Any, title: str = "Use of the codes") -> Figure:
    """Draw the share of each code of a codebook, the most frequent first.

    A flat line is a codebook that is used evenly; a steep one is carried by few of its codes. The
    scale is logarithmic, and codes that don't occur have no height.

    Args:
        counts: Array of shape (codes,), how often each code occurs; or (stages, codes), a row for
            each codebook of a residual code.
        title: String, above the picture; it goes on with the perplexity, exp of the entropy of the
            shares, and with how many codes occur, means over the codebooks.

    Returns:
        A `matplotlib.figure.Figure` with a panel for each codebook.

    Raises:
        TypeError: `counts` does not hold numbers.
        ValueError: `counts` has another shape, is empty, isn't finite, or has negative numbers or
            a row of zeros.

    Example:
        >>> figure = code_bars([30, 10, 0, 0])
        >>> figure.axes[0].get_title(loc="left")
        'Use of the codes: perplexity 1.75 of 4, 50 % used'
    """
    expected = "an array (codes,) or (stages, codes) of numbers >= 0"
    rows = np.atleast_2d(numbers("counts", counts, expected, ranks=(1, 2))).astype("float64")
    totals = rows.sum(axis=1, keepdims=True)
    if rows.min() < 0 or totals.min() <= 0:
        raise ValueError(
            f"`counts` must be {expected}, some of each row > 0. Received: values from "
            f"{rows.min():g} to {rows.max():g}, {int(np.sum(totals <= 0))} row(s) of zeros"
        )
    shares = -np.sort(-rows / totals, axis=1)
    figure = new_figure(WIDTH, PANEL_HEIGHT * len(shares) + 0.6)
    panels = np.atleast_1d(figure.subplots(len(shares), 1, sharex=True))
    codes = shares.shape[1]
    for stage, (axes, share) in enumerate(zip(panels, shares, strict=True)):
        # A share and the tenth of it are both to be seen; what isn't used has no height.
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        # Whole powers of ten: the one below the least share is the foot of all bars.
        foot = 10.0 ** (np.ceil(np.log10(100 * share[share > 0].min())) - 1)
        top = 10.0 ** np.ceil(np.log10(100 * share[0]))
        axes.stairs(100 * share, np.arange(codes + 1), baseline=foot, fill=True, color=BLUE)
        axes.axhline(100 / codes, color=ORANGE, linewidth=1.2, linestyle="--")
        axes.annotate(
            "all alike",
            (codes, 100 / codes),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            color=ORANGE,
            fontsize=TEXT - 1,
        )
        tidy(axes)
        axes.grid(visible=False, axis="x")
        axes.set_xlim(0, codes)
        axes.set_ylim(foot, top)
        of = "" if len(shares) == 1 else f", stage {stage}"
        axes.set_ylabel(f"share{of}, %", fontsize=TEXT)
    panels[-1].set_xlabel("codes, by their share", fontsize=TEXT)
    perplexity, used = usage(rows)
    words = f"perplexity {perplexity:.3g} of {codes:,}, {100 * used:.3g} % used"
    panels[0].set_title(f"{title}: {words}", fontsize=TEXT + 2, loc="left")
    return figure


def usage(counts: Any) -> tuple[float, float]:
    """Return the perplexity and the used share of codebooks, means over them.

    Args:
        counts: Array of shape (stages, codes), each row with a number > 0.
    """
    share = counts / counts.sum(axis=1, keepdims=True)
    entropy = -np.sum(share * np.log(np.where(share > 0, share, 1.0)), axis=1)
    return float(np.exp(entropy).mean()), float((share > 0).mean())
