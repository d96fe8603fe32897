"""A scale that is one trained weight."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.scales.scale import Scale

MINIMUM = 1e-6


@keras.saving.register_keras_serializable(package="keras_ae")
class SharedScale(Scale):
    """One scale for every output, learned with the model.

        scale = softplus(raw) + 1e-6, with one trained number raw

    Trained to its optimum, a Gaussian's scale is the root of the mean squared error: the balance
    of reconstruction and KL is found from the data instead of being chosen.

    Args:
        initial: Number > 1e-6, the scale before training.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Raises:
        TypeError: `initial` is not a number.
        ValueError: `initial` is too small.

    Example:
        >>> scale = SharedScale(initial=0.5)
        >>> scale.build((None, 2))
        >>> round(float(scale.value), 6)
        0.5

    Reference:
        Rybkin, Daniilidis and Levine, Simple and Effective VAE Training with Calibrated Decoders,
        2021.
    """

    def __init__(self, initial: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.initial = _checks.number("initial", initial, above=MINIMUM)

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the weight is one number for any shape
        above = self.initial - MINIMUM
        self.raw = self.add_weight(
            shape=(),
            # The inverse of softplus, written so that it overflows nowhere.
            initializer=keras.initializers.Constant(above + math.log(-math.expm1(-above))),
            dtype="float32",
            autocast=False,  # read from a bfloat16 layer, it would be rounded to 3 digits
            name="raw",
        )

    @property
    def value(self) -> Any:
        """The scale now, a float32 scalar.

        Raises:
            ValueError: The layer has no weight yet.
        """
        if not self.built:
            raise ValueError(
                "SharedScale must be built before it is used: call `build(parameters_shape)`."
            )
        return ops.softplus(self.raw) + MINIMUM

    def split(self, parameters: Any) -> tuple[Any, Any]:
        """Return the parameters as the location, and the trained scale, a scalar."""
        return ops.cast(parameters, "float32"), self.value
