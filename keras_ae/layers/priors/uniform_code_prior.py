"""The prior of categorical codes before any other is trained."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_ae import _checks, _extras
from keras_ae.layers.priors.prior import Prior
from keras_ae.probability._tensors import as_float32
from keras_ae.probability.densities import sum_event


class CategoricalCode(NamedTuple):
    """The posterior of independent categorical variables.

    Args:
        logits: Tensor of shape (batch, ..., variables, categories), float32.
    """

    logits: Any


class UniformCodePrior(Prior):
    """Independent categorical variables, each category of which is as likely.

        log p(latent) = -variables log(categories)

    A latent has the variables' one-hot vectors one after another on its last axis. The KL from a
    `CategoricalCode` is exact:

        KL = sum over variables and categories of p log(categories p)

    Args:
        categories: Integer >= 2, of each variable.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.
    """

    any_size = True

    def __init__(self, categories: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.categories = categories

    def log_prob(self, latent: Any) -> Any:
        """Return the log-probability of each latent, of shape (batch,), in nats."""
        (latent,) = as_float32(latent=latent)
        return -math.log(self.categories) * sum_event(latent)  # which has as many ones

    def sample(self, n: int, seed: Any = None) -> Any:
        """Draw latents: one-hot vectors, of shape (n, *code_shape), float32."""
        *places, width = self.code_shape
        shape = (n, *places, width // self.categories)
        drawn = keras.random.randint(shape, 0, self.categories, seed=_checks.noise_seed(seed))
        one_hot = ops.one_hot(drawn, self.categories, dtype="float32")
        return ops.reshape(one_hot, (n, *places, width))

    def has_closed_form_kl(self, posterior: Any) -> bool:
        """Whether the posterior is a `CategoricalCode`."""
        return posterior is CategoricalCode or isinstance(posterior, CategoricalCode)

    def kl(self, posterior: Any, latent: Any = None) -> Any:
        """Return KL(posterior || prior), exact, of shape (batch,), in nats."""
        del latent
        return sum_event(self.kl_per_dimension(posterior))

    def kl_per_dimension(self, posterior: Any) -> Any:
        """Return each variable's share of the KL: (batch, ..., variables), in nats."""
        log_p = ops.log_softmax(posterior.logits, axis=-1)
        entropy = -ops.sum(ops.exp(log_p) * log_p, axis=-1)
        return math.log(self.categories) - entropy

    def to_tfp(self) -> Any:
        """Return independent `OneHotCategorical`, events (..., variables, categories)."""
        _extras.require("tensorflow_probability", "tf_keras")
        import tensorflow_probability as tfp

        *places, width = self.code_shape
        shape = (*places, width // self.categories, self.categories)
        each = tfp.distributions.OneHotCategorical(logits=ops.zeros(shape), dtype="float32")
        return tfp.distributions.Independent(each, len(shape) - 1)
