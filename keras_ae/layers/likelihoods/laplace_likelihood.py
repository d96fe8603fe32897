"""The likelihood behind the absolute error."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.likelihood import independent
from keras_ae.layers.likelihoods.location_scale_likelihood import LocationScaleLikelihood
from keras_ae.probability.densities import laplace_log_prob


@keras.saving.register_keras_serializable(package="keras_ae")
class LaplaceLikelihood(LocationScaleLikelihood):
    """Real outputs with heavy-tailed noise: the decoder returns their location.

        log p(x) = sum[ -|x - location| / scale - log(2 scale) ]

    The location is mean and median. Outliers pull less than with `GaussianLikelihood`. The
    constants are included, so that nats are nats.

    Args:
        scale: Number > 0, the mean absolute deviation of every output (the standard deviation is
            sqrt(2) times it); or `SharedScale()`, one scale learned with the model; or
            `PredictedScale()`, one predicted by the decoder for each output. A number becomes a
            `FixedScale`.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * parameters_per_output): locations,
            followed on the last axis by raw scales if the decoder predicts these.

    Returns:
        The mean, of the shape of the data.

    Raises:
        TypeError: `scale` is neither a number nor a scale.
        ValueError: `scale` is a number that is not positive.

    Example:
        >>> likelihood = LaplaceLikelihood(scale=0.5)
        >>> float(likelihood.log_prob([[1.0, 0.0]], [[1.0, 0.5]])[0])  # log(1) + log(exp(-1))
        -1.0
    """

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-density of each example, of shape (batch,), in nats."""
        return laplace_log_prob(x, *self.scale.split(parameters))

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw location + scale * Laplace noise, of the shape of the data."""
        location, scale = self.scale.split(parameters)
        shape = (2, *ops.shape(location))
        # The difference of two exponential variables. Uniform draws are never 1, so no logarithm
        # is infinite.
        exponential = -ops.log1p(
            -keras.random.uniform(shape, dtype="float32", seed=_checks.noise_seed(seed))
        )
        return location + scale * (exponential[0] - exponential[1])

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Laplace` (TensorFlow only)."""
        return independent("Laplace", *self.scale.split(parameters))
