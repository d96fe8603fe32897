"""Additive Gaussian noise."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.corruptions.corruption import Corruption


@keras.saving.register_keras_serializable(package="keras_ae")
class GaussianCorruption(Corruption):
    """Add normal noise to the input, in training only.

    To each element on its own:

        x_corrupted = clip(x + stddev * epsilon),    epsilon ~ N(0, 1)

    With `clip` the corrupted values stay in the range of the data, such as [0, 1] for images; near
    the bounds the noise is then no longer normal.

    Args:
        stddev: Number >= 0, standard deviation of the noise, in the units of the input.
        clip: Pair of numbers (low, high), the range that corrupted values are clipped to; or None.
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        x: Tensor of shape (batch, ...).
        training: Whether to corrupt. Keras sets it in `fit` and `predict`.

    Returns:
        A tensor of x's shape, in the layer's compute dtype.

    Raises:
        TypeError: `stddev` is not a number, `clip` not a pair of numbers, `seed` not an integer.
        ValueError: `stddev` or `seed` is negative, or `clip` is not in ascending order.

    Example:
        >>> import numpy as np
        >>> noise = GaussianCorruption(stddev=10.0, clip=(0.0, 1.0), seed=0)
        >>> corrupted = np.asarray(noise(np.full((10, 10), 0.5), training=True))
        >>> float(corrupted.min()), float(corrupted.max())
        (0.0, 1.0)

    Reference:
        Vincent et al., Stacked Denoising Autoencoders: Learning Useful Representations in a Deep
        Network with a Local Denoising Criterion, 2010, section 3.3
        (additive isotropic Gaussian noise).
    """

    def __init__(
        self,
        stddev: float,
        clip: tuple[float, float] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.stddev = _checks.number("stddev", stddev, minimum=0)
        self.clip = _range("clip", clip)

    def corrupt(self, x: Any, seed: Any) -> Any:
        """Return `x` with noise added; see `Corruption.corrupt`."""
        x = self._converted(x)
        epsilon = keras.random.normal(ops.shape(x), dtype="float32", seed=seed)
        x = x + ops.cast(self.stddev * epsilon, x.dtype)
        return x if self.clip is None else ops.clip(x, *self.clip)


def _range(name: str, value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    expected = f"`{name}` must be a pair of numbers (low, high) with low < high, or None"
    message = f"{expected}. Received: {name}={_checks.shown(value)}"
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(message)
    try:
        low = _checks.number("low", value[0])
        return (low, _checks.number("high", value[1], above=low))
    except (TypeError, ValueError) as error:
        raise type(error)(message) from None
