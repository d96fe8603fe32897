"""Floats of a serialized `tf.train.Example`, by the protocol buffers' wire format.

    message Example { Features features = 1; }
    message Features { map<string, Feature> feature = 1; }
    message Feature { oneof { BytesList = 1; FloatList float_list = 2; Int64List = 3; } }
    message FloatList { repeated float value = 1; }

An entry of the map is a message of its key, 1, and its value, 2. Parsing it here keeps TensorFlow
out of processes that train on JAX.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_KINDS = {1: "bytes", 2: "floats", 3: "integers"}
_FLOATS = 2
_VALUE = 1  # in a list


class ExampleError(ValueError):
    """Bytes that aren't such a message, or haven't what was asked for."""


def float_features(record: bytes) -> list[str]:
    """Return the names of the features of floats, sorted."""
    names = {bytes(name): _kind(feature) for name, feature in _features(record)}
    return sorted(_text(name) for name, kind in names.items() if kind == _FLOATS)


def float_feature(record: bytes, name: str) -> Array:
    """Return the floats of a feature: float32 (floats,).

    Raises:
        ExampleError: The record isn't an Example, or hasn't the feature.
    """
    wanted = name.encode()
    found = [feature for key, feature in _features(record) if key == wanted]
    if not found:
        raise ExampleError("a record without it")
    parts = []
    for number, content in _fields(found[-1]):
        if number != _FLOATS:
            raise ExampleError(_KINDS.get(number, "others"))
        parts += [value for field, value in _fields(content) if field == _VALUE]
    values = parts[0] if len(parts) == 1 else b"".join(parts)
    if len(values) % 4:
        raise ExampleError(f"{len(values)} bytes")
    return np.frombuffer(values, "<f4")


def _features(record: bytes) -> Iterator[tuple[memoryview, memoryview]]:
    """Yield the name and the message of each feature."""
    for number, features in _fields(memoryview(record)):
        if number != 1:
            continue
        for field, entry in _fields(features):
            if field == 1:
                parts = dict(_fields(entry))
                yield parts.get(1, _NOTHING), parts.get(2, _NOTHING)


def _kind(feature: memoryview) -> int | None:
    """Return which list a feature is."""
    return next((number for number, _ in _fields(feature)), None)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield number and content of each field of a message."""
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        wire = tag & 7
        if wire == _BYTES:
            size, place = _varint(message, place)
        elif wire == _FIXED32:
            size = 4
        elif wire == _FIXED64:
            size = 8
        elif wire == _VARINT:
            size = _varint(message, place)[1] - place
        else:
            raise ExampleError("bytes that aren't a message")
        if place + size > end:
            raise ExampleError("a message that is cut short")
        yield tag >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, least significant first, and where it ends."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ExampleError("a message that is cut short")


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError as error:
        raise ExampleError("a name that isn't text") from error


_NOTHING = memoryview(b"")
