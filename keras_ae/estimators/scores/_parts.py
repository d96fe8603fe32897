"""What scores ask of a model, as functions of tensors."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_ae.models import VariationalAutoencoder

Tensor = Any


def is_variational(model: Any) -> bool:
    """Whether the model has a posterior and a prior."""
    return isinstance(model, VariationalAutoencoder)


def preprocessed(model: Any, x: Tensor) -> Tensor:
    """Return the data as the encoder and the likelihood see them."""
    return x if model.preprocessor is None else model.preprocessor(x)


def contributions(model: Any, target: Tensor, latent: Tensor) -> Tensor:
    """Return each output's share of the nll at a latent, of the target's shape."""
    return -model.likelihood.log_prob_each(target, model.decoder(latent))


def sum_outputs(values: Tensor) -> Tensor:
    """Sum over all axes but the first."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


def broadcast_noise(epsilon: Any, mean: Tensor) -> Tensor:
    """Return the same noise for each example: (latent_dim,) gives the mean's shape."""
    return ops.zeros_like(mean) + ops.convert_to_tensor(epsilon)
