"""A posterior whose latent dimensions may be correlated."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from keras_ae import _arrays, _extras
from keras_ae.layers.posteriors.normal_posterior import flat
from keras_ae.layers.posteriors.posterior import Posterior
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

    parameter_names = ("mean", "scale_tril")

    def __init__(self, mean: Any, scale_tril: Any) -> None:
        super().__init__(mean)
        self.scale_tril = scale_tril

    @property
    def scale(self) -> Any:
        """Marginal standard deviation of each latent dimension, of shape (batch, latent_dim)."""
        return ops.sqrt(ops.sum(ops.square(self.scale_tril), axis=-1))

    def transform(self, epsilon: Any) -> Any:
        """Return mean + scale_tril @ epsilon."""
        scale_tril = ops.convert_to_tensor(self.scale_tril)
        epsilon = ops.expand_dims(ops.cast(epsilon, scale_tril.dtype), -1)
        return self.mean + ops.squeeze(ops.matmul(scale_tril, epsilon), -1)

    def log_prob(self, latent: Any) -> Any:
        """Log-density of `latent` under each example's posterior, of shape (batch,), in nats."""
        return multivariate_normal_log_prob(latent, self.mean, self.scale_tril)

    def kl_to_standard_normal(self) -> Any:
        """KL(q || N(0, I)) in closed form, of shape (batch,), in nats."""
        return kl_multivariate_standard_normal(self.mean, self.scale_tril)

    def pairwise_log_prob(self, latent: Any) -> np.ndarray:
        """Return the log-density of every latent under every example's posterior.

        By products of matrices, as `NormalPosterior` does.

        Args:
            latent: Array of shape (latents, latent_dim).

        Returns:
            NumPy array of shape (latents, examples), float64, in nats.
        """
        mean, latent = flat(self.mean), flat(latent)
        scale_tril = np.asarray(ops.convert_to_numpy(self.scale_tril), "float64")
        _arrays.finite("posterior.scale_tril", scale_tril)
        inverse = np.linalg.inv(scale_tril)
        precision = inverse.swapaxes(1, 2) @ inverse
        weighted = np.einsum("mij,mj->mi", precision, mean)
        constant = -np.log(np.diagonal(scale_tril, axis1=1, axis2=2)).sum(1)
        constant -= 0.5 * mean.shape[1] * math.log(2.0 * math.pi)
        constant -= 0.5 * (mean * weighted).sum(1)
        products = flat(latent[:, :, None] * latent[:, None, :])
        densities: np.ndarray = (
            constant + latent @ weighted.T - 0.5 * (products @ flat(precision).T)
        )
        return densities

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalTriL` (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        return tfp.distributions.MultivariateNormalTriL(loc=self.mean, scale_tril=self.scale_tril)
