"""The prior of the classic variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _extras
from keras_ae.layers.priors.prior import Prior
from keras_ae.probability.densities import standard_normal_log_prob


@keras.saving.register_keras_serializable(package="keras_ae")
class StandardNormalPrior(Prior):
    """Independent standard normal latents, N(0, I).

        log p(latent) = -sum(latent**2) / 2 - latent_dim log(2 pi) / 2

    The KL from a normal posterior is exact, and needs no latent.

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        latent: Tensor of shape (batch, latent_dim).

    Returns:
        The log-density, of shape (batch,), in nats.

    Example:
        >>> prior = StandardNormalPrior()
        >>> round(float(prior.log_prob([[0.0, 1.0]])[0]), 4)
        -2.3379

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix B.
    """

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """(latent_dim,): the noise is the latent."""
        return (self.latent_dim,)

    def log_prob(self, latent: Any) -> Any:
        """Return the log-density of each latent, of shape (batch,), in nats."""
        return standard_normal_log_prob(latent)

    def has_closed_form_kl(self, posterior: Any) -> bool:
        """Whether the posterior knows its KL to N(0, I)."""
        return hasattr(posterior, "kl_to_standard_normal")

    def kl(self, posterior: Any, latent: Any = None) -> Any:
        """Return KL(posterior || N(0, I)), exact where possible, of shape (batch,), in nats."""
        if self.has_closed_form_kl(posterior):
            return posterior.kl_to_standard_normal()
        return super().kl(posterior, latent)

    def kl_per_dimension(self, posterior: Any) -> Any:
        """Return each latent dimension's share of the KL, of shape (batch, latent_dim), in nats.

        Raises:
            ValueError: The posterior's latents are correlated.
        """
        if hasattr(posterior, "kl_to_standard_normal_per_dimension"):
            return posterior.kl_to_standard_normal_per_dimension()
        return super().kl_per_dimension(posterior)

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalDiag` (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        zeros = ops.zeros((self.latent_dim,), dtype="float32")
        return tfp.distributions.MultivariateNormalDiag(loc=zeros, scale_diag=ops.ones_like(zeros))
