import collections
import json

import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter

from keras_ae.export.errors import ExportError
from keras_ae.export.proof.operations import (
    check_operations,
    forbidden_operations,
    read_operations,
)
from keras_ae.export.proof.quantized_share import quantized_share
from tests.subprocesses import python

pytestmark = pytest.mark.slow  # real conversions

PLAIN = {"saved_model": "plain", "tflite": "plain.tflite", "onnx": "plain.onnx"}
ALL_BUT_THE_TRANSPOSED = 2 / 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of files that another process converted."""
    folder = tmp_path_factory.mktemp("operations")
    python("-m", "tests.export.operation_examples", folder)
    return folder


@pytest.mark.parametrize("format", PLAIN)
def test_a_plain_network_holds_nothing_that_it_must_not(folder, format):
    operations = check_operations(folder / PLAIN[format], format)
    assert list(operations) == sorted(operations)
    assert operations == read_operations(folder / PLAIN[format], format)


def test_a_saved_model_is_read_as_tensorflow_reads_it(folder):
    counts = json.loads((folder / "counts.json").read_text())
    assert read_operations(folder / "plain", "saved_model") == counts["plain"]
    assert counts["plain"]["ReadVariableOp"] > 0
    sampling = read_operations(folder / "sampling", "saved_model")
    seeds = sampling.pop("VarHandleOp(int64)")
    assert {**sampling, "VarHandleOp": seeds} == counts["sampling"]


def test_a_tflite_file_is_read_as_its_interpreter_reads_it(folder):
    with pytest.MonkeyPatch.context():
        details = Interpreter(str(folder / "plain.tflite"))._get_ops_details()
    names = collections.Counter(
        each["op_name"] for each in details if each["op_name"] != "DELEGATE"
    )
    assert read_operations(folder / "plain.tflite", "tflite") == names


def test_an_onnx_file_is_read_with_its_inner_graphs_and_domains(tmp_path):
    def graph(nodes, output):
        value = onnx.helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [1])
        return onnx.helper.make_graph(nodes, "graph", [], [value])

    node = onnx.helper.make_node
    drawn = graph([node("RandomUniform", [], ["a"], shape=[1])], "a")
    gelu = graph(
        [node("Constant", [], ["c"], value_floats=[1.0]), node("Gelu", ["c"], ["b"], domain="my")],
        "b",
    )
    condition = onnx.helper.make_tensor("truth", onnx.TensorProto.BOOL, [], [True])
    outer = [
        node("Constant", [], ["t"], value=condition),
        node("If", ["t"], ["y"], then_branch=drawn, else_branch=gelu),
    ]
    onnx.save(onnx.helper.make_model(graph(outer, "y")), tmp_path / "if.onnx")
    operations = read_operations(tmp_path / "if.onnx", "onnx")
    assert operations == {"Constant": 2, "If": 1, "RandomUniform": 1, "my.Gelu": 1}
    found = dict(forbidden_operations(operations, "onnx"))
    assert sorted(found) == ["RandomUniform", "my.Gelu"]
    assert "random" in found["RandomUniform"]
    assert "domain my" in found["my.Gelu"]


@pytest.mark.parametrize(
    ("name", "format", "operation", "why"),
    [
        ("sampling", "saved_model", "StatelessRandomNormalV2", "draws random numbers"),
        ("sampling", "saved_model", "AssignVariableOp", "changes a variable"),
        ("sampling", "saved_model", "VarHandleOp(int64)", "is no weight"),
        ("sampling.tflite", "tflite", "FlexStatelessRandomNormalV2", "draws random numbers"),
        ("sampling.tflite", "tflite", "ASSIGN_VARIABLE", "changes a variable"),
        ("sampling.tflite", "tflite", "VAR_HANDLE", "keeps a variable"),
        ("sampling.onnx", "onnx", "StatelessRandomNormalV2", "draws random numbers"),
    ],
)
def test_a_sampling_network_is_refused(folder, name, format, operation, why):
    with pytest.raises(ExportError) as caught:
        check_operations(folder / name, format)
    message = str(caught.value)
    assert str(folder / name) in message
    found = next(part for part in message.split("; ") if f"{operation} (" in part)
    assert why in found


@pytest.mark.parametrize(
    ("format", "operation"),
    [
        ("saved_model", "EagerPyFunc"),
        ("saved_model", "StringToHashBucketFast"),
        ("saved_model", "VarHandleOp(int64)"),
        ("tflite", "HASHTABLE_LOOKUP"),
        ("saved_model", "RngReadAndSkip"),
        ("tflite", "FlexErf"),
        ("tflite", "MyCustomOperation"),
        ("tflite", "RANDOM_STANDARD_NORMAL"),
        ("tflite", "HASHTABLE_FIND"),
        ("onnx", "Erfc"),
        ("onnx", "Multinomial"),
        ("onnx", "Bernoulli"),
        ("onnx", "RandomNormalLike"),
        ("onnx", "com.microsoft.Gelu"),
        ("onnx", "ai.onnx.ml.LabelEncoder"),
    ],
)
def test_each_unwanted_operation_is_found(format, operation):
    assert [name for name, _ in forbidden_operations([operation], format)] == [operation]


@pytest.mark.parametrize("operation", ["LookupTableFindV2", "HashTableV2", "VarHandleOp(int8)"])
def test_a_saved_model_keeps_tables_of_numbers_and_weights_of_eight_bits(operation):
    assert forbidden_operations([operation], "saved_model") == []


@pytest.mark.parametrize(
    ("format", "operations"),
    [
        ("saved_model", ["While", "StatelessWhile", "StatefulPartitionedCall", "ScatterNd"]),
        ("tflite", ["SCATTER_ND", "EMBEDDING_LOOKUP", "UNIDIRECTIONAL_SEQUENCE_LSTM"]),
        ("onnx", ["ScatterND", "ScatterElements", "Dropout", "DequantizeLinear"]),
    ],
)
def test_operations_that_only_sound_like_it_may_stay(format, operations):
    assert forbidden_operations(operations, format) == []


def test_only_int8_files_hold_the_runtimes_own_operations(folder):
    path = folder / "operators.onnx"
    operations = check_operations(path, "onnx", "int8_static")
    assert "com.microsoft.QLinearSigmoid" in operations
    with pytest.raises(ExportError, match=r"com\.microsoft\.QLinearSigmoid \(1\): it is of the"):
        check_operations(path, "onnx", "float16")


@pytest.mark.parametrize("format", ["tflite", "onnx"])
def test_a_float_file_has_no_share_of_int8(folder, format):
    share = quantized_share(folder / PLAIN[format], format)
    assert (share.weights, share.ops) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("name", "weights", "ops"),
    [
        ("static.tflite", 1.0, 1.0),
        # The two convolutions have 576 weights each; the converter leaves less than 1024 in float.
        ("dynamic.tflite", 16384 / (16384 + 2 * 576), 1 / 3),
        ("static.onnx", 1.0, ALL_BUT_THE_TRANSPOSED),
        ("operators.onnx", 16960 / 17536, ALL_BUT_THE_TRANSPOSED),
        ("dynamic.onnx", 16960 / 17536, ALL_BUT_THE_TRANSPOSED),
    ],
)
def test_the_share_of_int8_is_what_the_runtime_computes_in_it(folder, name, weights, ops):
    share = quantized_share(folder / name, name.rpartition(".")[2])
    assert share.weights == pytest.approx(weights)
    assert share.ops == pytest.approx(ops)


@pytest.mark.parametrize("format", PLAIN)
def test_what_is_not_of_the_format_is_an_error(tmp_path, format):
    path = tmp_path / "file"
    path.write_bytes(b"\xff\x07 not a model")
    with pytest.raises(ExportError, match="file"):
        read_operations(path, format)


def test_an_unknown_format_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="`format` must be one of saved_model, tflite, onnx"):
        read_operations(tmp_path, "coreml")
    with pytest.raises(ValueError, match="`format` must be one of tflite, onnx"):
        quantized_share(tmp_path, "saved_model")
