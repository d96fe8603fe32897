"""Several views of how strange an example is, as one number.

    z_v = (strangeness_v - location_v) / scale_v,   score = sinh(mean over views v of arcsinh(z_v))

Each view is measured by what is usual in training: z_v counts usual deviations. The score is
their quasi-arithmetic mean, in the same unit. The arcsinh, linear around 0 and logarithmic
beyond, bounds what one view alone can say: an example that is odd in several views is stranger
than one that a single view finds outrageous.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_ae.probability.densities import sum_event

USUAL_SHARE = 0.9  # of the training data, whose mean and deviation are a view's standard
SMALL = 1e-3  # where arcsinh(z) / z and sinh(z) / z are 1 to float32's precision

Terms = tuple[Any, Any]  # contributions of x's shape and the rest, of shape (batch,)


def standard(strangeness: np.ndarray) -> tuple[float, float]:
    """Return the mean and the standard deviation of what is usual: the lower nine tenths.

    Args:
        strangeness: Array of shape (examples,) of one view.
    """
    chosen = strangeness.astype("float64")[usual(strangeness)]
    deviation = float(chosen.std())
    return float(chosen.mean()), deviation if deviation > 0 else 1.0


def usual(strangeness: np.ndarray) -> np.ndarray:
    """Return which examples are usual: an array of booleans."""
    return strangeness <= np.quantile(strangeness, USUAL_SHARE)


def totals(views: Sequence[Terms]) -> list[Any]:
    """Return each view's strangeness, of shape (batch,)."""
    return [sum_event(contributions) + rest for contributions, rest in views]


def score(views: Sequence[Terms], location: Any, scale: Any) -> Any:
    """Return the combined strangeness, of shape (batch,), in usual deviations."""
    angles = [
        ops.arcsinh((total - location[place]) / scale[place])
        for place, total in enumerate(totals(views))
    ]
    return ops.sinh(sum(angles) / len(angles))


def shares(views: Sequence[Terms], location: Any, scale: Any) -> Terms:
    """Return what of `score` is each number's, and the rest: together they are the score.

    As arcsinh(z) = z * arcsinh(z) / z, a view's contributions keep their proportions; and so with
    the sinh of their mean.
    """
    contributions: list[Any] = []
    rest: list[Any] = []
    angles: list[Any] = []
    for place, ((each, other), total) in enumerate(zip(views, totals(views), strict=True)):
        z = (total - location[place]) / scale[place]
        angles.append(ops.arcsinh(z))
        ratio = _ratio(angles[-1], z) / scale[place]
        contributions.append(_column(ratio, each) * each)
        rest.append(ratio * (other - location[place]))
    mean = sum(angles) / len(angles)
    ratio = _ratio(ops.sinh(mean), mean) / len(angles)
    whole = sum(contributions[1:], start=contributions[0])
    return _column(ratio, whole) * whole, ratio * sum(rest[1:], start=rest[0])


def _ratio(above: Any, below: Any) -> Any:
    """Return above / below, and 1 where both go to 0."""
    small = ops.abs(below) < SMALL
    return ops.where(small, 1.0, above / ops.where(small, 1.0, below))


def _column(values: Any, like: Any) -> Any:
    """Return one number an example in a shape that multiplies all of its numbers."""
    return ops.reshape(values, (-1, *[1] * (len(like.shape) - 1)))
