"""Pictures of one shape each, drawn from known factors: ground truth for a latent space."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.datasets.dataset import Dataset

Array = np.ndarray[Any, Any]

SIZE = 32  # pixels a side
SHAPES = ("square", "ellipse", "heart")
SCALES = (5.0, 6.0, 7.0, 8.0)  # radius of the circle that the shape turns in, in pixels
ORIENTATIONS = 8  # of 11.25 degrees each: a square is itself again after 90
PLACES = 8  # along each axis, 2 pixels apart
FACTORS = ("shape", "scale", "orientation", "x", "y")
_SPRITE = 18  # pixels a side of the box that a sprite turns in: 2 * 8 and a margin
_SUPERSAMPLING = 4


def shapes() -> Dataset:
    """Draw every combination of shape, scale, orientation and place once: 6,144 images.

    White on black, 32x32, in [0, 1], with grey edges. The factors are the pictures' only cause
    and independent of each other, as each combination occurs once: three shapes (square, ellipse,
    heart), four scales, eight orientations of 11.25 degrees each, eight places along x (from left
    to right) and eight along y (from top to bottom). Always the same images, and no download.

    Returns:
        A `Dataset` without a test part, whose labels are the shapes and whose `factors_train` has
        one column for each of `factor_names`.

    Example:
        >>> data = shapes()
        >>> data.x_train.shape, data.factor_names
        ((6144, 32, 32, 1), ('shape', 'scale', 'orientation', 'x', 'y'))
        >>> data.factors_train[-1].tolist()
        [2, 3, 7, 7, 7]

    Reference:
        After dSprites: Matthey, Higgins, Hassabis and Lerchner, 2017.
    """
    counts = (len(SHAPES), len(SCALES), ORIENTATIONS, PLACES, PLACES)
    images = np.zeros((*counts, SIZE, SIZE), "float32")
    for shape, name in enumerate(SHAPES):
        for scale, half in enumerate(SCALES):
            for orientation in range(ORIENTATIONS):
                sprite = _sprite(name, half, np.pi / 2 * orientation / ORIENTATIONS)
                views = images[shape, scale, orientation]
                for x in range(PLACES):
                    for y in range(PLACES):
                        views[x, y, 2 * y :, 2 * x :][:_SPRITE, :_SPRITE] = sprite
    factors = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1)
    factors = factors.reshape(-1, len(counts)).astype("int64")
    x_train = images.reshape(-1, SIZE, SIZE, 1)
    return Dataset(
        "shapes",
        x_train,
        factors[:, 0],
        x_train[:0],
        None,
        source="keras_ae.datasets.shapes",
        class_names=SHAPES,
        factors_train=factors,
        factor_names=FACTORS,
        categorical_factors=(FACTORS.index("shape"),),
    )


def _sprite(name: str, half: float, angle: float) -> Array:
    """Return how much of each pixel a shape covers, from 4 x 4 points in each."""
    points = (np.arange(_SPRITE * _SUPERSAMPLING) + 0.5) / _SUPERSAMPLING - _SPRITE / 2
    right, down = np.meshgrid(points / half, points / half)
    across = np.cos(angle) * right + np.sin(angle) * down
    along = np.cos(angle) * down - np.sin(angle) * right
    inside = {"square": _square, "ellipse": _ellipse, "heart": _heart}[name](across, along)
    cells = inside.reshape(_SPRITE, _SUPERSAMPLING, _SPRITE, _SUPERSAMPLING)
    return cells.mean((1, 3), dtype="float32")


# Each lies in the unit circle, so that it stays in its box as it turns.
def _square(across: Array, along: Array) -> Array:
    return np.maximum(abs(across), abs(along)) < np.sqrt(0.5)


def _ellipse(across: Array, along: Array) -> Array:
    return across**2 + (2.0 * along) ** 2 < 1.0


def _heart(across: Array, along: Array) -> Array:
    # The curve (u**2 + v**2 - 1)**3 = u**2 v**3, with its centre lifted and its size fitted.
    u, v = 1.35 * across, 0.1 - 1.35 * along
    return (u**2 + v**2 - 1.0) ** 3 < u**2 * v**3
