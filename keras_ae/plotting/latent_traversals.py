"""What each dimension of a latent means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae import _checks
from keras_ae.plotting._rows import draw_paths
from keras_ae.plotting._values import decoded, numbers, one_latent, some_dimensions
from keras_ae.plotting._windows import channel_names

MAX_DIMENSIONS = 10  # that are drawn unless they are named
TRAVERSAL_VALUES = (-3.0, -2.25, -1.5, -0.75, 0.0, 0.75, 1.5, 2.25, 3.0)


def latent_traversals(
    decode: Callable[[Any], Any],
    latent: Any,
    dimensions: Sequence[int] | None = None,
    values: Sequence[float] = TRAVERSAL_VALUES,
    title: str = "Latent traversals",
    channels: Sequence[str] | None = None,
) -> Figure:
    """Draw what becomes of an example when one dimension of its latent is changed, a row each.

    In row i the latent's dimension i has the value that stands above the column; its other
    dimensions stay as they are. Images are shown in [0, 1]; values outside are clipped, and the
    figure says so.

    Args:
        decode: Function from latents (n, latent_dim) to images, vectors or windows, such as
            `model.decode` or that of an exported artifact.
        latent: Array of shape (latent_dim,), where the traversals cross: `model.encode(x)[0]`, or
            zeros for the middle of a standard normal prior. A map's numbers count as dimensions
            in the order of `latent.reshape(-1)`.
        dimensions: Sequence of integers from 0 to latent_dim - 1, which to change; None for the
            first ten.
        values: Sequence of at least 2 numbers; those of the default span 99.7 % of a standard
            normal prior.
        title: String, above the picture.
        channels: Sequence of strings, the names of the channels of windows of a series; None for
            images and vectors.

    Returns:
        A `matplotlib.figure.Figure`: for images one picture, for vectors a panel a dimension whose
        lines go from dark to light, for windows a column of them, one a channel.

    Raises:
        TypeError: `decode` is not a function, or another argument does not hold numbers.
        ValueError: `latent`, `dimensions` or `values` has another shape or values that can't be,
            or `decode` returns something else.

    Example:
        >>> import numpy as np
        >>> weights = np.random.default_rng(0).uniform(size=(3, 64))
        >>> def decode(latent):
        ...     return 1 / (1 + np.exp(-latent @ weights).reshape(-1, 8, 8))
        >>> figure = latent_traversals(decode, np.zeros(3), values=(-2, 0, 2))
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['dimension 0', 'dimension 1', 'dimension 2']
    """
    point = one_latent(latent)
    base = point.reshape(-1)
    if dimensions is None:
        dimensions = range(min(len(base), MAX_DIMENSIONS))
    chosen = some_dimensions(dimensions, len(base))
    steps = numbers("values", values, "a sequence of at least 2 numbers", ranks=(1,))
    if len(steps) < 2:
        raise ValueError(
            "`values` must be a sequence of at least 2 numbers. "
            f"Received: values={_checks.shown(values)}"
        )
    latents = np.tile(base, (len(chosen), len(steps), 1))
    for row, dimension in enumerate(chosen):
        latents[row, :, dimension] = steps
    series = channel_names(channels)
    examples = decoded(decode, latents.reshape(-1, *point.shape), series)
    rows = examples.reshape(len(chosen), len(steps), *examples.shape[1:])
    names = [f"dimension {dimension}" for dimension in chosen]
    return draw_paths(rows, title, names, [f"{step:g}" for step in steps], series)
