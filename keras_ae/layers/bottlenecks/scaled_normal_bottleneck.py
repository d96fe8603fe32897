"""A variational bottleneck that hands its latents on at unit scale."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers.bottlenecks.bottleneck import TensorFunction
from keras_ae.layers.bottlenecks.normal_head import NormalHead
from keras_ae.layers.bottlenecks.stochastic_bottleneck import StochasticBottleneck
from keras_ae.layers.posteriors import NormalPosterior


@keras.saving.register_keras_serializable(package="keras_ae")
class ScaledNormalBottleneck(Configured, StochasticBottleneck):
    """Independent normal latents, as of a `NormalBottleneck`, that leave the model scaled.

        encode(x) = scaling_factor * mean,   decode(latent) = decoder(latent / scaling_factor)

    With a light KL the latents' scale is whatever the training made of it, and a diffusion model
    of them wants a standard deviation of 1. `scaling_factor` is a number that no gradient moves,
    saved with the model: 1 until `VariationalAutoencoder.fit_scaling_factor` sets it. Whatever is
    called a latent is scaled, in every endpoint and exported file. Posterior, prior, KL and with
    them training, bounds and scores aren't: they don't depend on it.

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
        The latent as the decoder takes it, not scaled: float32 of shape (batch, latent_dim) or
        (batch, height, width, latent_dim).

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.

    Example:
        >>> import numpy as np
        >>> bottleneck = ScaledNormalBottleneck(2, seed=0)
        >>> features = np.ones((4, 8))
        >>> mean = bottleneck(features)
        >>> _ = bottleneck.scaling_factor.assign(10.0)
        >>> np.allclose(bottleneck.encode(features), 10 * np.asarray(mean))
        True

    Reference:
        Rombach et al., High-Resolution Image Synthesis with Latent Diffusion Models, 2022,
        appendix G.
    """

    posterior_type = NormalPosterior

    def make_head(self, to_scale: Any) -> NormalHead:
        """Return the layer from features to mean and scale."""
        return NormalHead(
            self.latent_dim, to_scale, self.seed, dtype=self.dtype_policy, name="head"
        )

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self.scaling_factor = self.add_weight(
            name="scaling_factor", shape=(), initializer="ones", dtype="float32", trainable=False
        )

    def encode(self, features: Any) -> Any:
        """Return the posterior's mean, scaled: (batch, *code_shape)."""
        return self.scaled(super().encode(features))

    def scaled(self, latent: Any) -> Any:
        """Return a draw of the posterior or the prior as the model hands it on."""
        return latent * ops.cast(self.scaling_factor.value, latent.dtype)

    def unscaled(self, latent: Any) -> Any:
        """Return a latent as the decoder takes it."""
        return latent / ops.cast(self.scaling_factor.value, latent.dtype)

    def plain_code(self, features: Any) -> Any:
        """Return mean and scale of the scaled latent, by the factor that is set now."""
        factor = self._known_factor()
        return [_rescaled(each, factor) for each in super().plain_code(features)]

    def plain_latent(self, latent: Any) -> Any:
        """Return a symbolic latent as the decoder takes it, by the factor that is set now."""
        return _rescaled(latent, 1.0 / self._known_factor())

    def functions_of_features(self) -> dict[str, TensorFunction]:
        """Return posterior, not scaled, and sample_posterior, scaled."""
        found = super().functions_of_features()
        draw = found["sample_posterior"]

        def sample_posterior(features: Any, epsilon: Any) -> dict[str, Any]:
            return {"latent": self.scaled(draw(features, epsilon)["latent"])}

        return {**found, "sample_posterior": sample_posterior}

    def _known_factor(self) -> float:
        return float(np.asarray(ops.convert_to_numpy(self.scaling_factor)))


def _rescaled(tensor: Any, factor: float) -> Any:
    return tensor if factor == 1.0 else keras.layers.Rescaling(factor)(tensor)
