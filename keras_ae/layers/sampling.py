"""The reparameterization."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers._seeded import Seeded


@keras.saving.register_keras_serializable(package="keras_ae")
class Sampling(Seeded, Configured, keras.layers.Layer):
    """Draw a latent from a normal distribution so that gradients reach its mean and scale.

    The reparameterization:

        latent = mean + scale * epsilon,    epsilon ~ N(0, I)

    With a Cholesky factor for a scale (one axis more than the mean) the product is the matrix
    product, and the latent has covariance scale_tril @ scale_tril'. In training each call draws a
    new epsilon; in inference the latent is the mean, so that predictions are deterministic. A
    given epsilon is used in both.

    Args:
        seed: Integer >= 0 or None, seed of the noise. Its state is saved with the model.
        **kwargs: Keras' layer arguments, such as `name` and `dtype`.

    Call arguments:
        mean: Tensor of shape (batch, latent_dim).
        scale: Tensor of shape (batch, latent_dim), standard deviations; or of shape
            (batch, latent_dim, latent_dim), lower triangular Cholesky factors of the covariances.
        epsilon: Tensor of the mean's shape, or None to draw it (in training) or to return the
            mean.
        training: Whether to draw. Keras sets it in `fit` and `predict`.

    Returns:
        The latent, a tensor of the mean's shape.

    Raises:
        TypeError: `seed` is not an integer.
        ValueError: `seed` is negative.

    Example:
        >>> import numpy as np
        >>> sampling = Sampling(seed=0)
        >>> latent = sampling(
        ...     np.array([[1.0, 2.0]]), np.array([[0.5, 3.0]]), epsilon=np.array([[2.0, -1.0]])
        ... )
        >>> [float(value) for value in latent[0]]
        [2.0, -1.0]

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, section 2.4.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._init_seed(seed)

    def call(
        self, mean: Any, scale: Any, epsilon: Any = None, training: bool | None = None
    ) -> Any:
        if epsilon is None:
            if not training:
                return mean
            epsilon = keras.random.normal(
                ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator
            )
        return mean + scaled(scale, epsilon, rank=len(mean.shape))

    def compute_output_shape(self, mean_shape: Any, *_: Any) -> Any:
        return mean_shape


def scaled(scale: Any, epsilon: Any, rank: int) -> Any:
    """Return `scale * epsilon`; the matrix product if `scale` has more than `rank` axes."""
    epsilon = ops.cast(epsilon, scale.dtype)
    if len(scale.shape) == rank + 1:
        return ops.squeeze(ops.matmul(scale, ops.expand_dims(epsilon, -1)), -1)
    return scale * epsilon
