"""The backend that Keras runs on."""

from __future__ import annotations

import importlib
from typing import Any

import keras


def backend() -> Any:
    """Return the module of this backend; all of them have the same functions."""
    return importlib.import_module(f"keras_ae.execution.on_{keras.config.backend()}")


def calm(before: Any, made: Any) -> Any:
    """Return a function that Keras made, with retracing of other models' left unsaid."""
    if made is before:
        return made

    def function(*arguments: Any) -> Any:
        with backend().without_retracing_warnings():
            return made(*arguments)

    return function
