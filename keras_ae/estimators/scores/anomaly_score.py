"""What every anomaly score does."""

from __future__ import annotations

import abc
from typing import Any

Tensor = Any


class AnomalyScore(abc.ABC):
    """How strange an example is to a model, as a function of tensors that can be exported.

        strangeness = sum over outputs of contributions + rest

    The contributions are one for each number of the example; the rest is what belongs to the whole
    example, such as the KL. A subclass is a frozen dataclass of plain numbers, so that a detector
    can be saved with it. It draws no random numbers: an example's strangeness is a number that
    doesn't depend on the others or on when it is asked for.
    """

    @abc.abstractmethod
    def terms(self, model: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the contributions and the rest; higher is stranger.

        Args:
            model: An `Autoencoder`.
            x: Tensor of shape (batch, ...), in the data's own units.

        Returns:
            Tensors of x's shape and of shape (batch,).
        """

    def check(self, model: Any) -> None:  # noqa: B027 - most scores suit every model
        """Raise a ValueError if the model can't be scored in this way.

        Args:
            model: An `Autoencoder`.
        """
