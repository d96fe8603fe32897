"""What every posterior answers."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_ae import _checks

Tensor = Any


class Posterior(abc.ABC):
    """The distribution q(latent | x) of each example of a batch; a value, not a layer.

    A subclass names the tensors that it is made of and says how a latent is made of noise and how
    likely it is. `kl` is exact where the prior knows a closed form for it, and otherwise a
    one-sample estimate: a subclass whose KL to N(0, I) is known has `kl_to_standard_normal`.

    Args:
        mean: Tensor of shape (batch, *code_shape).
    """

    # The constructor's arguments, which are attributes too.
    parameter_names: tuple[str, ...] = ("mean", "scale")

    def __init__(self, mean: Tensor) -> None:
        self.mean = mean

    @property
    @abc.abstractmethod
    def scale(self) -> Tensor:
        """Standard deviation of each latent dimension, of the mean's shape."""

    @property
    def log_var(self) -> Tensor:
        """Logarithm of the variance of each latent dimension, of the mean's shape."""
        return 2.0 * ops.log(self.scale)

    @property
    def parameters(self) -> dict[str, Tensor]:
        """The tensors that it is made of, by the names of the constructor's arguments."""
        return {name: getattr(self, name) for name in self.parameter_names}

    def map(self, function: Callable[[Tensor], Tensor]) -> Self:
        """Return a posterior of the same kind, with a function applied to each parameter.

        Args:
            function: Function of a tensor (batch, ...) to a tensor, such as one that repeats or
                chooses examples.
        """
        return type(self)(**{name: function(each) for name, each in self.parameters.items()})

    @abc.abstractmethod
    def transform(self, epsilon: Tensor) -> Tensor:
        """Turn standard normal noise of the mean's shape into a latent."""

    @abc.abstractmethod
    def log_prob(self, latent: Tensor) -> Tensor:
        """Log-density of a latent under each example's posterior: (batch,), nats."""

    @abc.abstractmethod
    def to_tfp(self) -> Any:
        """Return the same batch of distributions of `tfp.distributions` (TensorFlow only)."""

    def pairwise_log_prob(self, latent: Any) -> np.ndarray:
        """Return the log-density of every latent under every example's posterior.

        Args:
            latent: Array of shape (latents, *code_shape).

        Returns:
            NumPy array of shape (latents, examples), float64, in nats.
        """
        shape = tuple(self.mean.shape)

        def under_all(each: Any) -> Any:
            everywhere = np.broadcast_to(each, shape).astype("float32")
            return np.asarray(ops.convert_to_numpy(self.log_prob(everywhere)), "float64")

        return np.stack([under_all(each) for each in np.asarray(latent)])

    def sample(self, epsilon: Tensor = None, seed: Any = None) -> Tensor:
        """Draw one latent for each example.

        Args:
            epsilon: Standard normal noise of the mean's shape, or None to draw it.
            seed: Integer or `keras.random.SeedGenerator` of the noise; not together with
                `epsilon`.

        Returns:
            The latent, of the mean's shape.

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
            latent: A latent drawn from this posterior, of the mean's shape. Used only where the
                prior has no closed form; the result is then an unbiased one-sample estimate. None
                draws one.

        Returns:
            Tensor of shape (batch,), in nats.
        """
        if latent is None and not prior.has_closed_form_kl(self):
            latent = self.sample()
        return prior.kl(self, latent)
