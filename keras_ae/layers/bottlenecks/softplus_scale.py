"""From an unbounded number to a standard deviation, by softplus."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured


@keras.saving.register_keras_serializable(package="keras_ae")
class SoftplusScale(Configured, keras.layers.Layer):
    """scale = softplus(raw) + minimum, in float32.

    Without the added minimum the logarithm of the scale would be -inf: float32 softplus(-104) is
    0.

    Args:
        minimum: Number > 0, the smallest scale.
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.

    Call arguments:
        raw: Tensor of any shape.

    Returns:
        Tensor of the same shape, > 0.

    Raises:
        TypeError: `minimum` is not a number.
        ValueError: `minimum` is not positive.

    Example:
        >>> import numpy as np
        >>> round(float(SoftplusScale()(np.zeros(1))[0]), 4)  # log(2)
        0.6931
    """

    def __init__(self, minimum: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.minimum = _checks.number("minimum", minimum, above=0)

    def call(self, raw: Any) -> Any:
        return ops.softplus(raw) + self.minimum

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
