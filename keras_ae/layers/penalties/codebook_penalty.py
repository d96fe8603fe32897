"""The penalty that moves codes to the features they stand for."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae._config import Configured
from keras_ae.layers.penalties.distance_penalty import DistancePenalty, features_of
from keras_ae.layers.penalties.penalty import Code
from keras_ae.probability.densities import sum_event


@keras.saving.register_keras_serializable(package="keras_ae")
class CodebookPenalty(Configured, DistancePenalty):
    """Pull the code that was chosen to the features it stands for; the encoder doesn't move.

        penalty = mean over examples of |latent - features|**2

    A `VectorQuantizer` without moving averages adds it by itself.

    Args:
        **kwargs: Keras' layer arguments.

    Call arguments:
        latent: Tensor of shape (batch, ...), the codes.
        features: Tensor of the latent's shape, what they stand for.

    Returns:
        The latent, unchanged.

    Raises:
        ValueError: When called, there are no features of the latent's shape.

    Example:
        >>> import numpy as np
        >>> penalty = CodebookPenalty()
        >>> latent = penalty(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]))
        >>> float(penalty.losses[0])
        5.0

    Reference:
        van den Oord et al., Neural Discrete Representation Learning, 2017, equation 3, second
        term.
    """

    metric_name = "codebook"

    def values(self, code: Code) -> Any:
        """Return the penalty of each example, of shape (batch,)."""
        return sum_event(ops.square(code.latent - ops.stop_gradient(features_of(code))))
