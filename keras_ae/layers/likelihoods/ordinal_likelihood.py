"""The likelihood of categories in an order."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.categorical_likelihood import one_hot
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.table_densities import ordinal_log_prob, ordinal_log_probs

MINIMUM_GAP = 1e-3  # between thresholds


@keras.saving.register_keras_serializable(package="keras_ae")
class OrdinalLikelihood(Likelihood):
    """Outputs that are one of k ordered categories, codes 0 to k - 1: the decoder says where.

        P(x <= r) = sigmoid(threshold_r)
        threshold_0 = raw_0,   threshold_r = threshold_(r - 1) + softplus(raw_r) + 0.001

    Args:
        categories: Integer >= 2, k.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., (k - 1) * channels).

    Returns:
        The mean code, of the shape of the data.

    Raises:
        TypeError: `categories` is not an integer.
        ValueError: `categories` is less than 2.

    Example:
        >>> likelihood = OrdinalLikelihood(3)
        >>> round(float(likelihood.log_prob([[1.0]], [[-1.0, 1.0]])[0]), 4)
        -1.1745

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020, section 3.
    """

    def __init__(self, categories: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.categories = _checks.integer("categories", categories, minimum=2)
        self.support = (0.0, self.categories - 1.0)

    @property
    def parameters_per_output(self) -> int:
        """One less than there are categories."""
        return self.categories - 1

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-probability of each example, of shape (batch,), in nats."""
        return ordinal_log_prob(one_hot(x, self.categories), self._thresholds(parameters))

    def mean(self, parameters: Any) -> Any:
        """Return the mean code, of the shape of the data."""
        probabilities = ops.exp(self._log_probs(parameters))
        return ops.sum(probabilities * np.arange(self.categories, dtype="float32"), axis=-1)

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw codes, of the shape of the data."""
        return _draws.categorical(self._log_probs(parameters), _checks.noise_seed(seed))

    def quadrature(self, parameters: Any) -> tuple[Any, Any]:
        """Return the codes, and the logarithms of their probabilities."""
        log_weights = self._log_probs(parameters)
        codes = np.arange(self.categories, dtype="float32")
        return ops.zeros_like(log_weights) + codes, log_weights

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Categorical` of the codes (TensorFlow only)."""
        logits = self._log_probs(parameters)
        return independent("Categorical", logits=logits, dtype=logits.dtype)

    def _log_probs(self, parameters: Any) -> Any:
        return ordinal_log_probs(self._thresholds(parameters))

    def _thresholds(self, parameters: Any) -> Any:
        raw = self.by_output(parameters)
        gaps = ops.softplus(raw[..., 1:]) + MINIMUM_GAP
        steps = ops.concatenate([raw[..., :1], gaps], axis=-1)
        # A running sum, as a product with a matrix of ones above the diagonal.
        return ops.matmul(steps, np.triu(np.ones((self.categories - 1,) * 2, "float32")))
