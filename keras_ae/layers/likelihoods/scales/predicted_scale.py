"""A scale that the decoder predicts."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.scales.scale import Scale


@keras.saving.register_keras_serializable(package="keras_ae")
class PredictedScale(Scale):
    """A scale for each output of each example, which the decoder predicts beside the location.

        location, raw = the two halves of the parameters' last axis
        scale = softplus(raw) + minimum

    The minimum bounds the density: without it, a pixel that is the same in all examples earns an
    unbounded likelihood.

    Args:
        minimum: Number > 0, the smallest scale.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Raises:
        TypeError: `minimum` is not a number.
        ValueError: `minimum` is not positive.

    Example:
        >>> location, scale = PredictedScale().split([[3.0, 0.0]])
        >>> float(location[0, 0]), round(float(scale[0, 0]), 4)  # log(2) + 0.001
        (3.0, 0.6941)
    """

    parameters_per_output = 2

    def __init__(self, minimum: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = _checks.number("minimum", minimum, above=0)

    def split(self, parameters: Any) -> tuple[Any, Any]:
        """Return the first half of the last axis, and the scale from the second half.

        Raises:
            ValueError: The last axis is of an odd size.
        """
        parameters = ops.cast(parameters, "float32")
        size = parameters.shape[-1]
        if size % 2:
            raise ValueError(
                "`parameters` must hold a location and a scale for each output, so its last axis "
                "must be of even size. "
                f"Received: parameters of shape {tuple(parameters.shape)}"
            )
        location, raw = parameters[..., : size // 2], parameters[..., size // 2 :]
        return location, ops.softplus(raw) + self.minimum
