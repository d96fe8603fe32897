"""What a result depends on besides its configuration."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

import keras
import numpy as np

import keras_ae


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute a result, and the backend.

    Example:
        >>> sorted(versions())[:3]
        ['backend', 'keras', 'keras_ae']
    """
    backend = keras.backend.backend()
    return {
        "python": platform.python_version(),
        "keras_ae": keras_ae.__version__,
        "keras": keras.__version__,
        "backend": backend,
        backend: importlib.metadata.version(backend),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }


def describe_model(model: Any) -> dict[str, Any]:
    """Return what a model is, in a few words."""
    return {
        "class": type(model).__name__,
        "likelihood": type(model.likelihood).__name__,
        "weights": model.count_params(),
    }
