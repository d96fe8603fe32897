"""What every posterior answers."""

from __future__ import annotations

import abc
from typing import Any

import keras
from keras import ops

from keras_ae import _checks

Tensor = Any


class Posterior(abc.ABC):
    """The distribution q(latent | x) of each example of a batch; a value, not a layer.

    A subclass has a `mean` of shape (batch, latent_dim) and says how a latent is made of noise and
    how likely it is. `kl` is exact where the prior knows a closed form for it, and otherwise a
    one-sample estimate.

    Args:
        mean: Tensor of shape (batch, latent_dim).
    """

    def __init__(self, mean: Tensor) -> None:
        self.mean = mean

    @property
    @abc.abstractmethod
    def scale(self) -> Tensor:
        """Standard deviation of each latent dimension, of shape (batch, latent_dim)."""

    @property
    def log_var(self) -> Tensor:
        """Logarithm of the variance of each latent dimension, of shape (batch, latent_dim)."""
        return 2.0 * ops.log(self.scale)

    @abc.abstractmethod
    def transform(self, epsilon: Tensor) -> Tensor:
        """Turn standard normal noise of the mean's shape into a latent."""

    @abc.abstractmethod
    def log_prob(self, latent: Tensor) -> Tensor:
        """Log-density of a latent under each example's posterior: (batch,), nats."""

    @abc.abstractmethod
    def kl_to_standard_normal(self) -> Tensor:
        """KL(q || N(0, I)) in closed form, of shape (batch,), in nats."""

    @abc.abstractmethod
    def to_tfp(self) -> Any:
        """Return the same batch of distributions of `tfp.distributions` (TensorFlow only)."""

    def sample(self, epsilon: Tensor = None, seed: Any = None) -> Tensor:
        """Draw one latent for each example.

        Args:
            epsilon: Standard normal noise of the mean's shape, or None to draw it.
            seed: Integer or `keras.random.SeedGenerator` of the noise; not together with
                `epsilon`.

        Returns:
            The latent, of shape (batch, latent_dim).

        Raises:
            ValueError: Both `epsilon` and `seed` are given.
        """
        if epsilon is not None and seed is not None:
            raise ValueError(
                "Give `epsilon` or `seed`, not both. "
                f"Received: an epsilon and seed={_checks.shown(seed)}"
            )
        if epsilon is None:
            epsilon = keras.random.normal(
                ops.shape(self.mean), dtype="float32", seed=_checks.noise_seed(seed)
            )
        return self.transform(epsilon)

    def kl(self, prior: Any, latent: Tensor = None) -> Tensor:
        """KL(q || prior) of each example.

        Args:
            prior: A `Prior` of `keras_ae.layers`.
            latent: A latent drawn from this posterior, of shape (batch, latent_dim). Used only
                where the prior has no closed form; the result is then an unbiased one-sample
                estimate. None draws one.

        Returns:
            Tensor of shape (batch,), in nats.
        """
        if latent is None and not prior.has_closed_form_kl(self):
            latent = self.sample()
        return prior.kl(self, latent)
