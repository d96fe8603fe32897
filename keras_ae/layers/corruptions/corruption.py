"""What every corruption is."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae._config import Configured
from keras_ae.layers._seeded import Seeded


class Corruption(Seeded, Configured, keras.layers.Layer):
    """Corrupt the input in training; pass it on unchanged in inference.

    A denoising autoencoder learns to undo a corruption q:

        x_corrupted ~ q(x_corrupted | x),    loss = -log likelihood(x | reconstruct(x_corrupted))

    Subclasses write `corrupt`; a new corruption needs nothing else.

    Args:
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        x: Tensor of shape (batch, ...).
        training: Whether to corrupt. Keras sets it in `fit` and `predict`.

    Returns:
        A tensor of x's shape, in the layer's compute dtype. Each call in training draws new noise.

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `seed` is negative.

    Example:
        A corruption of one's own, which turns half of the examples upside down:

        >>> import keras
        >>> import numpy as np
        >>> class Flip(Corruption):
        ...     def corrupt(self, x, seed):
        ...         flip = keras.random.uniform((len(x), 1, 1, 1), seed=seed) < 0.5
        ...         return keras.ops.where(flip, keras.ops.flip(x, axis=1), x)
        >>> Flip(seed=0)(np.ones((2, 4, 4, 1), "float32"), training=True).shape == (2, 4, 4, 1)
        True

    Reference:
        Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders,
        2008, section 2.3.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._init_seed(seed)

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.corrupt(x, self.seed_generator) if training else self._converted(x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def corrupt(self, x: Any, seed: Any) -> Any:
        """Return `x` corrupted, in training or not, without touching the layer's own noise.

        Args:
            x: Array or tensor of shape (batch, ...).
            seed: Integer, for the same noise each time; or `keras.random.SeedGenerator`, for new
                noise each time.

        Returns:
            A tensor of x's shape, in the layer's compute dtype.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `corrupt(x, seed)`.")

    def _converted(self, x: Any) -> Any:
        return keras.ops.convert_to_tensor(x, dtype=self.compute_dtype)
