"""The penalty that keeps an encoder near the codes that stand for its features."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.layers.penalties.distance_penalty import DistancePenalty, features_of
from keras_ae.layers.penalties.penalty import Code
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="keras_ae")
class CommitmentPenalty(Configured, DistancePenalty):
    """Pull the encoder's features to the code that was chosen for them.

        penalty = beta * mean over examples of |features - latent|**2

    summed over all places of a map. The latent counts as a constant: only the encoder moves.

    Args:
        beta: Number >= 0.
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ...), the codes.
        features: Tensor of the latent's shape, what they stand for.

    Returns:
        The latent, unchanged.

    Raises:
        TypeError: `beta` is not a number.
        ValueError: `beta` is negative; or, when called, there are no features of the latent's
            shape.

    Example:
        >>> import numpy as np
        >>> penalty = CommitmentPenalty(beta=0.5)
        >>> latent = penalty(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
        >>> float(penalty.losses[0])  # 0.5 * (1 + 4)
        2.5

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, equation 3, last term.
    """

    metric_name = "commitment"

    def __init__(self, beta: float = 0.25, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta = _checks.number("beta", beta, minimum=0)

    def values(self, code: Code) -> Any:
        """Return the penalty of each example, of shape (batch,)."""
        features = features_of(code)
        return self.beta * sum_event(ops.square(features - ops.stop_gradient(code.latent)))
