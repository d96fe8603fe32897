"""A plane through a latent space, decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from keras_ae import _checks
from keras_ae.plotting._images import draw_rows
from keras_ae.plotting._values import decoded, numbers, one_latent, some_dimensions

DEFAULT_STEPS = 15  # in each direction


def manifold(
    decode: Callable[[Any], Any],
    latent: Any = (0.0, 0.0),
    dimensions: Sequence[int] = (0, 1),
    values: Sequence[float] | None = None,
    title: str = "Manifold",
) -> Figure:
    """Draw the images that the points of a plane in the latent space decode to.

    One dimension grows to the right, the other one upwards; the numbers at the border are their
    values. Images are shown in [0, 1]; values outside are clipped, and the figure says so.

    Args:
        decode: Function from latents (n, latent_dim) to images, such as `model.decode`.
        latent: Array of shape (latent_dim,), the values of all other dimensions. The default is
            for a latent of two dimensions, which has no others.
        dimensions: Sequence of two integers from 0 to latent_dim - 1: to the right, and upwards.
        values: Sequence of at least 2 numbers, of both dimensions; None for 15 quantiles of the
            standard normal distribution, equally far apart in probability.
        title: String, above the picture.

    Returns:
        A `matplotlib.figure.Figure` with one picture.

    Raises:
        TypeError: `decode` is not a function, or another argument does not hold numbers.
        ValueError: `latent`, `dimensions` or `values` has another shape or values that can't be,
            or `decode` doesn't return images.

    Example:
        >>> import numpy as np
        >>> weights = np.random.default_rng(0).uniform(size=(2, 64))
        >>> def decode(latent):
        ...     return 1 / (1 + np.exp(-latent @ weights).reshape(-1, 8, 8))
        >>> figure = manifold(decode, values=(-1, 0, 1))
        >>> [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        ['1', '0', '-1']

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix A (figure 4).
    """
    point = one_latent(latent)
    base = point.reshape(-1)
    chosen = some_dimensions(dimensions, len(base))
    if len(chosen) != 2:
        raise ValueError(
            f"`dimensions` must be two. Received: dimensions={_checks.shown(dimensions)}"
        )
    if values is None:
        shares = (np.arange(DEFAULT_STEPS) + 0.5) / DEFAULT_STEPS
        values = [NormalDist().inv_cdf(float(share)) for share in shares]
    steps = numbers("values", values, "a sequence of at least 2 numbers", ranks=(1,))
    if len(steps) < 2:
        raise ValueError(
            "`values` must be a sequence of at least 2 numbers. "
            f"Received: values={_checks.shown(values)}"
        )
    right, up = np.meshgrid(steps, steps[::-1])
    latents = np.tile(base, (right.size, 1))
    latents[:, chosen[0]], latents[:, chosen[1]] = right.ravel(), up.ravel()
    images = decoded(decode, latents.reshape(-1, *point.shape))
    if images.ndim != 4:
        raise ValueError(f"`decode` must return images. Received: vectors of shape={images.shape}")
    rows = images.reshape(len(steps), len(steps), *images.shape[1:])
    names = [f"{step:.2g}" for step in steps]
    title = f"{title}: dimension {chosen[0]} to the right, dimension {chosen[1]} upwards"
    return draw_rows(list(rows), title, names[::-1], names)
