"""Read the few protocol buffers that a SavedModel's signatures are in, without TensorFlow.

A message is a sequence of fields: a key (number * 8 + kind), then a variable-length integer
(kind 0), 8 bytes (1), a length and so many bytes (2), or 4 bytes (5).
Reference: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keras_ae.export.formats.reader import ordered_signature
from keras_ae.export.signature import Signature, TensorInfo

# tensorflow/core/framework/types.proto: NumPy's names of the types that are numbers.
TYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    8: "complex64",
    9: "int64",
    10: "bool",
    17: "uint16",
    18: "complex128",
    19: "float16",
    22: "uint32",
    23: "uint64",
}

# Field numbers in tensorflow/core/protobuf/meta_graph.proto and framework/tensor_shape.proto.
_META_GRAPH_SIGNATURES = 5
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_SIGNATURE_INPUTS, _SIGNATURE_OUTPUTS = 1, 2
_TENSOR_NAME, _TENSOR_TYPE, _TENSOR_SHAPE = 1, 2, 3
_SHAPE_DIMENSION, _SHAPE_UNKNOWN_RANK = 2, 3
_DIMENSION_SIZE = 1


@dataclass(frozen=True)
class GraphSignature:
    """A signature, and what its tensors are called within the graph.

    Args:
        signature: `Signature`, with the names that callers use.
        inputs: Dict from those names to the graph's, such as "encode_x:0".
        outputs: Dict of the same.
    """

    signature: Signature
    inputs: dict[str, str]
    outputs: dict[str, str]


def read_signatures(meta_graph: bytes) -> dict[str, GraphSignature]:
    """Return the signatures of a serialized MetaGraphDef by name.

    TensorFlow's own, such as `__saved_model_init_op`, are left out.

    Raises:
        ValueError: a tensor has no fixed rank, or isn't of numbers.
    """
    entries = (
        dict(fields(value))
        for number, value in fields(meta_graph)
        if number == _META_GRAPH_SIGNATURES and isinstance(value, bytes)
    )
    messages = {_text(entry[_ENTRY_KEY]): _bytes(entry[_ENTRY_VALUE]) for entry in entries}
    return {
        name: _read_signature(name, message)
        for name, message in sorted(messages.items())
        if not name.startswith("__")
    }


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and the value of each field of a message.

    Example:
        >>> list(fields(field(1, 300) + field(2, b"name")))
        [(1, 300), (2, b'name')]
    """
    position = 0
    while position < len(message):
        key, position = variable_integer(message, position)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, position = variable_integer(message, position)
            yield number, value
            continue
        if kind not in (1, 2, 5):
            raise ValueError(f"a message has a field of the unknown kind {kind}")
        length = {1: 8, 5: 4}.get(kind)
        if length is None:
            length, position = variable_integer(message, position)
        yield number, message[position : position + length]
        position += length


def field(number: int, value: int | bytes) -> bytes:
    """Return one field as it is in a message."""
    if isinstance(value, int):
        return _as_variable_integer(number << 3) + _as_variable_integer(value)
    return _as_variable_integer(number << 3 | 2) + _as_variable_integer(len(value)) + value


def variable_integer(message: bytes, position: int) -> tuple[int, int]:
    """Return the integer at a place of a message, and the place behind it.

    Raises:
        IndexError: the message ends before the integer does.

    Example:
        >>> variable_integer(bytes([0xAC, 0x02]), 0)
        (300, 2)
    """
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def _as_variable_integer(value: int) -> bytes:
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def _read_signature(name: str, message: bytes) -> GraphSignature:
    names: dict[int, dict[str, str]] = {_SIGNATURE_INPUTS: {}, _SIGNATURE_OUTPUTS: {}}
    tensors: dict[int, list[TensorInfo]] = {_SIGNATURE_INPUTS: [], _SIGNATURE_OUTPUTS: []}
    for side, value in fields(message):
        if side in names:
            entry = dict(fields(_bytes(value)))
            key, tensor = _text(entry[_ENTRY_KEY]), dict(fields(_bytes(entry[_ENTRY_VALUE])))
            names[side][key] = _text(tensor.get(_TENSOR_NAME, b""))
            tensors[side].append(_read_tensor(f"`{key}` of `{name}`", key, tensor))
    signature = ordered_signature(name, tensors[_SIGNATURE_INPUTS], tensors[_SIGNATURE_OUTPUTS])
    return GraphSignature(signature, names[_SIGNATURE_INPUTS], names[_SIGNATURE_OUTPUTS])


def _read_tensor(what: str, name: str, tensor: dict[int, int | bytes]) -> TensorInfo:
    dtype = TYPES.get(int(tensor.get(_TENSOR_TYPE, 0)))
    if dtype is None:
        raise ValueError(f"{what} is not of {', '.join(TYPES.values())}")
    shape: list[int | None] = []
    for number, value in fields(_bytes(tensor.get(_TENSOR_SHAPE, b""))):
        if number == _SHAPE_UNKNOWN_RANK:
            raise ValueError(f"{what} has no fixed rank")
        if number == _SHAPE_DIMENSION:
            size = int(dict(fields(_bytes(value))).get(_DIMENSION_SIZE, 0))
            shape.append(size if size < 2**63 else None)  # -1: unknown
    return TensorInfo(name, tuple(shape), dtype)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError(f"a message has the number {value} where bytes belong")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode()
