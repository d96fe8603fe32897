"""A preprocessor backwards: from what the decoder reconstructs to the data's own units."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured, plain


def inverse(preprocessor: Any, x: Any) -> Any:
    """Undo a preprocessing layer.

    Args:
        preprocessor: `keras.layers.Rescaling`, `keras.layers.Normalization`, a `keras.Sequential`
            of those, any layer with a method `inverse(x)`, or None, which does nothing.
        x: Tensor of shape (batch, ...), preprocessed.

    Returns:
        Tensor of the same shape, in the units from before.

    Raises:
        TypeError: The preprocessor has no known inverse.

    Example:
        >>> import numpy as np
        >>> layer = keras.layers.Rescaling(1 / 255)
        >>> round(float(inverse(layer, layer(np.array([[51.0]])))[0, 0]), 4)
        51.0
    """
    if preprocessor is None:
        return x
    if hasattr(preprocessor, "inverse"):
        return preprocessor.inverse(x)
    if isinstance(preprocessor, keras.Sequential):
        for layer in reversed(preprocessor.layers):
            x = inverse(layer, x)
        return x
    if isinstance(preprocessor, keras.layers.Rescaling):
        scale, offset = (
            ops.convert_to_tensor(plain(value), dtype=x.dtype)
            for value in (preprocessor.scale, preprocessor.offset)
        )
        return (x - offset) / scale
    if isinstance(preprocessor, keras.layers.Normalization):
        mean = ops.cast(preprocessor.mean, x.dtype)
        # As Keras divides: a constant column has no spread.
        spread = ops.maximum(ops.sqrt(preprocessor.variance), keras.config.epsilon())
        spread = ops.cast(spread, x.dtype)
        return (x - mean) / spread if preprocessor.invert else x * spread + mean
    if isinstance(preprocessor, keras.layers.InputLayer):
        return x
    raise TypeError(
        "`preprocessor` must be a keras.layers.Rescaling, keras.layers.Normalization, a "
        "keras.Sequential of those, "
        "or a layer with a method inverse(x). "
        f"Received: preprocessor={_checks.shown(preprocessor)}"
    )


def check_adapted(preprocessor: Any, name: str = "preprocessor") -> None:
    """Raise a ValueError if a Normalization has no statistics: it would do nothing, silently."""
    if isinstance(preprocessor, keras.Sequential):
        for layer in preprocessor.layers:
            check_adapted(layer, name)
    if not isinstance(preprocessor, keras.layers.Normalization) or _adapted(preprocessor):
        return
    raise ValueError(
        f"`{name}` must be adapted before training: call adapt on the Normalization layer. "
        "Received: a Normalization without statistics"
    )


def _adapted(normalization: keras.layers.Normalization) -> bool:
    if normalization.input_mean is not None:
        return True
    if not normalization.built:
        return False
    mean, variance = (
        ops.convert_to_numpy(value)
        for value in (normalization.adapt_mean, normalization.adapt_variance)
    )
    return bool(np.any(mean != 0) or np.any(variance != 1))


@keras.saving.register_keras_serializable(package="keras_ae")
class InversePreprocessing(Configured, keras.layers.Layer):
    """The inverse of a preprocessor as a layer, for a decoder that stands alone.

    Args:
        preprocessor: `keras.layers.Rescaling`, `keras.layers.Normalization`, a `keras.Sequential`
            of those, or a layer with a method `inverse(x)`.
        **kwargs: Keras' layer arguments. The dtype is float32 unless given.

    Raises:
        TypeError: `preprocessor` is not a layer; when called, that it has no known inverse.

    Example:
        >>> import numpy as np
        >>> layer = InversePreprocessing(keras.layers.Rescaling(1 / 255))
        >>> round(float(layer(np.array([[0.2]]))[0, 0]), 4)
        51.0
    """

    def __init__(self, preprocessor: Any, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.preprocessor = _checks.instance(
            "preprocessor", preprocessor, keras.layers.Layer, "a Keras layer"
        )

    def build(self, input_shape: Any) -> None:
        if not self.preprocessor.built:
            self.preprocessor.build(input_shape)

    def call(self, x: Any) -> Any:
        return inverse(self.preprocessor, x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
