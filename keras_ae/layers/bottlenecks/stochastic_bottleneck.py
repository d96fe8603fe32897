"""What the bottlenecks of variational autoencoders share."""

from __future__ import annotations

import abc
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.bottlenecks.bottleneck import Bottleneck
from keras_ae.layers.bottlenecks.log_variance_scale import LogVarianceScale
from keras_ae.layers.bottlenecks.softplus_scale import SoftplusScale
from keras_ae.layers.penalties import KLPenalty, Penalty
from keras_ae.layers.posteriors import Posterior
from keras_ae.layers.priors import Prior, StandardNormalPrior
from keras_ae.layers.sampling import Sampling


class StochasticBottleneck(Bottleneck):
    """A bottleneck whose latent is drawn from a posterior and held to a prior by a penalty.

    features -> head -> posterior -> `Sampling` -> latent, and penalty(posterior, prior) by
    `add_loss`.

    Args:
        latent_dim: Integer >= 1.
        prior: A `Prior`; None for N(0, I).
        penalty: A `KLPenalty`; None for beta = 1, the evidence bound.
        to_scale: `SoftplusScale` (None) or `LogVarianceScale`.
        seed: Integer >= 0 or None, seed of the initial weights and of the noise.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: `latent_dim` is less than 1.
    """

    def __init__(
        self,
        latent_dim: int,
        prior: Prior | None = None,
        penalty: KLPenalty | None = None,
        to_scale: SoftplusScale | LogVarianceScale | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        self.prior = StandardNormalPrior() if prior is None else prior
        _checks.instance("prior", self.prior, Prior, "a Prior or None")
        self.penalty = KLPenalty() if penalty is None else penalty
        _checks.instance("penalty", self.penalty, KLPenalty, "a KLPenalty or None")
        self.seed = _checks.seed("seed", seed)
        self.head = self.make_head(to_scale)
        self.to_scale = self.head.to_scale
        self.sampling = Sampling(self.seed, dtype="float32", name="sampling")

    @abc.abstractmethod
    def make_head(self, to_scale: Any) -> Any:
        """Return the layer from features to the posterior's two tensors."""

    @abc.abstractmethod
    def make_posterior(self, *tensors: Any) -> Posterior:
        """Return the posterior of the head's two tensors."""

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalty that holds the posterior to the prior."""
        return (self.penalty,)

    def build(self, input_shape: Any) -> None:
        if not self.head.built:
            self.head.build(input_shape)
        for part in (self.prior, self.penalty):
            if not part.built:
                part.build((input_shape[0], self.latent_dim))

    def call(self, features: Any, training: bool | None = None, epsilon: Any = None) -> Any:
        mean, scale = self.head(features)
        latent = self.sampling(mean, scale, epsilon=epsilon, training=training)
        if epsilon is None and not training:
            # The latent is the mean here, where an estimated KL would be biased.
            self.penalty(
                mean, scale, latent=self._draw(self.make_posterior(mean, scale)), prior=self.prior
            )
        else:
            self.penalty(mean, scale, latent=latent, prior=self.prior)
        return latent

    @property
    def has_closed_form_kl(self) -> bool:
        """Whether KL(q || prior) is exact and needs no noise."""
        return self.prior.has_closed_form_kl(self.make_posterior(None, None))

    @property
    def score_noise(self) -> np.ndarray:
        """Noise at which scores estimate a KL without a closed form, of shape (latent_dim,).

        It is the same for every example, model and backend: a score doesn't depend on the others.
        """
        return np.random.default_rng(0).standard_normal(self.latent_dim, "float32")

    def kl(self, posterior: Posterior, epsilon: Any = None) -> Any:
        """KL(q || prior) of each example: exact, or estimated at the latent that epsilon gives.

        Without epsilon it is estimated at one latent drawn from a fixed seed.
        """
        if epsilon is None or self.has_closed_form_kl:
            return posterior.kl(self.prior, self._draw(posterior))
        return posterior.kl(self.prior, posterior.transform(epsilon))

    def _draw(self, posterior: Posterior) -> Any:
        """Draw a latent from a fixed seed; None where the KL is exact without one."""
        if self.has_closed_form_kl:
            return None
        shape = ops.shape(posterior.mean)
        return posterior.sample(keras.random.normal(shape, dtype="float32", seed=self.seed or 0))

    def posterior(self, features: Any) -> Posterior:
        """Return the posterior of each example."""
        return self.make_posterior(*self.head(features))

    def encode(self, features: Any) -> Any:
        """Return the posterior's mean: (batch, latent_dim)."""
        return self.head(features)[0]
