"""How unusual each number of a row is in its own column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_ae import _arrays, _checks
from keras_ae._config import Configured

KERNELS = 32  # a column, of `of`
LARGEST_DISTANCE = 1e15  # in scales from a column's mean: its square fits in float32


@keras.saving.register_keras_serializable(package="keras_ae")
class KernelMarginals(Configured, keras.layers.Layer):
    """Minus the log-density of each number in its column: what is rare in one column alone.

        z = (x - location) / scale,   c_k = (center_k - location) / scale
        p(z) = (1 - tail) * mean over k of N(z; c_k, bandwidth) + tail * Cauchy(z; 0, 1)

    The columns are looked at one by one, as if they were independent; their sum over a row is
    large where one column is extreme or several are unusual. The heavy tail bounds what one wild
    number adds: ten times as far is 4.6 nats more.

    Args:
        centers: Sequence with a sequence of numbers for each column: where its kernels stand.
            Columns have equally many.
        location: Sequence of numbers, one a column.
        scale: Sequence of numbers > 0, one a column.
        bandwidth: Number > 0, standard deviation of a kernel, in scales of its column.
        tail: Number > 0 and < 1, the share of the Cauchy distribution.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        x: Tensor of shape (batch, columns).

    Returns:
        Tensor of x's shape, float32, in nats of the scaled columns.

    Raises:
        TypeError: `centers`, `location` or `scale` is not a sequence of numbers.
        ValueError: They differ in length, or a number is out of range.

    Example:
        >>> import numpy as np
        >>> table = np.random.default_rng(0).normal(size=(500, 2)) * [1.0, 50.0]
        >>> marginals = KernelMarginals.of(table)
        >>> nats = np.asarray(marginals(np.array([[0.0, 0.0], [0.0, 400.0]])))
        >>> nats.argmax().item(), bool(nats[1, 1] > nats[0, 1] + 5)
        (3, True)

    Reference:
        Silverman, Density Estimation for Statistics and Data Analysis, 1986, section 2.4.
    """

    def __init__(
        self,
        centers: Sequence[Sequence[float]],
        location: Sequence[float],
        scale: Sequence[float],
        bandwidth: float = 0.3,
        tail: float = 0.05,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        expected = "a non-empty sequence with a sequence of numbers for each column"
        columns = _checks.items("centers", centers, expected)
        self.centers = [_checks.numbers("centers", each) for each in columns]
        self.location = _checks.numbers("location", location)
        self.scale = _checks.numbers("scale", scale, above=0)
        if {len(self.location), len(self.scale)} != {len(self.centers)}:
            raise ValueError(
                "`centers`, `location` and `scale` must be of as many columns. Received: "
                f"{len(self.centers)}, {len(self.location)} and {len(self.scale)} columns"
            )
        if len({len(each) for each in self.centers}) != 1:
            raise ValueError(
                "`centers` must have equally many numbers for each column. "
                f"Received: {sorted({len(each) for each in self.centers})} numbers"
            )
        self.bandwidth = _checks.number("bandwidth", bandwidth, above=0)
        self.tail = _checks.number("tail", tail, above=0, below=1)

    @classmethod
    def of(cls, x: Any, kernels: int = KERNELS) -> Self:
        """Return the layer whose kernels stand on equally many rows each.

        The location is a column's mean and the scale its standard deviation, or 1 where it is
        constant; the kernels stand at quantiles, on values that the column has.

        Args:
            x: Array of shape (rows, columns).
            kernels: Integer >= 1, how many a column.

        Raises:
            ValueError: `x` has another rank, is empty or isn't finite.
        """
        kernels = _checks.integer("kernels", kernels, minimum=1)
        array = np.asarray(x)
        if array.ndim != 2:
            raise ValueError(f"`x` must be of shape (rows, columns). Received: {array.shape}")
        _arrays.not_empty("x", array)
        _arrays.finite("x", array)
        array = array.astype("float64")
        shares = (np.arange(kernels) + 0.5) / kernels
        centers = np.quantile(array, shares, axis=0, method="inverted_cdf").T
        spread = array.std(axis=0)
        return cls(
            centers.tolist(), array.mean(axis=0).tolist(), np.where(spread > 0, spread, 1).tolist()
        )

    def call(self, x: Any) -> Any:
        location, scale = np.asarray(self.location), np.asarray(self.scale)
        centers = ((np.asarray(self.centers).T - location) / scale).astype("float32")
        z = (ops.cast(x, "float32") - location.astype("float32")) / scale.astype("float32")
        z = ops.clip(z, -LARGEST_DISTANCE, LARGEST_DISTANCE)
        distance = ops.expand_dims(z / self.bandwidth, 1) - centers / self.bandwidth
        near = ops.mean(ops.exp(-0.5 * ops.square(distance)), axis=1)
        near = near * ((1 - self.tail) / (self.bandwidth * math.sqrt(2 * math.pi)))
        # Where all kernels underflow the tail remains: their sum is never 0.
        return -ops.log(near + (self.tail / math.pi) / (1 + ops.square(z)))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
