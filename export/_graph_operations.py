"""The operations of a SavedModel, a TFLite file and an ONNX file, read without running them."""

from __future__ import annotations

import os
import pathlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.readers.runtimes import import_runtime
from keras_ae.export.readers.wire_format import fields

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


def saved_model_operations(path: str | os.PathLike[str]) -> Counter[str]:
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


def tflite_operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of all subgraphs: `CONV_2D` or, custom ones, `FlexErf`."""
    model, names = tflite_model(path), tflite_builtins()
    codes = [
        tflite_code(model.OperatorCodes(i), names) for i in range(model.OperatorCodesLength())
    ]
    graphs = [model.Subgraphs(i) for i in range(model.SubgraphsLength())]
    return Counter(
        codes[graph.Operators(i).OpcodeIndex()]
        for graph in graphs
        for i in range(graph.OperatorsLength())
    )


def onnx_operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of a file, with their domain if it isn't ONNX's own."""
    return Counter(
        f"{node.domain}.{node.op_type}"
        if node.domain not in ("", "ai.onnx")
        else str(node.op_type)
        for nodes in onnx_node_lists(onnx_model(path))
        for node in nodes
    )


def tflite_model(path: str | os.PathLike[str]) -> Any:
    """Return the file's flatbuffer as the schema's `Model`."""
    content = pathlib.Path(path).read_bytes()
    if content[4:8] != b"TFL3":
        raise ExportError(f"{path} is not a TFLite file: it lacks the identifier TFL3")
    return _tflite_schema().Model.GetRootAs(content)


def tflite_builtins() -> dict[int, str]:
    """Return the names of TFLite's own operations by their number."""
    operators = vars(_tflite_schema().BuiltinOperator)
    return {code: name for name, code in operators.items() if not name.startswith("_")}


def tflite_types() -> dict[int, str]:
    """Return the names of TFLite's tensor types by their number."""
    types = vars(_tflite_schema().TensorType)
    return {code: name for name, code in types.items() if not name.startswith("_")}


def tflite_code(code: Any, names: dict[int, str]) -> str:
    """Return the name of an entry of a file's operator table."""
    number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
    if names.get(number) == "CUSTOM":
        return (code.CustomCode() or b"CUSTOM").decode()
    return names.get(number, f"BUILTIN_{number}")


def onnx_model(path: str | os.PathLike[str]) -> Any:
    """Return the file's `ModelProto`; weights beside the file aren't read."""
    onnx = import_runtime("onnx", "onnx", "read ONNX files")
    try:
        return onnx.load(os.fspath(path), load_external_data=False)
    except OSError:
        raise
    except Exception as error:
        raise ExportError(f"{path} is not an ONNX file: {error}") from error


def onnx_node_lists(model: Any) -> Iterator[Iterable[Any]]:
    """Yield the nodes of the graph, of the graphs in its nodes, and of the model's functions."""
    yield from _nested(model.graph.node)
    for function in model.functions:
        yield from _nested(function.node)


def _nested(nodes: Iterable[Any]) -> Iterator[Iterable[Any]]:
    yield nodes
    for node in nodes:
        for attribute in node.attribute:
            for graph in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _nested(graph.node)


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


def _tflite_schema() -> Any:
    module = "ai_edge_litert.schema_py_generated"
    return import_runtime(module, "ai-edge-litert", "read TFLite files")
