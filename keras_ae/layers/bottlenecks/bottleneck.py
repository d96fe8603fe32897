"""What every bottleneck does."""

from __future__ import annotations

import abc
from typing import Any

import keras

from keras_ae import _checks
from keras_ae.layers.penalties import Penalty


class Bottleneck(keras.layers.Layer, abc.ABC):
    """The layer between encoder and decoder: features -> latent, and whatever it adds to the loss.

    Args:
        latent_dim: Integer >= 1, size of the latent.
        **kwargs: Keras' layer arguments.

    Raises:
        TypeError: `latent_dim` is not an integer.
        ValueError: `latent_dim` is less than 1.
    """

    def __init__(self, latent_dim: int, **kwargs: Any) -> None:
        # The parts cast what they need themselves: a posterior stays float32 under mixed
        # precision.
        super().__init__(**{"autocast": False, **kwargs})
        self.latent_dim = _checks.integer("latent_dim", latent_dim, minimum=1)

    @property
    def penalties(self) -> tuple[Penalty, ...]:
        """The penalties that `call` adds to the loss."""
        return ()

    @abc.abstractmethod
    def encode(self, features: Any) -> Any:
        """Return the latent that stands for each example, without noise: (batch, latent_dim)."""

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (input_shape[0], self.latent_dim)
