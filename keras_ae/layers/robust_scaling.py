"""Scaling of a table's columns that outliers don't move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_ae import _arrays, _checks, _float32
from keras_ae._config import Configured


@keras.saving.register_keras_serializable(package="keras_ae")
class RobustScaling(Configured, keras.layers.Layer):
    """Subtract each column's center and divide by its scale: a preprocessor for tables.

        scaled = (x - center) / scale

    `RobustScaling.of(data)` takes the median for the center and the interquartile range / 1.349
    for the scale, which is the standard deviation where the column is normal. Unlike mean and
    standard deviation they stay where they are while fewer than a quarter of the rows are wild.

    Args:
        center: Sequence of numbers, one a column.
        scale: Sequence of numbers > 0, one a column.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        x: Tensor of shape (batch, ..., columns). One of float64 is scaled before it is rounded.

    Returns:
        Tensor of the same shape, float32.

    Raises:
        TypeError: `center` or `scale` is not a sequence of numbers.
        ValueError: They differ in length, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> table = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])
        >>> scaling = RobustScaling.of(table)
        >>> scaling.center, [round(each, 4) for each in scaling.scale]
        ([3.0], [1.4826])
        >>> round(float(scaling(table)[1, 0]), 4)
        -0.6745

    Reference:
        Huber and Ronchetti, Robust Statistics, 2009, chapter 5.
    """

    def __init__(self, center: Sequence[float], scale: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        self.center = _checks.numbers("center", center)
        self.scale = _checks.numbers("scale", scale, above=0)
        if len(self.center) != len(self.scale):
            raise ValueError(
                "`scale` must have as many numbers as `center`. "
                f"Received: {len(self.scale)} and {len(self.center)} numbers"
            )

    @classmethod
    def of(cls, x: Any) -> Self:
        """Return the layer with the median and interquartile range of each column.

        A column whose interquartile range is 0 (most rows are alike) is scaled by its standard
        deviation, and a constant column by 1.

        Args:
            x: Array of shape (rows, columns).

        Raises:
            ValueError: `x` has another rank, is empty or isn't finite.
        """
        array = np.asarray(x)
        if array.ndim != 2:
            raise ValueError(f"`x` must be of shape (rows, columns). Received: {array.shape}")
        _arrays.not_empty("x", array)
        _arrays.finite("x", array)
        center, scale = _float32.center_and_scale(array)
        return cls(center.tolist(), scale.tolist())

    def call(self, x: Any) -> Any:
        fine = keras.backend.standardize_dtype(x.dtype) == "float64"
        dtype = "float64" if fine else "float32"
        centred = ops.cast(x, dtype) - self._row(self.center, dtype)
        return ops.cast(centred / self._row(self.scale, dtype), "float32")

    def inverse(self, x: Any) -> Any:
        """Undo the scaling.

        Args:
            x: Tensor of shape (batch, ..., columns), scaled.

        Returns:
            Tensor of the same shape, float32, in the units from before.
        """
        return ops.cast(x, "float32") * self._row(self.scale) + self._row(self.center)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def _row(self, numbers: Any, dtype: str = "float32") -> Any:
        return ops.convert_to_tensor(np.asarray(numbers, dtype))
