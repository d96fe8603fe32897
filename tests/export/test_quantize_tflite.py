"""TFLite files in fewer bits, run by LiteRT."""

import pytest

from keras_ae.export.formats.narrow_nodes import Node, narrow_nodes
from keras_ae.export.formats.tflite.graph import TFLiteGraph
from keras_ae.export.formats.tflite.tflite_reader import TFLiteReader
from keras_ae.export.proof.operations import read_operations
from keras_ae.export.proof.quantized_share import quantized_share
from tests.export.precision_examples import FILES, path

pytestmark = pytest.mark.slow  # real conversions

LAYERS = {"CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}


def produced(file):
    """Yield (signature's index, operation, types of what it makes) of a file."""
    graph = TFLiteGraph(file.read_bytes())
    types = {value: name for name, value in vars(graph.schema.TensorType).items()}
    for index, subgraph in enumerate(graph.model.subgraphs):
        for operator in subgraph.operators:
            made = [types[subgraph.tensors[int(i)].type] for i in operator.outputs]
            yield index, graph.operation(operator), made[0]


def test_float16_stores_layers_in_half_and_nothing_else():
    float32, float16 = (path("score", each, ".tflite") for each in ("float32", "float16"))
    assert float16.stat().st_size < 0.62 * float32.stat().st_size
    graph = TFLiteGraph(float16.read_bytes())
    half = [
        tensor
        for tensor in graph.model.subgraphs[0].tensors
        if tensor.type == graph.schema.TensorType.FLOAT16
    ]
    assert len(half) == 2 * sum(read_operations(float16, "tflite")[each] for each in LAYERS)
    assert all(len(tensor.shape) for tensor in half)  # no scalar: the threshold keeps its digits
    codes = {graph.operation(o): o.opcodeIndex for o in graph.model.subgraphs[0].operators}
    assert graph.model.operatorCodes[codes["DEQUANTIZE"]].version == 3  # GPU delegates take it


def test_static_layers_all_compute_in_int8():
    for file in FILES:
        share = quantized_share(path(file, "int8_static", ".tflite"), "tflite")
        assert (share.weights, share.ops) == (1.0, 1.0)


def test_dynamic_transposed_convolutions_compute_in_float():
    operations = list(produced(path("decode", "int8_dynamic", ".tflite")))
    assert (0, "TRANSPOSE_CONV", "FLOAT32") in operations
    assert (0, "DEQUANTIZE", "FLOAT32") in operations
    share = quantized_share(path("decode", "int8_dynamic", ".tflite"), "tflite")
    assert 0.9 < share.weights < 1.0  # kernels of fewer than 1024 numbers stay float32
    assert 0.0 < share.ops < 1.0


def test_score_computes_nats_in_float():
    made = list(produced(path("score", "int8_static", ".tflite")))
    integers = {operation for _, operation, kind in made if kind == "INT8"}
    floats = {operation for _, operation, kind in made if kind == "FLOAT32"}
    assert integers == {*LAYERS, "RESHAPE", "QUANTIZE"}
    assert {"SUM", "LOG", "EXP", "MUL", "ADD", "SUB"} <= floats
    assert not floats & LAYERS


def test_inputs_and_outputs_are_int8_where_all_around_them_is():
    with TFLiteReader(path("model", "int8_static", ".tflite")) as reader:
        ends = {name: set(tensors) for name, tensors in reader.quantization.items()}
        decode = reader.quantization["decode"]["reconstruction"]
    assert ends == {
        "encode": {"x", "latent"},
        "posterior": {"x", "mean"},
        "sample_posterior": {"x"},
        "decode": {"latent", "reconstruction"},
        "reconstruct": {"x", "reconstruction"},
    }
    assert decode == {"scale": 1 / 256, "zero_point": -128, "dtype": "int8"}  # a sigmoid's


def test_the_multi_signature_file_stores_shared_weights_once():
    alone = path("score", "float16", ".tflite").stat().st_size  # it has all the weights
    assert path("model", "float16", ".tflite").stat().st_size < 1.5 * alone


def test_a_carrier_beside_a_float_operation_is_float():
    layer = Node("CONV", ("x",), ("a",), weighted=True)
    branch = [layer, Node("TANH", ("a",), ("b",)), Node("LOG", ("b",), ("c",))]
    assert narrow_nodes(branch, {"TANH"}, {"c"}) == {0}
    assert narrow_nodes(branch[:2], {"TANH"}, {"b"}) == {0, 1}
    assert narrow_nodes(branch[:2], {"TANH"}) == {0}


def test_a_layer_of_which_the_channels_are_taken_apart_is_float():
    layer = Node("CONV", ("x",), ("a",), weighted=True)
    graph = [layer, Node("RESHAPE", ("a",), ("b",)), Node("SPLIT", ("b",), ("c",), divides=True)]
    assert narrow_nodes(graph, {"RESHAPE", "SPLIT"}, {"c"}) == set()
    assert narrow_nodes(graph, {"RESHAPE", "SPLIT"}, {"c"}, scaled=True) == {0, 1, 2}


def test_constants_of_many_units_stay_float_in_8_bits_only():
    layer, last = (Node("CONV", (a,), (b,), weighted=True) for a, b in (("x", "a"), ("b", "c")))
    graph = [layer, Node("MUL", ("a",), ("b",), scaled=True), last]
    assert narrow_nodes(graph, {"MUL"}) == {0, 2}
    assert narrow_nodes(graph, {"MUL"}, scaled=True) == {0, 1, 2}
