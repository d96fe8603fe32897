"""What a TFLite file holds: its operations, how its weights are stored, and in how many bits."""

from __future__ import annotations

import math
import os
import pathlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.operation_names import is_table
from keras_ae.export.formats.runtimes import import_runtime
from keras_ae.export.formats.weight import Weight, is_matrix

# Which inputs of an operation are kernels, and which are data, in TFLite's order.
_TFLITE_OPERANDS: dict[str, tuple[range, int]] = {
    "CONV_2D": (range(1, 2), 0),
    "DEPTHWISE_CONV_2D": (range(1, 2), 0),
    "CONV_3D": (range(1, 2), 0),
    "FULLY_CONNECTED": (range(1, 2), 0),
    "BATCH_MATMUL": (range(1, 2), 0),
    "TRANSPOSE_CONV": (range(1, 2), 2),
    "CONV_3D_TRANSPOSE": (range(1, 2), 2),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (range(1, 9), 0),
}
_TFLITE_INT8 = {"INT8", "UINT8", "INT4", "INT2"}
_WIDE = 32
_TFLITE_BITS = {**dict.fromkeys(_TFLITE_INT8, 8), "FLOAT16": 16, "FLOAT32": _WIDE}
_TFLITE_DATA = {"INT8", "UINT8", "INT16", "FLOAT32"}


def operations(path: str | os.PathLike[str]) -> Counter[str]:
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


def forbids(operation: str, precision: str) -> str | None:
    """Return why a TFLite file must not hold an operation; None where it may."""
    del precision
    if operation.startswith("Flex"):
        return "only interpreters with the Select TensorFlow operations run it"
    if operation in {"VAR_HANDLE", "READ_VARIABLE", "CALL_ONCE"}:
        return "it keeps a variable, which belongs to a seed or to training"
    if is_table(operation):
        return "it keeps a table, which few interpreters have"
    if operation not in tflite_builtins().values():
        return "it is a custom operation, which no stock interpreter runs"
    return None


def weights(path: str | os.PathLike[str]) -> Iterator[Weight]:
    """Yield what products multiply with, whatever its shape, and all other stored matrices."""
    types = tflite_types()
    for product in _tflite(path):
        for tensor in filter(None, map(product.stored, product.kernels)):
            yield _tflite_weight(tensor, types)
    model = tflite_model(path)
    for subgraph in (model.Subgraphs(i) for i in range(model.SubgraphsLength())):
        for tensor in (subgraph.Tensors(i) for i in range(subgraph.TensorsLength())):
            buffer = model.Buffers(tensor.Buffer())
            stored = buffer.DataLength() or buffer.Size() > 1
            sizes = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
            if stored and is_matrix(sizes) and types[tensor.Type()] in _TFLITE_BITS:
                yield _tflite_weight(tensor, types)


def _tflite_weight(tensor: Any, types: dict[int, str]) -> Weight:
    size = math.prod(tensor.Shape(i) for i in range(tensor.ShapeLength()))
    return Weight(tensor.Buffer(), size, _TFLITE_BITS.get(types[tensor.Type()], _WIDE))


def products(path: str | os.PathLike[str]) -> Iterator[bool]:
    """Yield for each product whether its kernel is int8 and goes to it directly."""
    for product in _tflite(path):
        kernels = {product.type_of(index) for index in product.kernels}
        yield kernels <= _TFLITE_INT8 and product.type_of(product.data) in _TFLITE_DATA


@dataclass(frozen=True)
class _Product:
    """An operation of a TFLite file that multiplies; tensors are numbers of its subgraph's."""

    model: Any
    subgraph: Any
    types: dict[int, str]
    dequantized: dict[int, int]
    kernels: tuple[int, ...]
    data: int

    def type_of(self, index: int) -> str:
        """Return the name of the type of a tensor."""
        return self.types[self.subgraph.Tensors(index).Type()]

    def stored(self, index: int) -> Any:
        """Return the stored tensor behind a kernel, or None if it is computed."""
        tensor = self.subgraph.Tensors(self.dequantized.get(index, index))
        buffer = self.model.Buffers(tensor.Buffer())
        return tensor if buffer.DataLength() or buffer.Size() > 1 else None


def _tflite(path: str | os.PathLike[str]) -> Iterator[_Product]:
    model, names = tflite_model(path), tflite_builtins()
    types = tflite_types()
    for subgraph in (model.Subgraphs(i) for i in range(model.SubgraphsLength())):
        operators = [subgraph.Operators(i) for i in range(subgraph.OperatorsLength())]
        codes = [tflite_code(model.OperatorCodes(each.OpcodeIndex()), names) for each in operators]
        named = list(zip(codes, operators, strict=True))
        dequantized = {e.Outputs(0): e.Inputs(0) for code, e in named if code == "DEQUANTIZE"}
        for code, each in named:
            if code in _TFLITE_OPERANDS:
                places, data = _TFLITE_OPERANDS[code]
                inputs = [each.Inputs(i) for i in places if i < each.InputsLength()]
                kernels = tuple(index for index in inputs if index >= 0)
                yield _Product(model, subgraph, types, dequantized, kernels, each.Inputs(data))


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


def _tflite_schema() -> Any:
    module = "ai_edge_litert.schema_py_generated"
    return import_runtime(module, "ai-edge-litert", "read TFLite files")
