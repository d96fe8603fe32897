"""What an ONNX file holds: its operations, how its weights are stored, and in how many bits."""

from __future__ import annotations

import math
import os
import pathlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from keras_ae.export.errors import ExportError
from keras_ae.export.formats.precisions import is_int8
from keras_ae.export.formats.runtimes import import_runtime
from keras_ae.export.formats.weight import Weight, is_matrix

# Domains of operations that ONNX Runtime itself runs and its quantizer writes.
_QUANTIZED_DOMAIN = "com.microsoft."
_WIDE = 32
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


def operations(path: str | os.PathLike[str]) -> Counter[str]:
    """Count the operations of a file, with their domain if it isn't ONNX's own."""
    return Counter(
        f"{node.domain}.{node.op_type}"
        if node.domain not in ("", "ai.onnx")
        else str(node.op_type)
        for nodes in onnx_node_lists(onnx_model(path))
        for node in nodes
    )


def forbids(operation: str, precision: str) -> str | None:
    """Return why an ONNX file must not hold an operation; None where it may."""
    domain, _, name = operation.rpartition(".")
    if not domain:
        onnx = import_runtime("onnx", "onnx", "read ONNX files")
        return None if onnx.defs.has(name) else "ONNX has no such operation"
    if f"{domain}." == _QUANTIZED_DOMAIN and is_int8(precision):
        return None
    return f"it is of the domain {domain}, which other runtimes don't have"


def weights(path: str | os.PathLike[str]) -> Iterator[Weight]:
    """Yield what products multiply with, whatever its shape, and all other stored matrices."""
    import onnx

    types = onnx.TensorProto
    bits = {types.INT8: 8, types.UINT8: 8, types.INT4: 8, types.FLOAT16: 16, types.FLOAT: _WIDE}
    model = onnx_model(path)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    operands = set()
    for nodes in onnx_node_lists(model):
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
        counts = name in operands or is_matrix(tensor.dims)
        if counts and (name in operands or tensor.data_type in bits):
            yield Weight(name, math.prod(tensor.dims), bits.get(tensor.data_type, _WIDE))


def products(path: str | os.PathLike[str]) -> Iterator[bool]:
    """Yield for each product that ONNX Runtime will compute whether it does in 8 bits."""
    runtime = import_runtime("onnxruntime", "onnxruntime", "read how it fuses int8 operations")
    with tempfile.TemporaryDirectory() as folder:
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        # The last level, of one processor's own layouts, doesn't make integers of floats.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(pathlib.Path(folder, "fused.onnx"))
        runtime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        counts = operations(options.optimized_model_filepath)
    for operation, count in counts.items():
        name = operation.rpartition(".")[2]
        if name in _ONNX_OPERANDS:
            yield from [name in _ONNX_INT8_OPERANDS] * count


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
