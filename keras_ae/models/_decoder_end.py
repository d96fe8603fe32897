"""How a decoder ends: an activation there may keep it from what its likelihood needs."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_ae.layers.likelihoods import Likelihood

FAR = 1e4  # what a last layer without an activation could return
ENOUGH = 5.0  # logits whose probability is within 0.7 % of 0 or 1
_LAYERS = keras.layers
ACTIVATIONS = (_LAYERS.Activation, _LAYERS.ReLU, _LAYERS.LeakyReLU, _LAYERS.ELU, _LAYERS.Softmax)
# Operations of `keras.ops` in a functional model, by name: Keras doesn't export their classes.
OPERATIONS = ("Sigmoid", "HardSigmoid", "Relu", "Relu6", "Tanh", "Softmax", "Softplus", "Clip")
# Layers that move numbers and don't change them.
MOVES = (
    *(_LAYERS.Reshape, _LAYERS.Flatten, _LAYERS.Permute, _LAYERS.RepeatVector, _LAYERS.Dropout),
    *(_LAYERS.Cropping1D, _LAYERS.Cropping2D, _LAYERS.Cropping3D, _LAYERS.Identity),
    *(_LAYERS.UpSampling1D, _LAYERS.UpSampling2D, _LAYERS.UpSampling3D),
)


def warn_of_bounded_logits(decoder: Any, likelihood: Likelihood) -> None:
    """Warn if logits can't be what a likelihood needs, as after a sigmoid."""
    last = _last(decoder)
    function = _activation(last)
    if not likelihood.takes_logits or function is None:
        return
    logits = np.array([[-FAR, *np.linspace(-10.0, 10.0, 201), FAR]], "float32")
    values = keras.ops.cast(function(keras.ops.convert_to_tensor(logits)), "float32")
    low, high = keras.ops.min(values), keras.ops.max(values)
    if low <= -ENOUGH and high >= ENOUGH:
        return
    ends = keras.ops.convert_to_numpy(likelihood.mean(keras.ops.stack([low, high])[None]))[0]
    name = getattr(getattr(last, "activation", None), "__name__", type(last).__name__)
    warnings.warn(
        f"`decoder` must end without an activation: {type(likelihood).__name__} takes logits and "
        f"applies the sigmoid itself, so reconstructions stay between {ends[0]:.2f} and "
        f"{ends[1]:.2f}. Set activation=None in its last layer. Received: a decoder that ends in "
        f"{name}",
        stacklevel=2,
    )


def _activation(last: Any) -> Callable[[Any], Any] | None:
    """Return the elementwise function that a layer or an operation ends in; None for none."""
    if isinstance(last, ACTIVATIONS) or type(last).__name__ in OPERATIONS:
        function: Callable[[Any], Any] = last.call
        return function
    return getattr(last, "activation", None)


def _last(part: Any) -> Any:
    """Return the last layer or operation that changes numbers; None if there is none."""
    if isinstance(part, keras.Sequential):
        return next(filter(None, map(_last, reversed(part.layers))), None)
    if isinstance(part, keras.Model) and getattr(part, "outputs", None):
        tensor = part.outputs[0]
        while not isinstance(tensor, list):
            operation = tensor._keras_history.operation
            last = _last(operation)
            if last is not None or isinstance(operation, keras.layers.InputLayer):
                return last
            tensor = operation.input
        return None
    linear = getattr(part, "activation", None) is keras.activations.linear
    moves = isinstance(part, MOVES) or type(part).__name__ in ("Cast", "Reshape")
    return None if moves or (linear and isinstance(part, ACTIVATIONS)) else part
