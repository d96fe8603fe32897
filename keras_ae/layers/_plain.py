"""Layers of this package spelled out, for Keras models that load where only Keras is."""

from __future__ import annotations

from typing import Any

import keras


def spelled_out(layer: Any, x: Any) -> Any:
    """Return `layer(x)`, by Keras' own layers and operations where the layer is one of ours.

    On Keras' symbolic tensors a call becomes a node of the model, and a node of ours could only be
    loaded by this package.
    """
    if isinstance(layer, keras.Sequential) and any(map(_is_ours, layer.layers)):
        for each in layer.layers:
            x = spelled_out(each, x)
        return x
    return layer.call(x) if _is_ours(layer) else layer(x)


def _is_ours(layer: Any) -> bool:
    return type(layer).__module__.partition(".")[0] == __name__.partition(".")[0]
