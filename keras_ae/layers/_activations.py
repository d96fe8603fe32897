"""Activations by name, with an error that says what was expected."""

from __future__ import annotations

from typing import Any

import keras

from keras_ae import _checks


def get_activation(activation: Any) -> Any:
    """Return the function of a Keras activation: a name, a callable or None.

    Raises:
        ValueError: There is no such activation.
    """
    try:
        return keras.activations.get(activation)
    except (TypeError, ValueError):
        raise ValueError(
            "`activation` must be the name of a Keras activation, a callable or None. "
            f"Received: activation={_checks.shown(activation)}"
        ) from None
