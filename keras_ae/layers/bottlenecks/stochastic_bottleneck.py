"""What the bottlenecks of variational autoencoders share."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck, Float32Outputs, TensorFunction
from keras_ae.layers.bottlenecks.log_variance_scale import LogVarianceScale
from keras_ae.layers.bottlenecks.softplus_scale import SoftplusScale
from keras_ae.layers.penalties import Code, KLPenalty, Penalty
from keras_ae.layers.posteriors import Posterior
from keras_ae.layers.priors import Prior, StandardNormalPrior
from keras_ae.layers.sampling import Sampling


class StochasticBottleneck(Float32Outputs, Bottleneck):
    """A bottleneck whose latent is drawn from a posterior and held to a prior by penalties.

    features -> head -> posterior -> `Sampling` -> latent, and penalties of them by `add_loss`.

    A subclass names the class of its posterior and makes the head, the layer from features to that
    class' parameters.

    Args:
        latent_dim: Integer >= 1.
        prior: A `Prior`; None for N(0, I).
        penalty: A `Penalty` or a sequence of them; None for `KLPenalty()`, the evidence bound.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`.
        seed: Integer >= 0 or None, seed of the initial weights and of the noise.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.
    """

    takes_noise = True
    has_posterior = True
    posterior_type: type[Posterior]
    prior: Prior

    def __init__(
        self,
        latent_dim: int,
        prior: Prior | None = None,
        penalty: Penalty | Sequence[Penalty] | None = None,
        to_scale: SoftplusScale | LogVarianceScale | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        prior = StandardNormalPrior() if prior is None else prior
        penalty = KLPenalty() if penalty is None else penalty
        super().__init__(latent_dim, prior, penalty, **kwargs)
        self.seed = _checks.seed("seed", seed)
        self.head = self.make_head(to_scale)
        self.to_scale = self.head.to_scale
        self.sampling = Sampling(self.seed, dtype="float32", name="sampling")

    @abc.abstractmethod
    def make_head(self, to_scale: Any) -> Any:
        """Return the layer from features to the posterior's parameters, in their order."""

    def build(self, input_shape: Any) -> None:
        if not self.head.built:
            self.head.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any, training: bool | None = None, epsilon: Any = None) -> Any:
        posterior = self.posterior(features)
        latent = self.sampling(
            posterior.mean, epsilon=epsilon, training=training, posterior=posterior
        )
        # Without noise the latent is the mean, where an estimated KL would be biased.
        sampled = training or epsilon is not None
        drawn = latent if sampled else self._drawn(posterior)
        self.penalize(Code(drawn, posterior, self.prior, features, bool(training)))
        return latent

    def posterior(self, features: Any) -> Posterior:
        """Return the posterior of each example."""
        return self.posterior_type(*self.head(features))

    def encode(self, features: Any) -> Any:
        """Return the posterior's mean: (batch, *code_shape)."""
        return self.posterior(features).mean

    def sample(self, posterior: Posterior, epsilon: Any) -> tuple[Any, Any]:
        """Return latents and the logarithms of their importance weights against the prior.

        Args:
            posterior: A `Posterior`.
            epsilon: Standard normal noise of the mean's shape.

        Returns:
            The latents, and log p(latent) - log q(latent | x) of shape (batch,), in nats.
        """
        latent = posterior.transform(epsilon)
        return latent, self.prior.log_prob(latent) - posterior.log_prob(latent)

    def score(self, features: Any, epsilon: Any = None) -> tuple[Any, Any]:
        """Return the posterior's mean, and the KL to the prior where a penalty holds it down.

        Args:
            features: Tensor, what the encoder returned.
            epsilon: Noise at which a KL without a closed form is estimated, of the mean's shape;
                None for `score_noise`.
        """
        posterior = self.posterior(features)
        if not any(penalty.is_kl for penalty in self.penalties):
            return posterior.mean, None
        epsilon = self.score_noise if epsilon is None else epsilon  # one example's broadcasts
        latent = None if epsilon is None else posterior.transform(epsilon)
        return posterior.mean, posterior.kl(self.prior, latent)

    @property
    def score_noise(self) -> np.ndarray | None:
        """Noise at which scores estimate a KL without a closed form, of shape code_shape, or None.

        It is the same for every example, model and backend: a score doesn't depend on the others.
        """
        estimated = (
            penalty.is_kl and penalty.needs_latent(self.posterior_type, self.prior)
            for penalty in self.penalties
        )
        if not any(estimated):
            return None
        return np.random.default_rng(0).standard_normal(self.code_shape, "float32")

    def functions_of_features(self) -> dict[str, TensorFunction]:
        """Return posterior (mean, scale and its other parameters), and sample_posterior."""

        def posterior(features: Any) -> dict[str, Any]:
            found = self.posterior(features)
            return {"mean": found.mean, "scale": found.scale, **found.parameters}

        def sample_posterior(features: Any, epsilon: Any) -> dict[str, Any]:
            return {"latent": self.posterior(features).transform(epsilon)}

        return {"posterior": posterior, "sample_posterior": sample_posterior}

    def draw_inputs(self, n: int, seed: int) -> dict[str, np.ndarray]:
        """Draw epsilon, standard normals, and the prior's noise."""
        shape = (n, *self.code_shape)
        epsilon = np.random.default_rng(seed).standard_normal(shape, "float32")
        return {"epsilon": epsilon, **super().draw_inputs(n, seed)}

    def _drawn(self, posterior: Posterior) -> Any:
        """Draw a latent from a fixed seed; None where no penalty needs one."""
        needed = (each.needs_latent(self.posterior_type, self.prior) for each in self.penalties)
        if not any(needed):
            return None
        shape = ops.shape(posterior.mean)
        return posterior.sample(keras.random.normal(shape, dtype="float32", seed=self.seed or 0))
