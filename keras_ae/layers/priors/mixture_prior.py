"""A prior with several modes, learned with the model."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks, _extras
from keras_ae.layers.priors.prior import Prior
from keras_ae.probability._tensors import as_float32
from keras_ae.probability.densities import standard_normal_log_prob

SMALLEST_SCALE = 1e-6


@keras.saving.register_keras_serializable(package="keras_ae")
class MixturePrior(Prior):
    """A trained mixture of normals with diagonal covariances.

        p(latent) = sum over components k of proportions[k] N(latent; means[k], diag(scales[k]**2))
        proportions = softmax(logits), scales = softplus(raw_scales) + 1e-6

    A code of several axes is taken as one vector of all its numbers. The KL has no closed form
    and is estimated at a latent drawn from the posterior. Means, scales and proportions are
    trained with the model; before training, the means are drawn from N(0, I), the scales are 1
    and the proportions equal.

    Args:
        components: Integer >= 1, how many normals.
        seed: Integer >= 0 or None, seed of the initial means.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The log-density, of shape (batch,), in nats.

    Raises:
        TypeError: `components` or `seed` is not an integer.
        ValueError: `components` is less than 1, or `seed` is negative.

    Example:
        >>> prior = MixturePrior(components=3, seed=0)
        >>> prior.build((None, 2))
        >>> tuple(prior.sample(5, seed=1).shape)
        (5, 2)
        >>> [round(float(share), 4) for share in prior.proportions]
        [0.3333, 0.3333, 0.3333]

    Reference:
        Tomczak and Welling, VAE with a VampPrior, 2018 (there "MoG").
    """

    def __init__(self, components: int = 10, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.components = _checks.integer("components", components, minimum=1)
        self.seed = _checks.seed("seed", seed)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        table = (self.components, self.latent_dim)
        spread = keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)
        one = keras.initializers.Constant(math.log(math.expm1(1.0 - SMALLEST_SCALE)))
        self.means = self._weight("means", table, spread)
        self.raw_scales = self._weight("raw_scales", table, one)
        self.logits = self._weight("logits", (self.components,), "zeros")

    def _weight(self, name: str, shape: tuple[int, ...], initializer: Any) -> Any:
        # Without autocast: a bfloat16 layer that calls `log_prob` would read the weight rounded to
        # 3 digits.
        return self.add_weight(
            name=name, shape=shape, initializer=initializer, dtype="float32", autocast=False
        )

    @property
    def scales(self) -> Any:
        """Standard deviations of the components, of shape (components, latent_dim)."""
        return ops.softplus(self.raw_scales) + SMALLEST_SCALE

    @property
    def proportions(self) -> Any:
        """Probabilities of the components, of shape (components,)."""
        return ops.exp(ops.log_softmax(self.logits))  # ops.softmax warns at one component

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """(latent_dim + 1,): normals, and a uniform number that chooses the component."""
        return (self.latent_dim + 1,)

    def log_prob(self, latent: Any) -> Any:
        """Return the log-density of each latent, of shape (batch,), in nats."""
        size, scales = self.latent_dim, self.scales
        (latent,) = as_float32(latent=latent)
        if len(self.code_shape) > 1:
            latent = ops.reshape(latent, (-1, size))
        standardized = (latent[:, None, :] - self.means) / scales
        density = standard_normal_log_prob(ops.reshape(standardized, (-1, size)))
        density = ops.reshape(density, (-1, self.components)) - ops.sum(ops.log(scales), axis=-1)
        return ops.logsumexp(ops.log_softmax(self.logits) + density, axis=-1)

    def draw_noise(self, n: int, seed: Any = None) -> Any:
        """Draw noise for `from_noise`: normals, and a last column uniform in [0, 1)."""
        normal = super().draw_noise(n, seed)
        # One draw serves both: with an integer seed, a second one would repeat the first one's
        # bits. A normal's distribution function makes it uniform; rounded to float32, it reaches 1
        # where the normal exceeds 5.4.
        uniform = 0.5 + 0.5 * ops.erf(normal[:, -1:] / math.sqrt(2.0))
        return ops.concatenate([normal[:, :-1], ops.minimum(uniform, 1.0 - 2.0**-24)], axis=-1)

    def from_noise(self, noise: Any) -> Any:
        """Make latents from noise, with comparisons, casts and sums only.

        Args:
            noise: Tensor of shape (n, latent_dim + 1): standard normals, and in the last column
                uniform numbers in [0, 1). The component chosen is the first whose cumulative
                proportion exceeds the number.

        Returns:
            Tensor of shape (n, *code_shape), float32: mean + scale * normals of the chosen
            component.
        """
        size = self.latent_dim
        (noise,) = as_float32(noise=noise)
        chosen = self._choose(noise[:, size:])[:, :, None]
        # A product and a sum instead of a matrix product, which accelerators round to fewer
        # digits.
        mean = ops.sum(chosen * self.means, axis=1)
        scale = ops.sum(chosen * self.scales, axis=1)
        return ops.reshape(mean + scale * noise[:, :size], (-1, *self.code_shape))

    def _choose(self, uniform: Any) -> Any:
        """Return one-hot rows, of shape (n, components), from uniform numbers of shape (n, 1)."""
        count = self.components
        before = np.tri(count + 1, count, -1, dtype="float32")  # row k: the first k components
        # The last bound, 1 up to rounding, is lifted out of reach: some component is always
        # chosen.
        last = np.eye(1, count + 1, count, dtype="float32")[0]
        bounds = ops.sum(before * self.proportions, axis=1) + last
        passed = ops.cast(uniform >= bounds, "float32")
        return passed[:, :-1] - passed[:, 1:]

    def to_tfp(self) -> Any:
        """Return `tfp.distributions.MixtureSameFamily` of these weights (TensorFlow only)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        tfd = tfp.distributions
        means, logits = (ops.cast(each, "float32") for each in (self.means, self.logits))
        flat = tfd.MixtureSameFamily(
            tfd.Categorical(logits=logits),
            tfd.MultivariateNormalDiag(loc=means, scale_diag=self.scales),
        )
        if len(self.code_shape) == 1:
            return flat
        reshape = tfp.bijectors.Reshape(self.code_shape, [self.latent_dim])
        return tfd.TransformedDistribution(flat, reshape)
