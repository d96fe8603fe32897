"""The posterior of the classic variational autoencoder."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae import _extras
from keras_ae.layers.posteriors.posterior import Posterior
from keras_ae.probability.densities import normal_log_prob
from keras_ae.probability.divergences import (
    kl_standard_normal,
    kl_standard_normal_per_dimension,
)


class NormalPosterior(Posterior):
    """Independent normal latents: q(latent | x) = N(mean, diag(scale**2)).

    Args:
        mean: Tensor of shape (batch, latent_dim).
        scale: Tensor of shape (batch, latent_dim), standard deviations > 0.

    Example:
        >>> import numpy as np
        >>> posterior = NormalPosterior(np.zeros((1, 2), "float32"), np.ones((1, 2), "float32"))
        >>> float(posterior.kl_to_standard_normal()[0])
        0.0

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, equation 9.
    """

    def __init__(self, mean: Any, scale: Any) -> None:
        super().__init__(mean)
        self._scale = scale

    @property
    def scale(self) -> Any:
        """Standard deviation of each latent dimension, of shape (batch, latent_dim)."""
        return self._scale

    def transform(self, epsilon: Any) -> Any:
        """Return mean + scale * epsilon."""
        scale = ops.convert_to_tensor(self.scale)
        return self.mean + scale * ops.cast(epsilon, scale.dtype)

    def log_prob(self, latent: Any) -> Any:
        """Log-density of `latent` under each example's posterior, of shape (batch,), in nats."""
        return normal_log_prob(latent, self.mean, self.scale)

    def kl_to_standard_normal(self) -> Any:
        """KL(q || N(0, I)) in closed form, of shape (batch,), in nats."""
        return kl_standard_normal(self.mean, self.scale)

    def kl_to_standard_normal_per_dimension(self) -> Any:
        """Each latent dimension's share of the KL to N(0, I): (batch, latent_dim), nats."""
        return kl_standard_normal_per_dimension(self.mean, self.scale)

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalDiag` (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        return tfp.distributions.MultivariateNormalDiag(loc=self.mean, scale_diag=self.scale)
