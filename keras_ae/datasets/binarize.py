"""One fixed draw of black and white images."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_ae import _arrays, _checks

EXAMPLES_AT_A_TIME = 4096


def binarize(x: Any, seed: int = 0) -> np.ndarray:
    """Return zeros and ones, drawn once with the grey levels for probabilities.

        binarized ~ Bernoulli(x)

    This is the test set of a model that is trained on re-drawn pixels
    (`keras_ae.layers.StochasticBinarization`): `log_likelihood` and `evaluate` take it as it is.

    Args:
        x: Array of shape (examples, ...), values in [0, 1].
        seed: Integer >= 0; one seed gives the same draw again.

    Returns:
        Array of x's shape, float32.

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `x` is empty, isn't finite or leaves [0, 1], or `seed` is negative.

    Example:
        >>> binarize([[0.0, 1.0, 0.5, 0.5]]).tolist()
        [[0.0, 1.0, 1.0, 1.0]]
    """
    seed = _checks.integer("seed", seed, minimum=0)
    array = _arrays.numbers("x", x)
    _arrays.examples("x", array)
    _arrays.finite("x", array)
    _arrays.within("x", array, 0.0, 1.0, fix="divide by 255")
    random = np.random.default_rng(seed)
    drawn = np.empty(array.shape, "float32")
    for start in range(0, len(array), EXAMPLES_AT_A_TIME):
        part = array[start : start + EXAMPLES_AT_A_TIME]
        drawn[start : start + EXAMPLES_AT_A_TIME] = random.random(part.shape) < part
    return drawn
