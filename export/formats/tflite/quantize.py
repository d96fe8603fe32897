"""Make float16 and int8 TFLite files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from keras_ae.export.formats.calibration import calibration_batches
from keras_ae.export.formats.narrow_nodes import narrow_nodes
from keras_ae.export.formats.precisions import FLOAT16, INT8_DYNAMIC
from keras_ae.export.formats.tflite.graph import (
    DEQUANTIZE_CHANNELS,
    DEQUANTIZE_FLOAT16,
    KERNELS,
    TFLiteGraph,
)

# What an int8 kernel computes between layers without a scale of its own.
# fmt: off
_CARRIERS = {
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS",
    "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "MAX_POOL_2D", "MUL", "PAD", "RELU", "RELU6",
    "RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPACE_TO_DEPTH",
    "SQUEEZE", "STRIDED_SLICE", "TANH", "TRANSPOSE",
}
# fmt: on
_TRANSPOSED = "TRANSPOSE_CONV"


def make_precision(
    saved_model: str,
    float_model: bytes,
    signature_keys: Sequence[str],
    precision: str,
    calibration: Mapping[str, Mapping[str, np.ndarray]],
) -> bytes:
    """Return a file's float16, dynamic int8 or full int8 form.

    - float16: the layers' kernels and biases are stored in 16 bits. Other constants, such as a
      `Normalization`'s mean and the decision's threshold, keep theirs: rounded to 3 digits, a
      threshold of 152 is off by 0.06.
    - int8_dynamic: kernels of 1024 numbers and more are stored in int8; layers quantize what they
      read at each call. A transposed convolution computes in float32 with the int8 kernel's
      values: the interpreter's own dynamic one is 40 times slower than float32.
    - int8_static: layers, and what only carries numbers between them, compute in int8, with
      ranges from calibration data; a layer whose channels are taken apart (a likelihood's
      locations and scales) doesn't. The likelihood, the divergence and the units of the data stay
      float32. An input or output is int8 where nothing but int8 operations reads or makes it, as
      an NPU wants it; its scale and zero point are in the file, and a reader applies them. So
      `x` of encode is int8; `x` of score, with which the likelihood computes too, `epsilon`,
      `score` and all that leaves a float32 operation are float32.

    Args:
        saved_model: Path of the SavedModel that the file was converted from.
        float_model: Bytes of the float32 file.
        signature_keys: The signatures in it.
        precision: String: float16, int8_dynamic or int8_static.
        calibration: Dict {signature: {tensor: array}} for int8_static.

    Returns:
        Bytes of the file, the same ones for the same arguments.
    """
    if precision == FLOAT16:
        return _float16(float_model)
    if precision == INT8_DYNAMIC:
        narrow = bytes(_converter(saved_model, signature_keys).convert())
        return _with_int8_tables(_with_float_transposed_convolutions(narrow))
    narrow = _int8_static(saved_model, float_model, signature_keys, calibration)
    return _with_int8_ends(_with_int8_tables(_with_float_transposed_convolutions(narrow)))


def _converter(saved_model: str, signature_keys: Sequence[str]) -> Any:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(
        saved_model, signature_keys=list(signature_keys)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def _float16(float_model: bytes) -> bytes:
    """Store layers' constants in float16, with a DEQUANTIZE before their use.

    TensorFlow's converter rounds every constant; GPU delegates know this pattern.
    """
    graph = TFLiteGraph(float_model)
    halves: dict[int, int] = {}  # buffers
    for subgraph in graph.model.subgraphs:
        constants = [graph.layer_constants(subgraph, each) for each in subgraph.operators]
        constants += [[int(each.inputs[0])] for each in graph.tables(subgraph)]
        for index in dict.fromkeys(index for each in constants for index in each):
            tensor = subgraph.tensors[index]
            graph.dequantize(subgraph, index, DEQUANTIZE_FLOAT16)
            if tensor.buffer not in halves:
                numbers = graph.constant(subgraph, index).astype("<f2")
                halves[tensor.buffer] = graph.add_buffer(numbers.tobytes())
            tensor.buffer, tensor.type = halves[tensor.buffer], graph.schema.TensorType.FLOAT16
    return graph.to_bytes()


def _with_float_transposed_convolutions(content: bytes) -> bytes:
    """Let those with float32 data read int8 kernels through a DEQUANTIZE, computed once."""
    graph = TFLiteGraph(content)
    int8 = graph.schema.TensorType.INT8
    for subgraph in graph.model.subgraphs:
        kernels = [
            int(operator.inputs[KERNELS[_TRANSPOSED][0]])
            for operator in subgraph.operators
            if graph.operation(operator) == _TRANSPOSED
            and subgraph.tensors[int(operator.outputs[0])].type != int8
        ]
        for index in dict.fromkeys(kernels):
            if subgraph.tensors[index].type == int8:
                graph.dequantize(subgraph, index, DEQUANTIZE_CHANNELS)
    return graph.to_bytes()


def _with_int8_tables(content: bytes) -> bytes:
    """Store the tables of embeddings in int8, which TensorFlow's converter leaves in float32."""
    graph = TFLiteGraph(content)
    for subgraph in graph.model.subgraphs:
        for operator in graph.tables(subgraph):
            graph.quantize_table(subgraph, operator)
    return graph.to_bytes()


def _int8_static(
    saved_model: str,
    float_model: bytes,
    signature_keys: Sequence[str],
    calibration: Mapping[str, Mapping[str, np.ndarray]],
) -> bytes:
    """Let TensorFlow's converter quantize the layers, by its tool for selective quantization."""
    import tensorflow as tf

    def batches() -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        for key in signature_keys:
            yield from ((key, batch) for batch in calibration_batches(calibration[key], size))

    graph = TFLiteGraph(float_model)
    size = _fixed_batch(graph)
    converter = _converter(saved_model, signature_keys)
    converter.representative_dataset = batches
    names, operations = _plan(graph)
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=names, denylisted_ops=operations
    )
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=batches, debug_options=options
    )
    return bytes(debugger.get_nondebug_quantized_model())


def _fixed_batch(graph: TFLiteGraph) -> int | None:
    subgraph = graph.model.subgraphs[0]
    tensor = subgraph.tensors[subgraph.inputs[0]]
    free = tensor.shapeSignature is not None and tensor.shapeSignature[0] < 0
    return None if free else int(tensor.shape[0])


def _plan(graph: TFLiteGraph) -> tuple[list[str], list[str]]:
    """Return what stays float32: names of tensors, in any of the signatures, and operations.

    TensorFlow's tool doesn't heed the name of a transposed convolution, only its type.
    """
    wide, heeded = _wide_names(graph, without=())
    if heeded:
        return wide, []
    return _wide_names(graph, without=(_TRANSPOSED,))[0], [_TRANSPOSED]


def _wide_names(graph: TFLiteGraph, without: Sequence[str]) -> tuple[list[str], bool]:
    wide: dict[str, None] = {}
    heeded = True
    for subgraph in graph.model.subgraphs:
        nodes = [
            dataclasses.replace(node, weighted=node.weighted and node.operation not in without)
            for node in graph.nodes(subgraph)
        ]
        results = {str(int(i)) for i in subgraph.outputs}
        narrow = narrow_nodes(nodes, _CARRIERS, results)
        for place, (node, operator) in enumerate(zip(nodes, subgraph.operators, strict=True)):
            if place not in narrow and node.operation != "SHAPE":
                wide.update(dict.fromkeys(graph.name(subgraph, int(i)) for i in operator.outputs))
                heeded &= not (node.operation == _TRANSPOSED and node.weighted)
    return list(wide), heeded


def _with_int8_ends(content: bytes) -> bytes:
    """Take away QUANTIZE after inputs and DEQUANTIZE before outputs that nothing else uses."""
    graph = TFLiteGraph(content)
    for subgraph in graph.model.subgraphs:
        readers = graph.readers(subgraph)
        inputs, outputs = set(map(int, subgraph.inputs)), set(map(int, subgraph.outputs))
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        kept = []
        for operator in subgraph.operators:
            operation = graph.operation(operator)
            read, made = int(operator.inputs[0]), int(operator.outputs[0])
            if operation == "QUANTIZE" and read in inputs and readers[read] == 1:
                starts[read] = made
            elif operation == "DEQUANTIZE" and made in outputs and readers[made] == 1:
                ends[made] = read
            else:
                kept.append(operator)
        subgraph.operators = kept
        graph.rename_ends(subgraph, "inputs", starts)
        graph.rename_ends(subgraph, "outputs", ends)
    return graph.to_bytes()
