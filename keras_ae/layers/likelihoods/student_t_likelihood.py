"""The likelihood of numbers with outliers."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.table_densities import student_t_log_prob

FEWEST_DEGREES = 3.0  # with fewer, the variance is infinite, or all but


@keras.saving.register_keras_serializable(package="keras_ae")
class StudentTLikelihood(Likelihood):
    """Real outputs with heavy tails: the decoder returns location, scale and degrees of freedom.

        log p(x) = sum[ log of Student's t density ]
        scale = softplus(raw scale) + minimum,   degrees = 3 + softplus(raw degrees)

    Args:
        minimum: Number > 0, the smallest scale.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * 3): locations, raw scales, raw degrees.

    Returns:
        The mean: the location, of the shape of the data.

    Raises:
        TypeError: `minimum` is not a number.
        ValueError: `minimum` is not positive.

    Example:
        >>> likelihood = StudentTLikelihood()
        >>> round(float(likelihood.log_prob([[1.0]], [[0.0, 0.0, 0.0]])[0]), 4)
        -1.6672

    Reference:
        Mattei and Frellsen, MIWAE, 2019, section 4.
    """

    def __init__(self, minimum: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = _checks.number("minimum", minimum, above=0)

    @property
    def parameters_per_output(self) -> int:
        """A location, a scale and degrees of freedom."""
        return 3

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-density of each example, of shape (batch,), in nats."""
        return student_t_log_prob(x, *self._split(parameters))

    def mean(self, parameters: Any) -> Any:
        """Return the location, of the shape of the data."""
        return self.by_output(parameters)[..., 0]

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw location + scale * noise, normal over the root of gamma, of the data's shape."""
        degrees, location, scale = self._split(parameters)
        first, second = _draws.seeds(_checks.noise_seed(seed), 2)
        normal = keras.random.normal(ops.shape(location), dtype="float32", seed=first)
        variance = _draws.gamma(0.5 * degrees, second) / (0.5 * degrees)
        return location + scale * normal / ops.sqrt(variance)

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.StudentT` (TensorFlow only)."""
        return independent("StudentT", *self._split(parameters))

    def _split(self, parameters: Any) -> tuple[Any, Any, Any]:
        raw = self.by_output(parameters)
        scale = ops.softplus(raw[..., 1]) + self.minimum
        return FEWEST_DEGREES + ops.softplus(raw[..., 2]), raw[..., 0], scale
