"""Salt-and-pepper noise."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.corruptions.corruption import Corruption


@keras.saving.register_keras_serializable(package="keras_ae")
class SaltAndPepperNoise(Corruption):
    """Set a random share of the input to its lowest or highest value, in training only.

    Each element (each pixel of each channel) on its own:

        x_corrupted = low    with probability rate / 2    (pepper)
                      high   with probability rate / 2    (salt)
                      x      otherwise

    Unlike masking, the corrupted elements cannot be told from true ones that are dark or bright.

    Args:
        rate: Number in [0, 1], probability with which an element is replaced.
        low: Number, the lowest value of the data.
        high: Number above `low`, the highest value of the data.
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        x: Tensor of shape (batch, ...).
        training: Whether to corrupt. Keras sets it in `fit` and `predict`.

    Returns:
        A tensor of x's shape, in the layer's compute dtype.

    Raises:
        TypeError: `rate`, `low` or `high` is not a number, or `seed` is not an integer.
        ValueError: `rate` is outside [0, 1], `high` is not above `low`, or `seed` is negative.

    Example:
        >>> import numpy as np
        >>> noise = SaltAndPepperNoise(rate=0.5, low=-1.0, high=1.0, seed=0)
        >>> corrupted = np.asarray(noise(np.full((10, 10), 0.25), training=True))
        >>> [float(value) for value in np.unique(corrupted)]
        [-1.0, 0.25, 1.0]

    Reference:
        Vincent et al., Stacked Denoising Autoencoders: Learning Useful Representations in a Deep
        Network with a Local Denoising Criterion, 2010, section 3.3 (salt-and-pepper noise).
    """

    def __init__(
        self,
        rate: float,
        low: float = 0.0,
        high: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        self.rate = _checks.number("rate", rate, minimum=0, maximum=1)
        self.low = _checks.number("low", low)
        self.high = _checks.number("high", high, above=low)

    def corrupt(self, x: Any, seed: Any) -> Any:
        """Return `x` with its random share of extremes; see `Corruption.corrupt`."""
        x = self._converted(x)
        # float32 at any precision: bfloat16 has too few values between 0 and 1 to meet the rate.
        uniform = keras.random.uniform(ops.shape(x), dtype="float32", seed=seed)
        x = ops.where(uniform < self.rate, ops.cast(self.high, x.dtype), x)
        return ops.where(uniform < self.rate / 2, ops.cast(self.low, x.dtype), x)
