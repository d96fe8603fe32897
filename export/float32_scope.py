"""Let a mixed-precision model compute in float32 while it is exported."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

_HALVES = ("float16", "bfloat16")


@contextlib.contextmanager
def in_float32(models: Iterable[Any]) -> Iterator[None]:
    """Set the layers of half precision to float32, and back at the end.

    Graphs of mixed_float16 and mixed_bfloat16 fail in ONNX Runtime and become Flex operations in
    TFLite. The variables of such a model are float32, so that nothing is lost. The layers
    themselves are used: a copy would need a model that can be saved, which one with a Lambda or
    with a notebook's own layer often can't.

    Args:
        models: Built Keras models.

    Example:
        >>> import keras
        >>> mixed = keras.Sequential(
        ...     [keras.Input((4,)), keras.layers.Dense(2, dtype="mixed_float16")]
        ... )
        >>> with in_float32([mixed]):
        ...     mixed.layers[-1].compute_dtype
        'float32'
        >>> mixed.layers[-1].compute_dtype
        'float16'
    """
    with contextlib.ExitStack() as undo:
        for layer in half_layers(models):
            undo.callback(setattr, layer, "dtype_policy", layer.dtype_policy)
            mode = layer.dtype_policy.quantization_mode
            layer.dtype_policy = f"{mode}_from_float32" if mode else "float32"
            _keep_statistics(layer, undo)
        yield


def half_layers(models: Iterable[Any]) -> list[Any]:
    """Return the layers of models that compute in float16 or bfloat16, each once."""
    layers = {id(layer): layer for model in models for layer in model._flatten_layers()}
    return [layer for layer in layers.values() if layer.compute_dtype in _HALVES]


def _keep_statistics(layer: Any, undo: contextlib.ExitStack) -> None:
    """Take a Normalization's statistics anew: it holds them in the type that it computed in."""
    import keras

    if not isinstance(layer, keras.layers.Normalization) or layer.mean is None:
        return
    undo.callback(setattr, layer, "mean", layer.mean)
    undo.callback(setattr, layer, "variance", layer.variance)
    if layer.input_mean is None:
        layer.finalize_state()
    else:  # given to the constructor: `build` makes no variables, it only shapes them
        layer.build(layer._build_input_shape)
