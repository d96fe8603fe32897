"""The likelihood of counts."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.table_densities import poisson_log_prob

MINIMUM = 1e-6  # of a rate, in units


def rate_of(raw: Any, unit: float) -> Any:
    """Return unit * (softplus(raw) / log(2) + 1e-6): the unit where raw is 0."""
    return unit * (ops.softplus(raw) / math.log(2.0) + MINIMUM)


@keras.saving.register_keras_serializable(package="keras_ae")
class PoissonLikelihood(Likelihood):
    """Outputs that count, whole numbers >= 0: the decoder returns their rate.

        log p(x) = sum[ x log(rate) - rate - log(x!) ]
        rate = unit * (softplus(raw) / log(2) + 1e-6)

    Args:
        unit: Number > 0, the rate before training, such as the mean of the data.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of raw rates, of the shape of the data.

    Returns:
        The mean: the rate, of the shape of the data.

    Raises:
        TypeError: `unit` is not a number.
        ValueError: `unit` is not positive.

    Example:
        >>> likelihood = PoissonLikelihood(unit=2.0)
        >>> round(float(likelihood.log_prob([[0.0, 3.0]], [[0.0, 0.0]])[0]), 4)
        -3.7123

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020, section 3.
    """

    support = (0.0, math.inf)

    def __init__(self, unit: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = _checks.number("unit", unit, above=0)

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-probability of each example, of shape (batch,), in nats."""
        return poisson_log_prob(x, self.mean(parameters))

    def mean(self, parameters: Any) -> Any:
        """Return the rate, of the shape of the data."""
        return rate_of(ops.cast(parameters, "float32"), self.unit)

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw counts, of the shape of the data."""
        return _draws.poisson(self.mean(parameters), _checks.noise_seed(seed))

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Poisson` (TensorFlow only)."""
        return independent("Poisson", rate=self.mean(parameters))
