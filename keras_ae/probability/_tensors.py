"""What the functions are given, as tensors of one type and of shapes that go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import keras
from keras import ops

from keras_ae import _arrays, _checks

Tensor = Any
_REAL = ("float", "bfloat", "int", "uint", "bool")


def as_float32(*, factors: Sequence[str] = (), **values: Any) -> list[Tensor]:
    """Return float32 tensors: half precision can't hold a sum over hundreds of pixels.

    Only types and known shapes are looked at, so that a compiled step doesn't pay for it.

    Args:
        factors: Names of the Cholesky factors, which have an axis more than the others.
        **values: Tensors, arrays, lists or numbers, by what the user calls them.

    Raises:
        TypeError: One is sparse, ragged, or of a type that isn't a real number.
        ValueError: One isn't an array of numbers, or the shapes don't go together.
    """
    tensors = {name: ops.cast(_numbers(name, each), "float32") for name, each in values.items()}
    sizes: dict[int, int] = {}
    for name, tensor in tensors.items():
        shape = tuple(tensor.shape)
        if name in factors:
            _check_square(name, shape)
            shape = shape[:-1]
        for axis, size in enumerate(reversed(shape)):
            if size not in (None, 1) and sizes.setdefault(axis, size) != size:
                shapes = ", ".join(
                    f"{each}.shape={tuple(tensors[each].shape)}" for each in tensors
                )
                raise ValueError(
                    f"{' and '.join(f'`{each}`' for each in tensors)} must have shapes that "
                    f"broadcast. Received: {shapes}"
                )
    return list(tensors.values())


def missing(x: Tensor) -> Tensor:
    """Return which cells of a table are missing (NaN), as a tensor of bool.

    In these words: a `where` of this condition is one in ONNX too, and not a sum of products, in
    which a NaN that isn't selected would stay.
    """
    return ops.not_equal(x, x)


def check_rank(name: str, tensor: Tensor) -> None:
    """Raise a ValueError if a tensor has no axis."""
    if not len(tensor.shape):
        raise ValueError(f"`{name}` must have shape (batch, d). Received: shape=()")


def checked_axis(tensor: Tensor, axis: Any, several: bool = False) -> Any:
    """Return the axis if the tensor has it; where it may be several, a tuple or None too."""
    if several and axis is None:
        return None
    rank = len(tensor.shape)
    chosen = axis if several and isinstance(axis, (tuple, list)) else (axis,)
    integers = [int(each) for each in chosen if isinstance(each, Integral)]
    places = {each % rank for each in integers if -rank <= each < rank}
    if len(places) < len(chosen):
        expected = f"an axis of the tensor, from {-rank} to {rank - 1}" if rank else "None"
        raise ValueError(f"`axis` must be {expected}. Received: axis={_checks.shown(axis)}")
    return tuple(sorted(places)) if several else places.pop()


def checked_function(name: str, function: Any) -> Callable[..., Any]:
    """Return the function of tensors if it is one."""
    if not callable(function):
        raise TypeError(
            f"`{name}` must be a function of tensors. Received: {name}={_checks.shown(function)}"
        )
    checked: Callable[..., Any] = function
    return checked


def _numbers(name: str, value: Any) -> Any:
    if not isinstance(value, (keras.KerasTensor, keras.Variable)) and not ops.is_tensor(value):
        return _arrays.numbers(name, value)
    _arrays.dense(name, value)
    dtype = keras.backend.standardize_dtype(value.dtype)
    if not dtype.startswith(_REAL):
        raise TypeError(f"`{name}` must be a tensor of real numbers. Received: dtype={dtype}")
    return value


def _check_square(name: str, shape: tuple[int | None, ...]) -> None:
    if len(shape) < 2 or (None not in shape[-2:] and shape[-1] != shape[-2]):
        raise ValueError(
            f"`{name}` must have shape (batch, d, d) or (d, d). Received: shape={shape}"
        )
