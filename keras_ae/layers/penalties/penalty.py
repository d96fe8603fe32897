"""What every penalty does: add a term to the loss, and hand its values to the model's logs."""

from __future__ import annotations

import abc
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

Tensor = Any


class Code(NamedTuple):
    """What a bottleneck made of a batch, for its penalties to judge.

    Args:
        latent: Tensor of shape (batch, *code_shape), what the decoder gets. Where a posterior's
            mean stands for it, a latent that is drawn from the posterior, if a penalty needs one;
            else None.
        posterior: The `Posterior` that the latent is drawn from; None of a code without noise.
        prior: The `Prior` of the latent, or None.
        features: Tensor, what the encoder returned, or, of a code that was chosen, what of that it
            stands for; or None.
        training: Whether this is a training step: only then may a penalty draw new noise.
        activation: Tensor of the latent's shape, what it was before all units but a few were set
            to 0; None of a code that isn't made so.
        threshold: Tensor that broadcasts to the latent's shape: units above it were kept.
    """

    latent: Any
    posterior: Any = None
    prior: Any = None
    features: Any = None
    training: bool = False
    activation: Any = None
    threshold: Any = None


class Decoding(NamedTuple):
    """What a model decoded of a batch, for the penalties that wait for it.

    Args:
        target: Tensor of shape (batch, ...), what the likelihood judges: after the preprocessor.
        parameters: Tensor, what the decoder made of the latent: parameters of the likelihood.
        decoder: The decoder, a layer.
        likelihood: The `Likelihood`.
        sample_weight: Tensor of shape (batch,), or None.
    """

    target: Any
    parameters: Any
    decoder: Any
    likelihood: Any
    sample_weight: Any = None

    def nll(self, parameters: Tensor) -> Tensor:
        """Return -log likelihood of the target, of shape (batch,)."""
        return -self.likelihood.log_prob(self.target, parameters)

    @property
    def reconstruction(self) -> Tensor:
        """The likelihood's mean, of the target's shape, float32."""
        return ops.cast(self.likelihood.mean(self.parameters), "float32")


class Penalty(keras.layers.Layer, abc.ABC):
    """A named term of the loss.

    A subclass says what a code costs: `values`, for each example or whatever `total` makes a
    scalar of. A bottleneck calls `penalize`, which adds the total to the loss with `add_loss`. A
    model of this package takes the values back in `compute_loss`, to log them under `metric_name`
    and to weigh them by `sample_weight`, which a layer cannot see. Penalties compute in float32
    also under mixed precision.

    As a layer, it passes a latent through and adds what it costs.

    Args:
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.

    Call arguments:
        latent: Tensor of shape (batch, *code_shape).

    Returns:
        The latent, unchanged.

    Example:
        A penalty of one's own, on the squares of the code:

        >>> class L2Penalty(Penalty):
        ...     metric_name = "l2"
        ...
        ...     def values(self, code):
        ...         return ops.sum(ops.square(code.latent), axis=-1)
        >>> penalty = L2Penalty()
        >>> _ = penalty(ops.ones((4, 3)))
        >>> float(penalty.losses[0])
        3.0
    """

    metric_name = "penalty"
    # Whether `logged` is KL(q(latent | x) || p(latent)), so that nll + it bounds -log p(x).
    is_kl = False
    # Whether it waits for what the model decodes: see `judge`.
    needs_decoder = False
    # Names of what `judge` measures beside it, logged too and no part of the loss.
    measure_names: tuple[str, ...] = ()
    # Smallest and largest value of a code that it can judge; None for any.
    code_range: tuple[float, float] | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self._recorded = Recorded()

    @abc.abstractmethod
    def values(self, code: Code) -> Tensor:
        """Return what a code costs, with the examples on the first axis, in float32.

        Args:
            code: A `Code`, its latent in float32.
        """

    def total(self, values: Tensor, sample_weight: Tensor = None) -> Tensor:
        """Return the scalar that joins the loss: a weighted mean of the recorded values."""
        return batch_mean(values, sample_weight)

    def logged(self, values: Tensor) -> Tensor:
        """Return what the logs show, of shape (batch,), from the recorded values."""
        return values

    def needs_latent(self, posterior: Any, prior: Any) -> bool:  # noqa: ARG002 - for subclasses
        """Whether `values` needs a latent that is drawn from the posterior.

        Args:
            posterior: The class of the posterior.
            prior: The `Prior`.
        """
        return True

    def penalize(self, code: Code) -> None:
        """Add what a code costs to the loss."""
        latent = code.latent
        if latent is not None and "float" in keras.backend.standardize_dtype(latent.dtype):
            latent = ops.cast(latent, "float32")
        self.record(self.values(code._replace(latent=latent)))

    def call(self, latent: Tensor) -> Tensor:
        self.penalize(Code(latent))
        return latent

    def record(self, values: Tensor) -> None:
        """Keep the values of this call for `take`, and add their total to the loss.

        What waits for what is decoded adds it then.
        """
        self._recorded.values = values
        if not self.needs_decoder:
            self.add_loss(self.total(values))

    def judge(self, values: Any, decoding: Decoding) -> Tensor:
        """Return the values of what a model decoded, of shape (batch,), if `needs_decoder`.

        The model calls this in `compute_loss`, and adds their total to the loss.

        Args:
            values: What `take` returned.
            decoding: A `Decoding`.
        """
        raise NotImplementedError

    def measures(self) -> Sequence[Tensor]:
        """Return what the last `judge` measured, of shape (batch,) each, once a call."""
        return ()

    def check_model(self, model: Any, target_shape: Any) -> None:
        """Raise a ValueError if a model can't train with it: here any can.

        Args:
            model: The model, its parts built.
            target_shape: Tuple, shape of what is reconstructed, without the batch axis.
        """

    def take(self) -> Tensor:
        """Return the values of the last call, once; None if there was none since."""
        values, self._recorded.values = self._recorded.values, None
        return values


class Recorded(threading.local):
    """The values of one call, for each thread: TensorFlow traces replicas in turns."""

    values: Tensor = None


def batch_mean(values: Tensor, sample_weight: Tensor = None) -> Tensor:
    """Return the mean over the first axis, weighted by `sample_weight` where given.

    The weighted mean divides by the sum of the weights, so that weights of 0 and 1 equal dropping
    rows. A batch whose weights are all 0 counts as 0.
    """
    if sample_weight is None:
        return ops.mean(values, axis=0)
    weight = ops.reshape(
        ops.cast(sample_weight, values.dtype), (-1,) + (1,) * (len(values.shape) - 1)
    )
    total = ops.sum(weight)
    safe = ops.where(total == 0, ops.ones_like(total), total)
    return ops.sum(weight * values, axis=0) / safe
