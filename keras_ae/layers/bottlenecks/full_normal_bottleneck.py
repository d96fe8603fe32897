"""A variational bottleneck with correlated latents."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae._config import Configured
from keras_ae.layers.bottlenecks.full_normal_head import FullNormalHead
from keras_ae.layers.bottlenecks.stochastic_bottleneck import StochasticBottleneck
from keras_ae.layers.posteriors import FullNormalPosterior


@keras.saving.register_keras_serializable(package="keras_ae")
class FullNormalBottleneck(Configured, StochasticBottleneck):
    """Correlated normal latents: the posterior has a full covariance, through its Cholesky factor.

        latent = mean + scale_tril @ epsilon,   covariance = scale_tril @ scale_tril'

    Args:
        latent_dim: Integer >= 1.
        prior: A `Prior`; None for N(0, I).
        penalty: A `Penalty` or a sequence of them; None for `KLPenalty()`, the evidence bound.
            Free bits need independent latents.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`, for the diagonal of the factor.
        seed: Integer >= 0 or None, seed of the initial weights and of the noise.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features).
        training: Whether to sample; otherwise the latent is the mean.
        epsilon: Noise of shape (batch, latent_dim) to use instead, or None.

    Returns:
        The latent, float32 of shape (batch, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1, or the features are maps.

    Example:
        >>> import numpy as np
        >>> bottleneck = FullNormalBottleneck(2, seed=0)
        >>> tuple(bottleneck.posterior(np.ones((4, 8))).scale_tril.shape)
        (4, 2, 2)

    Reference:
        Kingma and Welling, An Introduction to Variational Autoencoders, 2019, section 2.5.1.
    """

    posterior_type = FullNormalPosterior

    def make_head(self, to_scale: Any) -> FullNormalHead:
        """Return the layer from features to mean and Cholesky factor."""
        return FullNormalHead(
            self.latent_dim, to_scale, self.seed, dtype=self.dtype_policy, name="head"
        )

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2:
            raise ValueError(
                f"{type(self).__name__} must get features of shape (batch, features): flatten "
                f"them, or use a NormalBottleneck. Received: shape {tuple(input_shape)}"
            )
        super().build(input_shape)
