"""One rule for every configurable object: the constructor's arguments are its config."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Self

import numpy as np


class Configured:
    """Give `get_config` and `from_config` by reading the constructor's signature.

    Mix it in before the Keras base class. Every argument of `__init__` (but `**kwargs`) must be
    kept under its own name; a mistake shows as an `AttributeError` the first time that the object
    is saved.
    """

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, serialized; `from_config` is its inverse."""
        import keras

        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        for name in constructor_arguments(type(self)):
            config[name] = keras.saving.serialize_keras_object(plain(getattr(self, name)))
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Build the object from what `get_config` returned."""
        import keras

        arguments = constructor_arguments(cls)
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value, custom_objects)
                if name in arguments
                else value
                for name, value in config.items()
            }
        )


def constructor_arguments(cls: type) -> list[str]:
    """Return the names of the arguments of `cls.__init__`, without `self` and `**kwargs`."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]


def plain(value: Any) -> Any:
    """Undo Keras' wrapping of lists, tuples and dicts, and NumPy's of numbers."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value
