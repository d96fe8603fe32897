"""The posterior of the classic variational autoencoder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops

from keras_ae import _arrays, _extras
from keras_ae.layers.posteriors.posterior import Posterior
from keras_ae.probability.densities import normal_log_prob
from keras_ae.probability.divergences import (
    kl_standard_normal,
    kl_standard_normal_per_dimension,
)


class NormalPosterior(Posterior):
    """Independent normal latents: q(latent | x) = N(mean, diag(scale**2)).

    Args:
        mean: Tensor of shape (batch, *code_shape).
        scale: Tensor of the mean's shape, standard deviations > 0.

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
        """Standard deviation of each latent dimension, of the mean's shape."""
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
        """Each latent dimension's share of the KL to N(0, I), of the mean's shape, in nats."""
        return kl_standard_normal_per_dimension(self.mean, self.scale)

    def pairwise_log_prob(self, latent: Any) -> np.ndarray:
        """Return the log-density of every latent under every example's posterior.

        By products of matrices, (z - m)' P (z - m) = zz':P - 2 z'Pm + m'Pm, in float64, where the
        cancellation costs nothing that matters.

        Args:
            latent: Array of shape (latents, *code_shape).

        Returns:
            NumPy array of shape (latents, examples), float64, in nats.
        """
        mean, scale, latent = (flat(each) for each in (self.mean, self.scale, latent))
        _arrays.finite("posterior.scale", scale)
        precision, weighted = scale**-2, mean / scale**2
        constant = -np.log(scale).sum(1) - 0.5 * mean.shape[1] * math.log(2.0 * math.pi)
        constant -= 0.5 * (mean * weighted).sum(1)
        densities: np.ndarray = (
            constant + latent @ weighted.T - 0.5 * (np.square(latent) @ precision.T)
        )
        return densities

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalDiag` (TensorFlow only).

        Of a code of several axes it is an `Independent` of normals.
        """
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        tfd, axes = tfp.distributions, len(self.mean.shape) - 1
        if axes == 1:
            return tfd.MultivariateNormalDiag(loc=self.mean, scale_diag=self.scale)
        return tfd.Independent(tfd.Normal(self.mean, self.scale), axes)


def flat(tensor: Any) -> np.ndarray:
    """Return a tensor of shape (batch, ...) as float64 of shape (batch, numbers)."""
    array = np.asarray(ops.convert_to_numpy(tensor), "float64")
    return array.reshape(len(array), -1)
