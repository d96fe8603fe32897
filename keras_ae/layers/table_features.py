"""A table's row as an encoder sees it: numbers, one-hot codes, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_ae import _checks
from keras_ae._config import Configured
from keras_ae.probability._tensors import missing


@keras.saving.register_keras_serializable(package="keras_ae")
class TableFeatures(Configured, keras.layers.Layer):
    """Turn rows with missing cells, NaN, into features without any.

        a number   -> the number, 0 where it is missing
        a count    -> log(1 + count / unit), 0 where it is missing
        a code     -> 1 at its place of k, else 0; zeros where it is missing or unknown
        every cell -> 1 where there is one, 0 where it is missing

    Args:
        categories: Sequence of integers, one a column: k for a column of codes 0 to k - 1, 0 for
            one of numbers.
        units: Sequence of numbers >= 0, one a column: the unit of a column of counts, 0 of any
            other; None for no counts.
        **kwargs: Keras' layer arguments; the dtype is float32 whatever is given.

    Call arguments:
        x: Tensor of shape (batch, columns).

    Returns:
        Tensor of shape (batch, features), float32: numbers, codes, then what is present.

    Raises:
        TypeError: An argument is not a sequence of numbers.
        ValueError: A number is out of range, or the two aren't of one length.

    Example:
        >>> import numpy as np
        >>> features = TableFeatures(categories=(0, 3))
        >>> np.asarray(features(np.array([[0.5, 2.0], [np.nan, 0.0]]))).tolist()
        [[0.5, 0.0, 0.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(
        self, categories: Sequence[int], units: Sequence[float] | None = None, **kwargs: Any
    ) -> None:
        # Codes above 256 would merge in half precision.
        super().__init__(**{**kwargs, "dtype": "float32", "autocast": False})
        given = _checks.items("categories", categories, "a sequence of integers")
        self.categories = tuple(_checks.integer("categories", k, minimum=0) for k in given)
        if not self.categories:
            raise ValueError("`categories` must not be empty. Received: categories=()")
        self.units = None
        if units is not None:
            given = _checks.items("units", units, "a sequence of numbers")
            self.units = tuple(_checks.number("units", unit, minimum=0) for unit in given)
            if len(self.units) != len(self.categories):
                raise ValueError(
                    f"`units` must have a number for each of the {len(self.categories)} columns. "
                    f"Received: units={_checks.shown(units)}"
                )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {k: v for k, v in super().get_config().items() if k != "autocast"}

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] != len(self.categories):
            raise ValueError(
                f"TableFeatures of {len(self.categories)} columns needs rows of as many. "
                f"Received: shape {tuple(input_shape)}"
            )

    def call(self, x: Any) -> Any:
        x = ops.cast(x, "float32")
        nothing = missing(x)
        filled = ops.where(nothing, ops.zeros_like(x), x)
        parts = []
        for start, stop, unit in self._runs():
            block = filled[:, start:stop]
            parts.append(ops.log1p(ops.maximum(block, 0.0) / unit) if unit else block)
        for place, k in enumerate(self.categories):
            if k:
                codes = x[:, place : place + 1]
                parts.append(ops.cast(ops.equal(codes, np.arange(k, dtype="float32")), "float32"))
        return ops.concatenate([*parts, 1.0 - ops.cast(nothing, "float32")], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, int]:
        numbers = sum(k == 0 for k in self.categories)
        return (input_shape[0], numbers + sum(self.categories) + len(self.categories))

    def _runs(self) -> list[tuple[int, int, float]]:
        """Return runs of columns of numbers with one unit: first, end, unit."""
        units = self.units or (0.0,) * len(self.categories)
        found: list[tuple[int, int, float]] = []
        for place, (k, unit) in enumerate(zip(self.categories, units, strict=True)):
            if k:
                continue
            if found and found[-1][1] == place and found[-1][2] == unit:
                found[-1] = (found[-1][0], place + 1, unit)
            else:
                found.append((place, place + 1, unit))
        return found
