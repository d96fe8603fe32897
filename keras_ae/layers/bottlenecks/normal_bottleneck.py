"""The bottleneck of the classic variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae._config import Configured
from keras_ae.layers.bottlenecks.normal_head import NormalHead
from keras_ae.layers.bottlenecks.stochastic_bottleneck import StochasticBottleneck
from keras_ae.layers.posteriors import NormalPosterior


@keras.saving.register_keras_serializable(package="keras_ae")
class NormalBottleneck(Configured, StochasticBottleneck):
    """Independent normal latents: mean and scale, a sampled latent, a KL to the prior.

        latent = mean + scale * epsilon,   epsilon ~ N(0, I);   scale = softplus(raw) + 1e-6

    Args:
        latent_dim: Integer >= 1, the size of the latent; of maps of features (batch, height,
            width, channels) that of the vector at each place.
        prior: A `Prior`; None for N(0, I).
        penalty: A `Penalty` or a sequence of them; None for `KLPenalty()`, the evidence bound.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`, from raw number to scale.
        seed: Integer >= 0 or None, seed of the initial weights and of the noise.
        **kwargs: Keras' layer arguments.

    Call arguments:
        features: Tensor of shape (batch, features) or (batch, height, width, channels).
        training: Whether to sample; otherwise the latent is the mean.
        epsilon: Noise of the latent's shape to use instead, or None.

    Returns:
        The latent, float32 of shape (batch, latent_dim) or (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.

    Example:
        >>> import numpy as np
        >>> bottleneck = NormalBottleneck(2, seed=0)
        >>> latent = bottleneck(np.ones((4, 8)), training=True)
        >>> tuple(latent.shape), len(bottleneck.losses)
        ((4, 2), 1)

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014.
    """

    posterior_type = NormalPosterior

    def make_head(self, to_scale: Any) -> NormalHead:
        """Return the layer from features to mean and scale."""
        return NormalHead(
            self.latent_dim, to_scale, self.seed, dtype=self.dtype_policy, name="head"
        )
