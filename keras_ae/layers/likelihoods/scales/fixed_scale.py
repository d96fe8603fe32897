"""A scale that is a number."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.scales.scale import Scale


@keras.saving.register_keras_serializable(package="keras_ae")
class FixedScale(Scale):
    """The same scale for every output, not trained.

    With a Gaussian likelihood and a fixed scale, minus the log-likelihood is a squared error:
    sum((x - mean)**2) / (2 value**2) plus a constant. The value sets what an error costs against
    the KL.

    Args:
        value: Number > 0.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Raises:
        TypeError: `value` is not a number.
        ValueError: `value` is not positive.

    Example:
        >>> location, scale = FixedScale(0.5).split([[1.0, 2.0]])
        >>> float(location[0, 1]), float(scale)
        (2.0, 0.5)
    """

    def __init__(self, value: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.value = _checks.number("value", value, above=0)

    def split(self, parameters: Any) -> tuple[Any, Any]:
        """Return the parameters as the location, and the value."""
        return ops.cast(parameters, "float32"), ops.cast(self.value, "float32")
