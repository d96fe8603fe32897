"""ONNX files in fewer bits, run by ONNX Runtime and by the reference implementation."""

import logging

import numpy as np
import onnx
import onnx.reference
import pytest
from onnx import TensorProto, helper, numpy_helper

from keras_ae.export.formats.onnx import quantize
from keras_ae.export.formats.onnx.onnx_reader import OnnxReader
from keras_ae.export.proof.operations import check_operations
from keras_ae.export.proof.quantized_share import quantized_share
from tests.export.precision_examples import ONNX, arrays, path

pytestmark = pytest.mark.slow  # real conversions

NATS = {"ReduceSum", "Softplus", "Log", "Mul", "Sub", "Neg", "Add", "Greater"}


def model_of(endpoint, precision):
    """Return a file's proto."""
    return onnx.load(path(endpoint, precision, ".onnx"))


def types(model):
    """Return each tensor's type of numbers by name."""
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    found = {each.name: each.data_type for each in graph.initializer}
    for each in (*graph.value_info, *graph.input, *graph.output):
        found[each.name] = each.type.tensor_type.elem_type
    return found


def reference(model, inputs):
    """Run the reference implementation, which has DequantizeLinear from opset 19 on."""
    later = onnx.ModelProto()
    later.CopyFrom(model)
    next(each for each in later.opset_import if not each.domain).version = 19
    return onnx.reference.ReferenceEvaluator(later).run(None, inputs)


@pytest.mark.parametrize("endpoint", ONNX)
def test_float16_keeps_the_types_of_inputs_and_outputs(endpoint):
    before, after = (model_of(endpoint, each).graph for each in ("float32", "float16"))
    for side in ("input", "output"):
        ends = [{each.name: each.type for each in getattr(g, side)} for g in (before, after)]
        assert ends[0] == ends[1]
    half = path(endpoint, "float16", ".onnx").stat().st_size
    assert half < 0.65 * path(endpoint, "float32", ".onnx").stat().st_size


def test_float16_computes_layers_in_half_and_nats_in_full():
    model = model_of("score", "float16")
    found = types(model)
    kinds = {(node.op_type, found[node.output[0]]) for node in model.graph.node}
    layers = {kind for operation, kind in kinds if operation in ("Conv", "ConvTranspose", "Gemm")}
    assert layers == {TensorProto.FLOAT16}
    nats = {operation for operation, kind in kinds if kind == TensorProto.FLOAT}
    assert {"ReduceSum", "Softplus", "Mul"} <= nats
    halves = {operation for operation, kind in kinds if kind == TensorProto.FLOAT16}
    assert not halves & NATS
    casts = [node.output[0] for node in model.graph.node if node.op_type == "Cast"]
    assert sum(name.endswith("_float16") for name in casts) == 1  # x
    assert sum(name.endswith("_float32") for name in casts) == 3  # mean, raw scale, logits


@pytest.mark.parametrize("precision", ["int8_dynamic", "int8_static"])
def test_all_weights_are_int8_and_all_layers_but_transposed_convolutions(precision):
    for endpoint, ops in {"encode": 1.0, "decode": 1 / 4, "sample_posterior": 1.0}.items():
        share = quantized_share(path(endpoint, precision, ".onnx"), "onnx")
        assert (share.weights, share.ops) == (1.0, ops)


def test_score_computes_nats_in_float():
    model = model_of("score", "int8_static")
    quantized = {node.input[0] for node in model.graph.node if node.op_type == "QuantizeLinear"}
    makers = {out: node.op_type for node in model.graph.node for out in node.output}
    assert not {makers.get(name) for name in quantized} & NATS
    assert {makers.get(name) for name in quantized} <= {
        None, "Conv", "ConvTranspose", "Gemm", "Relu", "Reshape", "Transpose",
    }  # fmt: skip


@pytest.mark.parametrize("precision", ["int8_dynamic", "int8_static"])
def test_the_reference_implementation_agrees(precision):
    model = model_of("encode", precision)
    inputs = {"x": arrays("golden")["inputs"]["encode"]["x"][:8]}
    (latent,) = reference(model, inputs)
    with OnnxReader(path("encode", precision, ".onnx")) as reader:
        ours = reader.run("encode", inputs)["latent"]
    np.testing.assert_allclose(latent, ours, rtol=0, atol=0.02 * np.ptp(ours))


@pytest.mark.parametrize("precision", ["float16", "int8_dynamic", "int8_static"])
def test_files_hold_only_wanted_operations_and_a_free_batch(precision):
    for endpoint in ONNX:
        file = path(endpoint, precision, ".onnx")
        check_operations(file, "onnx", precision)
        assert onnx.load(file).graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def test_the_model_given_is_not_changed_and_nothing_is_left(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    model = model_of("encode", "float32")
    before = model.SerializeToString(deterministic=True)
    with caplog.at_level(logging.WARNING):
        quantize.to_float16(model)
        quantize.quantize_dynamic(model)
        quantize.quantize_static(model, arrays("calibration")["inputs"]["encode"])
    assert model.SerializeToString(deterministic=True) == before
    assert not list(tmp_path.iterdir())
    assert not caplog.records


def small(batch, outputs):
    """Return x @ kernel + bias, then a division by 1e6 that float16 can't hold."""
    kernel = np.arange(1, 7, dtype="float32").reshape(3, 2)
    stored = {"kernel": kernel, "bias": np.ones(2, "float32"), "unit": np.float32([1e6])}
    nodes = [
        helper.make_node("MatMul", ["x", "kernel"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["sum"]),
        helper.make_node("Mul", ["sum", "unit"], ["large"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, 2]) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.mark.parametrize("outputs", [["large"], ["sum", "large"], ["product", "large"]])
def test_units_after_the_last_layer_and_inner_outputs_are_float32(outputs):
    model = small("batch", outputs)
    x = np.float32([[0.5, -1.0, 2.0]])
    expected = reference(model, {"x": x})
    calibration = {"x": np.float32(np.random.default_rng(0).uniform(-2, 2, (100, 3)))}
    for made, tolerance in (
        (quantize.to_float16(model), 2e-3),
        (quantize.quantize_static(model, calibration), 0.03),
        (quantize.quantize_dynamic(model), 0.03),
    ):
        onnx.checker.check_model(made, full_check=True)
        received = reference(made, {"x": x})
        for one, other in zip(received, expected, strict=True):
            assert one.dtype == np.float32
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def test_a_fixed_batch_is_calibrated_at_its_size():
    calibration = {"x": np.ones((7, 3), "float32")}  # 7 examples in batches of 4
    made = quantize.quantize_static(small(4, ["sum"]), calibration)
    x = np.ones((4, 3), "float32")
    (received,) = reference(made, {"x": x})
    np.testing.assert_allclose(received, np.tile([[10.0, 13.0]], (4, 1)), rtol=0.02)
