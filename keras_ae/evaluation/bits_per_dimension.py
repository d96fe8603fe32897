"""Nats of an example as bits of one of its values, where these are a code length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_ae import _arrays, _checks
from keras_ae.evaluation import _data
from keras_ae.layers.likelihoods import BernoulliLikelihood, Likelihood

MAX_INSPECTED_VALUES = 100_000  # to tell continuous data from levels


def bits_per_dimension(
    nll: float, x: Any, likelihood: Likelihood, level_width: float | None = None
) -> float:
    """Return how many bits a lossless code of the data needs for one value (a pixel's channel).

        bits = (nll / D - log(level_width)) / log(2),   D values an example

    This means something in two cases only, and is refused in others. A Bernoulli likelihood of
    data that is 0 or 1 gives probabilities: `level_width` stays None (and counts as 1). A
    continuous likelihood gives densities, which bound the code length of 8-bit (or other) levels
    where the data were dequantized, that is uniform noise as wide as a level was added: x =
    (level + noise) * level_width. The density of data on a grid can be made as large as you like,
    and a Bernoulli likelihood of grey values has no code.

    Args:
        nll: Number, nats of an example: -log p(x), or a bound of it such as -ELBO. Not the nll
            given a latent, which leaves out what the latent costs.
        x: Array of shape (examples, ...), the data, as the likelihood sees them: preprocessed.
        likelihood: The model's `Likelihood`.
        level_width: Number > 0, the width of a level in x's units: 1/256 for (pixels + noise) /
            256. None for Bernoulli.

    Returns:
        Bits for one value.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The data and likelihood are of neither kind.

    Example:
        >>> x = np.array([[0, 1, 1, 0]])
        >>> bits_per_dimension(4 * math.log(2), x, BernoulliLikelihood())
        1.0

    Reference:
        Theis, van den Oord and Bethge, A note on the evaluation of generative models, 2016,
        section 3.1.
    """
    nll = _checks.number("nll", nll)
    _checks.instance("likelihood", likelihood, Likelihood, "a Likelihood")
    array = _data.examples("x", x)
    _arrays.finite("x", array)
    dimensions = array[0].size
    kind = type(likelihood).__name__
    if isinstance(likelihood, BernoulliLikelihood):
        if level_width is not None:
            raise ValueError(
                "`level_width` must be None for a Bernoulli likelihood, which has two levels. "
                f"Received: level_width={_checks.shown(level_width)}"
            )
        grey = int(((array != 0) & (array != 1)).sum())
        if grey:
            raise ValueError(
                "`x` must be 0 or 1 for bits per dimension under a Bernoulli likelihood. "
                f"Received: {grey:,} of {array.size:,} values in between"
            )
        return nll / dimensions / math.log(2.0)
    if level_width is None:
        raise ValueError(
            f"`level_width` must be given for bits per dimension under a {kind}, a density, and "
            "the data dequantized. Received: level_width=None"
        )
    level_width = _checks.number("level_width", level_width, above=0)
    values = array.reshape(-1)[:MAX_INSPECTED_VALUES]
    distinct = len(np.unique(values))
    if distinct <= len(values) / 2:
        raise ValueError(
            f"`x` must be dequantized for bits per dimension under a {kind}: add uniform noise "
            f"as wide as a level. Received: {distinct:,} different values among {len(values):,}"
        )
    return (nll / dimensions - math.log(level_width)) / math.log(2.0)
