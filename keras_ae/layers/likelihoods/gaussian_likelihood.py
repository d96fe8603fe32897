"""The likelihood behind the squared error."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.likelihood import independent
from keras_ae.layers.likelihoods.location_scale_likelihood import LocationScaleLikelihood
from keras_ae.probability.densities import normal_log_prob

_points, _weights = np.polynomial.hermite_e.hermegauss(16)
POINTS = _points.astype("float32")
LOG_WEIGHTS = np.log(_weights / _weights.sum()).astype("float32")


@keras.saving.register_keras_serializable(package="keras_ae")
class GaussianLikelihood(LocationScaleLikelihood):
    """Real outputs with normal noise: the decoder returns their mean.

        log p(x) = sum[ -((x - mean) / scale)**2 / 2 - log(scale) - log(2 pi) / 2 ]

    The constants are included, so that nats are nats: minus this is not the bare squared error,
    and it can be negative.

    Args:
        scale: Number > 0, the standard deviation of every output; or `SharedScale()`, one standard
            deviation learned with the model; or `PredictedScale()`, one predicted by the decoder
            for each output. A number becomes a `FixedScale`.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * parameters_per_output): means, followed
            on the last axis by raw scales if the decoder predicts these.

    Returns:
        The mean, of the shape of the data.

    Raises:
        TypeError: `scale` is neither a number nor a scale.
        ValueError: `scale` is a number that is not positive.

    Example:
        >>> likelihood = GaussianLikelihood(scale=0.5)
        >>> round(float(likelihood.log_prob([[1.0, 0.0]], [[1.0, 0.5]])[0]), 4)
        -0.9516

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix C.2.
    """

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-density of each example, of shape (batch,), in nats."""
        return normal_log_prob(x, *self.scale.split(parameters))

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw mean + scale * normal noise, of the shape of the data."""
        mean, scale = self.scale.split(parameters)
        return mean + scale * keras.random.normal(
            ops.shape(mean), dtype="float32", seed=_checks.noise_seed(seed)
        )

    def quadrature(self, parameters: Any) -> tuple[Any, Any]:
        """Return Gauss-Hermite's points and weights: exact for polynomials of degree 31."""
        mean, scale = self.scale.split(parameters)
        values = ops.expand_dims(mean, -1) + ops.expand_dims(scale + 0.0 * mean, -1) * POINTS
        return values, ops.zeros_like(values) + LOG_WEIGHTS

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Normal` (TensorFlow only)."""
        return independent("Normal", *self.scale.split(parameters))
