"""What every likelihood does."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_ae import _extras
from keras_ae._config import Configured

Tensor = Any


class Likelihood(Configured, keras.layers.Layer, abc.ABC):
    """How probable the data is, given what the decoder returns; its negative is the loss.

    The decoder returns `parameters`, `parameters_per_output` numbers for each number of the data;
    a subclass says which. Outputs are independent given the parameters. Log-densities include
    their constants, so that nats are nats and agree with published ones. Likelihoods compute in
    float32, also under mixed precision.

    As a layer, it turns parameters into the mean.

    Args:
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        parameters: Tensor of shape (batch, ..., channels * parameters_per_output).

    Returns:
        The mean, of shape (batch, ..., channels).
    """

    support: tuple[float, float] | None = None
    """The bounds, inclusive, that data must lie in; None for all real numbers."""

    takes_logits: bool = False
    """Whether parameters are logits, which a decoder that ends in a sigmoid can't give."""

    takes_missing: bool = False
    """Whether data may be NaN where they are missing."""

    categories: int = 0
    """How many categories codes stand for; 0 where data are numbers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, parameters: Tensor) -> Tensor:
        return self.mean(parameters)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (*input_shape[:-1], input_shape[-1] // self.parameters_per_output)

    @property
    def parameters_per_output(self) -> int:
        """How many numbers the decoder returns for each number of the data."""
        return 1

    def parameters_shape(self, example_shape: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the parameters of one example: the decoder's output.

        Args:
            example_shape: Tuple, an example's shape.
        """
        *first, channels = example_shape
        return (*first, channels * self.parameters_per_output)

    def check_data(self, name: str, x: Any) -> None:
        """Raise a ValueError if data can't be of this likelihood, beyond what `support` says.

        Args:
            name: What the user calls the data.
            x: Array of shape (examples, ...).
        """

    def by_output(self, parameters: Tensor) -> Tensor:
        """Return parameters in float32, those of one number of the data on a last axis.

        Args:
            parameters: Tensor of shape (batch, ..., parameters_per_output * channels).

        Returns:
            Tensor of shape (batch, ..., channels, parameters_per_output).
        """
        each, parameters = self.parameters_per_output, ops.cast(parameters, "float32")
        shape = (-1, *parameters.shape[1:-1], each, parameters.shape[-1] // each)
        return ops.swapaxes(ops.reshape(parameters, shape), -1, -2)

    @abc.abstractmethod
    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Return the log-likelihood of each example: the sum over all axes but the first.

        Args:
            x: Tensor of shape (batch, ..., channels), the data.
            parameters: Tensor of shape (batch, ..., channels * parameters_per_output).

        Returns:
            Tensor of shape (batch,), float32, in nats.
        """

    def log_prob_each(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Return the log-likelihood of each number of the data, whose sum `log_prob` is.

        Args:
            x: Tensor of shape (batch, ..., channels), the data.
            parameters: Tensor of shape (batch, ..., channels * parameters_per_output).

        Returns:
            Tensor of x's shape, float32, in nats.
        """
        # Each number becomes an example of its own, with the parameters that are its.
        shape = tuple(x.shape[1:])
        split = (-1, *shape[:-1], self.parameters_per_output, shape[-1])
        own = ops.swapaxes(ops.reshape(parameters, split), -1, -2)
        own = ops.reshape(own, (-1, self.parameters_per_output))
        return ops.reshape(self.log_prob(ops.reshape(x, (-1, 1)), own), (-1, *shape))

    @abc.abstractmethod
    def mean(self, parameters: Tensor) -> Tensor:
        """Return the expected data, which `predict` shows, of shape (batch, ..., channels)."""

    @abc.abstractmethod
    def sample(self, parameters: Tensor, seed: Any = None) -> Tensor:
        """Draw data.

        Args:
            parameters: Tensor of shape (batch, ..., channels * parameters_per_output).
            seed: Integer or `keras.random.SeedGenerator`; None for Keras' global one.

        Returns:
            Tensor of shape (batch, ..., channels), float32.
        """

    def quadrature(self, parameters: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return values and log-weights whose weighted sums are means over the distribution.

            mean of f(x) over p(x) = sum over points of exp(log-weight) f(value)

        Args:
            parameters: Tensor of shape (batch, ..., channels * parameters_per_output).

        Returns:
            Two tensors of shape (batch, ..., channels, points); None where there is no such rule.
        """
        del parameters
        return None

    @abc.abstractmethod
    def to_tfp(self, parameters: Tensor) -> Any:
        """Return the same distribution as a `tfp.distributions.Independent` (TensorFlow only)."""


def independent(name: str, *arguments: Any, **options: Any) -> Any:
    """Return a distribution of `tfp.distributions`, all batch axes but the first event axes."""
    _extras.require("tensorflow_probability", "tf_keras")
    import tensorflow_probability as tfp

    distribution = getattr(tfp.distributions, name)(*arguments, **options)
    return tfp.distributions.Independent(distribution, len(distribution.batch_shape) - 1)
