"""Activations and dtype policies by name, with errors that say what was expected."""

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


def check_dtype(dtype: Any) -> None:
    """Raise a ValueError if Keras makes no dtype policy of it."""
    try:
        keras.dtype_policies.get(dtype)
    except Exception as error:  # Keras documents no list of what it raises
        raise ValueError(
            "`dtype` must be the name of a Keras dtype policy, a policy or None. "
            f"Received: dtype={_checks.shown(dtype)}"
        ) from error
