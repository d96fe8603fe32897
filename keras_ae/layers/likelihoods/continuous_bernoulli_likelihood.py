"""The likelihood of grey levels."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.densities import (
    continuous_bernoulli_log_prob,
    continuous_bernoulli_mean,
)


@keras.saving.register_keras_serializable(package="keras_ae")
class ContinuousBernoulliLikelihood(Likelihood):
    """Outputs anywhere in [0, 1]: the decoder returns logits.

        log p(x) = sum[ x log(sigmoid(logits)) + (1 - x) log(sigmoid(-logits)) + log C(logits) ]
        C(logits) = logits / tanh(logits / 2), which makes it a density on [0, 1]

    Being a density, it can exceed 1, and its log 0. The mean is not the sigmoid of the logits:

        mean = sigmoid(logits) / tanh(logits / 2) - 1 / logits, and 1/2 at logits of 0

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of logits, of the shape of the data.

    Returns:
        The mean, in (0, 1), of the shape of the data.

    Example:
        >>> likelihood = ContinuousBernoulliLikelihood()
        >>> round(float(likelihood.log_prob([[0.5]], [[0.0]])[0]), 4)  # the uniform density
        0.0
        >>> round(float(likelihood.mean([[2.0]])[0, 0]), 4)  # where the sigmoid is 0.8808
        0.6565

    Reference:
        Loaiza-Ganem and Cunningham, The continuous Bernoulli: fixing a pervasive error in
        variational autoencoders, 2019, equations 2, 3 and 8.
    """

    support = (0.0, 1.0)
    takes_logits = True

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-density of each example, of shape (batch,), in nats."""
        return continuous_bernoulli_log_prob(x, parameters)

    def mean(self, parameters: Any) -> Any:
        """Return the mean, which is not the sigmoid, of the shape of the data."""
        return continuous_bernoulli_mean(parameters)

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw values in [0, 1], by the inverse of the distribution function."""
        logits = ops.cast(parameters, "float32")
        uniform = keras.random.uniform(
            ops.shape(logits), dtype="float32", seed=_checks.noise_seed(seed)
        )
        flat = ops.abs(logits) < 1e-6  # 0 / 0 at 0; the density is uniform there
        size = ops.where(flat, 1.0, ops.abs(logits))
        # The draw for logits of -size: with no exponential of a positive number, nothing
        # overflows.
        low = ops.clip(-ops.log1p(uniform * ops.expm1(-size)) / size, 0.0, 1.0)
        return ops.where(flat, uniform, ops.where(logits < 0.0, low, 1.0 - low))

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.ContinuousBernoulli` (TensorFlow only)."""
        logits = ops.cast(parameters, "float32")
        return independent("ContinuousBernoulli", logits=logits)
