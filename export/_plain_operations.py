"""What Keras computes in a way that TFLite and ONNX lack, traced in a way that they have."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

_KERAS_NUMPY = "keras.src.backend.tensorflow.numpy"


@contextlib.contextmanager
def without_bitcasts() -> Iterator[None]:
    """Let Keras tell the sign of a zero by arithmetic while a function is traced.

    Its `argmax` and `argmin` take -0.0 for less than 0.0, by the bits of a float, which neither
    TFLite nor ONNX can look at. 1 / -0.0 is minus infinity.
    """
    keras_numpy: Any = importlib.import_module(_KERAS_NUMPY)
    original = keras_numpy.signbit

    def signbit(x: Any) -> Any:
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        if not x.dtype.is_floating:
            return original(x)
        return tf.logical_or(x < 0, tf.logical_and(tf.equal(x, 0.0), 1.0 / x < 0))

    keras_numpy.signbit = signbit
    try:
        yield
    finally:
        keras_numpy.signbit = original
