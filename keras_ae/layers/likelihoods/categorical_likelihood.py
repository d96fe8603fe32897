"""The likelihood of categories."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_ae import _checks
from keras_ae.layers.likelihoods import _draws
from keras_ae.layers.likelihoods.likelihood import Likelihood, independent
from keras_ae.probability.densities import categorical_log_prob


def one_hot(codes: Any, size: int) -> Any:
    """Return 1 where a code is the place along a new last axis, else 0; NaN is nowhere."""
    places = ops.arange(size, dtype="float32")
    return ops.cast(ops.equal(ops.expand_dims(ops.cast(codes, "float32"), -1), places), "float32")


@keras.saving.register_keras_serializable(package="keras_ae")
class CategoricalLikelihood(Likelihood):
    """Outputs that are one of k categories, codes from 0 to k - 1: the decoder returns logits.

        log p(x) = sum[ log softmax(logits)[x] ]

    Categories have no mean: `mean`, what `reconstruct` shows, is the most likely code.

    Args:
        categories: Integer >= 2, k.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., k * channels): the first category's logits, then
            the second's, and so on.

    Returns:
        The most likely codes, of the shape of the data.

    Raises:
        TypeError: `categories` is not an integer.
        ValueError: `categories` is less than 2.

    Example:
        >>> likelihood = CategoricalLikelihood(3)
        >>> round(float(likelihood.log_prob([[2.0]], [[0.0, 0.0, 1.0]])[0]), 4)
        -0.5514
        >>> float(likelihood.mean([[0.0, 0.0, 1.0]])[0, 0])
        2.0

    Reference:
        Nazabal et al., Handling Incomplete Heterogeneous Data using VAEs, 2020, section 3.
    """

    def __init__(self, categories: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.categories = _checks.integer("categories", categories, minimum=2)
        self.support = (0.0, self.categories - 1.0)

    @property
    def parameters_per_output(self) -> int:
        """As many as there are categories."""
        return self.categories

    def log_prob(self, x: Any, parameters: Any) -> Any:
        """Return the log-probability of each example, of shape (batch,), in nats."""
        return categorical_log_prob(one_hot(x, self.categories), self.by_output(parameters))

    def mean(self, parameters: Any) -> Any:
        """Return the most likely code, of the shape of the data."""
        # By top_k: a converter writes the arguments of a maximum of floats wrongly.
        _, places = ops.top_k(self.by_output(parameters), 1)
        return ops.cast(places[..., 0], "float32")

    def sample(self, parameters: Any, seed: Any = None) -> Any:
        """Draw codes, of the shape of the data."""
        return _draws.categorical(self.by_output(parameters), _checks.noise_seed(seed))

    def to_tfp(self, parameters: Any) -> Any:
        """Return independent `tfp.distributions.Categorical` (TensorFlow only)."""
        logits = self.by_output(parameters)
        return independent("Categorical", logits=logits, dtype=logits.dtype)
