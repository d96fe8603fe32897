"""Data are looked at before the first step: arrays as a whole, streams by their first batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_ae import _arrays, _checks, _float32
from keras_ae.execution import grain_data

CHUNK = 4096
ELEMENTS = "element_spec"  # what tells a tf.data.Dataset, distributed or not
FIRST = "first_batch"  # of `stream_dataset`: a function that begins no pass
LOADERS = ("torch",)  # whose loaders Keras takes, beside grain's


def in_memory(data: Any, name: str = "x") -> Any:
    """Return lists, data frames and masked arrays as plain arrays, everything else as it is."""
    _arrays.dense(name, data)
    lists = isinstance(data, (list, np.ma.MaskedArray)) or hasattr(data, "to_numpy")
    return _arrays.numbers(name, data) if lists else data


def check_array(
    name: str,
    data: Any,
    shape: tuple[int, ...] | None,
    *,
    support: tuple[float, float] | None = None,
    preprocess: Callable[[Any], Any] | None = None,
    batched: bool = True,
    missing: bool = False,
) -> None:
    """Raise a ValueError if an array can't be an input or a target.

    Args:
        name: The argument's name.
        data: Array of shape (examples, ...).
        shape: What an example's shape must be, None for any size; None if the model isn't built
            yet.
        support: Smallest and largest value that the likelihood allows, after `preprocess`; None
            for any.
        preprocess: The model's preprocessor, or None.
        batched: Whether `data` is all of the data, which then must not be empty.
        missing: Whether NaN may stand for what is missing.
    """
    array = _arrays.numbers(name, data)
    if shape is not None and not fits(array.shape[1:], shape):
        raise ValueError(
            f"`{name}` must have shape (examples, {', '.join(map(_size, shape))}). "
            f"Received: shape={array.shape}" + _channels_last(array.shape[1:], shape)
        )
    if batched:
        _arrays.not_empty(name, array)
    _arrays.finite(name, array, missing)
    if support is None:
        return
    low, high = support
    fix = (
        "What isn't in that range by nature needs another likelihood: "
        "likelihood=keras_ae.layers.GaussianLikelihood(keras_ae.layers.SharedScale())"
    )
    if preprocess is None:
        _arrays.within(name, array, low, high, fix=fix)
        return
    for start in range(0, len(array), CHUNK):
        part = keras.ops.convert_to_numpy(preprocess(array[start : start + CHUNK]))
        # Rescaling by 1 / 255 in float32 may end a rounding error above 1.
        tolerance = 1e-6 * (high - low)
        _arrays.within(f"preprocessed {name}", part, low - tolerance, high + tolerance, fix=fix)


def check_examples(
    name: str, data: Any, shape: tuple[int, ...] | None, likelihood: Any, preprocessor: Any
) -> None:
    """Raise a ValueError if an array can't be judged by a likelihood, after a preprocessor."""
    support, missing = likelihood.support, likelihood.takes_missing
    check_array(name, data, shape, support=support, preprocess=preprocessor, missing=missing)
    likelihood.check_data(name, data)


def check_tensor(name: str, tensor: Any, shape: tuple[int | None, ...]) -> None:
    """Raise a ValueError if a tensor can't be of a shape, None where any size will do."""
    if not fits(tensor.shape, shape):
        sizes = ", ".join(map(_size, shape))
        raise ValueError(
            f"`{name}` must have shape ({sizes}). Received: shape={tuple(tensor.shape)}"
        )


def fits(received: Any, expected: Any) -> bool:
    """Whether a shape is the expected one, as far as both are known."""
    return len(received) == len(expected) and all(
        one is None or other is None or one == other
        for one, other in zip(received, expected, strict=True)
    )


def _size(size: int | None) -> str:
    return "any" if size is None else str(size)


def _channels_last(received: tuple[int, ...], expected: tuple[int, ...]) -> str:
    if len(received) > 1 and (*received[1:], received[0]) == expected:
        return ". Channels must be last: np.moveaxis(x, 1, -1) moves them there"
    return ""


def warn_of_rounding(name: str, data: Any, encoder: Any) -> None:
    """Warn where a model's float32 makes different values of a column one."""
    inputs = getattr(encoder, "inputs", None) or ()
    kinds = {keras.backend.standardize_dtype(each.dtype) for each in inputs}
    if keras.config.floatx() != "float64" and not any("int" in kind for kind in kinds):
        _float32.warn_merged(name, _arrays.numbers(name, data))


def check_target_shape(target: Any, reconstruction: tuple[int | None, ...]) -> None:
    """Raise a ValueError if a target hasn't the reconstruction's shape, as labels haven't."""
    received = tuple(target.shape)
    expected = tuple(reconstruction)
    if not fits(received, expected):
        raise ValueError(
            f"`y` must have the reconstruction's shape, {_words(expected)}. Received: "
            f"shape={_words(received)}. "
            "An autoencoder's target is its input: labels are not needed, call fit(x)"
        )


def unpacked(name: str, data: Any) -> tuple[Any, Any, Any]:
    """Return examples, target and weights of a tuple of one to three of them."""
    if not 1 <= len(data) <= 3:
        raise ValueError(
            f"`{name}` must be (x,), (x, y) or (x, y, sample_weight). "
            f"Received: a {type(data).__name__} of {len(data)}"
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def check_weight_shape(sample_weight: Any) -> None:
    """Raise a ValueError if the weights aren't one an example."""
    if len(sample_weight.shape) != 1:
        raise ValueError(
            "`sample_weight` must weigh whole examples: shape (examples,). "
            f"Received: shape={tuple(sample_weight.shape)}"
        )


def checked_weights(name: str, sample_weight: Any, examples: int) -> np.ndarray:
    """Return weights as an array, one finite number >= 0 an example, or raise a ValueError."""
    weights = _arrays.numbers(name, sample_weight)
    check_weight_shape(weights)
    if len(weights) != examples:
        raise ValueError(
            f"`{name}` must have as many weights as there are examples, {examples}. "
            f"Received: shape={weights.shape}"
        )
    _arrays.finite(name, weights)
    negative = np.flatnonzero(weights < 0)
    if negative.size:
        raise ValueError(
            f"`{name}` must be numbers >= 0. Received: {negative.size:,} of {examples:,} below 0, "
            f"first {weights[negative[0]]:g} at ({negative[0]},)"
        )
    return weights


def check_stream(name: str, data: Any, y: Any = None, sample_weight: Any = None) -> None:
    """Raise an error if data that aren't an array aren't a stream of batches either."""
    if isinstance(data, (tuple, list, dict)):
        raise TypeError(
            f"`{name}` must be one array, or a stream of batches; the target is the input itself: "
            f"call fit(x). Received: a {type(data).__name__} of {len(data)}"
        )
    is_stream = isinstance(data, (keras.utils.PyDataset, Iterator)) or hasattr(data, ELEMENTS)
    is_stream = is_stream or grain_data.is_grain(data)
    if not is_stream and type(data).__module__.partition(".")[0] not in LOADERS:
        raise TypeError(
            f"`{name}` must be an array of numbers of shape (examples, ...), or a stream of "
            f"batches that Keras takes. Received: {name}={_checks.shown(data)}"
        )
    for option, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{option}` must be None where `{name}` is a stream, whose batches hold it. "
                f"Received: {option}={_checks.shown(value)}"
            )


def first_batch(stream: Any) -> tuple[Any, Any]:
    """Return the first batch of a stream, and a stream that still starts with it.

    The batch is None for a kind of stream that can't be looked into.
    """
    if isinstance(stream, keras.utils.PyDataset):
        return stream[0], stream
    if isinstance(stream, Iterator):
        batch = next(stream, None)
        return batch, stream if batch is None else _resumed(batch, stream)
    if hasattr(stream, FIRST):
        return getattr(stream, FIRST)(), stream
    if hasattr(stream, ELEMENTS):  # a tf.data.Dataset; iterating it again starts afresh
        return next(iter(stream), None), stream
    if grain_data.is_grain(stream):
        return grain_data.first(stream), stream
    return None, stream


def _words(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(['batch', *(str(size) for size in shape[1:])])})"


def _resumed(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    """Yield the first batch again, then the rest; Keras takes generators, not other iterators."""
    yield first
    yield from rest
