"""What Gaussian and Laplace likelihoods share."""

from __future__ import annotations

from numbers import Real
from typing import Any

from keras_ae import _checks
from keras_ae.layers.likelihoods.likelihood import Likelihood
from keras_ae.layers.likelihoods.scales import FixedScale, Scale


class LocationScaleLikelihood(Likelihood):
    """A likelihood of real data whose mean is the decoder's location, and whose spread is a scale.

    Args:
        scale: Number > 0, or `FixedScale`, `SharedScale` or `PredictedScale`. A number becomes a
            `FixedScale`.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Raises:
        TypeError: `scale` is neither a number nor a scale.
        ValueError: `scale` is a number that is not positive.
    """

    def __init__(self, scale: float | Scale = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(scale, Real):
            scale = FixedScale(_checks.number("scale", scale, above=0))
        expected = "a number > 0, a FixedScale, a SharedScale or a PredictedScale"
        self.scale = _checks.instance("scale", scale, Scale, expected)

    def build(self, input_shape: Any) -> None:
        if not self.scale.built:
            self.scale.build(input_shape)

    @property
    def parameters_per_output(self) -> int:
        """2 where the decoder predicts the scale, 1 elsewhere."""
        return int(self.scale.parameters_per_output)

    def mean(self, parameters: Any) -> Any:
        """Return the location, of the shape of the data."""
        return self.scale.location(parameters)
