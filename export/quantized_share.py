"""How much of an int8 file is really int8."""

from __future__ import annotations

import math
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras_ae import _checks
from keras_ae.export import _graph_operations
from keras_ae.export.readers.runtimes import import_runtime


@dataclass(frozen=True)
class QuantizedShare:
    """What part of a model's weights and of its heavy operations are int8.

    Args:
        weights: Float, share of the numbers of all stored kernels, tables and other matrices
            (biases are not counted: they are 32-bit integers in int8 files) that are stored in 8
            bits or fewer.
        ops: Float, share of the operations that multiply matrices or convolve which compute in
            8-bit integers.
    """

    weights: float
    ops: float


class _Weight(NamedTuple):
    """A stored tensor of more than one axis; one that is used twice counts once."""

    key: Any
    size: int
    bits: int


def quantized_share(path: str | os.PathLike[str], format: str) -> QuantizedShare:
    """Return what part of a file is int8; 0 where there is nothing to quantize.

    Products are the convolutions (transposed and depthwise ones too), matrix products, fully
    connected and recurrent layers. One of a TFLite file computes in 8 bits if its kernel is int8
    and goes to it directly: with int8 inputs, or with float inputs that it quantizes itself at
    each call (TFLite's hybrid operations, which dynamic int8 makes). Those of an ONNX file are
    counted as ONNX Runtime will run them, in the graph that it makes of the file: what stands
    between `DequantizeLinear` and `QuantizeLinear` and isn't fused into an integer operation,
    such as every `ConvTranspose`, computes in float.

    Args:
        path: Path of the file.
        format: String: tflite or onnx.

    Raises:
        ValueError: `format` is another one.
    """
    products = list(_readers(format)[1](path))
    return QuantizedShare(
        weights=narrow_weights(path, format, bits=8), ops=_share(sum(products), len(products))
    )


def narrow_weights(path: str | os.PathLike[str], format: str, bits: int) -> float:
    """Return the share of a file's weights that are stored in so many bits or fewer.

    Args:
        path: Path of the file.
        format: String: tflite or onnx.
        bits: Integer, 8 for int8 files, 16 for float16 ones.

    Raises:
        ValueError: `format` is another one.
    """
    weights = {each.key: each for each in _readers(format)[0](path)}.values()
    narrow = sum(each.size for each in weights if each.bits <= bits)
    return _share(narrow, sum(each.size for each in weights))


def _readers(format: str) -> Any:
    if format not in _FORMATS:
        raise ValueError(
            f"`format` must be one of {', '.join(_FORMATS)}. Received: {_checks.shown(format)}"
        )
    return _FORMATS[format]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


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


def _tflite_weights(path: str | os.PathLike[str]) -> Iterator[_Weight]:
    """Yield what products multiply with, whatever its shape, and all other stored matrices."""
    types = _graph_operations.tflite_types()
    for product in _tflite(path):
        for tensor in filter(None, map(product.stored, product.kernels)):
            yield _tflite_weight(tensor, types)
    model = _graph_operations.tflite_model(path)
    for subgraph in (model.Subgraphs(i) for i in range(model.SubgraphsLength())):
        for tensor in (subgraph.Tensors(i) for i in range(subgraph.TensorsLength())):
            buffer = model.Buffers(tensor.Buffer())
            stored = buffer.DataLength() or buffer.Size() > 1
            sizes = [tensor.Shape(i) for i in range(tensor.ShapeLength())]
            if stored and _is_matrix(sizes) and types[tensor.Type()] in _TFLITE_BITS:
                yield _tflite_weight(tensor, types)


def _tflite_weight(tensor: Any, types: dict[int, str]) -> _Weight:
    size = math.prod(tensor.Shape(i) for i in range(tensor.ShapeLength()))
    return _Weight(tensor.Buffer(), size, _TFLITE_BITS.get(types[tensor.Type()], _WIDE))


def _is_matrix(sizes: Any) -> bool:
    """Whether more than one axis has more than one place: a bias or a mean hasn't."""
    return sum(size > 1 for size in sizes) > 1


def _tflite_products(path: str | os.PathLike[str]) -> Iterator[bool]:
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
    model, names = _graph_operations.tflite_model(path), _graph_operations.tflite_builtins()
    types = _graph_operations.tflite_types()
    for subgraph in (model.Subgraphs(i) for i in range(model.SubgraphsLength())):
        operators = [subgraph.Operators(i) for i in range(subgraph.OperatorsLength())]
        codes = [
            _graph_operations.tflite_code(model.OperatorCodes(each.OpcodeIndex()), names)
            for each in operators
        ]
        named = list(zip(codes, operators, strict=True))
        dequantized = {e.Outputs(0): e.Inputs(0) for code, e in named if code == "DEQUANTIZE"}
        for code, each in named:
            if code in _TFLITE_OPERANDS:
                places, data = _TFLITE_OPERANDS[code]
                inputs = [each.Inputs(i) for i in places if i < each.InputsLength()]
                kernels = tuple(index for index in inputs if index >= 0)
                yield _Product(model, subgraph, types, dequantized, kernels, each.Inputs(data))


# Which inputs of an operation may be kernels, in ONNX's order.
_ONNX_FLOAT_OPERANDS = {
    "Conv": (1,),
    "FusedConv": (1,),
    "ConvTranspose": (1,),
    "Gemm": (0, 1),
    "FusedGemm": (0, 1),
    "MatMul": (0, 1),
    "FusedMatMul": (0, 1),
    "LSTM": (1, 2),
    "GRU": (1, 2),
    "RNN": (1, 2),
}
_ONNX_INT8_OPERANDS = {
    "QLinearConv": (3,),
    "ConvInteger": (1,),
    "QLinearMatMul": (0, 3),
    "MatMulInteger": (0, 1),
    "MatMulIntegerToFloat": (0, 1),
    "QGemm": (0, 3),
    "DynamicQuantizeMatMul": (1,),
    "DynamicQuantizeLSTM": (1, 2),
}
_ONNX_OPERANDS = {**_ONNX_FLOAT_OPERANDS, **_ONNX_INT8_OPERANDS}
_ONNX_SAME_ELEMENTS = {"DequantizeLinear", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze"}


def _onnx_weights(path: str | os.PathLike[str]) -> Iterator[_Weight]:
    """Yield what products multiply with, whatever its shape, and all other stored matrices."""
    import onnx

    types = onnx.TensorProto
    bits = {types.INT8: 8, types.UINT8: 8, types.INT4: 8, types.FLOAT16: 16, types.FLOAT: _WIDE}
    model = _graph_operations.onnx_model(path)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    operands = set()
    for nodes in _graph_operations.onnx_node_lists(model):
        made_by = {name: node for node in nodes for name in node.output}
        for node in nodes:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                stored[node.output[0]] = node.attribute[0].t
            for place in _ONNX_OPERANDS.get(node.op_type, ()):
                name = node.input[place] if place < len(node.input) else ""
                while name in made_by and made_by[name].op_type in _ONNX_SAME_ELEMENTS:
                    name = made_by[name].input[0]
                operands.add(name)
    for name, tensor in stored.items():
        counts = name in operands or _is_matrix(tensor.dims)
        if counts and (name in operands or tensor.data_type in bits):
            yield _Weight(name, math.prod(tensor.dims), bits.get(tensor.data_type, _WIDE))


def _onnx_products(path: str | os.PathLike[str]) -> Iterator[bool]:
    """Yield for each product that ONNX Runtime will compute whether it does in 8 bits."""
    runtime = import_runtime("onnxruntime", "onnxruntime", "read how it fuses int8 operations")
    with tempfile.TemporaryDirectory() as folder:
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        # The last level, of one processor's own layouts, doesn't make integers of floats.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(pathlib.Path(folder, "fused.onnx"))
        runtime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        counts = _graph_operations.onnx_operations(options.optimized_model_filepath)
    for operation, count in counts.items():
        name = operation.rpartition(".")[2]
        if name in _ONNX_OPERANDS:
            yield from [name in _ONNX_INT8_OPERANDS] * count


_FORMATS: dict[str, tuple[Callable[[Any], Iterator[_Weight]], Callable[[Any], Iterator[bool]]]] = {
    "tflite": (_tflite_weights, _tflite_products),
    "onnx": (_onnx_weights, _onnx_products),
}
