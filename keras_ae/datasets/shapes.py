"""Pictures of one shape each, drawn from known factors: ground truth for a latent space."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae.datasets.dataset import Dataset

Array = np.ndarray[Any, Any]

IMAGE_SIDE_PIXELS = 32
SHAPES = ("square", "ellipse", "heart")
RADII_PIXELS = (5.0, 6.0, 7.0, 8.0)  # of the circle that the shape turns in
ORIENTATIONS = 8  # of 11.25 degrees each: a square is itself again after 90
PLACES_PER_AXIS = 8  # 2 pixels apart
FACTORS = ("shape", "scale", "orientation", "x", "y")
_SPRITE_SIDE_PIXELS = 18  # of the box that a sprite turns in: 2 * 8 and a margin
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
    counts = (len(SHAPES), len(RADII_PIXELS), ORIENTATIONS, PLACES_PER_AXIS, PLACES_PER_AXIS)
    images = np.zeros((*counts, IMAGE_SIDE_PIXELS, IMAGE_SIDE_PIXELS), "float32")
    for shape, name in enumerate(SHAPES):
        for scale, half in enumerate(RADII_PIXELS):
            for orientation in range(ORIENTATIONS):
                sprite = _sprite(name, half, np.pi / 2 * orientation / ORIENTATIONS)
                views = images[shape, scale, orientation]
                for x in range(PLACES_PER_AXIS):
                    for y in range(PLACES_PER_AXIS):
                        views[x, y, 2 * y :, 2 * x :][
                            :_SPRITE_SIDE_PIXELS, :_SPRITE_SIDE_PIXELS
                        ] = sprite
    factors = np.stack(np.meshgrid(*map(np.arange, counts), indexing="ij"), -1)
    factors = factors.reshape(-1, len(counts)).astype("int64")
    x_train = images.reshape(-1, IMAGE_SIDE_PIXELS, IMAGE_SIDE_PIXELS, 1)
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
    points = (
        np.arange(_SPRITE_SIDE_PIXELS * _SUPERSAMPLING) + 0.5
    ) / _SUPERSAMPLING - _SPRITE_SIDE_PIXELS / 2
    right, down = np.meshgrid(points / half, points / half)
    across = np.cos(angle) * right + np.sin(angle) * down
    along = np.cos(angle) * down - np.sin(angle) * right
    inside = {"square": _square, "ellipse": _ellipse, "heart": _heart}[name](across, along)
    cells = inside.reshape(
        _SPRITE_SIDE_PIXELS, _SUPERSAMPLING, _SPRITE_SIDE_PIXELS, _SUPERSAMPLING
    )
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
