"""Clients of gRPC and REST, and saved_model_cli, get from the SavedModel what Keras computes."""

import json
import shlex
import subprocess
import sys
import urllib.error
import urllib.request

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.export.deployment_page import snippet
from tests.export.served_model import CLOSE, ENDPOINTS, NAME, served_bundle
from tests.export.serving_double import Servable, grpc_server, rest_server

pytestmark = pytest.mark.slow  # real conversions


@pytest.fixture(scope="module")
def served():
    return served_bundle()


@pytest.fixture(scope="module")
def servable(served):
    return Servable(NAME, served.directory / "saved_model" / "1")


@pytest.fixture(scope="module")
def grpc_address(servable):
    with grpc_server(servable) as address:
        yield address


@pytest.fixture(scope="module")
def rest_address(servable):
    with rest_server(servable) as address:
        yield address


def compare(outputs, expected):
    assert sorted(outputs) == sorted(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(outputs[name], array, err_msg=name, **CLOSE)


# gRPC


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_grpc_client_gets_what_keras_computes(name, served, grpc_address):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = NAME, name
    for tensor, array in served.examples[name].items():
        request.inputs[tensor].CopyFrom(tf.make_tensor_proto(array))
    with grpc.insecure_channel(grpc_address) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        response = service.Predict(request, timeout=30)
    outputs = {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}
    compare(outputs, served.expected[name])


def test_a_wrong_rank_is_refused_and_the_next_request_served(served, grpc_address):
    good, flat = served.examples["decode"]["latent"], np.zeros(16, "float32")
    with grpc.insecure_channel(grpc_address) as channel:
        service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        request = predict_pb2.PredictRequest()
        request.model_spec.name, request.model_spec.signature_name = NAME, "decode"
        request.inputs["latent"].CopyFrom(tf.make_tensor_proto(flat))
        with pytest.raises(grpc.RpcError) as refusal:
            service.Predict(request, timeout=30)
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        request.inputs["latent"].CopyFrom(tf.make_tensor_proto(good))
        response = service.Predict(request, timeout=30)
    output = tf.make_ndarray(response.outputs["reconstruction"])
    compare({"reconstruction": output}, served.expected["decode"])


def test_the_page_s_grpc_client_runs(servable, grpc_address):
    code = snippet("grpc")
    assert "localhost:8500" in code
    names = {}
    exec(code.replace("localhost:8500", grpc_address), names)
    expected = servable.run("decode", {"latent": names["latent"]})["reconstruction"]
    np.testing.assert_array_equal(names["reconstruction"], expected)


# REST


def post(address, data):
    request = urllib.request.Request(f"{address}/v1/models/{NAME}:predict", data)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def body(served, name, form):
    return (served.directory / "serving" / "rest" / f"{name}.{form}.json").read_bytes()


@pytest.mark.parametrize("name", ENDPOINTS)
def test_bodies_hold_the_examples_exactly(name, served):
    examples = {tensor: array[:2] for tensor, array in served.examples[name].items()}
    rows, columns = (json.loads(body(served, name, form)) for form in ("row", "columnar"))
    assert rows.pop("signature_name") == columns.pop("signature_name") == name
    ((key, instances),), ((other, inputs),) = rows.items(), columns.items()
    assert (key, other) == ("instances", "inputs")
    for tensor, array in examples.items():
        lone = len(examples) == 1
        by_row = [instance if lone else instance[tensor] for instance in instances]
        np.testing.assert_array_equal(np.array(by_row, "float32"), array)
        by_column = inputs if lone else inputs[tensor]
        np.testing.assert_array_equal(np.array(by_column, "float32"), array)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_rest_client_gets_what_keras_computes(name, served, rest_address):
    expected = {tensor: array[:2] for tensor, array in served.expected[name].items()}
    predictions = post(rest_address, body(served, name, "row"))["predictions"]
    outputs = post(rest_address, body(served, name, "columnar"))["outputs"]
    if len(expected) == 1:
        (tensor,) = expected
        predictions, outputs = [{tensor: row} for row in predictions], {tensor: outputs}
    compare(outputs, expected)
    compare({tensor: [row[tensor] for row in predictions] for tensor in expected}, expected)


def test_a_wrong_rank_gets_a_rest_error(rest_address):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        post(rest_address, b'{"signature_name": "decode", "instances": [0.5, 0.5]}')
    assert refusal.value.code == 400
    assert "error" in json.load(refusal.value)


def test_the_page_s_curl_requests_are_answered(served, rest_address):
    commands = snippet("curl").splitlines()
    assert len(commands) == 2
    for command in commands:
        program, data, file, url = shlex.split(command)
        assert (program, data, url) == (
            "curl",
            "--data",
            f"http://localhost:8501/v1/models/{NAME}:predict",
        )
        bundle = f"@saved_models/{NAME}/bundle/"
        assert file.startswith(f"{bundle}serving/rest/")
        content = (served.directory / file.removeprefix(bundle)).read_bytes()
        assert post(rest_address, content)


# The command line


def test_saved_model_cli_runs_a_signature(served, tmp_path):
    np.save(tmp_path / "latent.npy", served.examples["decode"]["latent"])
    command = [sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "run"]
    command += ["--dir", str(served.directory / "saved_model" / "1"), "--tag_set", "serve"]
    command += ["--signature_def", "decode", "--outdir", str(tmp_path)]
    command += ["--inputs", f"latent={tmp_path / 'latent.npy'}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    output = np.load(tmp_path / "reconstruction.npy")
    compare({"reconstruction": output}, served.expected["decode"])
