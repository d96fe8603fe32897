"""A float32 twin of a mixed-precision model: its weights are float32 already."""

from __future__ import annotations

from typing import Any


def float32_copy(model: Any) -> Any:
    """Return the model itself if it computes in float32, else a copy that does.

    Graphs of mixed_float16 and mixed_bfloat16 fail in ONNX Runtime and become Flex operations in
    TFLite. The variables of such a model are float32, so that nothing is lost.

    Args:
        model: A built Keras model.

    Returns:
        A Keras model of the same class and weights.

    Example:
        >>> import keras
        >>> mixed = keras.Sequential(
        ...     [keras.Input((4,)), keras.layers.Dense(2, dtype="mixed_float16")]
        ... )
        >>> float32_copy(mixed).layers[-1].compute_dtype
        'float32'
    """
    import keras

    if is_float32(model):
        return model
    config = _to_float32(keras.saving.serialize_keras_object(model))
    config.get("compile_config") and config.pop("compile_config")
    copy = keras.saving.deserialize_keras_object(config)
    if not copy.built:
        copy.build_from_config(model.get_build_config())
    copy.set_weights(model.get_weights())
    return copy


def is_float32(model: Any) -> bool:
    """Whether every layer computes in float32 (integers of an embedding aside)."""
    half = ("float16", "bfloat16")
    return not any(layer.compute_dtype in half for layer in model._flatten_layers())


def _to_float32(config: Any) -> Any:
    """Return a serialized config with float32 in the place of every dtype policy."""
    if isinstance(config, dict):
        if config.get("class_name") in ("DTypePolicy", "FloatDTypePolicy"):
            return {**config, "config": {**config["config"], "name": "float32"}}
        return {
            key: "float32" if key == "dtype" and _is_half(value) else _to_float32(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_to_float32(value) for value in config)
    return config


def _is_half(value: Any) -> bool:
    return isinstance(value, str) and value.endswith("float16")
