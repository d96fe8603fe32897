"""The likelihood of black and white images."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.densities import bernoulli_log_prob


@keras.saving.register_keras_serializable(package="keras_ae")
class BernoulliLikelihood(Likelihood):
    """Outputs that are 0 or 1: the decoder returns their logits.

        log p(x) = sum[ x log(sigmoid(logits)) + (1 - x) log(sigmoid(-logits)) ]
        mean = sigmoid(logits)

    Grey levels between 0 and 1 are taken too, as is usual for images. The result is then minus a
    cross-entropy, whose best value is not 0, and not a log-density:
    `ContinuousBernoulliLikelihood` gives one.

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of logits, of the shape of the data.

    Returns:
        The mean: the probability of a 1, of the shape of the data.

    Example:
        >>> likelihood = BernoulliLikelihood()
        >>> round(float(likelihood.log_prob([[1.0, 0.0]], [[2.0, 2.0]])[0]), 4)
        -2.2539
        >>> round(float(likelihood.mean([[2.0]])[0, 0]), 4)
        0.8808

    Reference:
        Kingma and Welling, Auto-Encoding Variational Bayes, 2014, appendix C.1.
    """

    support = (0.0, 1.0)
    takes_logits = True

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-probability of each example, of shape (batch,), in nats."""
        return bernoulli_log_prob(x, parameters)

    def mean(self, parameters: Any) -> Any:
        """Return the probability of a 1, of the shape of the data."""
        return ops.sigmoid(ops.cast(parameters, "float32"))

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw zeros and ones, of the shape of the data."""
        mean = self.mean(parameters)
        uniform = keras.random.uniform(
            ops.shape(mean), dtype="float32", seed=_checks.noise_seed(seed)
        )
        return ops.cast(uniform < mean, "float32")

    def quadrature(self, parameters: Any) -> tuple[Any, Any]:
        """Return 0 and 1, and the logarithms of their probabilities."""
        logits = ops.cast(parameters, "float32")
        log_weights = ops.stack([-ops.softplus(logits), -ops.softplus(-logits)], axis=-1)
        values = ops.stack([ops.zeros_like(logits), ops.ones_like(logits)], axis=-1)
        return values, log_weights

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Bernoulli` (TensorFlow only)."""
        logits = ops.cast(parameters, "float32")
        return independent("Bernoulli", logits=logits, dtype=logits.dtype)
