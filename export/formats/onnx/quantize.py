"""Make float16 and int8 ONNX models."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.export.formats.calibration import calibration_batches
from keras_ae.export.formats.narrow_nodes import narrow_nodes
from keras_ae.export.formats.onnx.graph import OnnxGraph

# What stands between layers and only carries their numbers on: in 8 bits, and in 16.
# fmt: off
_INT8_CARRIERS = {
    "Add", "AveragePool", "Clip", "Concat", "Flatten", "LeakyRelu", "MaxPool", "Pad",
    "Relu", "Reshape", "Resize", "Slice", "Squeeze", "Transpose", "Unsqueeze",
}
_FLOAT16_CARRIERS = _INT8_CARRIERS | {
    "BatchNormalization", "Div", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish",
    "MatMul", "Mul", "Neg", "Selu", "Sigmoid", "Softmax", "Softplus", "Sub", "Tanh",
}
# fmt: on
_PREPARED = ("onnx.quant.pre_process", "onnxruntime.quant")  # else the quantizer asks for it


def to_float16(model: Any) -> Any:
    """Return a model whose layers compute in float16.

    Inputs and outputs stay float32, and so does what computes in the data's units or in nats:
    everything before the first layer and after the last one, with a Cast where it meets them.

    Args:
        model: `onnx.ModelProto` in float32.

    Returns:
        A new `onnx.ModelProto`.
    """
    graph = OnnxGraph(model)
    graph.merge_biases()
    narrow = narrow_nodes(graph.nodes(), _FLOAT16_CARRIERS, scaled=True)
    graph.to_float16(narrow)
    graph.store_tables(float16=True)
    return graph.model


def quantize_dynamic(model: Any) -> Any:
    """Return a model whose layers quantize what they read at each call.

    Kernels are stored in int8, of which 7 bits are used: on x86 processors without VNNI a sum of
    two full products would not fit, and an artifact should compute the same everywhere. ONNX
    Runtime has no integer ConvTranspose, so that computes in float32 with its int8 kernel's
    values. One scale is used for all of a batch: an example's
    result depends a little on the others in its batch.

    Args:
        model: `onnx.ModelProto` in float32.

    Returns:
        A new `onnx.ModelProto`.
    """
    from onnxruntime import quantization

    graph = OnnxGraph(model)
    layers = sorted(node.name for node in graph.layers() if node.op_type != "ConvTranspose")

    def quantize(source: Any, target: str) -> None:
        quantization.quantize_dynamic(
            source,
            target,
            nodes_to_quantize=layers,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )

    return _quantized(graph.model, quantize)


def quantize_static(model: Any, calibration: Mapping[str, np.ndarray]) -> Any:
    """Return a model whose layers are int8, with ranges from calibration data.

    In the QDQ form, every layer between DequantizeLinear and QuantizeLinear, with a scale for each
    channel of a kernel, which has 7 bits as in `quantize_dynamic`. A tensor's range is from its
    smallest to its largest number in the calibration data (percentiles cut off what carries a
    latent). The likelihood, the divergence and the units of the data stay float32, and
    so do inputs and outputs. ONNX Runtime's CPU has no integer ConvTranspose: its kernel is stored
    in int8 and it computes in float32, without rounding its data; other layers compute in int8.

    Args:
        model: `onnx.ModelProto` in float32.
        calibration: Dict from the inputs' names to arrays.

    Returns:
        A new `onnx.ModelProto`.
    """
    from onnxruntime import quantization

    graph = OnnxGraph(model)
    graph.merge_biases()
    narrow = [graph.model.graph.node[i] for i in narrow_nodes(graph.nodes(), _INT8_CARRIERS)]
    names = sorted(node.name for node in narrow if node.op_type != "ConvTranspose")

    def quantize(source: Any, target: str) -> None:
        quantization.quantize_static(
            source,
            target,
            _reader(graph, calibration),
            quant_format=quantization.QuantFormat.QDQ,
            nodes_to_quantize=names,
            per_channel=True,
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
        )

    return _quantized(graph.model, quantize)


def _quantized(model: Any, quantize: Callable[[Any, str], None]) -> Any:
    """Call a quantizer, which writes files; store in int8 what it leaves in its result."""
    import onnx

    model.metadata_props.add(key=_PREPARED[0], value=_PREPARED[1])
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder, "model.onnx"))
        quantize(model, target)
        made = onnx.load(target)
    del made.metadata_props[:]
    made.metadata_props.extend(each for each in model.metadata_props if each.key != _PREPARED[0])
    del made.graph.value_info[:]
    graph = OnnxGraph(made)
    graph.store_int8("ConvTranspose")
    graph.store_tables(float16=False)
    return graph.model


def _reader(graph: OnnxGraph, calibration: Mapping[str, np.ndarray]) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.batches = calibration_batches(calibration, graph.fixed_batch())

        def get_next(self) -> Any:
            return next(self.batches, None)

    return Reader()
