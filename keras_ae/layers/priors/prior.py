"""What every prior does."""

from __future__ import annotations

import abc
import math
from typing import Any

import keras

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.probability._tensors import as_float32

Tensor = Any


class Prior(Configured, keras.layers.Layer, abc.ABC):
    """The distribution of the latent before any data is seen: what `generate` draws from.

    A subclass says how likely a latent is and how to draw one. A divergence without a closed form
    is estimated at a latent drawn from the posterior. Priors compute in float32, also under mixed
    precision.

    As a layer, it turns a latent into its log-density.

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The log-density, of shape (batch,), in nats.
    """

    any_size = False  # whether a map of codes may have any height and width

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self._code_shape: tuple[Any, ...] | None = None

    def build(self, input_shape: Any) -> None:
        shape = tuple(input_shape[1:])
        if None in shape and not self.any_size:
            raise ValueError(
                f"A {type(self).__name__} must have a code of a known shape. "
                f"Received: shape={shape}"
            )
        self._code_shape = tuple(None if size is None else int(size) for size in shape)

    def call(self, latent: Tensor) -> Tensor:
        return self.log_prob(latent)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (input_shape[0],)

    @property
    def code_shape(self) -> tuple[int, ...]:
        """Shape of a latent without the batch axis, known once the layer is built.

        Raises:
            ValueError: The layer is not built yet.
        """
        if self._code_shape is None:
            raise ValueError(
                f"{type(self).__name__} must be built before it is used: "
                "call `build((None, latent_dim))`."
            )
        return self._code_shape

    @property
    def latent_dim(self) -> int:
        """How many numbers a latent has, known once the layer is built.

        Raises:
            ValueError: The layer is not built yet.
        """
        return math.prod(self.code_shape)

    @property
    def noise_shape(self) -> tuple[int, ...] | None:
        """Shape, without batch axis, of what `from_noise` takes; None where it takes nothing."""
        return None

    @abc.abstractmethod
    def log_prob(self, latent: Tensor) -> Tensor:
        """Return the log-density of each latent.

        Args:
            latent: Tensor of shape (batch, *code_shape).

        Returns:
            Tensor of shape (batch,), float32, in nats.
        """

    @abc.abstractmethod
    def to_tfp(self) -> Any:
        """Return the `tfp.distributions` object of event shape code_shape (TensorFlow only)."""

    def sample(self, n: int, seed: Any = None) -> Tensor:
        """Draw latents.

        Args:
            n: Integer, how many.
            seed: Integer or `keras.random.SeedGenerator`; None for Keras' global one.

        Returns:
            Tensor of shape (n, *code_shape), float32.
        """
        return self.from_noise(self.draw_noise(n, seed))

    def draw_noise(self, n: int, seed: Any = None) -> Tensor:
        """Draw the noise that `from_noise` takes: standard normals, of shape (n, *noise_shape).

        Raises:
            ValueError: The prior makes no latents from noise.
        """
        return keras.random.normal(
            (n, *self._require_noise()), dtype="float32", seed=_checks.noise_seed(seed)
        )

    def from_noise(self, noise: Tensor) -> Tensor:
        """Make latents from noise, without a random operation, so that it can be exported.

        Args:
            noise: Tensor of shape (n, *noise_shape), distributed as `draw_noise` draws it.

        Returns:
            Tensor of shape (n, *code_shape), float32: draws from the prior.

        Raises:
            ValueError: The prior makes no latents from noise.
        """
        self._require_noise()
        (noise,) = as_float32(noise=noise)
        return noise

    def has_closed_form_kl(self, posterior: Any) -> bool:  # noqa: ARG002 - for subclasses
        """Whether `kl` is exact for this posterior and needs no latent.

        Args:
            posterior: A `Posterior`, or its class.
        """
        return False

    def kl(self, posterior: Any, latent: Tensor = None) -> Tensor:
        """Return KL(posterior || prior) of each example.

        Without a closed form it is the unbiased one-sample estimate
        log q(latent | x) - log p(latent), which single draws can make negative.

        Args:
            posterior: A `Posterior`.
            latent: Tensor of shape (batch, *code_shape), drawn from the posterior (never its mean,
                where the estimate is biased); may be None where a closed form exists.

        Returns:
            Tensor of shape (batch,), float32, in nats.

        Raises:
            ValueError: `latent` is None and needed.
        """
        if latent is None:
            raise ValueError(
                "`latent` must be drawn from the posterior: the KL of a "
                f"{type(posterior).__name__} to a {type(self).__name__} has no closed form. "
                "Received: latent=None"
            )
        return posterior.log_prob(latent) - self.log_prob(latent)

    def kl_per_dimension(self, posterior: Any) -> Tensor:
        """Return each latent dimension's share of the KL: (batch, *code_shape), in nats.

        Raises:
            ValueError: The KL is not a sum over latent dimensions.
        """
        raise ValueError(
            f"The KL of a {type(posterior).__name__} to a {type(self).__name__} is not a sum over "
            "latent dimensions, which free bits need: use a NormalPosterior and a "
            "StandardNormalPrior."
        )

    def _require_noise(self) -> tuple[int, ...]:
        if self.noise_shape is None:
            raise ValueError(
                f"{type(self).__name__} makes no latents from noise: use `sample` instead."
            )
        return self.noise_shape
