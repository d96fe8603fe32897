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
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The log-density, of shape (batch,), in nats.

    Example:
        >>> prior = StandardNormalPrior()
        >>> round(float(prior.log_prob([[0.0, 1.0]])[0]), 4)
        -2.3379

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix B.
    """

    any_size = True

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """code_shape: the noise is the latent."""
        return self.code_shape

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
        """Return each latent dimension's share of the KL: (batch, *code_shape), in nats.

        Raises:
            ValueError: The posterior's latents are correlated.
        """
        if hasattr(posterior, "kl_to_standard_normal_per_dimension"):
            return posterior.kl_to_standard_normal_per_dimension()
        return super().kl_per_dimension(posterior)

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MultivariateNormalDiag` (TensorFlow only).

        Of a code of several axes it is an `Independent` of normals.
        """
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        tfd, zeros = tfp.distributions, ops.zeros(self.code_shape, dtype="float32")
        ones = ops.ones_like(zeros)
        if len(self.code_shape) == 1:
            return tfd.MultivariateNormalDiag(loc=zeros, scale_diag=ones)
        return tfd.Independent(tfd.Normal(zeros, ones), len(self.code_shape))
