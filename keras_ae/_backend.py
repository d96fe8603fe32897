"""The backends that the package supports, checked when it is imported."""

from __future__ import annotations

import os
import sys

SUPPORTED = ("tensorflow", "jax")


def check() -> None:
    """Raise an ImportError if Keras runs, or will run, on a backend that isn't supported.

    Before Keras is loaded only the environment tells; the check is made again after.
    """
    keras = sys.modules.get("keras")
    backend = os.environ.get("KERAS_BACKEND") or SUPPORTED[0]
    if keras is not None and hasattr(keras, "config"):
        backend = keras.config.backend()
    if backend not in SUPPORTED:
        raise ImportError(
            f"KERAS_BACKEND must be {' or '.join(SUPPORTED)} for keras_ae. "
            f"Received: KERAS_BACKEND={backend}"
        )
