"""Batches of what a model takes, from arrays, files or a stream."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras

from keras_ae import _arrays, _checks
from keras_ae.datasets._mapped_rows import NUMBERS, MappedRows
from keras_ae.datasets._numpy_files import numpy_file
from keras_ae.datasets.errors import DataError
from keras_ae.execution import device_data
from keras_ae.models import _data_checks

Batches = Iterable[Sequence[Any]]


def model_inputs(data: Any, inputs: Sequence[Any], batch_size: int) -> tuple[Batches, int]:
    """Return batches, each an array for each input, and how many there are; 0 if unknown.

    Args:
        data: Array, path of an .npy file, a tuple of those, or a stream of batches.
        inputs: The model's symbolic inputs.
        batch_size: Integer, examples in a batch of arrays.

    Raises:
        TypeError: The data are nothing of that.
        ValueError: They aren't what the model takes.
        DataError: A file can't be read.
    """
    held = data if isinstance(data, tuple) else _data_checks.in_memory(data, "data")
    if isinstance(held, (tuple, str, os.PathLike)) or device_data.is_array(held):
        arrays = _checked(held, inputs, _opened)
        starts = range(0, len(arrays[0]), batch_size)
        return ([array[start : start + batch_size] for array in arrays] for start in starts), len(
            starts
        )
    _data_checks.check_stream("data", data)
    count = _count(data)
    if count < 0:
        raise ValueError(
            "`data` must be a stream that ends. Received: one of an infinite number of batches"
        )
    return _of_stream(data, inputs), count


def _of_stream(stream: Any, inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    indexed = isinstance(stream, keras.utils.PyDataset)
    batches = (stream[place] for place in range(len(stream))) if indexed else stream
    for batch in batches:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        yield _checked(x, inputs, _in_memory)


def _count(stream: Any) -> int:
    """Return the number of batches of a stream: 0 if it isn't known, below 0 if they don't end."""
    if isinstance(stream, keras.utils.PyDataset):
        return -1 if stream.num_batches is None else stream.num_batches
    cardinality = getattr(stream, "cardinality", None)  # tf.data: -1 without an end, -2 unknown
    count = 0 if cardinality is None else int(cardinality())
    return 0 if count == -2 else count


def _checked(data: Any, inputs: Sequence[Any], as_array: Callable[[Any], Any]) -> list[Any]:
    """Return an array for each input; raise if they are of other shapes than the model takes."""
    parts = list(data) if isinstance(data, (tuple, list)) else [data]
    if len(parts) != len(inputs):
        names = ", ".join(each.name for each in inputs)
        raise ValueError(
            f"`data` must be one array for each of the model's inputs, {names}. "
            f"Received: {len(parts)}"
        )
    arrays = [as_array(part) for part in parts]
    for array, taken in zip(arrays, inputs, strict=True):
        expected, received = tuple(taken.shape[1:]), tuple(array.shape)
        fits = _data_checks.fits(received, (None, *expected))
        if not fits or not received[0] or len(array) != len(arrays[0]):
            words = ", ".join(map(str, ("examples", *expected)))
            raise ValueError(
                f"`data` must have shape ({words}) for the input {taken.name}, and at least one "
                f"example, as many for each input. Received: shape={received}"
            )
    return arrays


def _opened(part: Any) -> Any:
    """Return what is given for one input as something to take rows of."""
    if not isinstance(part, (str, os.PathLike)):
        return _in_memory(part)
    path = numpy_file(_checks.path("data", part), ".npy", NUMBERS)
    rows = MappedRows(path)
    if rows.dtype.kind not in "buif":
        raise DataError(path, NUMBERS, f"dtype {rows.dtype}")
    return rows


def _in_memory(part: Any) -> Any:
    return _arrays.numbers("data", part)
