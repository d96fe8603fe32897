"""Functions that some converters lack, of others that they have; exact to float32."""

from __future__ import annotations

from typing import Any

_NEAR_ZERO = 0.5  # where differences with 1 lose digits


def erfc(x: Any) -> Any:
    """Return 1 - erf(x)."""
    import tensorflow as tf

    return 1.0 - tf.math.erf(x)


def expm1(x: Any) -> Any:
    """Return exp(x) - 1; near 0, where that loses digits, 2 t / (1 - t), t = tanh(x / 2)."""
    import tensorflow as tf

    t = tf.tanh(0.5 * x)
    return tf.where(tf.abs(x) < _NEAR_ZERO, 2.0 * t / (1.0 - t), tf.exp(x) - 1.0)


def log1p(x: Any) -> Any:
    """Return log(u), u = 1 + x; near 0 times x / (u - 1), which takes back u's rounding."""
    import tensorflow as tf

    u = 1.0 + x
    # tf2onnx writes `where` as a sum of products, in which 0 / 0 would stay.
    same = tf.cast(tf.equal(u, 1.0), x.dtype)
    near = same * x + tf.math.log(u) * x / (u - 1.0 + same)
    return tf.where(tf.abs(x) < _NEAR_ZERO, near, tf.math.log(u))


def sinh(x: Any) -> Any:
    """Return (exp(x) - exp(-x)) / 2, by expm1 of the absolute value."""
    import tensorflow as tf

    e = expm1(tf.abs(x))
    return tf.sign(x) * tf.where(tf.math.is_finite(e), 0.5 * (e + e / (e + 1.0)), e)


def cosh(x: Any) -> Any:
    """Return (exp(x) + exp(-x)) / 2."""
    import tensorflow as tf

    return 0.5 * (tf.exp(x) + tf.exp(-x))


def tan(x: Any) -> Any:
    """Return sin(x) / cos(x)."""
    import tensorflow as tf

    return tf.sin(x) / tf.cos(x)


def atan(x: Any) -> Any:
    """Return atan2(x, 1)."""
    import tensorflow as tf

    return tf.atan2(x, tf.ones_like(x))


def asin(x: Any) -> Any:
    """Return atan2(x, sqrt(1 - x**2))."""
    import tensorflow as tf

    return tf.atan2(x, tf.sqrt((1.0 - x) * (1.0 + x)))


def acos(x: Any) -> Any:
    """Return atan2(sqrt(1 - x**2), x)."""
    import tensorflow as tf

    return tf.atan2(tf.sqrt((1.0 - x) * (1.0 + x)), x)


def asinh(x: Any) -> Any:
    """Return sign(x) log1p(|x| + x**2 / (1 + sqrt(1 + x**2)))."""
    import tensorflow as tf

    size = tf.abs(x)
    return tf.sign(x) * log1p(size + size * size / (1.0 + tf.sqrt(1.0 + size * size)))


def acosh(x: Any) -> Any:
    """Return log(x + sqrt(x**2 - 1)), with the root in two factors."""
    import tensorflow as tf

    return tf.math.log(x + tf.sqrt(x - 1.0) * tf.sqrt(x + 1.0))


def atanh(x: Any) -> Any:
    """Return log1p(2 x / (1 - x)) / 2."""
    return 0.5 * log1p(2.0 * x / (1.0 - x))


def integer_product(a: Any, b: Any) -> Any:
    """Return the product of int8 matrices, in floats: exact for sums of up to 1,040 products."""
    import tensorflow as tf

    product = tf.matmul(tf.cast(a, "float32"), tf.cast(b, "float32"))
    return tf.cast(product, "int32")
