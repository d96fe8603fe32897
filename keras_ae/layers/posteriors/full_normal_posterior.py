"""A posterior whose latent dimensions may be correlated."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae import _extras
from keras_ae.layers.posteriors.posterior import Posterior
from keras_ae.layers.sampling import scaled
from keras_ae.probability.densities import multivariate_normal_log_prob
from keras_ae.probability.divergences import kl_multivariate_standard_normal


class FullNormalPosterior(Posterior):
    """Correlated normal latents: q(latent | x) = N(mean, scale_tril @ scale_tril').

    Args:
        mean: Tensor of shape (batch, latent_dim).
        scale_tril: Tensor of shape (batch, latent_dim, latent_dim), lower triangular Cholesky
            factors of the covariances, with a positive diagonal.

    Example:
        >>> import numpy as np
        >>> posterior = FullNormalPosterior(
        ...     np.zeros((1, 2), "float32"), np.eye(2, dtype="float32")[None]
        ... )
        >>> float(posterior.kl_to_standard_normal()[0])
        0.0
    """

    def __init__(self, mean: Any, scale_tril: Any) -> None:
        super().__init__(mean)
        self.scale_tril = scale_tril

    @property
    def scale(self) -> Any:
        """Marginal standard deviation of each latent dimension, of shape (batch, latent_dim)."""
        return ops.sqrt(ops.sum(ops.square(self.scale_tril), axis=-1))

    def transform(self, epsilon: Any) -> Any:
        """Return mean + scale_tril @ epsilon."""
        return self.mean + scaled(self.scale_tril, epsilon, rank=2)

    def log_prob(self, latent: Any) -> Any:
        """Log-density of `latent` under each example's posterior, of shape (batch,), in nats."""
        return multivariate_normal_log_prob(latent, self.mean, self.scale_tril)

    def kl_to_standard_normal(self) -> Any:
        """KL(q || N(0, I)) in closed form, of shape (batch,), in nats."""
        return kl_multivariate_standard_normal(self.mean, self.scale_tril)

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalTriL` (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        return tfp.distributions.MultivariateNormalTriL(loc=self.mean, scale_tril=self.scale_tril)
