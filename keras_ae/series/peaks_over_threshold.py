"""A threshold from the tail of scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _arrays, _checks, _extras

LEVEL = 0.98  # as in the reference
MIN_PEAKS = 10


def peaks_over_threshold(scores: Any, risk: float, level: float = LEVEL) -> float:
    """Return the score that an ordinary point exceeds with a probability of `risk`.

    Above a high level, the excesses of any usual distribution are close to a generalized Pareto
    one, whose shape and scale are fitted to them. Its quantile goes beyond what was seen:

        threshold = level score + scale / shape * ((risk * points / peaks)**-shape - 1)

    with `peaks` of the points above the level score; for shape 0 it is the exponential's.

    Args:
        scores: Array of shape (points,); higher is stranger.
        risk: Number > 0 and < 1 - level.
        level: Number >= 0.5 and < 1, the quantile of the scores above which peaks are.

    Returns:
        Float.

    Raises:
        TypeError: `risk` or `level` is not a number.
        ValueError: One is out of range, a score isn't finite, or fewer than 10 of them lie above
            the level.

    Example:
        >>> scores = np.random.default_rng(0).exponential(size=20_000)
        >>> round(peaks_over_threshold(scores, risk=1e-3), 1), round(-float(np.log(1e-3)), 1)
        (6.9, 6.9)

    Reference:
        Siffer, Fouque, Termier and Largouet, Anomaly Detection in Streams with Extreme Value
        Theory, 2017.
    """
    level = float(_checks.number("level", level, minimum=0.5, below=1))
    risk = float(_checks.number("risk", risk, above=0, below=1 - level))
    values = _arrays.numbers("scores", scores).astype("float64").ravel()
    _arrays.not_empty("scores", values)
    _arrays.finite("scores", values)
    _extras.require("scipy")
    from scipy.stats import genpareto

    start = float(np.quantile(values, level))
    excesses = values[values > start] - start
    if len(excesses) < MIN_PEAKS:
        raise ValueError(
            f"`scores` must have at least {MIN_PEAKS} values above their quantile {level:g}, to "
            f"fit a tail. Received: {len(excesses)} of {len(values):,}"
        )
    scale = float(excesses.mean())
    fits = [(0.0, scale), genpareto.fit(excesses / scale, floc=0)[::2]]
    fits[1] = (float(fits[1][0]), float(fits[1][1]) * scale)
    shape, scale = max(fits, key=lambda fit: genpareto.logpdf(excesses, fit[0], 0, fit[1]).sum())
    return start + float(genpareto.isf(risk * len(values) / len(excesses), shape, 0, scale))
