"""The masking operator."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.corruptions.corruption import Corruption


@keras.saving.register_keras_serializable(package="keras_ae")
class MaskingNoise(Corruption):
    """Set a random share of the input to zero, in training only.

    Each element (each pixel of each channel) on its own:

        x_corrupted = x * mask,    mask ~ Bernoulli(1 - rate)

    Unlike dropout it does not rescale the elements that stay by 1 / (1 - rate): they are the true
    values that the autoencoder has to fill the gaps from. Vincent et al. mask the same number of
    elements in every example; here the number varies around rate * size.

    Args:
        rate: Number in [0, 1], probability with which an element is set to zero.
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        x: Tensor of shape (batch, ...).
        training: Whether to corrupt. Keras sets it in `fit` and `predict`.

    Returns:
        A tensor of x's shape, in the layer's compute dtype.

    Raises:
        TypeError: `rate` is not a number, or `seed` is not an integer.
        ValueError: `rate` is outside [0, 1], or `seed` is negative.

    Example:
        >>> import numpy as np
        >>> noise = MaskingNoise(rate=0.25, seed=0)
        >>> corrupted = np.asarray(noise(np.full((10, 1000), 3.0), training=True))
        >>> [float(value) for value in np.unique(corrupted)]
        [0.0, 3.0]
        >>> round(float((corrupted == 0).mean()), 1) in (0.2, 0.3)
        True

    Reference:
        Vincent et al., Stacked Denoising Autoencoders: Learning Useful Representations in a Deep
        Network with a Local Denoising Criterion, 2010, section 3.3 (masking noise).
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed=seed, **kwargs)
        self.rate = _checks.number("rate", rate, minimum=0, maximum=1)

    def corrupt(self, x: Any, seed: Any) -> Any:
        """Return `x` with its random share of zeros; see `Corruption.corrupt`."""
        x = self._converted(x)
        # float32 at any precision: bfloat16 has too few values between 0 and 1 to meet the rate.
        uniform = keras.random.uniform(ops.shape(x), dtype="float32", seed=seed)
        return ops.where(uniform < self.rate, ops.zeros_like(x), x)
