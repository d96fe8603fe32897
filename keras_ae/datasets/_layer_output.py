"""A model up to one of its layers, as a compiled function of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_ae import _checks
from keras_ae.execution.batch_sizes import batch_size as fitting_batch_size
from keras_ae.execution.endpoint import Endpoint


class LayerOutput:
    """What a layer of a model returns for a batch, without training behaviour.

    Args:
        model: Functional or Sequential Keras model.
        layer: The name of one of its layers, or the layer.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: The model's layers don't have outputs, or the layer isn't the model's, or it
            doesn't return one tensor of floats.
    """

    def __init__(self, model: Any, layer: Any) -> None:
        _checks.instance("model", model, keras.Model, "a Keras model")
        inputs = getattr(model, "inputs", None)
        if not inputs:
            raise ValueError(
                "`model` must be a functional or Sequential model whose input shape is known: "
                "start it with keras.Input, or pass a functional part of it. "
                f"Received: a {type(model).__name__}"
            )
        found = _named(model, layer) if isinstance(layer, str) else layer
        _checks.instance("layer", found, keras.layers.Layer, "a layer of the model, or its name")
        self._cut = keras.Model(inputs, _output(model, found, inputs))
        self.inputs, self.name = inputs, found.name
        self._endpoint = Endpoint(self._compute, [self._cut])
        self._size = 0  # of the largest batch: smaller ones are padded, to compile nothing anew

    def __call__(self, batch: Sequence[Any]) -> np.ndarray[Any, Any]:
        """Return the layer's output, (batch, ...), for arrays, one an input."""
        self._size = max(self._size, len(batch[0]))
        result: np.ndarray[Any, Any] = self._endpoint.predict_on_batch(batch, self._size)
        return result.astype("float32")

    def batch_size(self, given: int | None) -> int:
        """Return the given number of examples in a batch, or one that suits the memory."""
        return fitting_batch_size(given, [self._cut])

    def _compute(self, *tensors: Any) -> Any:
        return self._cut(list(tensors), training=False)


def _named(model: Any, name: str) -> Any:
    names = [layer.name for layer in model.layers]
    return model.get_layer(_checks.choice("layer", name, names, f", layers of {model.name}"))


def _output(model: Any, layer: Any, inputs: Any) -> Any:
    """Return the symbolic tensor that a layer returns in a model."""
    output = getattr(layer, "output", None)
    if isinstance(output, keras.KerasTensor) and "float" in output.dtype and len(output.shape) > 1:
        try:
            keras.Model(inputs, output)
        except ValueError:  # it is computed from other inputs
            output = None
        else:
            return output
    raise ValueError(
        f"`layer` must be called in {model.name} itself, and return one tensor of floats, (batch, "
        f"..., channels). Received: the {type(layer).__name__} {layer.name}"
    )
