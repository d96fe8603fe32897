"""The operations of a SavedModel, read without TensorFlow, and those that it must not hold."""

from __future__ import annotations

import os
import pathlib
from collections import Counter
from collections.abc import Iterable, Iterator

from keras_ae.export.formats.saved_model.wire_format import fields

# Field numbers of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto, function.proto,
# node_def.proto, attr_value.proto and saver.proto.
_META_GRAPHS = 2
_GRAPH, _SAVER = 2, 3
_NODES, _LIBRARY = 1, 2
_FUNCTIONS = 1
_FUNCTION_SIGNATURE, _FUNCTION_NODES = 1, 3
_NODE_NAME, _NODE_OPERATION, _NODE_ATTRIBUTES = 1, 2, 5
_KEY, _VALUE = 1, 2
_ATTRIBUTE_LIST, _ATTRIBUTE_TYPE, _ATTRIBUTE_FUNCTION = 1, 6, 10
_LIST_FUNCTIONS = 9
_SAVER_SAVE, _SAVER_RESTORE = 2, 3

# tensorflow/core/framework/types.proto. Weights are of the first ones.
_FLOATS = {1, 2, 14, 19}  # float32, float64, bfloat16, float16
_OTHERS = {3: "int32", 4: "uint8", 6: "int8", 7: "string", 9: "int64", 10: "bool", 22: "uint32"}
# Weights of floats, and of 8 or 4 bits of `model.quantize`, may be in a SavedModel.
_SEEDS = ("VarHandleOp(int64)", "VarHandleOp(uint32)")


def operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of a SavedModel, those that only save and restore it left out.

    A variable that isn't of floating-point numbers is counted as `VarHandleOp(int64)` and alike:
    the state of a seed is one.
    """
    path = pathlib.Path(path)
    file = path / "saved_model.pb" if path.is_dir() else path
    counts: Counter[str] = Counter()
    for meta_graph in _messages(file.read_bytes(), _META_GRAPHS):
        saver = dict(fields(next(_messages(meta_graph, _SAVER), b"")))
        saving = {
            bytes(saver.get(key, b"")).decode().split(":")[0]
            for key in (_SAVER_SAVE, _SAVER_RESTORE)
        }
        for graph in _messages(meta_graph, _GRAPH):
            nodes = [_Node(node) for node in _messages(graph, _NODES)]
            functions = {
                _first_text(signature, 1): [_Node(n) for n in _messages(body, _FUNCTION_NODES)]
                for library in _messages(graph, _LIBRARY)
                for body in _messages(library, _FUNCTIONS)
                for signature in _messages(body, _FUNCTION_SIGNATURE)
            }
            left_out = _reached((n for n in nodes if n.name in saving), functions)
            left_out -= _reached((n for n in nodes if n.name not in saving), functions)
            bodies = [body for name, body in functions.items() if name not in left_out]
            counts.update(node.counted for body in [nodes, *bodies] for node in body)
    return counts


def forbids(operation: str, precision: str) -> str | None:
    """Return why a SavedModel must not hold an operation; None where it may."""
    del precision
    if operation in _SEEDS:
        return "a variable of this type is no weight: a seed's state is one"
    return None


class _Node:
    """A NodeDef: its name, what it is counted as, and the functions that it calls."""

    def __init__(self, message: bytes) -> None:
        self.name = _first_text(message, _NODE_NAME)
        self.counted = _first_text(message, _NODE_OPERATION)
        self.calls: list[str] = []
        for entry in _messages(message, _NODE_ATTRIBUTES):
            for number, value in _attribute(entry):
                if isinstance(value, int):
                    if (
                        self.counted == "VarHandleOp"
                        and number == _ATTRIBUTE_TYPE
                        and _first_text(entry, _KEY) == "dtype"
                        and value not in _FLOATS
                    ):
                        self.counted += f"({_OTHERS.get(value, f'type {value}')})"
                elif number == _ATTRIBUTE_FUNCTION:
                    self.calls.append(_first_text(value, 1))
                elif number == _ATTRIBUTE_LIST:
                    called = _messages(value, _LIST_FUNCTIONS)
                    self.calls.extend(_first_text(function, 1) for function in called)


def _attribute(entry: bytes) -> Iterator[tuple[int, int | bytes]]:
    for value in _messages(entry, _VALUE):
        yield from fields(value)


def _reached(nodes: Iterable[_Node], functions: dict[str, list[_Node]]) -> set[str]:
    """Return the names of the functions that the nodes call, and those that these call."""
    reached: set[str] = set()
    ahead = [name for node in nodes for name in node.calls]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [called for node in functions.get(name, []) for called in node.calls]
    return reached


def _messages(message: bytes, wanted: int) -> Iterator[bytes]:
    """Yield the values of one field that holds messages."""
    for number, value in fields(message):
        if number == wanted and not isinstance(value, int):
            yield value


def _first_text(message: bytes, wanted: int) -> str:
    return next(_messages(message, wanted), b"").decode()
