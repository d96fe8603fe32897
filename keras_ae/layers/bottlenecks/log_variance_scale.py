"""From an unbounded number to a standard deviation, as a log-variance."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured


@keras.saving.register_keras_serializable(package="keras_ae")
class LogVarianceScale(Configured, keras.layers.Layer):
    """scale = exp(raw / 2), raw clipped to [low, high]: the network predicts log-variances.

    The clip keeps a wild first step from overflowing to infinity.

    Args:
        low: Number, the smallest log-variance.
        high: Number > low, the largest.
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.

    Call arguments:
        raw: Tensor of any shape.

    Returns:
        Tensor of the same shape, > 0.

    Raises:
        TypeError: An argument is not a number.
        ValueError: `high` is not above `low`.

    Example:
        >>> import numpy as np
        >>> float(LogVarianceScale()(np.zeros(1))[0])
        1.0

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix C.2.
    """

    def __init__(self, low: float = -30.0, high: float = 20.0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.low = _checks.number("low", low)
        self.high = _checks.number("high", high, above=low)

    def call(self, raw: Any) -> Any:
        return ops.exp(0.5 * ops.clip(raw, self.low, self.high))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
