"""The likelihood of counts that vary more than Poisson's."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.layers.likelihoods.poisson_likelihood import rate_of
from keras_ae.probability.table_densities import negative_binomial_log_prob

MINIMUM = 1e-3  # of the total


@keras.saving.register_keras_serializable(package="keras_ae")
class NegativeBinomialLikelihood(Likelihood):
    """Outputs that count, with more spread than Poisson's: the decoder returns mean and total.

        log p(x) = sum[ log of the negative binomial's probability ]
        mean = unit * (softplus(raw) / log(2) + 1e-6),   total = softplus(raw total) + 0.001
        variance = mean + mean**2 / total

    Args:
        unit: Number > 0, the mean before training, such as the mean of the data.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * 2): raw means, then raw totals.

    Returns:
        The mean, of the shape of the data.

    Raises:
        TypeError: `unit` is not a number.
        ValueError: `unit` is not positive.

    Example:
        >>> likelihood = NegativeBinomialLikelihood(unit=2.0)
        >>> round(float(likelihood.log_prob([[3.0]], [[0.0, 0.0]])[0]), 4)
        -2.4737

    Reference:
        Lopez et al., Deep Generative Modeling for Single-cell Transcriptomics, 2018.
    """

    support = (0.0, math.inf)

    def __init__(self, unit: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = _checks.number("unit", unit, above=0)

    @property
    def parameters_per_output(self) -> int:
        """A mean and a total."""
        return 2

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-probability of each example, of shape (batch,), in nats."""
        return negative_binomial_log_prob(x, *self._split(parameters))

    def mean(self, parameters: Any) -> Any:
        """Return the mean, of the shape of the data."""
        return self._split(parameters)[0]

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw counts, Poisson's of gamma rates, of the shape of the data."""
        mean, total = self._split(parameters)
        first, second = _draws.seeds(_checks.noise_seed(seed), 2)
        return _draws.poisson(_draws.gamma(total, first) * (mean / total), second)

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.NegativeBinomial` (TensorFlow only)."""
        mean, total = self._split(parameters)
        logits = ops.log(mean) - ops.log(total)
        return independent("NegativeBinomial", total, logits=logits)

    def _split(self, parameters: Any) -> tuple[Any, Any]:
        raw = self.by_output(parameters)
        return rate_of(raw[..., 0], self.unit), ops.softplus(raw[..., 1]) + MINIMUM
